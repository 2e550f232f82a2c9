"""
CPython that we read ourselves, and whose own interpreter tells more: 3.14.

Stacks come from memory, from the first moment on and without a program beside the process. Only
where an event loop runs is a companion started, for the tasks that wait in it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from agentaudit.model.observed import TaskRun
from agentaudit.model.recording import Record, StackDefined
from agentaudit.model.trace import Incident
from agentaudit.probes.processes.runtimes import version_of
from agentaudit.probes.stacks.companion import ONLY_TASKS
from agentaudit.probes.stacks.process_memory import MemoryWatch, ProcessMemory
from agentaudit.probes.stacks.sampling import StackTable, Watch
from agentaudit.probes.stacks.unwinder import Unwinder, UnwinderWatch

_TASKS_HZ = 50


class Newest:
    """The sampler of processes that both of its ways suit; what reads memory shares its purse."""

    name = ProcessMemory.name
    most = 16

    def __init__(self, memory: ProcessMemory, unwinder: Unwinder) -> None:
        self._memory = memory
        self._unwinder = unwinder

    def suits(self, pid: int, runtime: str) -> bool:
        ways = (self._memory, self._unwinder)
        return version_of(runtime) is not None and all(way.suits(pid, runtime) for way in ways)

    def watch(self, pid: int, stacks: StackTable) -> "NewestWatch":
        return NewestWatch(
            self._memory.watch(pid, stacks),
            lambda: UnwinderWatch(_TASKS_HZ, pid, stacks, ONLY_TASKS),
        )


class NewestWatch:
    """One process: its stacks, and its tasks once there are any."""

    def __init__(self, memory: MemoryWatch, begin_tasks: Callable[[], Watch]) -> None:
        self._memory = memory
        self._begin_tasks = begin_tasks
        self._tasks: Watch | None = None
        self._without_tasks = False
        self._stopping = False

    @property
    def problem(self) -> str:
        return self._memory.problem

    @property
    def over(self) -> bool:
        return self._memory.over and (self._tasks is None or self._tasks.over)

    def poll(self, now_ns: int) -> Iterator[Record]:
        yield from self._memory.poll(now_ns)
        if self._tasks is not None:
            yield from _of_tasks(self._tasks.poll(now_ns))
            if self._tasks.problem:
                yield self._given_up(self._tasks.problem, now_ns)
        elif self._memory.runs_loop and not (self._without_tasks or self._stopping):
            self._tasks = self._begin_tasks()

    def stop(self) -> None:
        self._stopping = True
        for watch in self._watches():
            watch.stop()

    def close(self, now_ns: int) -> Sequence[Record]:
        self.stop()
        told = [self._memory.close(now_ns)]
        if self._tasks is not None:
            told.append([*_of_tasks(self._tasks.close(now_ns))])
        return [record for records in told for record in records]

    def _watches(self) -> Iterator[Watch]:
        yield self._memory
        if self._tasks is not None:
            yield self._tasks

    def _given_up(self, why: str, now_ns: int) -> Incident:
        self._tasks, self._without_tasks = None, True
        return Incident(
            at_ns=now_ns,
            probe="stacks",
            what=why,
            lost="the tasks of its event loop, and which request each is for",
        )


def _of_tasks(records: Iterable[Record]) -> Iterator[Record]:
    """Looks are counted where the stacks are seen."""
    for record in records:
        if isinstance(record, TaskRun | StackDefined):
            yield record
