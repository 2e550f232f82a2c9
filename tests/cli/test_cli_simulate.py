"""`agentaudit simulate scheduler`, from arguments to output, artifact and exit code."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner, Result

from agentaudit.cli import traces
from agentaudit.cli.main import app
from agentaudit.errors import AgentAuditError, IncompleteError, InputError, UsageError
from agentaudit.model.results import Simulation
from agentaudit.model.rule import StepRule
from agentaudit.model.trace import Host, Request, Step, StepKind, Target, Trace
from agentaudit.report.chart_files import chart_files
from agentaudit.store.artifacts import read_artifact

WORKLOAD = """\
requests: 40
arrivals: poisson:2
seed: 1
machine: {cores: 4}
types:
  - {name: search, weight: 3, steps: [{cpu: 1s, spread: 0.5}, {gpu: 300ms}]}
  - {name: chat, steps: [{gpu: 1s}]}
"""
TRACE = Trace(
    host=Host(name="h", system="Linux", cores=2, memory_bytes=0),
    target=Target(pid=1, command="agent", launched=False),
    start_ns=0,
    end_ns=10**10,
    complete=True,
    ended_because="asked",
    clocks=(),
    steps=tuple(
        Step(
            step_id=place,
            request_id=place,
            kind=StepKind.TOOL_CALL,
            name="search",
            pid=1,
            tid=1,
            start_ns=place * 10**9,
            end_ns=place * 10**9 + 5 * 10**8,
            cpu_ns=5 * 10**8,
        )
        for place in range(3)
    ),
    requests=tuple(
        Request(
            request_id=place,
            type="ask",
            arrival_ns=place * 10**9,
            finish_ns=place * 10**9 + 5 * 10**8,
        )
        for place in range(3)
    ),
    processes=(),
    cpu_samples=(),
)


@pytest.fixture
def workload(tmp_path: Path) -> Path:
    file = tmp_path / "w.yaml"
    file.write_text(WORKLOAD)
    return file


def run(*arguments: object) -> Result:
    command = ["-q", "simulate", "scheduler", *map(str, arguments)]
    return CliRunner(env={"COLUMNS": "80"}).invoke(app, command)


def refused(error: type[AgentAuditError], *arguments: object) -> str:
    """What is said when the run is refused."""
    result = run(*arguments)

    assert isinstance(result.exception, error)
    return str(result.exception)


def test_a_workload_file_is_compared(workload: Path) -> None:
    result = run(workload)

    assert result.exit_code == 0
    assert "Policy" in result.stdout
    assert all(name in result.stdout for name in ("fcfs", "comb-open", "mas", "Advice"))
    assert max(len(line) for line in result.stdout.splitlines()) <= 80


def test_the_artifact_holds_the_same_and_repeats(workload: Path, tmp_path: Path) -> None:
    """I5: equal arguments, equal bytes."""
    first, second = tmp_path / "one.json", tmp_path / "two.json"
    outputs = [run(workload, "--json", file).stdout for file in (first, second)]

    assert outputs[0] == outputs[1]
    assert first.read_bytes() == second.read_bytes()
    assert json.loads(first.read_text())["kind"] == "simulation"
    assert read_artifact(first).tool_version


def test_policies_caps_and_machine_are_the_users(workload: Path, tmp_path: Path) -> None:
    file = tmp_path / "s.json"
    options = ("--cores", 2, "--caps", "B_cap=3", "--requests", 9, "--seed", 4, "--json", file)
    result = run(workload, "-p", "comb", "-p", "mas", "--arrivals", "closed", *options)
    artifact = json.loads(file.read_text())

    assert result.exit_code == 0
    assert (artifact["requests"], artifact["seed"], artifact["arrivals"]) == (9, 4, "closed")
    assert artifact["machine"]["cores"] == 2
    assert {row["policy"]: row["parameters"].split()[0] for row in artifact["results"]} == {
        "multi-processing": "no",
        "comb-closed": "B_cap=3",
        "mas": "E_CPU=3",
    }


def test_caps_that_no_policy_has_are_named(workload: Path) -> None:
    words = ("-p", "fcfs", "-p", "mas", "--caps", "N_max=9,TTL=2s,E_CPU=3,N_cap=4")
    result = CliRunner().invoke(app, ["simulate", "scheduler", str(workload), *words])
    told = [line.split()[-5] for line in result.stderr.splitlines() if "--caps" in line]

    assert result.exit_code == 0
    assert told == ["TTL,", "N_cap,"]


def test_a_preset_of_the_paper(workload: Path) -> None:
    assert "on sys1" in run(workload, "--machine", "sys1").stdout


def test_a_machine_with_limits_from_a_file(workload: Path, tmp_path: Path) -> None:
    file = tmp_path / "machine.yaml"
    file.write_text("{like: sys1, calls: 4}")

    assert "at most 4 calls at once" in " ".join(run(workload, "--machine", file).stdout.split())
    file.write_text("{like: sys1, calls: few}")
    assert "machine.yaml:1:21: calls is" in refused(InputError, workload, "--machine", file)
    assert "no_such.yaml" in refused(InputError, workload, "--machine", "no_such.yaml")


def test_a_recording_is_replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "run.aatrace"
    file.write_bytes(b"")

    def fake_trace(recording: Path, rules: Sequence[StepRule]) -> Trace:
        assert (recording, bool(rules)) == (file, True)
        return TRACE

    monkeypatch.setattr(traces, "read_trace", fake_trace)
    result = run(file, "--arrivals", "poisson:3", "--requests", 20)

    assert result.exit_code == 0
    assert result.stdout.startswith("20 requests from")
    assert "drawn with replacement from the 3 there are" in " ".join(result.stdout.split())


def test_an_incomplete_recording_ends_with_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "run.aatrace"
    file.write_bytes(b"")

    def fake_trace(recording: Path, rules: Sequence[StepRule]) -> Trace:
        del recording, rules
        return replace(TRACE, requests=())

    monkeypatch.setattr(traces, "read_trace", fake_trace)

    assert "no whole request" in refused(IncompleteError, file)


def test_inputs_that_cannot_be_read(tmp_path: Path) -> None:
    broken, large, binary = (tmp_path / name for name in ("b.yaml", "l.yaml", "x.yaml"))
    broken.write_text("types: [")
    large.write_text("#" * (1024 * 1024 + 1))
    binary.write_bytes(b"\xff\xfe\xff")

    assert "No such file" in refused(InputError, tmp_path / "none.aatrace")
    assert "Is a directory" in refused(InputError, tmp_path)
    assert "b.yaml:2:1" in refused(InputError, broken)
    assert "larger than 1 MiB" in refused(InputError, large)
    assert "no UTF-8" in refused(InputError, binary)


def test_options_that_cannot_be(workload: Path, tmp_path: Path) -> None:
    assert "no policy is called fifo" in refused(UsageError, workload, "-p", "fifo")
    assert "poisson" in refused(UsageError, workload, "--arrivals", "poisson:0")
    assert "no recorded arrivals" in refused(UsageError, workload, "--arrivals", "recorded")
    assert "--requests" in refused(UsageError, workload, "--requests", 0)
    assert "--cores" in refused(UsageError, workload, "--cores", 0)
    assert "--caps" in refused(UsageError, workload, "--caps", "N_cap=0")
    assert "--seed is from 0" in refused(UsageError, workload, "--seed", -1)
    assert "--seed is from 0" in refused(UsageError, workload, "--seed", 2**63)
    assert "--price is a number" in refused(UsageError, workload, "--price", "nan")
    assert "for traces of others" in refused(UsageError, workload, "--limit", 3)
    assert "no machine" in refused(UsageError, workload, "--machine", "sys7")
    (tmp_path / "folder.json").mkdir()
    said = refused(UsageError, workload, "--json", tmp_path / "folder.json")
    assert "cannot be written" in said


def test_replications_give_every_percentile_an_interval(workload: Path, tmp_path: Path) -> None:
    file = tmp_path / "s.json"
    result = run(workload, "--replications", 4, "--json", file)
    artifact = json.loads(file.read_text())

    assert "(4 replications, the first with seed 1)" in " ".join(result.stdout.split())
    assert (artifact["replications"], artifact["warm_up_requests"]) == (4, 0)
    for row in artifact["results"]:
        intervals = row["by_type"][0]["latency"]["intervals"]
        assert all(intervals[name]["low"] < intervals[name]["high"] for name in ("p50", "p95"))


def test_all_questions_at_once(workload: Path, tmp_path: Path) -> None:
    """Objectives, what-ifs, searches, a recommendation, energy and cost, in 80 columns."""
    file = tmp_path / "s.json"
    asked = ("--slo", "p95 < 20s, type:chat p50 < 4s", "--recommend", "--what-if", "cpu=+4,gpu=2x")
    money = ("--watts", "cpu=10..20,gpu=30..60", "--price", 2, "--replications", 6)
    result = run(
        workload, *asked, "--find", "cores", "--what-if", "rate=0.5x", *money, "--json", file
    )
    artifact = read_artifact(file)

    assert result.exit_code == 0
    assert max(len(line) for line in result.stdout.splitlines()) <= 80
    words = ("Recommendation", "Found", "Objectives", "good req/s", "cost of 1000", "What if:")
    assert all(word in result.stdout for word in words)
    assert "cpu=+4,gpu=2x" in result.stdout
    assert "Where an assumption is wrong: the fewest cores" in result.stdout
    assert isinstance(artifact, Simulation)
    assert [one.change for one in artifact.what_ifs] == ["", "cpu=+4,gpu=2x", "rate=0.5x"]
    assert artifact.recommendation is not None
    assert {one.question for one in artifact.found} == {"cores"}
    assert artifact.results[0].cost_per_1000 is not None


def test_questions_that_cannot_be_answered(workload: Path) -> None:
    assert "--find max-rate needs" in refused(UsageError, workload, "--find", "max-rate")
    assert "is no objective" in refused(UsageError, workload, "--slo", "fast")
    assert "is no change" in refused(UsageError, workload, "--what-if", "more")
    assert "watts: " in refused(UsageError, workload, "--watts", "many")
    assert "--replications" in refused(UsageError, workload, "--replications", 0)
    few = ("--recommend", "--replications", 2)
    assert "needs 4 replications" in refused(UsageError, workload, *few)


def test_a_recording_is_drawn_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "run.aatrace"
    file.write_bytes(b"")

    def fake_trace(recording: Path, rules: Sequence[StepRule]) -> Trace:
        del recording, rules
        return TRACE

    monkeypatch.setattr(traces, "read_trace", fake_trace)
    said = " ".join(run(file, "--replications", 3).stdout.split())

    assert "others draw blocks of 1 in a row, with the times between them" in said


def test_help_teaches_by_example() -> None:
    shown = CliRunner().invoke(app, ["simulate", "scheduler", "--help"]).stdout

    assert "agentaudit simulate scheduler run.aatrace --arrivals closed --requests 128" in shown


def test_the_schedule_of_the_one_policy_named_or_of_the_best(
    workload: Path, tmp_path: Path
) -> None:
    file = tmp_path / "schedules" / "s.json"
    headings = []
    for options in (("-p", "comb"), ("-p", "mas"), ("-p", "fcfs", "-p", "sequential")):
        result = run(workload, *options, "--schedule", file)
        assert result.exit_code == 0
        headings.append(json.loads(file.read_text())["traceEvents"][0]["args"]["name"])

    assert [heading.split(" (")[0] for heading in headings] == [
        "SIMULATED requests under comb-open",
        "SIMULATED requests under mas",
        "SIMULATED requests under fcfs",
    ]


def test_charts_are_files_and_stand_in_the_artifact(workload: Path, tmp_path: Path) -> None:
    """What the report draws later is what was drawn now; a batch has no rate to be drawn over."""
    artifact, folder = tmp_path / "s.json", tmp_path / "charts"
    result = run(workload, "--json", artifact, "--charts", folder)
    simulation = read_artifact(artifact)

    assert result.exit_code == 0
    assert isinstance(simulation, Simulation)
    assert dict(chart_files(simulation)) == {
        file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()
    }
    assert {file.name for file in folder.iterdir()} == {
        "bars.svg",
        "busy.svg",
        "distribution.svg",
        "latency.svg",
        "load.svg",
    }

    run(workload, "--arrivals", "closed", "--charts", tmp_path / "closed")

    assert "load.svg" not in {file.name for file in (tmp_path / "closed").iterdir()}


def test_bars_follow_the_advice(workload: Path) -> None:
    lines = run(workload, "-p", "fcfs", "-p", "mas", "--gantt").stdout.splitlines()

    assert lines[0].startswith("40 requests from")
    assert {"fcfs", "mas"} <= set(lines)
    assert "CPU" in lines[-1]
    assert max(map(len, lines)) <= 80
