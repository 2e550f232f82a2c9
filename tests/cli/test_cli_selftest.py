"""`agentaudit selftest`: that it can be run and says so; how right we are is for the machine."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agentaudit.cli import scripted
from agentaudit.cli.experiments import run
from agentaudit.cli.main import app
from agentaudit.cli.scripted import (
    Bench,
    begun,
    ended,
    recorded,
    recorder,
    truth_in,
    version,
    waited_for,
)
from agentaudit.cli.terminal import Terminal
from agentaudit.errors import IncompleteError, UsageError
from agentaudit.model.accuracy import Outcome, SelfTest
from agentaudit.store.artifacts import read_artifact


def bench(folder: Path, python: str = sys.executable) -> Bench:
    return Bench(folder=folder, python=python, seconds=2.0, terminal=Terminal(quiet=True))


def test_each_claim_of_an_experiment_is_checked_and_kept(tmp_path: Path) -> None:
    words = ["selftest", "--seconds", "2", "--json", str(tmp_path / "selftest.json")]

    result = CliRunner().invoke(app, [*words, "--only", "children", "--only", "markers"])

    kept = read_artifact(tmp_path / "selftest.json")
    assert result.exit_code in (0, 1)
    assert isinstance(kept, SelfTest)
    assert [(check.group, check.claim) for check in kept.checks] == [
        ("children", "CPU in total"),
        ("children", "CPU by kind"),
        ("markers", "steps"),
        ("markers", "CPU by kind"),
    ]
    assert not any(check.outcome is Outcome.UNKNOWN for check in kept.checks)
    assert "off by" in result.output


@pytest.mark.parametrize("name", ["threads", "spans", "sockets", "cost"])
def test_an_experiment_comes_to_an_answer(name: str, tmp_path: Path) -> None:
    checks = run(name, bench(tmp_path))

    assert checks
    assert {check.group for check in checks} == {name}
    assert not any(check.outcome is Outcome.UNKNOWN for check in checks)


def test_a_crash_stops_no_agent_and_cuts_off_no_recording(tmp_path: Path) -> None:
    found = {check.claim: check.off for check in run("crash", bench(tmp_path))}

    assert found["agents left stopped"] == 0
    assert found["recordings cut off"] == 0


def test_ctrl_c_while_an_agent_is_recorded_ends_the_selftest(tmp_path: Path) -> None:
    """And not its recording alone: no other experiment follows."""

    def press() -> None:
        while not any(file.stat().st_size for file in tmp_path.glob("*.aatrace")):
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    pressing = threading.Thread(target=press, daemon=True)
    pressing.start()
    with pytest.raises(KeyboardInterrupt):
        recorded(bench(tmp_path), "children")
    pressing.join()


@pytest.mark.parametrize("python", ["/no/such/python", "true", "false"])
def test_what_is_no_python_is_said_before_anything_is_made(python: str) -> None:
    result = CliRunner().invoke(app, ["selftest", "--python", python])

    assert isinstance(result.exception, UsageError)
    assert "no Python that could be run" in str(result.exception)


def test_an_experiment_of_no_such_name_is_refused() -> None:
    result = CliRunner().invoke(app, ["selftest", "--only", "nonsense"])

    assert isinstance(result.exception, UsageError)
    assert "children, threads" in str(result.exception)


@pytest.mark.parametrize("name", ["children", "sockets", "crash"])
def test_what_could_not_be_made_is_unknown_with_its_reason(name: str, tmp_path: Path) -> None:
    (check,) = run(name, bench(tmp_path, "/no/such/python"))

    assert check.outcome is Outcome.UNKNOWN
    assert "/no/such/python" in check.note


def test_an_agent_that_wrote_nothing_is_incomplete(tmp_path: Path) -> None:
    with pytest.raises(IncompleteError, match="before its time"):
        truth_in(tmp_path / "missing.json")
    (tmp_path / "empty.json").write_text("{}")
    with pytest.raises(IncompleteError, match="before its time"):
        truth_in(tmp_path / "empty.json")


def test_who_takes_too_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripted, "START_S", 0.01)
    sleeper = begun(("sleep", "60"))
    with pytest.raises(IncompleteError, match="in its time"):
        waited_for(sleeper, 0.0)
    ended(sleeper)


def test_a_recorder_that_cannot_begin_is_said(tmp_path: Path) -> None:
    with pytest.raises(IncompleteError, match="did not begin"):
        recorder(bench(tmp_path), 2**22 + 1, tmp_path / "none.aatrace")


def test_versions_are_asked_of_the_interpreter() -> None:
    assert version(sys.executable) == sys.version_info[:2]
