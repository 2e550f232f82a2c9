"""
py-spy, one short recording after the other, for one process.

py-spy does not stream, but starting it costs little: some 12 ms. So it records one moment after
the other, each recording begun shortly before the last is asked for its file. That gives 100
samples a second for the price of ten single looks, and what a killed profiler loses is a second.
Recordings of two or five seconds would save one percent of a core, and lose as much more.

How often it looks follows from what the process does and from what the looks cost. A process whose
CPU clock stands still has not moved: its stacks are those seen last, and nobody looks at all.
"""

import re
import subprocess
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from agentaudit.model.recording import Record, StackRun, Watched
from agentaudit.model.trace import Incident
from agentaudit.probes.stacks.budget import LEAST_HZ, SHARE, Budget, Pace
from agentaudit.probes.stacks.chrometrace import Frames, Stretch, parse_chrometrace
from agentaudit.probes.stacks.pyspy import Chunk, begun, forbidden, reason
from agentaudit.probes.stacks.sampling import StackTable

_EVERY_NS = 650_000_000
"""
Each recording begins this long after the one before.

A killed profiler loses what its open recording saw, until that is asked for, read and written: a
third of a second more.
"""

_FEET_NS = 60_000_000
"""A recording that is so old has begun to look: the one before is asked for its file."""

_HASTE_NS = 100_000_000
"""The least age at which a recording gives way to one of a higher rate."""

_MOST_CHUNKS = 3
_DEAR = 2.0
"""So many times its share of a core is worth a word."""

_FRESH_NS = 100_000_000
"""A thread whose last stack ends so long before its recording does has ended itself."""

_PATIENCE = 5
"""Failed recordings in a row after which a process is given up: a young one has no interpreter."""

_CLOSING_S = 3.0
_COUNTS = re.compile(rb"Samples: (\d+) Errors: (\d+)")


class PySpy:
    """The sampler of every CPython since 3.8: py-spy, which neither stops nor changes a process."""

    name = "py-spy, rolling recordings"
    most = 4
    """Processes at a time: each recording has the price of its start."""

    def __init__(self, program: str, rate_hz: int) -> None:
        self._program = program
        self._budget = Budget(rate_hz)
        self._frames = Frames()

    def suits(self, pid: int, runtime: str) -> bool:  # noqa: ARG002 -- it takes all Pythons there are
        return True

    def watch(self, pid: int, stacks: StackTable) -> "RollingWatch":
        return RollingWatch(self._program, pid, self._budget, stacks, self._frames)


class RollingWatch:
    """One process being sampled: the recordings that run, and until when others have seen it."""

    def __init__(  # noqa: PLR0917 -- what a sampler shares among its watches
        self, program: str, pid: int, budget: Budget, stacks: StackTable, frames: Frames
    ) -> None:
        self._program = program
        self._budget = budget
        self._pid = pid
        self._stacks = stacks
        self._frames = frames
        self._chunks: list[Chunk] = []
        self._pace = Pace(pid)
        self._last: dict[int, StackRun] = {}
        self._seen_until_ns = 0
        self._failures = 0
        self._resting = False
        self._dear = False
        self._stopping = False
        self._reason = ""

    @property
    def problem(self) -> str:
        return "" if self._chunks else self._reason

    @property
    def over(self) -> bool:
        return self._stopping and not self._chunks

    def poll(self, now_ns: int) -> Iterator[Record]:
        yield from self._collect(now_ns)
        if self._stopping:
            return
        self._pace.look(now_ns)
        if self._pace.still(now_ns) and self._last:
            yield from self._rest(now_ns)
        else:
            if self._resting:
                self._resting = False
                yield from self._as_before(now_ns)
            if self._due(now_ns):
                yield from self._begin(now_ns)
        for chunk in self._chunks[:-1]:
            if now_ns - self._chunks[-1].start_ns >= _FEET_NS:
                chunk.end()

    def stop(self) -> None:
        self._stopping = True
        for chunk in self._chunks:
            chunk.end()

    def close(self, now_ns: int) -> Sequence[Record]:
        self.stop()
        for chunk in self._chunks:
            try:
                chunk.process.wait(_CLOSING_S)
            except subprocess.TimeoutExpired:
                chunk.process.kill()
                chunk.process.wait()
        self._budget.forget(self._pid)
        return tuple(self._collect(now_ns))

    def _due(self, now_ns: int) -> bool:
        """The next one begins when the last had its second, or is too slow for what goes on."""
        if not self._chunks:
            return True
        age_ns = now_ns - self._chunks[-1].start_ns
        hasty = age_ns >= _HASTE_NS and self._pace.woke
        return len(self._chunks) < _MOST_CHUNKS and (age_ns >= _EVERY_NS or hasty)

    def _begin(self, now_ns: int) -> Iterator[Record]:
        """The next recording; a machine that starts no more programs costs steps, nothing else."""
        self._pace.begin()
        rate_hz = self._budget.rate_hz(self._pid, quiet=self._pace.quiet)
        try:
            self._chunks.append(begun(self._program, rate_hz, self._pid))
        except OSError as error:
            self.stop()
            self._reason = f"py-spy cannot be started ({error.strerror})"
            return
        spent = self._budget.spent()
        if spent > _DEAR * SHARE and rate_hz <= LEAST_HZ and not self._dear:
            self._dear = True
            yield Incident(
                at_ns=now_ns,
                probe="stacks",
                what=f"{rate_hz} looks a second at deep stacks cost {spent:.0%} of a core",
                lost="how fast the agent is when nobody looks; a lower `--rate` costs less",
            )

    def _rest(self, now_ns: int) -> Iterator[Record]:
        """Nobody looks at what does not move; once a second it is said to be as before."""
        if self._chunks:
            if now_ns - self._chunks[-1].start_ns >= _EVERY_NS:
                self._chunks[-1].end()
            return
        self._resting = True
        if now_ns - self._seen_until_ns >= _EVERY_NS:
            yield from self._as_before(now_ns)

    def _as_before(self, now_ns: int) -> Iterator[Record]:
        """The stacks that were seen last, up to now: no thread has run since."""
        since_ns, self._seen_until_ns = self._seen_until_ns, now_ns
        for tid, run in self._last.items():
            self._last[tid] = replace(run, start_ns=run.end_ns, end_ns=now_ns)
            yield self._last[tid]
        yield Watched(pid=self._pid, start_ns=since_ns, end_ns=now_ns, samples=0, failures=0)

    def _collect(self, now_ns: int) -> Iterator[Record]:
        while self._chunks and self._chunks[0].ended(now_ns):
            chunk = self._chunks.pop(0)
            with chunk.file, chunk.messages:
                yield from self._read(chunk)

    def _read(self, chunk: Chunk) -> Iterator[Record]:
        said = chunk.said()
        try:
            stretches = parse_chrometrace(chunk.written(), self._frames)
        except ValueError:
            self._failed(said)
            return
        self._failures = 0
        end_ns = chunk.start_ns + max((stretch.end_ns for stretch in stretches), default=0)
        for stretch in stretches:
            yield from self._run(stretch, chunk)
        first_ns = chunk.start_ns + min((stretch.start_ns for stretch in stretches), default=0)
        wall_ns = end_ns - first_ns
        self._budget.paid(self._pid, chunk.rate_hz * wall_ns / 1e9, chunk.cpu_ns, wall_ns)
        start_ns = max(first_ns, self._seen_until_ns)
        if stretches and end_ns > start_ns:
            threads = len({stretch.tid for stretch in stretches})
            yield self._watched(start_ns, end_ns, _looks(said, threads))
            self._seen_until_ns = end_ns
            self._last = {
                tid: run for tid, run in self._last.items() if end_ns - run.end_ns < _FRESH_NS
            }

    def _watched(self, start_ns: int, end_ns: int, looks: tuple[int, int]) -> Watched:
        samples, failures = looks
        return Watched(
            pid=self._pid,
            start_ns=start_ns,
            end_ns=end_ns,
            samples=samples,
            failures=failures,
            max_gap_ns=start_ns - self._seen_until_ns if self._seen_until_ns else 0,
        )

    def _run(self, stretch: Stretch, chunk: Chunk) -> Iterator[Record]:
        """
        A change lies between two samples: a whole mean interval before it was seen, on average.

        Half of one would be true of a clock; py-spy looks at irregular gaps, and the longer a gap,
        the likelier it is that something changes within it.
        """
        lag_ns = 1_000_000_000 // chunk.rate_hz
        zero_ns = chunk.start_ns - lag_ns
        last = self._last.get(stretch.tid)
        known_until_ns = last.end_ns if last else self._seen_until_ns - lag_ns
        start_ns = max(zero_ns + stretch.start_ns, known_until_ns)
        end_ns = zero_ns + stretch.end_ns
        if end_ns <= start_ns:
            return
        stack, definitions = self._stacks.of(stretch.frames)
        yield from definitions
        run = StackRun(
            pid=self._pid, tid=stretch.tid, start_ns=start_ns, end_ns=end_ns, stack=stack
        )
        self._last[run.tid] = run
        yield run

    def _failed(self, said: bytes) -> None:
        self._failures += 1
        if not self._stopping and (self._failures >= _PATIENCE or forbidden(said)):
            self.stop()
            self._reason = reason(said, self._pid)


def _looks(said: bytes, threads: int) -> tuple[int, int]:
    """Looks that succeeded and that failed; py-spy counts the former once for each thread."""
    counts = _COUNTS.search(said)
    return (round(int(counts[1]) / max(threads, 1)), int(counts[2])) if counts else (0, 0)
