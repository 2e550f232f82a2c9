"""
Stacks of running Python processes, sampled from outside without stopping them.

py-spy does not stream, but starting it costs next to nothing. So it records one second after the
other, each recording begun before the last has ended, and each is read when it closes. That gives
100 samples a second for the price of ten single looks.
"""

import re
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from agentaudit.model.recording import Frame, Record, StackDefined, StackRun, Watched
from agentaudit.model.trace import Incident, SamplingRecord
from agentaudit.probes.chrometrace import Stretch, parse_chrometrace
from agentaudit.probes.pyspy import Chunk, begun, reason
from agentaudit.probes.runtimes import python_of

_EVERY_NS = 900_000_000
"""Each recording begins this long after the one before: py-spy needs a moment to find its feet."""

_MOST_CHUNKS = 2
MOST_PROCESSES = 4
"""Processes sampled at a time: each costs some 8 % of a core."""

_SETTLED_NS = 1_000_000_000
"""Age at which a child is worth sampling; before, it takes the step of the thread that forked."""

_PATIENCE = 5
"""Failed recordings in a row after which a process is given up: a young one has no interpreter."""

_CLOSING_S = 3.0
_COUNTS = re.compile(rb"Samples: (\d+) Errors: (\d+)")


class Sampler(Protocol):
    """Whoever can tell what the threads of a process are doing."""

    name: str

    def look(self, now_ns: int, pids: Sequence[int]) -> Sequence[Record]:
        """What became known since the look before."""
        ...

    def close(self, now_ns: int) -> Sequence[Record]:
        """The rest; nothing runs afterwards."""
        ...


class StackTable:
    """Distinct stacks, each defined once."""

    def __init__(self) -> None:
        self._ids: dict[tuple[Frame, ...], int] = {}

    def of(self, frames: tuple[Frame, ...]) -> tuple[int, Sequence[StackDefined]]:
        """The id of a stack, and its definition when it is new."""
        known = self._ids.get(frames)
        if known is not None:
            return known, ()
        new = self._ids[frames] = len(self._ids)
        return new, (StackDefined(stack=new, frames=frames),)


class RollingPySpy:
    """py-spy, one short recording after the other, for every Python process of the tree."""

    name = "py-spy, rolling recordings"

    def __init__(self, program: str, rate_hz: int, target: int) -> None:
        self._program = program
        self._rate_hz = rate_hz
        self._half_interval_ns = 500_000_000 // rate_hz
        self._target = target
        self._stacks = StackTable()
        self._watches: dict[int, _Watch] = {}
        self._refused: set[int] = set()
        self._first_seen_ns: dict[int, int] = {}
        self._samples = 0
        self._failures = 0
        self._longest_gap_ns = 0
        self._sampled = False

    def look(self, now_ns: int, pids: Sequence[int]) -> Sequence[Record]:
        records: list[Record] = []
        for pid in pids:
            records += self._admit(pid, now_ns)
        for pid in self._first_seen_ns.keys() - set(pids):
            del self._first_seen_ns[pid]
            self._refused.discard(pid)
        for pid, watch in list(self._watches.items()):
            records += self._collect(watch, now_ns)
            if pid not in pids:
                watch.over = True
            if watch.over and not watch.chunks:
                del self._watches[pid]
            elif not watch.over and watch.due(now_ns):
                records += self._begin(watch, now_ns)
        return records

    def close(self, now_ns: int) -> Sequence[Record]:
        for watch in self._watches.values():
            watch.over = True
            for chunk in watch.chunks:
                chunk.process.send_signal(signal.SIGINT)
        records: list[Record] = []
        for watch in self._watches.values():
            for chunk in watch.chunks:
                try:
                    chunk.process.wait(_CLOSING_S)
                except subprocess.TimeoutExpired:
                    chunk.process.kill()
                    chunk.process.wait()
            records += self._collect(watch, now_ns)
        self._watches.clear()
        return [*records, *self._account(now_ns)]

    def _begin(self, watch: "_Watch", now_ns: int) -> Iterator[Record]:
        """The next recording; a machine that starts no more programs costs steps, nothing else."""
        try:
            watch.chunks.append(begun(self._program, self._rate_hz, watch.pid))
        except OSError as error:
            watch.over = True
            self._refused.add(watch.pid)
            yield Incident(
                at_ns=now_ns,
                probe="stacks",
                what=f"py-spy cannot be started ({error.strerror})",
                lost=f"the steps of process {watch.pid} from then on",
            )

    def _account(self, now_ns: int) -> Iterator[Record]:
        """How the sampling went; and why, when the target was not sampled at all."""
        if self._sampled:
            yield SamplingRecord(
                sampler=self.name,
                rate_hz=float(self._rate_hz),
                samples=self._samples,
                failures=self._failures,
                mean_interval_ns=1_000_000_000 // self._rate_hz,
                max_interval_ns=max(self._longest_gap_ns, 1_000_000_000 // self._rate_hz),
            )
        elif self._target not in self._refused:
            yield Incident(
                at_ns=now_ns,
                probe="stacks",
                what=f"process {self._target} was not seen to run Python",
                lost="its steps: its time is counted, but not told apart",
            )

    def _admit(self, pid: int, now_ns: int) -> Sequence[Record]:
        if pid in self._watches or pid in self._refused:
            return ()
        since_ns = self._first_seen_ns.setdefault(pid, now_ns)
        if pid != self._target and now_ns - since_ns < _SETTLED_NS:
            return ()
        if python_of(pid) is None:
            if pid != self._target:
                self._refused.add(pid)
            return ()
        if len(self._watches) >= MOST_PROCESSES:
            self._refused.add(pid)
            return (
                Incident(
                    at_ns=now_ns,
                    probe="stacks",
                    what=f"more than {MOST_PROCESSES} Python processes run at once",
                    lost=f"the steps of process {pid}",
                ),
            )
        self._watches[pid] = _Watch(pid=pid)
        return ()

    def _collect(self, watch: "_Watch", now_ns: int) -> Iterator[Record]:
        while watch.chunks and watch.chunks[0].process.poll() is not None:
            chunk = watch.chunks.pop(0)
            with chunk.file, chunk.messages:
                yield from self._read(watch, chunk, now_ns)

    def _read(self, watch: "_Watch", chunk: Chunk, now_ns: int) -> Iterator[Record]:
        said = chunk.said()
        try:
            stretches = parse_chrometrace(chunk.written())
        except ValueError:
            yield from self._failed(watch, said, now_ns)
            return
        watch.failures = 0
        counts = _COUNTS.search(said)
        end_ns = chunk.start_ns + max((stretch.end_ns for stretch in stretches), default=0)
        for stretch in stretches:
            yield from self._run(watch, stretch, chunk.start_ns - self._half_interval_ns)
        first_ns = chunk.start_ns + min((stretch.start_ns for stretch in stretches), default=0)
        start_ns = max(first_ns, watch.seen_until_ns)
        if stretches and end_ns > start_ns:
            yield self._watched(watch, start_ns, end_ns, counts)
            watch.seen_until_ns = end_ns

    def _watched(
        self, watch: "_Watch", start_ns: int, end_ns: int, counts: re.Match[bytes] | None
    ) -> Watched:
        samples, failures = (int(counts[1]), int(counts[2])) if counts else (0, 0)
        gap_ns = start_ns - watch.seen_until_ns if watch.seen_until_ns else 0
        self._sampled = True
        self._samples += samples
        self._failures += failures
        self._longest_gap_ns = max(self._longest_gap_ns, gap_ns)
        return Watched(
            pid=watch.pid,
            start_ns=start_ns,
            end_ns=end_ns,
            samples=samples,
            failures=failures,
            max_gap_ns=gap_ns,
        )

    def _run(self, watch: "_Watch", stretch: Stretch, zero_ns: int) -> Iterator[Record]:
        """A change lies between two samples: half an interval before it was seen, on average."""
        start_ns = max(zero_ns + stretch.start_ns, watch.seen_until_ns - self._half_interval_ns)
        end_ns = zero_ns + stretch.end_ns
        if end_ns <= start_ns:
            return
        stack, definitions = self._stacks.of(stretch.frames)
        yield from definitions
        yield StackRun(
            pid=watch.pid, tid=stretch.tid, start_ns=start_ns, end_ns=end_ns, stack=stack
        )

    def _failed(self, watch: "_Watch", said: bytes, now_ns: int) -> Iterator[Record]:
        watch.failures += 1
        if watch.over or watch.failures < _PATIENCE:
            return
        watch.over = True
        self._refused.add(watch.pid)
        yield Incident(
            at_ns=now_ns,
            probe="stacks",
            what=reason(said, watch.pid),
            lost=f"the steps of process {watch.pid}: its time is counted, but not told apart",
        )


@dataclass(slots=True)
class _Watch:
    """One process being sampled: the recordings that run, and until when others have seen it."""

    pid: int
    chunks: list[Chunk] = field(default_factory=list)
    seen_until_ns: int = 0
    failures: int = 0
    over: bool = False

    def due(self, now_ns: int) -> bool:
        """The next recording begins when the last one had its second, and is about to close."""
        return not self.chunks or (
            len(self.chunks) <= _MOST_CHUNKS and now_ns - self.chunks[-1].start_ns >= _EVERY_NS
        )
