"""Recordings on disk: what is written is read, whatever happens to the writer or the file."""

import os
import resource
import signal
import subprocess
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agentaudit.errors import InputError
from agentaudit.model.observed import Attribute, SpanSeen, TaskRun
from agentaudit.model.recording import (
    Closed,
    Frame,
    Opened,
    ProcessGone,
    ProcessTick,
    ProcessTime,
    Record,
    StackDefined,
    StackRun,
    ThreadTick,
    ThreadTime,
    recording_of,
)
from agentaudit.model.trace import SCHEMA_VERSION, Host, Incident, StepKind, Target
from agentaudit.store import framing
from agentaudit.store.recording import (
    MOST_PENDING,
    RecordingWriter,
    read_recording,
    read_records,
)
from agentaudit.store.wire import TAGS

OLD = Path(__file__).parent / "format1.aatrace"
OPENED = Opened(
    tool_version="1.0",
    start_ns=5,
    rate_hz=100.0,
    host=Host(name="here", system="Linux", cores=2, memory_bytes=1),
    target=Target(pid=7, command="python agent.py", launched=False),
)
END = Closed(at_ns=9, because="the target ended")
FRAME = Frame(file="agent.py", function="run")
DEFINED = StackDefined(stack=0, frames=(FRAME, Frame(file="main.py", function="main")))
RUN = StackRun(pid=7, tid=8, start_ns=1, end_ns=2, stack=0)


def values(hint: object) -> st.SearchStrategy[object]:
    """Values of a type as a recording can hold them."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return st.builds(hint, **{name: values(of) for name, of in get_type_hints(hint).items()})
    arguments = get_args(hint)
    if get_origin(hint) is tuple:
        return st.lists(values(arguments[0]), max_size=3).map(tuple)
    if arguments:
        return st.one_of([values(argument) for argument in arguments])
    return PLAIN[hint]


PLAIN: dict[object, st.SearchStrategy[object]] = {
    int: st.one_of(st.integers(0, 300), st.integers(0, 2**63 - 1)),
    float: st.floats(allow_nan=False, allow_infinity=False),
    str: st.text(max_size=20),
    bool: st.booleans(),
    type(None): st.none(),
    StepKind: st.sampled_from(StepKind),
}
hosts = st.builds(replace, values(Host), cores=st.integers(1, 4096))
openings = st.builds(replace, values(Opened), rate_hz=st.floats(0.001, 1e6), host=hosts)
BOUND = (Opened, StackDefined, StackRun, TaskRun, Closed)
FREE = [kind for kind in TAGS.values() if kind not in BOUND]
records = st.lists(st.one_of([values(kind) for kind in FREE]), max_size=8)


def ordered(record: Record) -> Record:
    """A tick is a set of times: they are written in order of their threads."""
    if not isinstance(record, ThreadTick):
        return record
    times = sorted(record.times, key=lambda time: (time.pid, time.tid))
    return replace(record, times=tuple(times))


def written(path: Path, *body: Record, opened: Opened = OPENED) -> Path:
    with RecordingWriter(path) as sink:
        for record in (opened, *body):
            sink.append(record)
    return path


def batched(path: Path, *batches: Sequence[Record]) -> Path:
    with RecordingWriter(path) as sink:
        for batch in ((OPENED,), *batches):
            for record in batch:
                sink.append(record)
            sink.flush()
    return path


def crafted(path: Path, *tables: object, order: bytes = b"\0") -> Path:
    """A recording whose second batch somebody made up; all its checksums are right."""
    batch = zlib.compress(msgspec.msgpack.encode([order, tables]))
    written(path)
    path.write_bytes(path.read_bytes() + framing.frame(1, batch))
    return path


@given(body=records, opened=openings)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, body: Sequence[Record], opened: Opened
) -> None:
    path = tmp_path_factory.mktemp("r") / "run.aatrace"
    opened = replace(opened, schema_version=SCHEMA_VERSION)

    written(path, *body, END, opened=opened)

    assert list(map(ordered, read_records(path))) == list(map(ordered, (opened, *body, END)))


@given(body=records)
def test_a_recording_is_what_its_records_make(
    tmp_path_factory: pytest.TempPathFactory, body: Sequence[Record]
) -> None:
    """What goes into columns right away is what each of the records would add to them."""
    path = tmp_path_factory.mktemp("r") / "run.aatrace"
    all_records = (OPENED, DEFINED, *body, RUN, RUN, END)

    assert read_recording(written(path, *all_records[1:])) == recording_of(all_records)


def test_stacks_are_written_once_and_found_again(tmp_path: Path) -> None:
    recording = read_recording(written(tmp_path / "run.aatrace", DEFINED, RUN, RUN))

    assert recording.stacks == (DEFINED.frames,)
    assert list(recording.columns.runs[7, 8].rows()) == [(1, 2, 0), (1, 2, 0)]
    assert not recording.complete


def test_recordings_of_the_first_format_are_read() -> None:
    recording = read_recording(OLD)

    assert recording.complete
    assert recording.columns.spendings.total_ns == 261_875_705
    assert len(list(read_records(OLD))) == OLD.read_bytes().count(b"\n")


def test_a_torn_line_of_the_first_format_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "run.aatrace"
    path.write_bytes(OLD.read_bytes()[:-3])

    recording = read_recording(path)

    assert not recording.complete
    assert recording.torn_bytes > 0


@settings(max_examples=30)
@given(batches=st.lists(records, max_size=4), data=st.data())
def test_a_recording_cut_anywhere_is_a_prefix(
    tmp_path_factory: pytest.TempPathFactory,
    batches: Sequence[Sequence[Record]],
    data: st.DataObject,
) -> None:
    """A crash may tear the last batch; all before it stand."""
    path = batched(tmp_path_factory.mktemp("r") / "run.aatrace", *batches)
    whole, content = list(read_records(path)), path.read_bytes()
    ends = [
        batched(path.with_name(f"{count}.aatrace"), *batches[:count]).stat().st_size
        for count in range(len(batches) + 1)
    ]
    length = data.draw(st.integers(ends[0], len(content)))
    path.write_bytes(content[:length])

    found = list(read_records(path))
    if read_recording(path).torn_bytes:
        assert "in the middle of a record" in str(found.pop())

    assert found == whole[: len(found)]
    assert (read_recording(path).torn_bytes == 0) == (length in ends)


@settings(max_examples=60)
@given(data=st.data())
def test_a_byte_that_changed_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Never a crash, and never another number than was written."""
    tick = ProcessTick(since_ns=1, at_ns=2, times=(ProcessTime(pid=7, cpu_ns=3),))
    path = tmp_path_factory.mktemp("r") / "run.aatrace"
    content = bytearray(batched(path, (DEFINED, RUN), (tick,), (END,)).read_bytes())
    place = data.draw(st.integers(len(framing.file_head()), len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)

    try:
        recording = read_recording(path)
    except InputError as error:
        assert "nothing was recorded yet" in str(error)  # noqa: PT017 -- either is right
    else:
        assert not recording.complete
        assert recording.torn_bytes or isinstance(recording.records[-1], Incident)


@given(content=st.binary(max_size=200))
def test_no_bytes_make_a_reader_fail(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    """Whatever a batch holds, and with the right checksum: a recording, or what is wrong."""
    path = written(tmp_path_factory.mktemp("r") / "run.aatrace")
    path.write_bytes(path.read_bytes() + framing.frame(1, zlib.compress(content)))

    with pytest.raises(InputError, match="batch 2 is none"):
        read_recording(path)


def test_a_damaged_recording_ends_there_and_says_so(tmp_path: Path) -> None:
    path = batched(tmp_path / "run.aatrace", (ProcessGone(at_ns=2, pid=3),), (END,))
    content = bytearray(path.read_bytes())
    content[-len(framing.frame(2, b"")) - 40] ^= 1
    path.write_bytes(content)

    recording = read_recording(path)

    assert "damaged at byte" in str(recording.records[-1])
    assert not recording.complete


def test_zeros_that_a_file_system_left_are_a_torn_end(tmp_path: Path) -> None:
    path = batched(tmp_path / "run.aatrace", (ProcessGone(at_ns=2, pid=3),))
    path.write_bytes(path.read_bytes() + bytes(4096))

    recording = read_recording(path)

    assert (len(recording.records), recording.torn_bytes) == (3, 4096)
    assert "in the middle of a record" in str(recording.records[-1])


def test_a_recording_can_be_read_while_it_grows(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "run.aatrace") as sink:
        sink.append(OPENED)
        sink.flush()
        before = read_recording(sink.path)
        sink.append(END)
        sink.flush()
        after = read_recording(sink.path)

    assert (len(before.records), before.complete) == (1, False)
    assert (len(after.records), after.complete) == (2, True)


def test_a_reader_that_comes_in_between_two_writes_goes_on(tmp_path: Path) -> None:
    """A batch may be half there at the first look and whole at the second."""
    path = batched(tmp_path / "run.aatrace", (END,))
    content = path.read_bytes()
    path.write_bytes(content[:-3])

    with path.open("rb") as file:
        file.seek(len(framing.file_head()))
        contents = framing.Frames(file).contents()
        next(contents)
        path.write_bytes(content)

        assert len(list(contents)) == 1


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


def test_a_full_disk_leaves_a_whole_recording(tmp_path: Path) -> None:
    """A limit on the size of files stands in for the disk: half a batch is taken back."""
    path = tmp_path / "run.aatrace"
    sink = RecordingWriter(path)
    sink.append(OPENED)
    sink.flush()
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 30, before[1]))
    try:
        sink.append(DEFINED)
        with pytest.raises(OSError, match="File too large"):
            sink.flush()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    sink.append(END)
    sink.close()

    assert [type(record) for record in read_records(path)] == [Opened, Closed]


def test_a_writer_that_nobody_flushes_holds_little(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "run.aatrace") as sink:
        sink.append(OPENED)
        for at_ns in range(MOST_PENDING):
            sink.append(ProcessGone(at_ns=at_ns, pid=3))

        assert len(read_recording(sink.path).records) == MOST_PENDING


def test_a_recording_is_never_written_over_another(tmp_path: Path) -> None:
    written(tmp_path / "run.aatrace")

    with pytest.raises(FileExistsError):
        RecordingWriter(tmp_path / "run.aatrace")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no recording"),
        (framing.MAGIC[:3], "nothing was recorded yet"),
        (framing.file_head(), "nothing was recorded yet"),
        (framing.MAGIC + b"\x03\x00", "written by a newer release (format 3)"),
        (b"hello\n", "is no recording of agentaudit"),
        (b'["aatrace"', "is no recording"),
        (b'["aatrace",2,"",0]\n', "has format 2, which is not written in lines"),
        (b'["aatrace",1]\n', "run.aatrace:1: is no record"),
        (b'["aatrace",[[[[[[["\n', "is no record"),
        (b'["aatrace",' + b"x" * 1024 * 1024 + b"\n", "a line of more than"),
        (b"[" * 200_000 + b"\n", "is no recording"),
    ],
)
def test_what_is_no_recording_is_an_input_error(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "run.aatrace"
    path.write_bytes(content)

    with pytest.raises(InputError) as error:
        read_recording(path)

    assert message in str(error.value)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'["run",1,1,1,1,9]', "stack 9 is used and nowhere defined"),
        (b'["stack",3,[]]', "stack 3 is defined out of order"),
        (b'["stack",1,[["a"]]]', "is no record"),
        (b'["nothing"]', "is no record"),
        (b'["cpu",0,1,[[7,-5,0]]]', "Expected `int` >= 0"),
        (b'["gpu",1,0,1e999,0,null]', "is no record"),
        (b'["gone",-1,7]', "Expected `int` >= 0"),
    ],
)
def test_a_line_that_is_no_record_names_its_place(
    tmp_path: Path, line: bytes, message: str
) -> None:
    path = tmp_path / "run.aatrace"
    path.write_bytes(OLD.read_bytes() + line + b"\n")

    with pytest.raises(InputError, match=message):
        read_recording(path)


CLOSED_TABLE = ["end", [["end", 9, "done"]]]
NONE = [0, b""]


@pytest.mark.parametrize(
    ("tables", "order", "message"),
    [
        ([CLOSED_TABLE], b"\1", "a table that it does not hold"),
        ([CLOSED_TABLE], b"\0\0", "1 records is asked for 2"),
        ([["gone", [["gone", -1, 7]]]], b"\0", "Expected `int` >= 0"),
        ([["gone", [["gone", 2**63, 7]]]], b"\0", "batch 2 is none"),
        ([["sample", [["sample", 1, 1, 1, 1, float("nan")]]]], b"\0", "Expected `float`"),
        ([["run", [NONE, NONE, NONE, NONE, [7, b""]]]], b"\0", "stack 7 is used and nowhere"),
        ([["run", [NONE, NONE, NONE, [-5, b""], NONE]]], b"\0", "times, counters and numbers"),
        ([["run", [NONE, NONE, [2**63, b""], NONE, NONE]]], b"\0", "times, counters and numbers"),
        ([["run", [NONE, NONE, [0, b"\xff" * 8], NONE, NONE]]], b"\0", "times, counters"),
        ([["run", [NONE, NONE, [0, b"abc"], NONE, NONE]]], b"\0", "holds no 1 numbers"),
        ([["run", [NONE] * 3]], b"\0", "batch 2 is none"),
        ([["threads", [NONE, NONE, 2**62, *[NONE] * 5]]], b"\0", "more than 4000000 times"),
        ([["threads", [NONE, NONE, 1, [5, b""], *[NONE] * 4]]], b"\0", "batch 2 is none"),
        ([["cpu", [NONE, NONE, [2**62, b""], *[NONE] * 3]]], b"\0", "more than 4000000 times"),
        ([["cpu", [NONE, NONE, [-1, b""], *[NONE] * 3]]], b"\0", "times, counters and numbers"),
        ([["aatrace", []]], b"\0", "0 records is asked for 1"),
    ],
)
def test_a_batch_that_nobody_wrote_is_an_input_error(
    tmp_path: Path, tables: Sequence[object], order: bytes, message: str
) -> None:
    path = crafted(tmp_path / "run.aatrace", *tables, order=order)

    with pytest.raises(InputError, match=message):
        read_recording(path)


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = written(tmp_path / "run.aatrace")
    bomb = zlib.compress(bytes(100 * 1024 * 1024), 9)
    path.write_bytes(path.read_bytes() + framing.frame(1, bomb))

    with pytest.raises(InputError, match="no whole batch of at most 64 MiB"):
        read_recording(path)


def test_fields_and_kinds_of_a_later_release_are_left_out(tmp_path: Path) -> None:
    later = ["gone", [["gone", 2, 3, "a field to come"]]]
    path = crafted(tmp_path / "run.aatrace", ["quantum", [1, 2]], later, order=b"\0\1\0")

    recording = read_recording(path)

    assert recording.records[1] == ProcessGone(at_ns=2, pid=3)
    assert "does not know: quantum" in str(recording.records[2])
    assert "2 in all" in str(recording.records[2])
    assert len(list(read_records(path))) == 3


def test_a_recording_opens_once_and_first(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="opened once"):
        read_recording(written(tmp_path / "run.aatrace", OPENED))
    with RecordingWriter(tmp_path / "other.aatrace") as sink:
        sink.append(END)
    with pytest.raises(InputError, match="opened by its first record"):
        read_recording(sink.path)


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_recording(tmp_path / "none.aatrace")


def test_a_recording_beyond_all_measure_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "run.aatrace")
    os.truncate(path, 3 * 1024**3)

    with pytest.raises(InputError, match="larger than"):
        read_recording(path)


@pytest.mark.parametrize(
    "opened",
    [
        replace(OPENED, rate_hz=0.0),
        replace(OPENED, host=replace(OPENED.host, cores=0)),
    ],
)
def test_a_machine_without_cores_or_a_rate_of_nothing_is_refused(
    tmp_path: Path, opened: Opened
) -> None:
    """Both are divided by later."""
    with pytest.raises(InputError, match="needs a core and a sampling rate"):
        read_recording(written(tmp_path / "run.aatrace", opened=opened))


def test_ticks_keep_their_times_apart(tmp_path: Path) -> None:
    """Also those without any, and of several in one batch."""
    times = tuple(ThreadTime(pid=7, tid=tid, cpu_ns=tid, queue_ns=0) for tid in range(3))
    ticks = [ThreadTick(since_ns=at, at_ns=at + 5, times=times[:at]) for at in (0, 2, 0, 3, 1)]

    path = written(tmp_path / "run.aatrace", *ticks)

    assert list(read_records(path))[1:] == ticks


@given(batches=st.lists(records, max_size=4), before=records)
def test_batches_that_are_taken_over_are_those_of_the_other(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[Record]], before: list[Record]
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    with RecordingWriter(folder / "other") as other:
        for batch in batches:
            for record in batch:
                other.append(record)
            other.flush()
    with RecordingWriter(folder / "whole") as whole:
        for record in (OPENED, *before):
            whole.append(record)
        whole.take_over(folder / "other")

    expected = [OPENED, *map(ordered, before), *(ordered(one) for of in batches for one in of)]
    assert list(read_records(folder / "whole")) == expected


def test_words_that_spans_repeat_are_read_once(tmp_path: Path) -> None:
    kinds = (Attribute(key="gen_ai.operation.name", value="chat"),)
    told = [
        SpanSeen(trace="t", span=str(at), name="n", kinds=kinds, start_unix_ns=1, end_unix_ns=2)
        for at in range(3)
    ]
    _, *spans = read_records(written(tmp_path / "spans.aatrace", *told))

    assert spans == told
    assert len({id(span.kinds) for span in spans if isinstance(span, SpanSeen)}) == 1
