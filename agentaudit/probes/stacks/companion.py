"""
The companion: tells on its standard output what the threads and tasks of a process are doing.

It is run by the target's own interpreter, CPython 3.14 or newer, whose standard library can read a
process of exactly its own version; so it imports that library alone, and of ours only `looks`,
which travels with it. It reads memory, and neither stops nor writes to the process. `testimony`
reads what it writes: JSON, a line each, every fifth of a second.

    ["hello", version]                                the first line
    ["stack", id, [[file, function], …]]              leaf first; ids count from 0
    ["run", tid, start, end, stack]                   a thread had this stack
    ["task", tid, task, parent, root, name, start, end, stack]   an asyncio task had this chain
    ["watched", start, end, samples, failures, longest gap, lateness]
    ["problem", text]                                 the last line, when it must give up
    ["end"]                                           the last line otherwise
"""

import importlib
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from agentaudit.probes.stacks import walker
from agentaudit.probes.stacks.looks import (
    DEEPEST,
    Account,
    Frame,
    Loop,
    Runs,
    TaskKey,
    TaskValue,
    Thread,
    Unwinder,
    chains_of,
    exponential,
    shown,
    threads_of,
)

_FLUSH_NS = 200_000_000
_CUT_NS = 800_000_000
"""Runs that go on are told this often: what a killed companion can lose."""

_PATIENCE_NS = 5_000_000_000
"""Of failures without a success between them; a process that just began needs a moment."""

_REOPEN_NS = 500_000_000
_LONGEST_NAME = 120
_TASKS_NS = 40_000_000
_STACKS_PRICE = 30
_TASKS_PRICE = 60
"""Looks are so far apart that each costs at most one part in so many of a core."""


class Teller:
    """Lines on their way out; every stack is told once."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._lines: list[str] = []
        self._stacks: dict[tuple[tuple[str, str], ...], int] = {}

    def line(self, *words: object) -> None:
        self._lines.append(json.dumps(words, separators=(",", ":")))

    def stack(self, frames: Iterable[Frame]) -> int:
        key = tuple([(frame.filename, frame.funcname) for frame in frames][-DEEPEST:])
        known = self._stacks.get(key)
        if known is None:
            known = self._stacks[key] = len(self._stacks)
            self.line("stack", known, [[shown(text) for text in frame] for frame in key])
        return known

    def run(self, tid: int, stack: int, start_ns: int, end_ns: int) -> None:
        self.line("run", tid, start_ns, end_ns, stack)

    def task(self, key: TaskKey, value: TaskValue, start_ns: int, end_ns: int) -> None:
        *whose, stack = value
        self.line("task", *key, *whose, start_ns, end_ns, stack)

    def flush(self) -> None:
        """Raises OSError when nobody reads any more."""
        if self._lines:
            text = "\n".join(self._lines) + "\n"
            self._lines.clear()
            self._write(text.encode())


class Watcher:
    """
    Samples one process: its stacks at the rate asked for, its tasks less often.

    A process that has used no CPU time since it was seen is where it was: nobody looks.
    """

    def __init__(
        self,
        opened: Callable[[], Unwinder],
        rate_hz: int,
        teller: Teller,
        clock_ns: Callable[[], int] = time.monotonic_ns,
        *,
        spent_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._clock_ns = clock_ns
        self._spent_ns = spent_ns
        self._stacks_seen: tuple[int, Mapping[int, int]] = (-1, {})
        self._tasks_seen: tuple[int, Mapping[TaskKey, TaskValue]] = (-1, {})
        """What was seen last, and how much CPU time the process had used until then."""
        self._opened = opened
        self._unwinder: Unwinder | None = None
        self._teller = teller
        self._account = Account(1_000_000_000 // rate_hz)
        self._threads = Runs(teller.run)
        self._tasks = Runs(teller.task)
        self._failing_since_ns = self._opened_ns = 0
        self._tasks_due_ns = 0
        self._flushed_ns = self._cut_ns = self._clock_ns()
        self._stack_cost_ns = 0

    @property
    def pause_ns(self) -> int:
        """The mean time to the next sample: as asked for, or what samples this dear allow."""
        return max(self._account.interval_ns, self._stack_cost_ns * _STACKS_PRICE)

    def look(self, due_ns: int) -> str:
        """One sample; says why no other is worth taking, and nothing as long as one is."""
        at_ns = self._clock_ns()
        spent_ns = self._spent_ns()
        if spent_ns != self._stacks_seen[0]:
            try:
                self._stacks_seen = (spent_ns, self._stacks())
            except Exception as error:  # noqa: BLE001 -- a private interface: it may raise anything
                return self._failed(at_ns, error)
            cost_ns = self._clock_ns() - at_ns
            self._stack_cost_ns += (cost_ns - self._stack_cost_ns) // 8
        self._failing_since_ns = 0
        self._threads.look(at_ns, self._stacks_seen[1])
        self._account.sampled(at_ns, max(at_ns - due_ns, 0))
        if at_ns >= self._tasks_due_ns:
            self._look_at_tasks(spent_ns)
        self._tell(at_ns)
        return ""

    def end(self) -> None:
        self._threads.cut()
        self._tasks.cut()
        if self._account.samples or self._account.failures:
            self._teller.line("watched", *self._account.told())

    def _stacks(self) -> Mapping[int, int]:
        trace = self._open().get_stack_trace()
        stack = self._teller.stack
        return {thread.thread_id: stack(thread.frame_info) for thread in threads_of(trace)}

    def _look_at_tasks(self, spent_ns: int) -> None:
        at_ns = self._clock_ns()
        if spent_ns != self._tasks_seen[0]:
            try:
                self._tasks_seen = (spent_ns, self._chains())
            except Exception as error:  # noqa: BLE001 -- a private interface: it may raise anything
                self._no_tasks(at_ns, error)
                return
        self._tasks.look(at_ns, self._tasks_seen[1])
        cost_ns = self._clock_ns() - at_ns
        self._tasks_due_ns = at_ns + max(_TASKS_NS, cost_ns * _TASKS_PRICE)

    def _chains(self) -> Mapping[TaskKey, TaskValue]:
        values: dict[TaskKey, TaskValue] = {}
        for thread, task, chain in chains_of(self._open().get_all_awaited_by()):
            name = shown(task.task_name)[:_LONGEST_NAME]
            stack = self._teller.stack(chain.frames)
            values[thread, task.task_id] = (chain.parent, chain.root, name, stack)
        return values

    def _no_tasks(self, at_ns: int, error: Exception) -> None:
        """Torn reads pass; a process that had not imported asyncio yet must be opened anew."""
        self._tasks_due_ns = at_ns + _TASKS_NS
        if "AsyncioDebug" in str(error):
            self._tasks_due_ns = at_ns + _CUT_NS
            self._unwinder = None

    def _failed(self, at_ns: int, error: Exception) -> str:
        """Torn reads pass; a process may begin, or run another program now."""
        self._account.failures += 1
        self._failing_since_ns = self._failing_since_ns or at_ns
        if at_ns - self._opened_ns >= _REOPEN_NS:
            self._unwinder = None
        patient = at_ns - self._failing_since_ns < _PATIENCE_NS
        if patient and not isinstance(error, PermissionError):
            return ""
        return f"{type(error).__name__}: {shown(str(error))}"

    def _open(self) -> Unwinder:
        """Whoever reads the process, made when nobody does."""
        if self._unwinder is None:
            self._opened_ns = self._clock_ns()
            self._unwinder = self._opened()
        return self._unwinder

    def _tell(self, at_ns: int) -> None:
        if at_ns - self._cut_ns >= _CUT_NS:
            self._cut_ns = at_ns
            self.end()
        if at_ns - self._flushed_ns >= _FLUSH_NS:
            self._flushed_ns = at_ns
            self._teller.flush()


def written(data: bytes) -> None:
    """All of it on standard output, however long that takes."""
    left = memoryview(data)
    while left:
        left = left[os.write(1, left) :]


def opened(pid: int) -> Unwinder:
    """
    The interpreter's own reader of other processes.

    Frames are not cached: 3.15 would note in the target's memory how far it has read.
    """
    module = importlib.import_module("_remote_debugging")
    unwinder: Unwinder = module.RemoteUnwinder(pid, all_threads=True)
    return Whole(pid, unwinder) if sys.version_info[:2] == walker.VERSION else unwinder


class Whole:
    """The interpreter's own reader, but for stacks, which ours reads to the root."""

    def __init__(self, pid: int, unwinder: Unwinder) -> None:
        self._walker = walker.Walker(pid)
        self._unwinder = unwinder

    def get_stack_trace(self) -> Sequence[Thread]:
        return [*self._walker.threads()]

    def get_all_awaited_by(self) -> Sequence[Loop]:
        return self._unwinder.get_all_awaited_by()


def spent_by(pid: int) -> Callable[[], int]:
    """CPU time of a process so far, by the kernel's clock of it: clock_getcpuclockid(3)."""
    clock = ~pid << 3 | 2
    return lambda: time.clock_gettime_ns(clock)


def check() -> None:
    """Raises ImportError or RuntimeError where whole stacks cannot be had: a part would mislead."""
    importlib.import_module("_remote_debugging")
    if sys.version_info[:2] == walker.VERSION and not walker.sees_itself(
        walker.Walker(os.getpid())
    ):
        raise RuntimeError("stacks of this interpreter are not laid out as we know them")


def watch(pid: int, rate_hz: int, teller: Teller) -> str:
    """Samples until the process ends, SIGINT or SIGTERM come, or nothing can be read any more."""
    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: asked.append(number))
    ended = select.poll()
    ended.register(os.pidfd_open(pid), select.POLLIN)
    watcher = Watcher(lambda: opened(pid), rate_hz, teller, spent_ns=spent_by(pid))
    due_ns = time.monotonic_ns()
    problem = ""
    while not (asked or problem or ended.poll(0)):
        problem = watcher.look(due_ns)
        due_ns = max(due_ns + int(watcher.pause_ns * exponential()), time.monotonic_ns())
        time.sleep(max(due_ns - time.monotonic_ns(), 0) / 1e9)
    watcher.end()
    return "" if asked or ended.poll(0) else problem


def main(pid: int, rate_hz: int) -> None:
    teller = Teller(written)
    teller.line("hello", sys.version.split()[0])
    teller.flush()
    try:
        check()
        problem = watch(pid, rate_hz, teller)
    except Exception as error:  # noqa: BLE001 -- whatever it is, the reader is told
        problem = f"{type(error).__name__}: {shown(str(error))}"
    teller.line(*(("problem", problem) if problem else ("end",)))
    teller.flush()


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), int(sys.argv[2]))
    except BrokenPipeError:  # nobody reads any more, so there is nobody to tell
        os._exit(0)
