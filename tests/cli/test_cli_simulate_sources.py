"""What `simulate scheduler` takes: presets, and traces that other programs wrote."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agentaudit.cli.main import app
from agentaudit.cli.workloads import written_source
from agentaudit.errors import IncompleteError, InputError, UsageError
from agentaudit.model.results import Simulation
from agentaudit.model.workload import Heavy
from agentaudit.simulation.workloads.synthetic import synthetic_workload
from agentaudit.store.artifacts import read_artifact

SPEED = ("--tokens-per-s", "1000:100")


def simulate(source: object, *words: str) -> Result:
    command = ["simulate", "scheduler", str(source), *words]
    return CliRunner().invoke(app, command, catch_exceptions=True)


def simulated(folder: Path, source: object, *words: str) -> Simulation:
    file = folder / "simulation.json"
    result = simulate(source, "-p", "fcfs", "--replications", "1", "--json", str(file), *words)
    artifact = read_artifact(file)

    assert result.exit_code == 0, result.output
    assert isinstance(artifact, Simulation)
    return artifact


def lines(path: Path, rows: Iterable[Mapping[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


AZURE = """\
TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:17:03.0,1000,100
2023-11-16 18:17:04.0,2000,50
2023-11-16 18:17:05.5,500,10
"""
BURSTGPT = """\
Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type
0,ChatGPT,1000,100,1100,API log
4,GPT-4,2000,50,2050,API log
"""


# ---- presets ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("web", {"freshqa": Heavy.CPU}),
        ("swe-agent", {"apps": Heavy.CPU, "bigcodebench": Heavy.CPU}),
        ("rag", {"nq": Heavy.CPU, "hotpotqa": Heavy.CPU, "triviaqa": Heavy.CPU}),
        ("toolformer", {"asdiv": Heavy.GPU, "svamp": Heavy.GPU, "mawps": Heavy.GPU}),
        ("chemcrow", {"heavy": Heavy.CPU, "medium": Heavy.GPU}),
    ],
)
def test_a_preset_is_a_workload_with_the_papers_classes(
    name: str, classes: Mapping[str, Heavy]
) -> None:
    shape, machine = written_source(Path(f"preset:{name}"))
    made = synthetic_workload(shape, source=name)

    assert machine.name in {"v1", "sys1"}
    assert len(made.requests) == 128
    assert {request.type: request.heavy for request in made.requests} == classes


def test_a_preset_runs_by_its_name(tmp_path: Path) -> None:
    result = simulated(tmp_path, "preset:web", "--arrivals", "poisson:8", "--requests", "30")

    assert (result.workload_source, result.requests) == ("preset:web", 30)


def test_a_preset_that_there_is_none_of() -> None:
    result = simulate("preset:../rules")

    assert isinstance(result.exception, UsageError)
    assert str(result.exception) == (
        "no preset is called '../rules'; there are chemcrow, rag, research_and_chat, swe-agent,"
        " toolformer, web"
    )


def test_a_workload_that_names_no_machine_says_which_it_was_given(tmp_path: Path) -> None:
    workload = tmp_path / "w.yaml"
    workload.write_text("arrivals: poisson:2\ntypes: [{name: a, steps: [{cpu: 1ms}]}]")

    result = simulated(tmp_path, workload)

    assert result.machine.name.startswith("this machine, ")
    assert any(said.startswith("The workload names no machine") for said in result.assumptions)


# ---- traces of others ---------------------------------------------------------------------------


def test_arrivals_and_tokens_are_calls_of_the_assumed_model(tmp_path: Path) -> None:
    """1000 tokens in at 1000/s and 100 out at 100/s are 2 s; nothing is checked against that."""
    trace = tmp_path / "azure.csv"
    trace.write_text(AZURE)

    result = simulated(tmp_path, trace, *SPEED)

    assert (result.requests, result.arrivals) == (3, "recorded")
    assert any("1000 tokens in, 100 out a second" in said for said in result.assumptions)
    assert not any(said.startswith("Check:") for said in result.assumptions)


def test_cores_that_nobody_measured_stay_unknown(tmp_path: Path) -> None:
    trace = tmp_path / "azure.csv"
    trace.write_text(AZURE)

    result = simulated(tmp_path, trace, *SPEED, "--watts", "cpu=100..200,gpu=100..300")
    (policy, advice) = (result.results[0], " ".join(result.advice))

    assert policy.cpu_utilisation is None
    assert policy.energy is not None
    assert (policy.energy.cpu_joules, policy.energy.gpu_joules is None) == (None, False)
    assert result.load is not None
    assert result.load.cpu is None
    assert "Nobody measured the CPU time of this trace" in advice
    assert "more cores would do for the tools is unknown" in advice
    assert "scheduling is not what limits" not in advice
    assert "cores instead of" not in advice


@pytest.mark.parametrize(
    "asked", [("--what-if", "cpu=+4"), ("--slo", "p90 < 9s", "--find", "cores")]
)
def test_cores_that_nobody_measured_answer_nothing(tmp_path: Path, asked: tuple[str, ...]) -> None:
    trace = tmp_path / "azure.csv"
    trace.write_text(AZURE)

    result = simulate(trace, *SPEED, *asked)

    assert isinstance(result.exception, IncompleteError)
    assert "another number of cores would do is unknown" in str(result.exception)


@pytest.mark.parametrize(("text", "requests"), [(AZURE, 3), (BURSTGPT, 2)])
def test_no_speed_is_made_up(tmp_path: Path, text: str, requests: int) -> None:
    trace = tmp_path / "trace.csv"
    trace.write_text(text)
    result = simulate(trace)

    assert isinstance(result.exception, UsageError)
    assert "--tokens-per-s" in str(result.exception)
    assert simulated(tmp_path, trace, *SPEED).requests == requests


def test_only_so_many_sessions(tmp_path: Path) -> None:
    rows = [
        {"timestamp": number * 100, "input_length": 100, "output_length": 10} for number in range(9)
    ]
    trace = lines(tmp_path / "mooncake.jsonl", rows)

    assert simulated(tmp_path, trace, *SPEED, "--limit", "4").requests == 4


def test_calls_of_a_session_wait_for_each_other(tmp_path: Path) -> None:
    call = {"session_id": "s", "input_length": 1000, "output_length": 100}
    rows = [
        {**call, "request_id": "a", "timestamp": 0},
        {**call, "request_id": "b", "wait_for": ["a"], "tool_wait_ms": 500},
    ]

    result = simulated(tmp_path, lines(tmp_path / "agentic.jsonl", rows), *SPEED)

    assert result.requests == 1
    assert result.results[0].makespan_ns == 4_500_000_000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty: it holds no row"),
        ('{"a": 1}\n', "is in no format known here"),
        ('{"timestamp": 0, "input_length"', "1: is no JSON"),
        (AZURE + "2023-11-16 18:17:06.0,-5,10\n", "5: `ContextTokens` cannot be -5"),
        (AZURE + "2023-11-16 18:17:06.0,5\n", "5: has not as many values"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    trace = tmp_path / "trace.txt"
    trace.write_text(text)

    result = simulate(trace, *SPEED)

    assert isinstance(result.exception, InputError)
    assert said in str(result.exception)


def test_a_recording_takes_no_assumed_speed(tmp_path: Path) -> None:
    result = simulate(tmp_path / "run.aatrace", *SPEED)

    assert isinstance(result.exception, UsageError)
    assert "is a recording" in str(result.exception)
