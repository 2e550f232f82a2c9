"""
Stacks of CPython 3.8 to 3.14, read from the memory of the process by a thread of ours.

Nothing is started beside the process, nothing stops it, and nothing is written to it. As we read
ourselves, a command that we launch can be read wherever a program may trace its own children, which
is the rule of most systems; a profiler that is a program of its own cannot.
"""

import struct
import sys
from collections.abc import Iterator, Mapping, Sequence
from queue import SimpleQueue
from typing import NamedTuple

from agentaudit.model.recording import Frame, Record, StackRun, Watched
from agentaudit.probes.handed import handed_over
from agentaudit.probes.processes.runtimes import python_of, version_of
from agentaudit.probes.stacks.layouts import VERSIONS
from agentaudit.probes.stacks.lookout import Lookout
from agentaudit.probes.stacks.looks import Account, TaskKey, TaskValue, shown
from agentaudit.probes.stacks.memory import Memory
from agentaudit.probes.stacks.sampling import StackTable
from agentaudit.probes.stacks.symbols import symbols_of
from agentaudit.probes.stacks.threads import LibraryThreads, Threads
from agentaudit.probes.stacks.walker import Place, Walker
from agentaudit.probes.stacks.watcher import Clocks, Terms, Watcher, spent_by

_REOPEN_NS = 50_000_000
"""A process that begins, or runs another program now, is understood so soon."""

_PATIENCE_NS = 2_000_000_000
_MOST_STACKS = 50_000
_LOOPS = "/asyncio/"


class ProcessMemory:
    """The sampler of processes whose memory we may read, on 64-bit Linux."""

    name = "process memory"
    most = 64

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._lookout = Lookout(rate_hz)

    def suits(self, pid: int, runtime: str) -> bool:
        del pid
        return readable(runtime)

    def watch(self, pid: int, stacks: StackTable) -> "MemoryWatch":
        return MemoryWatch(self._lookout, self._rate_hz, pid, stacks)


def readable(runtime: str) -> bool:
    """Whether we know where such a Python keeps its stacks."""
    here = sys.platform == "linux" and struct.calcsize("P") == 8  # noqa: PLR2004 -- bytes
    return here and version_of(runtime) in VERSIONS


class MemoryWatch:
    """One process; what the thread saw of it waits for the next poll."""

    def __init__(self, lookout: Lookout, rate_hz: int, pid: int, stacks: StackTable) -> None:
        self._lookout = lookout
        self._pid = pid
        self._stacks = stacks
        self._threads = Threads(pid)
        self._seen = Seen(pid)
        self._ids: list[int] = []
        self.runs_loop = False
        """An event loop was seen on a stack."""
        watcher = Watcher(
            lambda: _Memory(pid, self._seen),
            Terms(rate_hz=rate_hz, reopen_ns=_REOPEN_NS, patience_ns=_PATIENCE_NS),
            self._seen,
            Clocks(spent_ns=spent_by(pid)),
        )
        self._looks = lookout.begin(watcher)

    @property
    def problem(self) -> str:
        if not self._looks.problem or not self._seen.queue.empty():
            return ""
        return f"the memory of process {self._pid} does not tell its stacks: {self._looks.problem}"

    @property
    def over(self) -> bool:
        return self._looks.over and self._seen.queue.empty()

    def poll(self, now_ns: int) -> Iterator[Record]:
        del now_ns
        for seen in handed_over(self._seen.queue):
            match seen:
                case _Stack(frames):
                    self.runs_loop = self.runs_loop or any(map(_of_loop, frames))
                    stack, definitions = self._stacks.of(frames)
                    self._ids.append(stack)
                    yield from definitions
                case _Run(tid, stack, start_ns, end_ns):
                    yield StackRun(
                        pid=self._pid,
                        tid=self._threads.of(tid),
                        start_ns=start_ns,
                        end_ns=end_ns,
                        stack=self._ids[stack],
                    )
                case Watched():
                    yield seen

    def stop(self) -> None:
        self._lookout.end(self._looks)

    def close(self, now_ns: int) -> Sequence[Record]:
        self.stop()
        return [*self.poll(now_ns)]


def _of_loop(frame: Frame) -> bool:
    """Loops of asyncio, and those that are made of them: uvloop runs in C, below its runner."""
    return _LOOPS in frame.file


class _Stack(NamedTuple):
    """A stack that was not seen before; they count from 0."""

    frames: tuple[Frame, ...]


class _Run(NamedTuple):
    tid: int
    stack: int
    start_ns: int
    end_ns: int


class Seen:
    """What the thread saw, on its way to the recorder."""

    def __init__(self, pid: int) -> None:
        self.queue: SimpleQueue[_Stack | _Run | Watched] = SimpleQueue()
        self._pid = pid
        self._known: dict[tuple[Frame, ...], int] = {}
        self._next = 0

    def stack(self, places: Sequence[Place]) -> int:
        frames = tuple([Frame(file=shown(file), function=shown(name)) for file, name in places])
        known = self._known.get(frames)
        if known is None:
            if len(self._known) >= _MOST_STACKS:
                self._known.clear()
            known = self._known[frames] = self._next
            self._next += 1
            self.queue.put(_Stack(frames))
        return known

    def run(self, tid: int, stack: int, start_ns: int, end_ns: int) -> None:
        self.queue.put(_Run(tid, stack, start_ns, end_ns))

    def task(self, key: TaskKey, value: TaskValue, start_ns: int, end_ns: int) -> None:
        """Nothing: tasks are not read from memory."""

    def watched(self, account: Account) -> None:
        self.queue.put(Watched(pid=self._pid, **account.told()._asdict()))

    def flush(self) -> None:
        """Nothing: what is seen is handed over at once."""


class _Memory:
    """
    A process as its memory shows it now.

    Raises LookupError where it runs no Python that we know, OSError where it cannot be read.
    """

    def __init__(self, pid: int, seen: Seen) -> None:
        version = version_of(python_of(pid) or "")
        if version is None:
            raise LookupError("it runs no CPython whose version shows")
        memory = Memory(pid)
        threads = LibraryThreads(pid, memory)
        symbols = symbols_of(pid)
        self._walker = Walker(memory, version, symbols, stack=seen.stack, thread_of=threads.of)

    def stacks(self) -> Mapping[int, int]:
        seen = dict(self._walker.threads())
        seen.pop(0, None)  # a thread that begins
        return seen

    def tasks(self) -> Mapping[TaskKey, TaskValue]:
        return {}
