"""`agentaudit trace export`: a recording on its way to other programs."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agentaudit.cli.main import app
from agentaudit.errors import UsageError
from agentaudit.model.recording import (
    Closed,
    Frame,
    Opened,
    ProcessBorn,
    ProcessTick,
    ProcessTime,
    StackDefined,
    StackRun,
)
from agentaudit.model.trace import ClockPair, Host, Target
from agentaudit.store.recording import RecordingWriter

S = 1_000_000_000


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    with RecordingWriter(tmp_path / "run.aatrace") as sink:
        sink.append(
            Opened(
                tool_version="1",
                start_ns=0,
                rate_hz=100.0,
                host=Host(name="here", system="", cores=4, memory_bytes=0),
                target=Target(pid=7, command="", launched=False),
            )
        )
        sink.append(ClockPair(monotonic_ns=0, unix_ns=1_700_000_000 * S))
        sink.append(ProcessBorn(at_ns=0, pid=7, parent_pid=1, parent_tid=0, name="python"))
        sink.append(StackDefined(stack=0, frames=(Frame(file="/app/tools.py", function="dig"),)))
        sink.append(StackRun(pid=7, tid=7, start_ns=0, end_ns=S, stack=0))
        sink.append(ProcessTick(since_ns=0, at_ns=S, times=(ProcessTime(pid=7, cpu_ns=S // 2),)))
        sink.append(Closed(at_ns=S, because="the target ended"))
    return tmp_path / "run.aatrace"


def _documents(path: Path) -> list[str]:
    text = path.read_text()
    return text.splitlines() if path.suffix == ".jsonl" else [text]


@pytest.mark.parametrize(
    ("form", "name", "key"),
    [
        ("perfetto", "run.perfetto.json", "traceEvents"),
        ("speedscope", "run.speedscope.json", "profiles"),
        ("otlp", "run.otlp.jsonl", "resourceSpans"),
    ],
)
def test_a_document_stands_beside_its_recording(
    recorded: Path, form: str, name: str, key: str
) -> None:
    done = CliRunner().invoke(app, ["trace", "export", str(recorded), "--format", form])

    assert done.exit_code == 0
    assert all(key in json.loads(text) for text in _documents(recorded.parent / name))


def test_a_dataset_is_what_a_summary_is_made_of(recorded: Path, tmp_path: Path) -> None:
    fleet = tmp_path / "fleet"
    export = ["trace", "export", str(recorded), "--format", "parquet", "-o", str(fleet)]

    done = CliRunner().invoke(app, export)
    summed = CliRunner().invoke(app, ["trace", "summarize", str(fleet)])

    assert (done.exit_code, summed.exit_code) == (0, 0)
    assert "here" in summed.stdout


def test_nothing_is_written_over_unasked(recorded: Path) -> None:
    export = ["trace", "export", str(recorded), "--format", "otlp"]
    CliRunner().invoke(app, export)

    again = CliRunner().invoke(app, export)
    forced = CliRunner().invoke(app, [*export, "--force"])

    assert isinstance(again.exception, UsageError)
    assert forced.exit_code == 0
