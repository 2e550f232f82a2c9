"""`agentaudit trace show`: what a recording holds."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from agentaudit.cli.main import app
from agentaudit.errors import InputError
from agentaudit.model.profile import Profile
from agentaudit.model.recording import (
    Frame,
    Opened,
    ProcessBorn,
    ProcessTick,
    ProcessTime,
    StackDefined,
    StackRun,
    ThreadTick,
    ThreadTime,
)
from agentaudit.model.trace import Host, Target
from agentaudit.store.artifacts import read_artifact
from agentaudit.store.recording import RecordingWriter

S = 1_000_000_000


@pytest.fixture
def growing(tmp_path: Path) -> Path:
    """A recording that nobody has closed yet."""
    with RecordingWriter(tmp_path / "run.aatrace") as sink:
        sink.append(
            Opened(
                tool_version="1",
                start_ns=0,
                rate_hz=100.0,
                host=Host(name="", system="", cores=4, memory_bytes=0),
                target=Target(pid=7, command="", launched=False),
            )
        )
        sink.append(ProcessBorn(at_ns=0, pid=7, parent_pid=1, parent_tid=0, name="python"))
        sink.append(StackDefined(stack=0, frames=(Frame(file="/app/tools.py", function="dig"),)))
        sink.append(StackRun(pid=7, tid=7, start_ns=0, end_ns=S, stack=0))
        sink.append(
            ThreadTick(
                since_ns=0, at_ns=S, times=(ThreadTime(pid=7, tid=7, cpu_ns=S // 2, queue_ns=0),)
            )
        )
        sink.append(ProcessTick(since_ns=0, at_ns=S, times=(ProcessTime(pid=7, cpu_ns=S // 2),)))
    return tmp_path / "run.aatrace"


def test_a_recording_is_shown_while_it_grows(growing: Path, tmp_path: Path) -> None:
    artifact = tmp_path / "profile.json"

    done = CliRunner().invoke(app, ["trace", "show", str(growing), "--json", str(artifact)])

    assert done.exit_code == 0
    assert "tool_call" in done.stdout
    assert "the recording is cut off" in done.stdout
    assert isinstance(read_artifact(artifact), Profile)


def test_what_is_no_recording_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "x.aatrace").write_text("hello\n")

    done = CliRunner().invoke(app, ["trace", "show", str(tmp_path / "x.aatrace")])

    assert isinstance(done.exception, InputError)
