"""`agentaudit simulate scheduler`, from arguments to output, artifact and exit code."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agentaudit.cli import traces
from agentaudit.cli.main import app
from agentaudit.errors import AgentAuditError, IncompleteError, InputError, UsageError
from agentaudit.model.rule import StepRule
from agentaudit.model.trace import Host, Request, Step, StepKind, Target, Trace
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


def test_a_preset_of_the_paper(workload: Path) -> None:
    assert "on sys1" in run(workload, "--machine", "sys1").stdout


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

    assert "no such file" in refused(InputError, tmp_path / "none.aatrace")
    assert "no such file" in refused(InputError, tmp_path)
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
    assert "no machine" in refused(UsageError, workload, "--machine", "sys7")
    (tmp_path / "folder.json").mkdir()
    said = refused(UsageError, workload, "--json", tmp_path / "folder.json")
    assert "cannot be written" in said


def test_help_teaches_by_example() -> None:
    shown = CliRunner().invoke(app, ["simulate", "scheduler", "--help"]).stdout

    assert "agentaudit simulate scheduler run.aatrace --arrivals closed --requests 128" in shown
