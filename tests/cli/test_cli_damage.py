"""Recordings whose file is damaged or cut off: told by every command, and never a pass."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agentaudit.cli.main import app
from agentaudit.errors import ExitCode, InputError
from agentaudit.model.recording import (
    Closed,
    Frame,
    Opened,
    ProcessBorn,
    ProcessTick,
    ProcessTime,
    Record,
    StackDefined,
    StackRun,
    ThreadTick,
    ThreadTime,
)
from agentaudit.model.trace import ClockPair, Host, Target
from agentaudit.store import framing
from agentaudit.store.recording import RecordingWriter

S = 1_000_000_000


def second(at: int) -> list[Record]:
    """A request of half a second, served by a handler, and then a pause."""
    since_ns = at * S
    return [
        StackRun(pid=7, tid=7, start_ns=since_ns, end_ns=since_ns + S // 2, stack=0),
        ThreadTick(
            since_ns=since_ns,
            at_ns=since_ns + S,
            times=(ThreadTime(pid=7, tid=7, cpu_ns=S // 2, queue_ns=0),),
        ),
        ProcessTick(
            since_ns=since_ns, at_ns=since_ns + S, times=(ProcessTime(pid=7, cpu_ns=S // 2),)
        ),
    ]


def recording(path: Path, host: str = "here") -> Path:
    """A whole recording, one batch a second; the one that is there, if it is."""
    if path.exists():
        return path
    target = Target(pid=7, command="", launched=False)
    machine = Host(name=host, system=host, cores=4, memory_bytes=1)
    frames = (Frame(file="/app/tools.py", function="dig"), Frame(file="/a.py", function="S.do_GET"))
    with RecordingWriter(path) as sink:
        head: list[Record] = [
            Opened(tool_version="1", start_ns=0, rate_hz=100.0, host=machine, target=target),
            ClockPair(monotonic_ns=0, unix_ns=1_700_000_000 * S),
            ProcessBorn(at_ns=0, pid=7, parent_pid=1, parent_tid=0, name="python"),
            StackDefined(stack=0, frames=frames),
        ]
        for batch in (head, *(second(at) for at in range(6))):
            for record in batch:
                sink.append(record)
            sink.flush()
        sink.append(Closed(at_ns=6 * S, because="the target ended"))
    return path


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A byte in its middle is not as it was written."""
    path = recording(tmp_path / "run.aatrace")
    content = bytearray(path.read_bytes())
    content[len(content) * 3 // 4] ^= 1
    path.write_bytes(content)
    return path


@pytest.fixture
def torn(tmp_path: Path) -> Path:
    """A copy that was cut off."""
    path = recording(tmp_path / "run.aatrace")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 3 // 4])
    return path


COMMANDS = (
    "trace show {}",
    "trace show {whole} --compare {}",
    "trace compare {} {whole}",
    "trace compare {whole} {}",
    "trace export {} --format otlp",
    "trace export {} --format perfetto",
    "trace merge {} {other} -o {folder}/both.aatrace",
    "trace summarize {whole} {}",
    "simulate scheduler {}",
)


def run(command: str, path: Path) -> tuple[int, str]:
    """How it ends, and all that it says, in one line."""
    words = command.format(
        path,
        whole=recording(path.with_name("whole.aatrace")),
        other=recording(path.with_name("other.aatrace"), host="there"),
        folder=path.parent,
    ).split()
    done = CliRunner().invoke(app, words)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.exit_code, " ".join(done.output.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_damage_in_the_middle_is_told_and_ends_in_3(command: str, damaged: Path) -> None:
    code, said = run(command, damaged)

    assert code == int(ExitCode.INCOMPLETE)
    assert "damaged at byte" in said or "is cut off" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_that_was_cut_is_told_and_ends_in_3(command: str, torn: Path) -> None:
    code, said = run(command, torn)

    assert code == int(ExitCode.INCOMPLETE)
    assert "ends in the middle of a record" in said or "is cut off" in said


@pytest.mark.parametrize("broken", ["damaged", "torn"])
@pytest.mark.parametrize(
    ("derive", "then"),
    [
        ("trace export {} --format parquet -o {folder}/data", "trace summarize {folder}/data"),
        ("trace merge {} {other} -o {folder}/both.aatrace", "trace show {folder}/both.aatrace"),
        (
            "trace merge {} {other} -o {folder}/both.aatrace",
            "trace export {folder}/both.aatrace --format perfetto",
        ),
        (
            "trace export {} --format otlp -o {folder}/run.otlp.jsonl",
            "trace import {folder}/run.otlp.jsonl -o {folder}/again.aatrace",
        ),
    ],
)
def test_what_is_made_of_it_tells_it_too(
    broken: str, derive: str, then: str, request: pytest.FixtureRequest
) -> None:
    path = request.getfixturevalue(broken)
    made, _ = run(derive, path)

    code, said = run(then, path)

    assert (made, code) == (int(ExitCode.INCOMPLETE), int(ExitCode.INCOMPLETE))
    assert "damaged at byte" in said or "ends in the middle of a record" in said


def test_what_was_exported_and_imported_goes_on_telling_it(damaged: Path) -> None:
    run("trace export {} --format otlp -o {folder}/run.otlp.jsonl", damaged)
    run("trace import {folder}/run.otlp.jsonl -o {folder}/again.aatrace", damaged)

    code, said = run("trace show {folder}/again.aatrace", damaged)

    assert code == int(ExitCode.INCOMPLETE)
    assert "damaged at byte" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_a_whole_recording_ends_in_0(command: str, tmp_path: Path) -> None:
    code, _ = run(command, recording(tmp_path / "run.aatrace"))

    assert code == int(ExitCode.PASS)


@pytest.mark.parametrize("broken", ["damaged", "torn"])
def test_a_gate_that_fails_besides_ends_in_4(broken: str, request: pytest.FixtureRequest) -> None:
    path = request.getfixturevalue(broken)

    code, _ = run("trace show {} --fail-if cpu_s>0", path)

    assert code == int(ExitCode.FINDINGS_AND_INCOMPLETE)


def test_what_a_killed_recorder_left_is_shown_and_ends_in_0(tmp_path: Path) -> None:
    """Batches are written whole, so a second is missing at most, and that is said."""
    path = recording(tmp_path / "run.aatrace")
    content = path.read_bytes()
    head = framing.HEAD_BYTES
    with path.open("rb") as file:
        file.seek(len(framing.file_head()))
        *_, last = framing.Frames(file).contents()
    path.write_bytes(content[: -len(last) - head])

    code, said = run("trace show {}", path)

    assert code == int(ExitCode.PASS)
    assert "its recorder still writes, or was killed" in said


def test_a_file_that_is_damaged_from_its_beginning_on_says_where(tmp_path: Path) -> None:
    path = recording(tmp_path / "run.aatrace")
    content = bytearray(path.read_bytes())
    content[len(framing.file_head()) + framing.HEAD_BYTES + 1] ^= 1
    path.write_bytes(content)

    done = CliRunner().invoke(app, ["trace", "show", str(path)])

    assert isinstance(done.exception, InputError)
    assert "damaged at byte 12" in str(done.exception)


def test_a_report_of_a_damaged_recording_decides_nothing(damaged: Path) -> None:
    artifact, made = damaged.with_name("profile.json"), damaged.with_name("report.json")
    run(f"trace show {{}} --json {artifact}", damaged)

    words = ["report", str(artifact), "--json", str(made), "-o", str(damaged.with_name("r.html"))]
    done = CliRunner().invoke(app, words)

    assert done.exit_code == int(ExitCode.INCOMPLETE)
    assert "cannot be read whole" in json.dumps(json.loads(made.read_text()))
