"""What a recording holds of one kind: records by type, ends by thread."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeVar

from msgspec.structs import replace

from agentaudit.model.columns import Thread
from agentaudit.model.recording import Closed, Few, ProcessGone, Recording, ThreadGone
from agentaudit.model.trace import CpuSample, Part

_Record = TypeVar("_Record", bound=Few)


def ends_of(recording: Recording, end_ns: int) -> Mapping[Thread, Sequence[int]]:
    """When each thread ended: with its process and with the recording at the latest."""
    found: dict[Thread, list[int]] = defaultdict(list)
    threads: dict[int, set[int]] = defaultdict(set)
    for pid, tid in recording.columns.runs:
        threads[pid].add(tid)
    for gone in records_of(recording.records, ThreadGone):
        found[gone.pid, gone.tid].append(gone.at_ns)
    for record in records_of(recording.records, ProcessGone):
        for tid in threads[record.pid]:
            found[record.pid, tid].append(record.at_ns)
    for thread in recording.columns.runs:
        found[thread].append(end_ns)
    return found


def targets_of(recording: Recording) -> frozenset[int]:
    """The processes that were asked for: one, or that of each part it was merged from."""
    parts = records_of(recording.records, Part)
    return frozenset({recording.opened.target.pid, *(part.target.pid for part in parts)})


def end_ns_of(recording: Recording) -> int:
    """When the recording ended, or the latest instant it tells of."""
    closed = records_of(recording.records, Closed)
    if closed:
        return closed[-1].at_ns
    columns = recording.columns
    instants = [
        *(max(runs.end_ns, default=0) for runs in columns.runs.values()),
        *(max(readings.at_ns, default=0) for readings in columns.readings.values()),
        max(columns.spendings.at_ns, default=0),
        *(sample.at_ns for sample in records_of(recording.records, CpuSample)),
    ]
    return max(recording.opened.start_ns, *instants)


def without(recording: Recording, type_: type[Few]) -> Recording:
    """The recording but for the records of one kind."""
    kept = tuple([record for record in recording.records if not isinstance(record, type_)])
    return replace(recording, records=kept)


def records_of(records: Sequence[Few], type_: type[_Record]) -> tuple[_Record, ...]:
    return tuple([record for record in records if isinstance(record, type_)])
