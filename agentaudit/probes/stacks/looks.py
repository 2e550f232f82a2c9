"""
What looks at a process add up to: stretches of equal stacks, chains of tasks, and how it went.

It is part of what the target's own interpreter runs (`companion`), and so imports the standard
library alone.
"""

import math
import random
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

DEEPEST = 200
"""Frames kept of a stack: those next to the root say which step it is, so the leaves go."""

_BROKEN_NS = 500_000_000
"""Nobody knows what happened between two samples that are further apart."""

_BY_CHANCE = 0.4
_MOST_CHANCE = 3.0
_MOST_TASKS = 5_000
_LONGEST_TEXT = 500


class Frame(Protocol):
    @property
    def filename(self) -> str: ...

    @property
    def funcname(self) -> str: ...


class Coroutine(Protocol):
    """`task_name` is the identity of the task, whatever its name says."""

    @property
    def call_stack(self) -> Sequence[Frame]: ...

    @property
    def task_name(self) -> int: ...


class Task(Protocol):
    @property
    def task_id(self) -> int: ...

    @property
    def task_name(self) -> str: ...

    @property
    def coroutine_stack(self) -> Sequence[Coroutine]: ...

    @property
    def awaited_by(self) -> Sequence[Coroutine]: ...


class Loop(Protocol):
    """The tasks of one thread."""

    @property
    def thread_id(self) -> int: ...

    @property
    def awaited_by(self) -> Sequence[Task]: ...


class Thread(Protocol):
    @property
    def thread_id(self) -> int: ...

    @property
    def frame_info(self) -> Sequence[Frame]: ...


class Interpreter(Protocol):
    @property
    def threads(self) -> Sequence[Thread]: ...


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
        self._values: Mapping[Key, Value] = {}
        """What was seen last."""
        self.at_ns = 0

    def look(self, at_ns: int, values: Mapping[Key, Value]) -> None:
        if at_ns - self.at_ns > _BROKEN_NS:
            self.cut()
            self._open.clear()
            self.at_ns = at_ns
        elif values == self._values:
            self.at_ns = at_ns
            return
        self._values = values
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


class Told(NamedTuple):
    """How the sampling went in a stretch: the longest gap, and the sum of what was late."""

    start_ns: int
    end_ns: int
    samples: int
    failures: int
    max_gap_ns: int
    late_ns: int


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

    def told(self) -> Told:
        span = (self.start_ns, self.end_ns)
        told = Told(*span, self.samples, self.failures, self.gap_ns, self.late_ns)
        self.start_ns = self.end_ns
        self.samples = self.failures = self.gap_ns = self.late_ns = 0
        return told


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
    """
    A random number of mean 1: a part that is always there, and an exponential one on top.

    By chance enough not to beat in step with what is looked at; even enough to leave no long gaps,
    and to tell shares with half as many looks as a purely exponential one would need.
    """
    chance = -math.log1p(-random.random())  # noqa: S311 -- no secret
    return 1 - _BY_CHANCE + _BY_CHANCE * min(chance, _MOST_CHANCE)
