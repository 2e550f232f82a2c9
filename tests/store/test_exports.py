"""Exports: nothing is lost on the way, and those who read such files can read these."""

import json
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow.parquet as pq
import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from agentaudit.errors import UsageError
from agentaudit.model.columns import Columns
from agentaudit.model.recording import Frame, Opened, Recording
from agentaudit.model.trace import (
    ClockPair,
    CpuSample,
    GpuSample,
    Host,
    Incident,
    LabelSource,
    ProcessRecord,
    Request,
    Step,
    StepKind,
    Target,
    Trace,
)
from agentaudit.probes.spans.otlp import Reading, read_body
from agentaudit.profiling.dataset import more_rows_of, rows_of
from agentaudit.store.export_otlp import SPANS_PER_LINE, otlp
from agentaudit.store.export_parquet import write_dataset
from agentaudit.store.export_perfetto import perfetto
from agentaudit.store.export_speedscope import speedscope
from agentaudit.store.placing import write_whole

SCHEMA = json.loads((Path(__file__).parent / "speedscope.schema.json").read_text())
HOST = Host(name="a/b", system="Linux", cores=4, memory_bytes=1)
TARGET = Target(pid=2**40, command="agent", launched=True)
START_NS, UNIX_NS = 1_000, 1_700_000_000_000_000_000
END_NS = START_NS + 10_000


def step(number: int, extent: tuple[int, int], **fields: Any) -> Step:  # noqa: ANN401 -- of a step
    told = {"kind": StepKind.TOOL_CALL, "name": "dig", "pid": 2**40, "tid": 7, "cpu_ns": number}
    start_ns, length_ns = extent
    return Step(
        **{"request_id": None, **told, **fields},
        step_id=number,
        start_ns=START_NS + start_ns,
        end_ns=START_NS + start_ns + length_ns,
    )


def trace(steps: Sequence[Step], *requests: Request, total_ns: int = 0) -> Trace:
    return Trace(
        host=HOST,
        target=TARGET,
        start_ns=START_NS,
        end_ns=END_NS,
        complete=True,
        ended_because="done",
        clocks=(ClockPair(monotonic_ns=0, unix_ns=UNIX_NS),),
        steps=tuple(steps),
        requests=requests,
        processes=(
            ProcessRecord(
                pid=2**40, parent_pid=1, start_ns=START_NS, end_ns=None, name="python", cpu_ns=9
            ),
        ),
        cpu_samples=(
            CpuSample(at_ns=END_NS, cpu_ns=9, rss_bytes=2**20, processes=1, system_busy=0.5),
        ),
        gpu_samples=(
            GpuSample(at_ns=END_NS, device=0, busy=0.25, memory_bytes=1, power_watts=None),
        ),
        incidents=(Incident(at_ns=START_NS, probe="stacks", what="no py-spy", lost="steps"),),
        cpu_total_ns=max(total_ns, sum(step.cpu_ns for step in steps)),
    )


REQUEST = Request(
    request_id=1, type="answer", arrival_ns=START_NS, finish_ns=END_NS, source=LabelSource.OTEL
)
extents = st.tuples(st.integers(0, 9_000), st.integers(0, 1_000))
steps_of_traces = st.lists(
    st.tuples(extents, st.integers(1, 3), st.sampled_from(StepKind), st.sampled_from([None, 1])),
    max_size=12,
).map(
    lambda told: [
        step(number, extent, tid=tid, kind=kind, request_id=request, tokens_in=number)
        for number, (extent, tid, kind, request) in enumerate(told, start=1)
    ]
)


def drawn(shown: Trace) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(b"".join(perfetto(shown)))
    return document


def slices(document: dict[str, Any]) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """In nanoseconds, as viewers keep them: a sum of microseconds is no exact end."""
    found: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for event in document["traceEvents"]:
        if event["ph"] == "X":
            start_ns, length_ns = round(event["ts"] * 1_000), round(event["dur"] * 1_000)
            found[event["pid"], event["tid"]].append((start_ns, start_ns + length_ns))
    return found


@given(steps_of_traces)
def test_a_timeline_keeps_all_cpu_time_and_overlaps_nowhere(steps: list[Step]) -> None:
    shown = trace(steps, REQUEST)

    document = drawn(shown)

    cpu_ns = sum(event.get("args", {}).get("cpu_ns", 0) for event in document["traceEvents"])
    assert cpu_ns == sum(step.cpu_ns for step in steps)
    assert document["otherData"]["cpu_total_ns"] == shown.cpu_total_ns
    for track in slices(document).values():
        ordered = sorted(track)
        assert all(before[1] <= after[0] for before, after in pairwise(ordered))


@given(steps_of_traces)
def test_tracks_have_small_numbers_and_names(steps: list[Step]) -> None:
    """Viewers lose numbers of 64 bits, and say nothing."""
    events = drawn(trace(steps, REQUEST))["traceEvents"]

    named = {(event["pid"], event["tid"]) for event in events if event["name"] == "thread_name"}
    assert all(event["pid"] < 1000 and event["tid"] < 1000 for event in events)
    assert named >= {(event["pid"], event["tid"]) for event in events if event["ph"] == "X"}


def test_a_request_points_at_each_of_its_steps() -> None:
    steps = [step(1, (0, 10), request_id=1), step(2, (20, 10)), step(3, (30, 10), request_id=1)]

    events = drawn(trace(steps, REQUEST))["traceEvents"]

    arrows = [(event["ph"], event["ts"]) for event in events if event["ph"] in "stf"]
    assert arrows == [("s", 0.0), ("t", 0.0), ("f", 0.03)]


def test_what_was_counted_is_shown_beside_the_steps() -> None:
    events = drawn(trace([]))["traceEvents"]

    counters = {event["name"]: event["args"] for event in events if event["ph"] == "C"}
    assert counters == {
        "CPU cores": {"cores": 9 / 10_000},
        "memory": {"MiB": 1.0},
        "CPU of the host": {"busy": 0.5},
        "GPU 0": {"busy": 0.25},
    }


def lines(shown: Trace) -> list[bytes]:
    return list(otlp(shown))


@given(steps_of_traces)
def test_spans_keep_all_cpu_time_and_are_what_the_protocol_says(steps: list[Step]) -> None:
    found = lines(trace(steps, REQUEST))

    cpu_ns = 0
    for line in found:
        spans = json_format.Parse(line, TracesData()).resource_spans[0].scope_spans[0].spans
        for span in spans:
            told = {attribute.key: attribute.value for attribute in span.attributes}
            cpu_ns += told["agentaudit.cpu_ns"].int_value if "agentaudit.cpu_ns" in told else 0
            assert span.end_time_unix_nano >= span.start_time_unix_nano > UNIX_NS
    assert cpu_ns == sum(step.cpu_ns for step in steps)


@given(steps_of_traces)
def test_spans_are_read_again_as_what_they_were(steps: list[Step]) -> None:
    reading = Reading()

    spans = [
        span
        for line in lines(trace(steps, REQUEST))
        for span in read_body(line, "application/json", reading).spans
    ]

    request, *of_steps = spans
    told = {(span.name, span.start_unix_ns - UNIX_NS, span.tokens_in) for span in of_steps}
    assert told == {(step.name, step.start_ns, step.tokens_in) for step in steps}
    assert len({span.span for span in spans}) == len(steps) + 1
    assert {span.trace for span in of_steps if span.parent} <= {request.trace}


def test_spans_come_in_lines_that_a_reader_can_hold() -> None:
    steps = [step(number, (number, 1)) for number in range(1, SPANS_PER_LINE + 2)]

    assert len(lines(trace(steps))) == 2


def test_a_dataset_keeps_all_cpu_time(tmp_path: Path) -> None:
    shown = trace([step(1, (0, 10), request_id=1), step(2, (20, 10))], REQUEST, total_ns=12)
    tables = {**rows_of(shown, "run"), **more_rows_of(shown, "run")}

    written = write_dataset(tables, tmp_path, ("a/b", UNIX_NS, "run"))

    read = {path.parts[-4]: pq.ParquetFile(path).read().to_pandas() for path in written}
    assert {name: len(frame) for name, frame in read.items()} == {
        "recordings": 1,
        "requests": 1,
        "steps": 2,
        "processes": 1,
        "samples": 1,
        "gpu_samples": 1,
    }
    assert read["steps"]["cpu_ns"].sum() == 3
    assert read["requests"]["cpu_ns"].sum() == 1
    assert read["recordings"]["cpu_total_ns"].sum() == 12
    assert set(read["steps"]["start_unix_ns"]) == {UNIX_NS + START_NS, UNIX_NS + START_NS + 20}
    assert "host=a%2Fb/day=2023-11-14" in written[0].as_posix()


def test_a_dataset_is_added_to_and_not_written_over(tmp_path: Path) -> None:
    place = ("here", UNIX_NS, "run")
    write_dataset(rows_of(trace([]), "run"), tmp_path, place)

    with pytest.raises(UsageError, match="exists already"):
        write_dataset(rows_of(trace([]), "run"), tmp_path, place)
    write_dataset(rows_of(trace([]), "run"), tmp_path, place, overwrite=True)

    assert not list(tmp_path.rglob(".part.*"))


def recording(*runs: tuple[int, int, int, int]) -> Recording:
    """Runs of threads: thread, start, end and stack."""
    names = ("main", "run", "dig", "wait")
    frames = {name: Frame(file=f"{name}.py", function=name) for name in names}
    columns = Columns()
    for tid, start_ns, end_ns, stack in runs:
        columns.runs_of((7, tid)).add(START_NS + start_ns, START_NS + end_ns, stack)
    return Recording(
        opened=Opened(tool_version="", start_ns=START_NS, rate_hz=100.0, host=HOST, target=TARGET),
        records=(),
        columns=columns,
        stacks=tuple(
            tuple(frames[name] for name in reversed(path))
            for path in (names[:3], names[:2], (*names[:1], "wait"), ())
        ),
        complete=True,
    )


@given(
    st.lists(
        st.tuples(st.integers(1, 2), st.integers(0, 90), st.integers(0, 30), st.integers(0, 3)).map(
            lambda told: (told[0], told[1], told[1] + told[2], told[3])
        ),
        max_size=10,
    )
)
def test_stacks_open_and_close_in_order_on_one_time_axis(
    runs: list[tuple[int, int, int, int]],
) -> None:
    """Also of runs that overlap, or go on beyond the end: nothing closes that is not on top."""
    extent = (START_NS, START_NS + 100)

    document = json.loads(b"".join(speedscope(recording(*runs), "run", extent)))

    jsonschema.validate(document, SCHEMA)
    for profile in document["profiles"]:
        assert (profile["startValue"], profile["endValue"]) == (0, 100)
        open_frames: list[int] = []
        at = 0
        for event in profile["events"]:
            assert at <= event["at"] <= 100
            at = event["at"]
            if event["type"] == "O":
                open_frames.append(event["frame"])
            else:
                assert open_frames.pop() == event["frame"]
        assert not open_frames


def test_what_stays_on_the_stack_stays_open() -> None:
    document = json.loads(
        b"".join(speedscope(recording((1, 0, 10, 0), (1, 10, 20, 1)), "run", (START_NS, END_NS)))
    )

    names = [frame["name"] for frame in document["shared"]["frames"]]
    events = [
        (event["type"], names[event["frame"]], event["at"])
        for event in document["profiles"][0]["events"]
    ]
    assert events == [
        ("O", "main", 0),
        ("O", "run", 0),
        ("O", "dig", 0),
        ("C", "dig", 10),
        ("C", "run", 20),
        ("C", "main", 20),
    ]


def test_a_file_stands_whole_or_not_at_all(tmp_path: Path) -> None:
    def half() -> Any:  # noqa: ANN401 -- chunks
        yield b"half"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_whole(tmp_path / "a.json", half())
    assert list(tmp_path.iterdir()) == []

    assert write_whole(tmp_path / "a.json", [b"all"]) == 3
    with pytest.raises(UsageError, match="exists already"):
        write_whole(tmp_path / "a.json", [b"other"])
    with pytest.raises(UsageError, match="cannot be written"):
        write_whole(tmp_path / "a.json" / "b.json", [b"other"])
