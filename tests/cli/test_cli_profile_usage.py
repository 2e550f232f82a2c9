"""What `agentaudit profile` says of a wrong command line, and its help: before anything happens."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agentaudit.cli.main import app
from agentaudit.errors import ExitCode, UsageError
from agentaudit.store.recording import RecordingWriter

RECORDING = "run.aatrace"


@pytest.fixture
def pid() -> Iterator[int]:
    """A process that waits to be let go."""
    program = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
    )
    yield program.pid
    program.communicate()


def ran(*words: str) -> Result:
    return CliRunner().invoke(app, ["profile", *words])


def test_help_on_conditions_asks_for_no_target() -> None:
    result = ran("--fail-if", "help")

    assert result.exit_code == 0
    assert "cpu_share" in result.stdout


def test_options_stand_in_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = ran("--help").stdout.splitlines()
    groups = [line for line in lines if line.endswith(":") and not line.startswith(" ")]

    assert groups == ["Options:", "Stacks and steps:", "Model:", "Load:", "Spans and markers:"]
    assert not any("list[" in line or " range>" in line for line in lines)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--json", "."], "is a folder"),
        (["--load-rate", "3"], "--load URL or --repeat"),
        (["--load", ""], "is no address"),
        (["--llm-endpoint", "gpu"], "say host:port"),
    ],
)
def test_nothing_is_recorded_before_it_is_understood(
    words: list[str], said: str, pid: int, tmp_path: Path
) -> None:
    result = ran("--pid", str(pid), "-d", "100ms", "-o", str(tmp_path / RECORDING), *words)

    assert isinstance(result.exception, UsageError)
    assert said in str(result.exception)
    assert not (tmp_path / RECORDING).exists()


def test_a_load_that_never_began_is_missing_evidence(pid: int, tmp_path: Path) -> None:
    """Port 1 of this machine answers nobody."""
    target = ["--pid", str(pid), "-d", "300ms", "-o", str(tmp_path / RECORDING)]
    result = ran(*target, "--no-otlp", "--load", "http://127.0.0.1:1/")

    assert result.exit_code == ExitCode.INCOMPLETE


def test_what_a_full_disk_left_of_a_recording_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_self: object, path: Path) -> None:
        path.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(RecordingWriter, "__init__", full)
    path = tmp_path / RECORDING

    result = ran("-d", "100ms", "-o", str(path), "--no-otlp", "--", "true")

    assert "No space left on device" in str(result.exception)
    assert not path.exists()
