"""
Stacks of the Python processes of a tree: which are sampled, and by whom.

A sampler watches one process, in a way of its own, from outside and without stopping it. This
module knows no sampler: it is given some, best first, and asks the next where one gives up.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from msgspec import Struct

from agentaudit.model.recording import Frame, Record, StackDefined, Watched
from agentaudit.model.trace import Incident, SamplingRecord
from agentaudit.probes.processes.counters import process_clock_ns
from agentaudit.probes.processes.runtimes import closed, hidden, python_of

_SETTLED_NS = 1_000_000_000
"""Age at which a child is worth sampling; before, it takes the step of the thread that forked."""


_YOUNG_CPU_NS = 80_000_000
"""CPU that makes a younger child worth sampling: an interpreter that only starts uses less."""

_MOST_STACKS = 50_000


class StackTable:
    """Distinct stacks, each defined once; past a number that none needs, once more."""

    def __init__(self) -> None:
        self._ids: dict[tuple[Frame, ...], int] = {}
        self._next = 0

    def of(self, frames: tuple[Frame, ...]) -> tuple[int, Sequence[StackDefined]]:
        """The id of a stack, and its definition when it is new."""
        known = self._ids.get(frames)
        if known is not None:
            return known, ()
        if len(self._ids) >= _MOST_STACKS:
            self._ids.clear()
        new = self._ids[frames] = self._next
        self._next += 1
        return new, (StackDefined(stack=new, frames=frames),)


class Watch(Protocol):
    """One process whose stacks are being sampled."""

    @property
    def problem(self) -> str:
        """Why it was given up, once nothing of it runs any more; empty as long as it goes on."""
        ...

    @property
    def over(self) -> bool:
        """Nothing of it runs any more, and all was told."""
        ...

    def poll(self, now_ns: int) -> Iterable[Record]:
        """What became known since the poll before; never blocks."""
        ...

    def stop(self) -> None:
        """The process is gone, or the recording ends: what is left comes with the next polls."""
        ...

    def close(self, now_ns: int) -> Iterable[Record]:
        """The rest, waited for; nothing runs afterwards."""
        ...


class Sampler(Protocol):
    """A way to sample the stacks of a process."""

    name: str
    most: int
    """Processes at a time: each has its price."""

    def suits(self, pid: int, runtime: str) -> bool:
        """Whether it can be tried on such a process."""
        ...

    def watch(self, pid: int, stacks: StackTable) -> Watch:
        """Watches a process from now on."""
        ...


class Stacks:
    """The observer of stacks: each Python process of the tree, by the first way that works."""

    def __init__(self, samplers: Sequence[Sampler], rate_hz: int, target: int) -> None:
        self._samplers = samplers
        self._rate_hz = rate_hz
        self._target = target
        self._stacks = StackTable()
        self._watched: dict[int, _Watched] = {}
        self._refused: set[int] = set()
        self._first_seen_ns: dict[int, int] = {}
        self._tallies: dict[str, _Tally] = {}

    def look(self, now_ns: int, pids: Sequence[int]) -> Sequence[Record]:
        records: list[Record] = []
        for pid in pids:
            records += self._admit(pid, now_ns)
        for pid in self._first_seen_ns.keys() - set(pids):
            del self._first_seen_ns[pid]
            self._refused.discard(pid)
        for pid, watched in list(self._watched.items()):
            if pid not in pids and not watched.stopped:
                watched.stopped = True
                watched.watch.stop()
            records += self._heard(watched, watched.watch.poll(now_ns))
            if watched.watch.problem:
                records += self._given_up(pid, watched, now_ns)
            elif watched.watch.over:
                del self._watched[pid]
                self._refused.update({pid} & set(pids))  # it ended: only a parent is late
        return records

    def close(self, now_ns: int) -> Sequence[Record]:
        for watched in self._watched.values():
            watched.watch.stop()
        records: list[Record] = []
        for watched in self._watched.values():
            records += self._heard(watched, watched.watch.close(now_ns))
        self._watched.clear()
        return [*records, *self._account(now_ns)]

    def _admit(self, pid: int, now_ns: int) -> Iterator[Record]:
        if pid in self._watched or pid in self._refused:
            return
        since_ns = self._first_seen_ns.setdefault(pid, now_ns)
        if pid != self._target and now_ns - since_ns < _SETTLED_NS and not _busy(pid):
            return
        runtime = python_of(pid)
        if runtime is None:
            if pid != self._target:
                self._refused.add(pid)
            return
        left = [sampler for sampler in self._samplers if sampler.suits(pid, runtime)]
        yield from self._begin(pid, left, now_ns)

    def _begin(self, pid: int, samplers: Sequence[Sampler], now_ns: int) -> Iterator[Record]:
        """The first of the samplers that still takes a process begins."""
        names = [watched.sampler.name for watched in self._watched.values()]
        for place, sampler in enumerate(samplers):
            if names.count(sampler.name) < sampler.most:
                watch = sampler.watch(pid, self._stacks)
                left = samplers[place + 1 :]
                self._watched[pid] = _Watched(sampler=sampler, watch=watch, left=left)
                return
        self._refused.add(pid)
        yield Incident(
            at_ns=now_ns,
            probe="stacks",
            what=_turned_away(pid, samplers, len(names)),
            lost=f"the steps of process {pid}",
        )

    def _given_up(self, pid: int, watched: "_Watched", now_ns: int) -> Iterator[Record]:
        """What a sampler could not do, and who goes on; nobody asks for a process that is gone."""
        del self._watched[pid]
        if watched.stopped:
            return
        what = watched.watch.problem
        lost = f"the steps of process {pid}: its time is counted, but not told apart"
        if watched.left:
            lost = (
                f"what only {watched.sampler.name} tells of process {pid}; another sampler is tried"
            )
        yield Incident(at_ns=now_ns, probe="stacks", what=what, lost=lost)
        if watched.left:
            yield from self._begin(pid, watched.left, now_ns)
        else:
            self._refused.add(pid)

    def _heard(self, watched: "_Watched", records: Iterable[Record]) -> Iterator[Record]:
        for record in records:
            if isinstance(record, Watched):
                self._tallies.setdefault(watched.sampler.name, _Tally()).add(record)
            yield record

    def _account(self, now_ns: int) -> Iterator[Record]:
        """How the sampling went; and why, when the target was not sampled at all."""
        interval_ns = 1_000_000_000 // self._rate_hz
        for name, tally in self._tallies.items():
            mean_ns = tally.span_ns // tally.samples if tally.samples else 0
            yield SamplingRecord(
                sampler=name,
                rate_hz=float(self._rate_hz),
                samples=tally.samples,
                failures=tally.failures,
                mean_interval_ns=max(mean_ns, interval_ns),
                max_interval_ns=max(tally.longest_gap_ns, interval_ns),
            )
        if not self._tallies and self._target not in self._refused:
            yield Incident(
                at_ns=now_ns,
                probe="stacks",
                what=f"process {self._target} was not seen to run Python",
                lost=f"the steps of process {self._target}: its time is counted, but not told"
                " apart",
            )
        self._tallies.clear()
        self._refused.add(self._target)  # a second end has nothing to add


def _turned_away(pid: int, samplers: Sequence[Sampler], watched: int) -> str:
    """Why nobody begins to watch a process."""
    if samplers:
        return f"more than {watched} Python processes run at once"
    return closed(pid) if hidden(pid) else "no sampler that was asked for knows this Python"


def _busy(pid: int) -> bool:
    """Whether a young child works already."""
    return (process_clock_ns(pid) or 0) >= _YOUNG_CPU_NS


class _Watched(Struct, kw_only=True):
    """A process being sampled: by whom, and who is asked when that gives up."""

    sampler: Sampler
    watch: Watch
    left: Sequence[Sampler]
    stopped: bool = False


class _Tally(Struct):
    """What became of the samples of one sampler."""

    samples: int = 0
    failures: int = 0
    longest_gap_ns: int = 0
    span_ns: int = 0

    def add(self, watched: Watched) -> None:
        self.samples += watched.samples
        self.failures += watched.failures
        self.span_ns += watched.end_ns - watched.start_ns if watched.samples else 0
        self.longest_gap_ns = max(self.longest_gap_ns, watched.max_gap_ns)
