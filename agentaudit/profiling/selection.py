"""What a recording holds of one kind: records by type, readings and ends by thread."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeVar

from agentaudit.model.recording import (
    Closed,
    ProcessGone,
    ProcessTick,
    Record,
    Recording,
    StackRun,
    ThreadGone,
    ThreadTick,
)
from agentaudit.model.trace import CpuSample
from agentaudit.profiling.lanes import Reading, Thread

_Record = TypeVar("_Record", bound=Record)


def readings_of(records: Sequence[Record]) -> Mapping[Thread, Sequence[Reading]]:
    found: dict[Thread, list[Reading]] = defaultdict(list)
    for tick in records_of(records, ThreadTick):
        for time in tick.times:
            reading = Reading(tick.since_ns, tick.at_ns, time.cpu_ns, time.queue_ns)
            found[time.pid, time.tid].append(reading)
    return found


def ends_of(records: Sequence[Record], end_ns: int) -> Mapping[Thread, Sequence[int]]:
    """When each thread ended: with its process and with the recording at the latest."""
    found: dict[Thread, list[int]] = defaultdict(list)
    threads: dict[int, set[int]] = defaultdict(set)
    for record in records:
        match record:
            case StackRun():
                threads[record.pid].add(record.tid)
            case ThreadGone():
                found[record.pid, record.tid].append(record.at_ns)
            case _:
                pass
    for record in records_of(records, ProcessGone):
        for tid in threads[record.pid]:
            found[record.pid, tid].append(record.at_ns)
    for pid, tids in threads.items():
        for tid in tids:
            found[pid, tid].append(end_ns)
    return found


def end_ns_of(recording: Recording) -> int:
    """When the recording ended, or the latest instant it tells of."""
    instants = [recording.opened.start_ns]
    for record in recording.records:
        match record:
            case Closed() | ThreadTick() | ProcessTick() | CpuSample():
                instants.append(record.at_ns)
            case StackRun():
                instants.append(record.end_ns)
            case _:
                pass
    closed = records_of(recording.records, Closed)
    return closed[-1].at_ns if closed else max(instants)


def records_of(records: Sequence[Record], type_: type[_Record]) -> tuple[_Record, ...]:
    return tuple(record for record in records if isinstance(record, type_))
