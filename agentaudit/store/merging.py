"""
Recordings of many hosts, or of several processes of one, as one recording.

The merged recording counts its time in Unix nanoseconds: no two hosts share a monotonic clock. Each
recording is moved by one shift, so order and lengths within it stay as they were measured. Numbers
of processes and devices are kept apart, stacks are interned anew, cores of a machine count once.
Recordings are read a batch at a time, in order of time, so their length does not matter.
"""

from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import accumulate
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.model.observed import EndpointSample
from agentaudit.model.recording import (
    Closed,
    Frame,
    Opened,
    ProcessTick,
    ProcessTime,
    Record,
    StackDefined,
    ThreadTick,
    ThreadTime,
)
from agentaudit.model.trace import ClockPair, CpuSample, EnergyReading, Incident, Part
from agentaudit.store.survey import Survey, doubts, instant_of, opened_of, parts_of

_INSTANTS = frozenset({"at_ns", "since_ns", "start_ns", "end_ns"})
_PIDS = frozenset({"pid", "parent_pid", "peer_pid"})


class Source(Struct, frozen=True, kw_only=True):
    """One recording to merge: what is known of it, and its records, to be gone through once."""

    survey: Survey
    records: Iterable[Record]


def merged(sources: Sequence[Source], tool_version: str) -> Iterator[Record]:
    """The records of the merged recording, in order of time."""
    surveys = [source.survey for source in sources]
    parts = parts_of(surveys)
    opened = opened_of(parts, surveys, tool_version)
    yield opened
    yield ClockPair(monotonic_ns=opened.start_ns, unix_ns=opened.start_ns)
    yield from parts
    yield from doubts(parts, surveys)
    tree, stacks = _Tree(parts), _Stacks()
    devices = [0, *accumulate(survey.devices for survey in surveys)]
    moved = [
        _Moved(part, source.survey.offset_ns, device, stacks).by_time(source.records)
        for part, source, device in zip(parts, sources, devices, strict=False)
    ]
    for _, number, record in merge(*moved, key=lambda entry: entry[0]):
        match record:
            case CpuSample():
                yield from tree.sampled(number, record)
            case Closed():
                tree.ended(number)
            case _:
                yield record
    end_ns = max(part.end_ns for part in parts)
    yield from tree.rest(end_ns)
    if all(part.complete for part in parts):
        yield Closed(at_ns=end_ns, because=_because(parts))


def _because(parts: Sequence[Part]) -> str:
    reasons = sorted({part.ended_because for part in parts})
    return reasons[0] if len(reasons) == 1 else "all recordings ended"


class _Stacks:
    """Distinct stacks of all parts, each defined once."""

    def __init__(self) -> None:
        self._ids: dict[tuple[Frame, ...], int] = {}

    def of(self, frames: tuple[Frame, ...]) -> tuple[int, bool]:
        """The id of a stack, and whether it is new."""
        new = len(self._ids)
        found = self._ids.setdefault(frames, new)
        return found, found == new


class _Moved:
    """The records of one part, as the merged recording holds them."""

    def __init__(self, part: Part, offset_ns: int, device: int, stacks: _Stacks) -> None:
        self._part = part
        self._offset_ns = offset_ns
        self._device = device
        self._all_stacks = stacks
        self._stacks: list[int] = []

    def by_time(self, records: Iterable[Record]) -> Iterator[tuple[int, int, Record]]:
        """Each with an instant that never goes back, and the number of the part; then its end."""
        at_ns = self._part.start_ns
        for record in records:
            for moved in self._moved(record):
                at_ns = min(max(at_ns, instant_of(moved)), self._part.end_ns)
                yield at_ns, self._part.number, moved
        end_ns = self._part.end_ns
        yield end_ns, self._part.number, Closed(at_ns=end_ns, because=self._part.ended_because)

    def _moved(self, record: Record) -> Iterator[Record]:
        match record:
            case Opened() | Closed() | ClockPair():
                return
            case StackDefined():
                number, new = self._all_stacks.of(record.frames)
                self._stacks.append(number)
                if new:
                    yield StackDefined(stack=number, frames=record.frames)
            case EndpointSample():  # `localhost` is another one elsewhere
                moved = self._changed(record)
                yield replace(moved, endpoint=f"{record.endpoint}, from {self._part.host.name}")
            case EnergyReading():
                yield replace(record, note=f"{self._part.host.name}: {record.note}")
            case Incident():
                moved = self._changed(record)
                yield replace(moved, lost=f"on {self._part.host.name}: {record.lost}")
            case ThreadTick() | ProcessTick():
                yield self._tick(record)
            case _:
                yield self._changed(record)

    def _tick(self, tick: ThreadTick | ProcessTick) -> Record:
        """There are so many of them that each is made anew, field by field."""
        since_ns, at_ns = tick.since_ns + self._offset_ns, tick.at_ns + self._offset_ns
        first = self._part.first_pid
        if isinstance(tick, ProcessTick):
            spent = tuple(
                ProcessTime(pid=time.pid + first, cpu_ns=time.cpu_ns, reaped_ns=time.reaped_ns)
                for time in tick.times
            )
            return ProcessTick(since_ns=since_ns, at_ns=at_ns, times=spent)
        times = tuple(
            ThreadTime(
                pid=time.pid + first, tid=time.tid, cpu_ns=time.cpu_ns, queue_ns=time.queue_ns
            )
            for time in tick.times
        )
        return ThreadTick(since_ns=since_ns, at_ns=at_ns, times=times)

    def _changed(self, value: Any) -> Any:  # noqa: ANN401 -- a record of any kind
        changes = {}
        for name in _names(type(value)):
            number = getattr(value, name)
            if name in _INSTANTS:
                changes[name] = number + self._offset_ns
            elif name in _PIDS:
                changes[name] = number + self._part.first_pid if number else 0
            elif name == "device":
                changes[name] = number + self._device
            else:
                changes[name] = self._stacks[number]
        return replace(value, **changes) if changes else value


def _names(type_: type[Any]) -> tuple[str, ...]:
    """The fields of a record that mean another thing in the merged recording."""
    found = _NAMES.get(type_)
    if found is None:
        names = type_.__struct_fields__
        found = _NAMES[type_] = tuple(name for name in names if name in _CHANGING)
    return found


_CHANGING = _INSTANTS | _PIDS | {"device", "stack"}
_NAMES: dict[type, tuple[str, ...]] = {}


class _Tree:
    """
    Samples of all parts as samples of one tree.

    They come at the pace of the first part that is still recorded; what others used until then is
    added to it, so nothing is counted twice and nothing is left out.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._latest: dict[int, CpuSample] = {}
        self._used_ns = 0

    def sampled(self, number: int, sample: CpuSample) -> Iterator[CpuSample]:
        self._latest[number] = sample
        self._used_ns += sample.cpu_ns
        if number == min(self._latest):
            yield self._together(sample.at_ns)

    def ended(self, number: int) -> None:
        if len(self._latest) > 1:
            self._latest.pop(number, None)

    def rest(self, end_ns: int) -> Iterator[CpuSample]:
        if self._used_ns:
            yield self._together(end_ns)

    def _together(self, at_ns: int) -> CpuSample:
        busy = {self._parts[at].machine: (at, sample) for at, sample in self._latest.items()}
        cores = {machine: self._parts[at].host.cores for machine, (at, _) in busy.items()}
        busy_cores = sum(
            sample.system_busy * cores[machine] for machine, (_, sample) in busy.items()
        )
        used_ns, self._used_ns = self._used_ns, 0
        return CpuSample(
            at_ns=at_ns,
            cpu_ns=used_ns,
            rss_bytes=sum(sample.rss_bytes for sample in self._latest.values()),
            processes=sum(sample.processes for sample in self._latest.values()),
            system_busy=busy_cores / max(sum(cores.values()), 1),
        )
