"""
The Recording: what probes saw, record by record, before anything is concluded from it.

A recording is a list of records in the order they were written. Times are integer nanoseconds on
the monotonic clock of the recording host. Counters are increments since the reading before, so a
record needs no other to be added up; the two instants of a reading say when the time was spent.
"""

from collections.abc import Iterable

from msgspec import Struct

from agentaudit.model.columns import Columns
from agentaudit.model.observed import (
    EndpointSample,
    InFlight,
    LoadPlanned,
    LoadRequest,
    Marked,
    SpanSeen,
    TaskRun,
)
from agentaudit.model.trace import (
    SCHEMA_VERSION,
    ClockPair,
    CpuSample,
    EnergyReading,
    GpuSample,
    Host,
    Incident,
    Part,
    SamplingRecord,
    Target,
)


class Opened(Struct, frozen=True, kw_only=True):
    """The first record: who was recorded, where, since when, at which rate."""

    schema_version: int = SCHEMA_VERSION
    tool_version: str
    start_ns: int
    rate_hz: float
    host: Host
    target: Target


class Closed(Struct, frozen=True, kw_only=True):
    """The last record of a recording that was ended rather than cut off."""

    at_ns: int
    because: str


class Frame(Struct, frozen=True, kw_only=True):
    """One function on a stack. The name is qualified from CPython 3.11 on, bare before."""

    file: str
    function: str


class StackDefined(Struct, frozen=True, kw_only=True):
    """A distinct stack, leaf first. Ids count from 0 in the order of their definition."""

    stack: int
    frames: tuple[Frame, ...]


class StackRun(Struct, frozen=True, kw_only=True):
    """A thread had this stack in every sample between the two instants."""

    pid: int
    tid: int
    start_ns: int
    end_ns: int
    stack: int


class Watched(Struct, frozen=True, kw_only=True):
    """A stretch in which the stacks of one process were sampled, and how that went."""

    pid: int
    start_ns: int
    end_ns: int
    samples: int
    failures: int
    max_gap_ns: int = 0
    late_ns: int = 0
    """By how much the samples came later than they were meant to, summed up."""


class ThreadTime(Struct, frozen=True, kw_only=True):
    """On-CPU time of one thread, and the time it was ready but had no core."""

    pid: int
    tid: int
    cpu_ns: int
    queue_ns: int


class ThreadTick(Struct, frozen=True, kw_only=True):
    """What the threads used between two readings; threads that used nothing are left out."""

    since_ns: int
    at_ns: int
    times: tuple[ThreadTime, ...]


class ThreadGone(Struct, frozen=True, kw_only=True):
    """A thread ended: a sampler that sees stacks alone shows its last one for too long."""

    at_ns: int
    pid: int
    tid: int


class ProcessTime(Struct, frozen=True, kw_only=True):
    """
    CPU time of one process, exited threads included.

    `reaped_ns` is the time of children it waited for, as far as they were not read while they
    lived: the only trace that a child of a millisecond leaves.
    """

    pid: int
    cpu_ns: int
    reaped_ns: int = 0


class ProcessTick(Struct, frozen=True, kw_only=True):
    """What the processes of the tree used between two readings."""

    since_ns: int
    at_ns: int
    times: tuple[ProcessTime, ...]


class ProcessBorn(Struct, frozen=True, kw_only=True):
    """
    A process joined the tree: by a fork, or because it was there when the recording began.

    `parent_tid` is the thread that forked it, 0 when nobody saw.
    """

    at_ns: int
    pid: int
    parent_pid: int
    parent_tid: int
    name: str = ""


class ProcessNamed(Struct, frozen=True, kw_only=True):
    """A process runs another program now."""

    pid: int
    name: str


class ProcessGone(Struct, frozen=True, kw_only=True):
    """A process of the tree ended."""

    at_ns: int
    pid: int


class GpuProcessTime(Struct, frozen=True, kw_only=True):
    """
    GPU time of one process on one device, by the driver's own utilisation samples.

    `parents` are the ancestors of one that is not of the tree, the nearest first: who computes for
    an inference server is often a child of the process that listens.
    """

    since_ns: int
    at_ns: int
    device: int
    pid: int
    busy_ns: int
    parents: tuple[int, ...] = ()


class ModelPeer(Struct, frozen=True, kw_only=True):
    """A process of the tree holds a connection to what looks like a model's endpoint."""

    at_ns: int
    pid: int
    address: str


Many = StackRun | ThreadTick | ProcessTick  # so many that a recording holds them in columns
Few = (
    Opened | Closed | StackDefined | Watched | ThreadGone | ProcessBorn | ProcessNamed | ProcessGone
    | GpuProcessTime | ModelPeer | SpanSeen | Marked | TaskRun | InFlight | EndpointSample
    | LoadPlanned | LoadRequest | ClockPair | CpuSample | GpuSample | EnergyReading | Incident
    | SamplingRecord | Part
)  # fmt: skip
Record = Few | Many


class ThreadReading(Struct, frozen=True, kw_only=True):
    """Kernel counters of one thread since it began: on-CPU time and run-queue wait."""

    pid: int
    tid: int
    cpu_ns: int
    queue_ns: int
    started: int = 0
    """When its process began, in the kernel's ticks: numbers of processes are given again."""


class ProcessReading(Struct, frozen=True, kw_only=True):
    """Kernel counters of one process since it began; `children_ns` is of children waited for."""

    pid: int
    parent_pid: int
    cpu_ns: int
    children_ns: int
    rss_bytes: int
    started: int = 0


class Recording(Struct, frozen=True, kw_only=True):
    """
    What one file holds: records in the order they were written, but for what stands in columns.

    `complete` is false when the end is missing, `torn_bytes` what was not written to its end.
    """

    opened: Opened
    records: tuple[Few, ...]
    columns: Columns
    stacks: tuple[tuple[Frame, ...], ...]
    complete: bool
    torn_bytes: int = 0


def recording_of(
    records: Iterable[Record], *, columns: Columns | None = None, torn_bytes: int = 0
) -> Recording:
    """The recording of the records and the columns; ValueError where one is out of its order."""
    columns, few = columns or Columns(), list[Few]()
    stacks: list[tuple[Frame, ...]] = []
    for record in records:
        match record:
            case StackRun() | ThreadTick() | ProcessTick():
                _add(columns, record)
            case StackDefined():
                if record.stack != len(stacks):
                    raise ValueError(f"stack {record.stack} is defined out of order")
                stacks.append(record.frames)
            case _:
                few.append(record)
    if not few or not isinstance(few[0], Opened):
        raise ValueError("the first record must say who was recorded")
    used = [record.stack for record in few if isinstance(record, TaskRun)]
    largest = max([-1, *used, *(max(runs.stack, default=-1) for runs in columns.runs.values())])
    if largest >= len(stacks):
        raise ValueError(f"stack {largest} is used and nowhere defined")
    return Recording(
        opened=few[0],
        records=tuple(few),
        columns=columns,
        stacks=tuple(stacks),
        complete=isinstance(few[-1], Closed),
        torn_bytes=torn_bytes,
    )


def _add(columns: Columns, record: Many) -> None:
    match record:
        case StackRun():
            runs = columns.runs_of((record.pid, record.tid))
            runs.add(record.start_ns, record.end_ns, record.stack)
        case ThreadTick(since_ns=since_ns, at_ns=at_ns):
            for time in record.times:
                readings = columns.readings_of((time.pid, time.tid))
                readings.add(since_ns, at_ns, time.cpu_ns, time.queue_ns)
        case ProcessTick(since_ns=since_ns, at_ns=at_ns):
            for used in record.times:
                columns.spendings.add(since_ns, at_ns, used.pid, (used.cpu_ns, used.reaped_ns))
