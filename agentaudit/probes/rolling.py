"""
py-spy, one short recording after the other, for one process.

py-spy does not stream, but starting it costs next to nothing. So it records one second after the
other, each recording begun before the last has ended, and each is read when it closes. That gives
100 samples a second for the price of ten single looks.
"""

import re
import signal
import subprocess
from collections.abc import Iterator, Sequence

from agentaudit.model.recording import Record, StackRun, Watched
from agentaudit.probes.chrometrace import Stretch, parse_chrometrace
from agentaudit.probes.pyspy import Chunk, begun, reason
from agentaudit.probes.stacks import StackTable

_EVERY_NS = 900_000_000
"""Each recording begins this long after the one before: py-spy needs a moment to find its feet."""

_MOST_CHUNKS = 2

_PATIENCE = 5
"""Failed recordings in a row after which a process is given up: a young one has no interpreter."""

_CLOSING_S = 3.0
_COUNTS = re.compile(rb"Samples: (\d+) Errors: (\d+)")


class PySpy:
    """The sampler of every CPython since 3.8: py-spy, which neither stops nor changes a process."""

    name = "py-spy, rolling recordings"
    most = 4
    """Processes at a time: each costs some 8 % of a core."""

    def __init__(self, program: str, rate_hz: int) -> None:
        self._program = program
        self._rate_hz = rate_hz

    def suits(self, pid: int, runtime: str) -> bool:  # noqa: ARG002 -- it takes all Pythons there are
        return True

    def watch(self, pid: int, stacks: StackTable) -> "RollingWatch":
        return RollingWatch(self._program, self._rate_hz, pid, stacks)


class RollingWatch:
    """One process being sampled: the recordings that run, and until when others have seen it."""

    def __init__(self, program: str, rate_hz: int, pid: int, stacks: StackTable) -> None:
        self._program = program
        self._rate_hz = rate_hz
        self._half_interval_ns = 500_000_000 // rate_hz
        self._pid = pid
        self._stacks = stacks
        self._chunks: list[Chunk] = []
        self._seen_until_ns = 0
        self._failures = 0
        self._stopping = False
        self._reason = ""

    @property
    def problem(self) -> str:
        return "" if self._chunks else self._reason

    @property
    def over(self) -> bool:
        return self._stopping and not self._chunks

    def poll(self, now_ns: int) -> Iterator[Record]:
        yield from self._collect()
        if not self._stopping and self._due(now_ns):
            self._begin()

    def stop(self) -> None:
        self._stopping = True
        for chunk in self._chunks:
            chunk.process.send_signal(signal.SIGINT)

    def close(self, now_ns: int) -> Sequence[Record]:  # noqa: ARG002 -- the recordings know their times
        self.stop()
        for chunk in self._chunks:
            try:
                chunk.process.wait(_CLOSING_S)
            except subprocess.TimeoutExpired:
                chunk.process.kill()
                chunk.process.wait()
        return tuple(self._collect())

    def _due(self, now_ns: int) -> bool:
        """The next recording begins when the last one had its second, and is about to close."""
        return not self._chunks or (
            len(self._chunks) <= _MOST_CHUNKS and now_ns - self._chunks[-1].start_ns >= _EVERY_NS
        )

    def _begin(self) -> None:
        """The next recording; a machine that starts no more programs costs steps, nothing else."""
        try:
            self._chunks.append(begun(self._program, self._rate_hz, self._pid))
        except OSError as error:
            self.stop()
            self._reason = f"py-spy cannot be started ({error.strerror})"

    def _collect(self) -> Iterator[Record]:
        while self._chunks and self._chunks[0].process.poll() is not None:
            chunk = self._chunks.pop(0)
            with chunk.file, chunk.messages:
                yield from self._read(chunk)

    def _read(self, chunk: Chunk) -> Iterator[Record]:
        said = chunk.said()
        try:
            stretches = parse_chrometrace(chunk.written())
        except ValueError:
            self._failed(said)
            return
        self._failures = 0
        counts = _COUNTS.search(said)
        end_ns = chunk.start_ns + max((stretch.end_ns for stretch in stretches), default=0)
        for stretch in stretches:
            yield from self._run(stretch, chunk.start_ns - self._half_interval_ns)
        first_ns = chunk.start_ns + min((stretch.start_ns for stretch in stretches), default=0)
        start_ns = max(first_ns, self._seen_until_ns)
        if stretches and end_ns > start_ns:
            yield self._watched(start_ns, end_ns, counts)
            self._seen_until_ns = end_ns

    def _watched(self, start_ns: int, end_ns: int, counts: re.Match[bytes] | None) -> Watched:
        samples, failures = (int(counts[1]), int(counts[2])) if counts else (0, 0)
        return Watched(
            pid=self._pid,
            start_ns=start_ns,
            end_ns=end_ns,
            samples=samples,
            failures=failures,
            max_gap_ns=start_ns - self._seen_until_ns if self._seen_until_ns else 0,
        )

    def _run(self, stretch: Stretch, zero_ns: int) -> Iterator[Record]:
        """A change lies between two samples: half an interval before it was seen, on average."""
        start_ns = max(zero_ns + stretch.start_ns, self._seen_until_ns - self._half_interval_ns)
        end_ns = zero_ns + stretch.end_ns
        if end_ns <= start_ns:
            return
        stack, definitions = self._stacks.of(stretch.frames)
        yield from definitions
        yield StackRun(
            pid=self._pid, tid=stretch.tid, start_ns=start_ns, end_ns=end_ns, stack=stack
        )

    def _failed(self, said: bytes) -> None:
        self._failures += 1
        if not self._stopping and self._failures >= _PATIENCE:
            self.stop()
            self._reason = reason(said, self._pid)
