"""Recordings on disk: what is written is read, whatever happens to the writer or the file."""

import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentaudit.errors import InputError
from agentaudit.model.observed import TaskRun
from agentaudit.model.recording import (
    Closed,
    Frame,
    Opened,
    ProcessGone,
    ProcessTick,
    Record,
    StackDefined,
    StackRun,
    ThreadTick,
)
from agentaudit.model.trace import SCHEMA_VERSION, Host, StepKind, Target
from agentaudit.store.recording import LONGEST_LINE, TAGS, RecordingWriter, read_recording

OPENED = Opened(
    tool_version="1.0",
    start_ns=5,
    rate_hz=100.0,
    host=Host(name="here", system="Linux", cores=2, memory_bytes=1),
    target=Target(pid=7, command="python agent.py", launched=False),
)
FRAME = Frame(file="agent.py", function="run")


def values(hint: object) -> st.SearchStrategy[object]:
    """Values of a type as a recording can hold them."""
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return st.builds(hint, **{name: values(of) for name, of in get_type_hints(hint).items()})
    arguments = get_args(hint)
    if get_origin(hint) is tuple:
        return st.lists(values(arguments[0]), max_size=3).map(tuple)
    if arguments:
        return st.one_of([values(argument) for argument in arguments])
    return PLAIN[hint]


PLAIN: dict[object, st.SearchStrategy[object]] = {
    int: st.integers(0, 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    str: st.text(max_size=20),
    bool: st.booleans(),
    type(None): st.none(),
    StepKind: st.sampled_from(StepKind),
}
hosts = st.builds(dataclasses.replace, values(Host), cores=st.integers(1, 4096))
openings = st.builds(dataclasses.replace, values(Opened), rate_hz=st.floats(0.001, 1e6), host=hosts)
BOUND = (Opened, StackDefined, StackRun, TaskRun, Closed)
FREE = [kind for kind in TAGS.values() if kind not in (*BOUND, ThreadTick, ProcessTick)]
records = st.lists(st.one_of([values(kind) for kind in FREE]), max_size=8)


def written(path: Path, *body: Record, opened: Opened = OPENED) -> Path:
    with RecordingWriter(path) as sink:
        for record in (opened, *body):
            sink.append(record)
    return path


@given(body=records, opened=openings)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, body: Sequence[Record], opened: Opened
) -> None:
    path = tmp_path_factory.mktemp("r") / "run.aatrace"
    opened = dataclasses.replace(opened, schema_version=SCHEMA_VERSION)
    end = Closed(at_ns=9, because="the target ended")

    recording = read_recording(written(path, *body, end, opened=opened))

    ticks = (StackDefined, ThreadTick, ProcessTick)
    few = tuple(record for record in (opened, *body, end) if not isinstance(record, ticks))
    assert recording.records == few
    assert recording.complete


def test_stacks_are_written_once_and_found_again(tmp_path: Path) -> None:
    defined = StackDefined(stack=0, frames=(FRAME, Frame(file="main.py", function="main")))
    run = StackRun(pid=7, tid=8, start_ns=1, end_ns=2, stack=0)

    recording = read_recording(written(tmp_path / "run.aatrace", defined, run, run))

    assert recording.stacks == (defined.frames,)
    assert not recording.complete


@settings(max_examples=30)
@given(body=records, data=st.data())
def test_a_recording_cut_anywhere_is_a_prefix(
    tmp_path_factory: pytest.TempPathFactory, body: Sequence[Record], data: st.DataObject
) -> None:
    """A crash may tear the last record; all before it stand."""
    path = written(tmp_path_factory.mktemp("r") / "run.aatrace", *body)
    text = path.read_bytes()
    first = text.index(b"\n") + 1
    length = data.draw(st.integers(first, len(text)))
    path.write_bytes(text[:length])

    recording = read_recording(path)

    whole = text[:length].count(b"\n")
    assert recording.records == (OPENED, *body)[:whole]
    assert recording.torn_bytes == length - (text[:length].rindex(b"\n") + 1)


def test_every_byte_of_a_small_recording_may_be_the_last(tmp_path: Path) -> None:
    path = written(
        tmp_path / "run.aatrace",
        ProcessGone(at_ns=2, pid=3),
        Closed(at_ns=3, because="done"),
    )
    text = path.read_bytes()
    lengths = range(text.index(b"\n") + 1, len(text) + 1)

    counts = []
    for length in lengths:
        path.write_bytes(text[:length])
        counts.append(len(read_recording(path).records))

    assert counts == sorted(counts)
    assert {1, 2, 3} == set(counts)


def test_a_recording_can_be_read_while_it_grows(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "run.aatrace") as sink:
        sink.append(OPENED)
        sink.flush()
        before = read_recording(sink.path)
        sink.append(Closed(at_ns=9, because="done"))
        sink.flush()
        after = read_recording(sink.path)

    assert (len(before.records), before.complete) == (1, False)
    assert (len(after.records), after.complete) == (2, True)


def test_what_was_flushed_survives_the_end_of_the_writer(tmp_path: Path) -> None:
    path = tmp_path / "run.aatrace"
    script = (
        "import os, signal; from pathlib import Path;"
        "from agentaudit.model.recording import *; from agentaudit.model.trace import *;"
        "from agentaudit.store.recording import RecordingWriter;"
        f"sink = RecordingWriter(Path({str(path)!r}));"
        "sink.append(Opened(tool_version='', start_ns=0, rate_hz=1.0, host=Host(name='', system='',"
        " cores=1, memory_bytes=0), target=Target(pid=1, command='', launched=False)));"
        "sink.flush(); sink.append(Closed(at_ns=1, because='never seen'));"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )

    ended = subprocess.run([sys.executable, "-c", script], check=False)

    assert ended.returncode == -signal.SIGKILL
    assert not read_recording(path).complete


def test_a_recording_is_never_written_over_another(tmp_path: Path) -> None:
    written(tmp_path / "run.aatrace")

    with pytest.raises(FileExistsError):
        RecordingWriter(tmp_path / "run.aatrace")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "is no recording"),
        (b'["aatrace"', "is no recording"),
        (b"hello\n", "is no recording of agentaudit"),
        (b'["aatrace",2,"",0]\n', "written by a newer release (format 2)"),
        (b'["aatrace",1]\n', "run.aatrace:1: is no record"),
        (b'["aatrace",[[[[[[["\n', "is no record"),
        (b"[" * 200_000 + b"\n", "is no recording"),
    ],
)
def test_what_is_no_recording_is_an_input_error(tmp_path: Path, text: bytes, message: str) -> None:
    path = tmp_path / "run.aatrace"
    path.write_bytes(text)

    with pytest.raises(InputError) as error:
        read_recording(path)

    assert message in str(error.value)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'["run",1,1,1,1,0]', "stack 0 is used and nowhere defined"),
        (b'["stack",3,[]]', "stack 3 is defined out of order"),
        (b'["stack",0,[["a"]]]', ":2: is no record"),
        (b'["nothing"]', ":2: is no record"),
        (b'["gone","soon",1]', ":2: is no record"),
        (b"[" * 100_000, ":2: is no record"),
        (b'["named",1,"' + b"x" * LONGEST_LINE + b'"]', "a line of more than"),
    ],
)
def test_a_line_that_is_no_record_names_its_place(
    tmp_path: Path, line: bytes, message: str
) -> None:
    path = written(tmp_path / "run.aatrace")
    path.write_bytes(path.read_bytes() + line + b"\n" + b'["end",1,""]\n')

    with pytest.raises(InputError) as error:
        read_recording(path)

    assert message in str(error.value)


def test_a_recording_opens_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="opened once"):
        read_recording(written(tmp_path / "run.aatrace", OPENED))


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_recording(tmp_path / "none.aatrace")


def test_a_recording_beyond_all_measure_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "run.aatrace")
    os.truncate(path, 3 * 1024**3)

    with pytest.raises(InputError, match="larger than"):
        read_recording(path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'["cpu",0,1,[[7,-5,0]]]', "times, counters and numbers"),
        (b'["cpu",0,1,[[7,9223372036854775809,0]]]', "times, counters and numbers"),
        (b'["gone",-1,7]', "times, counters and numbers"),
    ],
)
def test_counters_that_no_kernel_counts_are_refused(
    tmp_path: Path, line: bytes, message: str
) -> None:
    path = tmp_path / "run.aatrace"
    with RecordingWriter(path) as sink:
        sink.append(OPENED)
    path.write_bytes(path.read_bytes() + line + b"\n")

    with pytest.raises(InputError, match=f"run.aatrace:2: is no record: {message}"):
        read_recording(path)


@pytest.mark.parametrize(
    "opened",
    [
        dataclasses.replace(OPENED, rate_hz=0.0),
        dataclasses.replace(OPENED, host=dataclasses.replace(OPENED.host, cores=0)),
    ],
)
def test_a_machine_without_cores_or_a_rate_of_nothing_is_refused(
    tmp_path: Path, opened: Opened
) -> None:
    """Both are divided by later."""
    with RecordingWriter(tmp_path / "run.aatrace") as sink:
        sink.append(opened)

    with pytest.raises(InputError, match="needs a core and a sampling rate"):
        read_recording(tmp_path / "run.aatrace")
