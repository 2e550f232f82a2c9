"""
The companion: tells on its standard output what the threads and tasks of a process are doing.

It is run by the target's own interpreter, CPython 3.14 or newer, whose standard library can read a
process of exactly its own version; so it imports that library alone, and of ours only what travels
with it. It reads memory, and neither stops nor writes to the process. `testimony` reads what it
writes: JSON, a line each, every fifth of a second.

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
from contextlib import suppress

from agentaudit.probes.stacks import kin
from agentaudit.probes.stacks.looks import (
    DEEPEST,
    Account,
    Frame,
    Loop,
    TaskKey,
    TaskValue,
    Unwinder,
    chains_of,
    exponential,
    shown,
    threads_of,
)
from agentaudit.probes.stacks.watcher import Clocks, Terms, Watcher, spent_by

_OURS = (3, 14)
"""Its own reader ends a stack where C code called Python; later ones go on, as ours does."""

ONLY_TASKS = "tasks"
"""The last argument, where others see the stacks."""

_LONGEST_NAME = 120
_NO_ASYNCIO = "AsyncioDebug"
_REOPEN_NS = 800_000_000
_PRICE = 30
"""Looks are so far apart that each costs at most one part in so many of a core."""


class Lines:
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

    def watched(self, account: Account) -> None:
        self.line("watched", *account.told())

    def flush(self) -> None:
        """Raises OSError when nobody reads any more."""
        if self._lines:
            text = "\n".join(self._lines) + "\n"
            self._lines.clear()
            self._write(text.encode())


class Own:
    """What the interpreter's own reader sees of a process, with the stacks as lines."""

    def __init__(self, opened: Callable[[], Unwinder], lines: Lines) -> None:
        self._opened = opened
        self._lines = lines
        self._unwinder = opened()
        self._opened_ns = time.monotonic_ns()
        self._without_asyncio = False

    def stacks(self) -> Mapping[int, int]:
        trace = self._unwinder.get_stack_trace()
        stack = self._lines.stack
        return {thread.thread_id: stack(thread.frame_info) for thread in threads_of(trace)}

    def tasks(self) -> Mapping[TaskKey, TaskValue]:
        values: dict[TaskKey, TaskValue] = {}
        for thread, task, chain in chains_of(self._awaited_by()):
            name = shown(task.task_name)[:_LONGEST_NAME]
            stack = self._lines.stack(chain.frames)
            values[thread, task.task_id] = (chain.parent, chain.root, name, stack)
        return values

    def _awaited_by(self) -> Sequence[Loop]:
        """A process that has not imported asyncio yet must be opened anew to see that it has."""
        if self._without_asyncio:
            if time.monotonic_ns() - self._opened_ns < _REOPEN_NS:
                return ()
            self._unwinder, self._opened_ns = self._opened(), time.monotonic_ns()
        try:
            loops = self._unwinder.get_all_awaited_by()
        except RuntimeError as error:
            if _NO_ASYNCIO not in str(error):
                raise
            self._without_asyncio = True
            return ()
        self._without_asyncio = False
        return loops


class Tasks(Own):
    """The tasks alone, where others see the stacks."""

    def stacks(self) -> Mapping[int, int]:
        return {}


class Whole(Own):
    """The same, but for the stacks, which ours reads to the root."""

    def __init__(self, pid: int, lines: Lines) -> None:
        super().__init__(lambda: opened(pid), lines)
        self._walker = kin.walker_of(pid, lines.stack)

    def stacks(self) -> Mapping[int, int]:
        return dict(self._walker.threads())


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


def sight_of(pid: int, lines: Lines, *, only_tasks: bool) -> Own:
    if only_tasks:
        return Tasks(lambda: opened(pid), lines)
    if sys.version_info[:2] == _OURS:
        return Whole(pid, lines)
    return Own(lambda: opened(pid), lines)


def check() -> None:
    """Raises ImportError or RuntimeError where whole stacks cannot be had: a part would mislead."""
    importlib.import_module("_remote_debugging")
    if sys.version_info[:2] == _OURS and not kin.sees_itself():
        raise RuntimeError("stacks of this interpreter are not laid out as we know them")


def watch(pid: int, rate_hz: int, lines: Lines, *, only_tasks: bool = False) -> str:
    """Samples until the process ends, SIGINT or SIGTERM come, or nothing can be read any more."""
    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: asked.append(number))
    ended = select.poll()
    ended.register(os.pidfd_open(pid), select.POLLIN)
    clocks = Clocks(spent_ns=spent_by(pid))
    terms = Terms(rate_hz=rate_hz)
    watcher = Watcher(lambda: sight_of(pid, lines, only_tasks=only_tasks), terms, lines, clocks)
    interval_ns = 1_000_000_000 // rate_hz
    due_ns = time.monotonic_ns()
    problem = ""
    while not (asked or problem or ended.poll(0)):
        with suppress(ProcessLookupError):  # it ended, which is seen at once
            problem = watcher.look(due_ns)
        pause_ns = max(interval_ns, watcher.cost_ns * _PRICE)
        due_ns = max(due_ns + int(pause_ns * exponential()), time.monotonic_ns())
        time.sleep(max(due_ns - time.monotonic_ns(), 0) / 1e9)
    watcher.end()
    return "" if asked or ended.poll(0) else problem


def main(pid: int, rate_hz: int, *, only_tasks: bool = False) -> None:
    lines = Lines(written)
    lines.line("hello", sys.version.split()[0])
    lines.flush()
    try:
        check()
        problem = watch(pid, rate_hz, lines, only_tasks=only_tasks)
    except Exception as error:  # noqa: BLE001 -- whatever it is, the reader is told
        problem = f"{type(error).__name__}: {shown(str(error))}"
    lines.line(*(("problem", problem) if problem else ("end",)))
    lines.flush()


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), int(sys.argv[2]), only_tasks=ONLY_TASKS in sys.argv[3:])
    except BrokenPipeError:  # nobody reads any more, so there is nobody to tell
        os._exit(0)
