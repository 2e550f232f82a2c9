"""
The companion: tells on its standard output what the threads and tasks of a process are doing.

It is run by the target's own interpreter, CPython 3.14 or newer, whose standard library can read a
process of exactly its own version; so it imports that library alone, and nothing of ours. It reads
memory, and neither stops nor writes to the process. `unwinder` reads what it writes: JSON, a line
each, every fifth of a second.

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
import math
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

DEEPEST = 200
"""Frames kept of a stack: those next to the root say which step it is, so the leaves go."""

_FLUSH_NS = 200_000_000
_CUT_NS = 800_000_000
"""Runs that go on are told this often: what a killed companion can lose."""

_BROKEN_NS = 500_000_000
"""Nobody knows what happened between two samples that are further apart."""

_PATIENCE = 300
"""Failed samples in a row after which it gives up; a process that just began needs a moment."""

_REOPEN_EVERY = 50
_MOST_TASKS = 5_000
_LONGEST_TEXT = 500
_LONGEST_NAME = 120
_TASKS_NS = 40_000_000
_STACKS_PRICE = 40
_TASKS_PRICE = 60
"""Looks are so far apart that each costs at most one part in so many of a core."""


class Frame(Protocol):
    filename: str
    funcname: str


class Coroutine(Protocol):
    """`task_name` is the identity of the task, whatever its name says."""

    call_stack: Sequence[Frame]
    task_name: int


class Task(Protocol):
    task_id: int
    task_name: str
    coroutine_stack: Sequence[Coroutine]
    awaited_by: Sequence[Coroutine]


class Loop(Protocol):
    """The tasks of one thread."""

    thread_id: int
    awaited_by: Sequence[Task]


class Thread(Protocol):
    thread_id: int
    frame_info: Sequence[Frame]


class Interpreter(Protocol):
    threads: Sequence[Thread]


class Unwinder(Protocol):
    """What `_remote_debugging.RemoteUnwinder` has in 3.14 and later."""

    def get_stack_trace(self) -> Sequence[Thread | Interpreter]: ...

    def get_all_awaited_by(self) -> Sequence[Loop]: ...


Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value", bound=Hashable)


class Runs(Generic[Key, Value]):
    """Equal values of a key in successive looks, as stretches: a change lies between two looks."""

    def __init__(self, tell: Callable[[Key, Value, int, int], None]) -> None:
        self._tell = tell
        self._open: dict[Key, tuple[Value, int]] = {}
        self.at_ns = 0

    def look(self, at_ns: int, values: Mapping[Key, Value]) -> None:
        if at_ns - self.at_ns > _BROKEN_NS:
            self.cut()
            self._open.clear()
            self.at_ns = at_ns
        edge_ns = (self.at_ns + at_ns) // 2
        for key, (value, start_ns) in list(self._open.items()):
            if values.get(key) != value:
                self._tell(key, value, start_ns, edge_ns)
                del self._open[key]
        for key, value in values.items():
            self._open.setdefault(key, (value, edge_ns))
        self.at_ns = at_ns

    def cut(self) -> None:
        """Tells of the stretches that go on, up to the last look."""
        for key, (value, start_ns) in self._open.items():
            if self.at_ns > start_ns:
                self._tell(key, value, start_ns, self.at_ns)
                self._open[key] = (value, self.at_ns)


TaskKey = tuple[int, int]
TaskValue = tuple[int, int, str, int]
"""Parent, root, name and stack."""


class Account:
    """How the sampling went since it was told the last time."""

    def __init__(self, interval_ns: int) -> None:
        self.interval_ns = interval_ns
        self.start_ns = self.end_ns = 0
        self.samples = self.failures = self.gap_ns = self.late_ns = 0

    def sampled(self, at_ns: int, late_ns: int) -> None:
        if self.end_ns:
            self.gap_ns = max(self.gap_ns, at_ns - self.end_ns)
        else:
            self.start_ns = at_ns
        self.end_ns = at_ns
        self.samples += 1
        self.late_ns += late_ns

    def told(self) -> tuple[int, int, int, int, int, int]:
        """Start, end, samples, failures, the longest gap, and the sum of what was late."""
        span = (self.start_ns, self.end_ns)
        told = (*span, self.samples, self.failures, self.gap_ns, self.late_ns)
        self.start_ns = self.end_ns
        self.samples = self.failures = self.gap_ns = self.late_ns = 0
        return told


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
    """Samples one process: its stacks at the rate asked for, its tasks less often."""

    def __init__(
        self,
        opened: Callable[[], Unwinder],
        rate_hz: int,
        teller: Teller,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._clock_ns = clock_ns
        self._opened = opened
        self._unwinder = opened()
        self._teller = teller
        self._account = Account(1_000_000_000 // rate_hz)
        self._threads = Runs(teller.run)
        self._tasks = Runs(teller.task)
        self._failed_in_a_row = 0
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
        try:
            trace = self._unwinder.get_stack_trace()
        except Exception as error:  # noqa: BLE001 -- a private interface: it may raise what it likes
            return self._failed(error)
        self._failed_in_a_row = 0
        self._sampled(at_ns, trace)
        self._account.sampled(at_ns, max(at_ns - due_ns, 0))
        cost_ns = self._clock_ns() - at_ns
        self._stack_cost_ns += (cost_ns - self._stack_cost_ns) // 8
        if at_ns >= self._tasks_due_ns:
            self._look_at_tasks()
        self._tell(at_ns)
        return ""

    def end(self) -> None:
        self._threads.cut()
        self._tasks.cut()
        if self._account.samples or self._account.failures:
            self._teller.line("watched", *self._account.told())

    def _sampled(self, at_ns: int, trace: Sequence[Thread | Interpreter]) -> None:
        stack = self._teller.stack
        self._threads.look(
            at_ns, {thread.thread_id: stack(thread.frame_info) for thread in threads_of(trace)}
        )

    def _look_at_tasks(self) -> None:
        at_ns = self._clock_ns()
        try:
            loops = self._unwinder.get_all_awaited_by()
        except Exception as error:  # noqa: BLE001 -- a private interface: it may raise what it likes
            self._no_tasks(at_ns, error)
            return
        values: dict[TaskKey, TaskValue] = {}
        for thread, task, chain in chains_of(loops):
            name = shown(task.task_name)[:_LONGEST_NAME]
            stack = self._teller.stack(chain.frames)
            values[thread, task.task_id] = (chain.parent, chain.root, name, stack)
        self._tasks.look(at_ns, values)
        cost_ns = self._clock_ns() - at_ns
        self._tasks_due_ns = at_ns + max(_TASKS_NS, cost_ns * _TASKS_PRICE)

    def _no_tasks(self, at_ns: int, error: Exception) -> None:
        """Torn reads pass; a process that had not imported asyncio yet must be opened anew."""
        self._tasks_due_ns = at_ns + _TASKS_NS
        if "AsyncioDebug" in str(error):
            self._tasks_due_ns = at_ns + _CUT_NS
            self._reopen()

    def _failed(self, error: Exception) -> str:
        self._account.failures += 1
        self._failed_in_a_row += 1
        if self._failed_in_a_row % _REOPEN_EVERY == 0:  # it may run another program now
            self._reopen()
        if self._failed_in_a_row < _PATIENCE:
            return ""
        return f"{type(error).__name__}: {shown(str(error))}"

    def _reopen(self) -> None:
        try:
            self._unwinder = self._opened()
        except Exception:  # noqa: BLE001 -- then the old one tells us again what is wrong
            return

    def _tell(self, at_ns: int) -> None:
        if at_ns - self._cut_ns >= _CUT_NS:
            self._cut_ns = at_ns
            self.end()
        if at_ns - self._flushed_ns >= _FLUSH_NS:
            self._flushed_ns = at_ns
            self._teller.flush()


class Chain:
    """The frames of a task and of those that wait for it, leaf first; its parent and its root."""

    def __init__(self, task: Task, tasks: Mapping[int, Task]) -> None:
        self.frames: list[Frame] = []
        chain: list[int] = []
        waiting: Task | None = task
        while waiting is not None and waiting.task_id not in chain and len(chain) < DEEPEST:
            chain.append(waiting.task_id)
            for coroutine in waiting.coroutine_stack:
                self.frames += coroutine.call_stack
            waiting = next(
                (tasks[by.task_name] for by in waiting.awaited_by if by.task_name in tasks), None
            )
        self.parent = chain[1] if len(chain) > 1 else 0
        self.root = chain[-1]


def chains_of(loops: Sequence[Loop]) -> Iterator[tuple[int, Task, Chain]]:
    """Every task with its thread and its chain; tasks of threads that ended are left out."""
    by_thread = [(loop.thread_id, loop.awaited_by) for loop in loops]
    tasks = {task.task_id: task for _, of_loop in by_thread for task in of_loop}
    left = _MOST_TASKS
    for thread, of_loop in by_thread:
        if thread == 0:
            continue
        for task in of_loop[:left]:
            yield thread, task, Chain(task, tasks)
        left -= min(left, len(of_loop))


def threads_of(trace: Sequence[Thread | Interpreter]) -> Iterator[Thread]:
    """The threads of a sample: a list in 3.14, one list for each interpreter since 3.15."""
    for item in trace:
        if hasattr(item, "threads"):
            yield from item.threads
        else:
            yield item


def shown(text: str) -> str:
    """Text from the process, short enough."""
    return text[:_LONGEST_TEXT].encode("utf-8", "replace").decode()


def exponential() -> float:
    """A random number, exponential with mean 1, that neither stalls nor hurries the sampler."""
    uniform = int.from_bytes(os.urandom(6)) / 2**48
    return min(max(-math.log1p(-uniform), 0.1), 4.0)


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
    return unwinder


def watch(pid: int, rate_hz: int, teller: Teller) -> str:
    """Samples until the process ends, SIGINT or SIGTERM come, or nothing can be read any more."""
    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: asked.append(number))
    ended = select.poll()
    ended.register(os.pidfd_open(pid), select.POLLIN)
    watcher = Watcher(lambda: opened(pid), rate_hz, teller)
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
