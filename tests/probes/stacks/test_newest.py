"""Stacks from memory, and tasks from the process's own interpreter where an event loop runs."""

import os
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agentaudit.model.observed import TaskRun
from agentaudit.model.recording import Record, StackDefined, StackRun, Watched
from agentaudit.model.trace import Incident, SamplingRecord
from agentaudit.probes.stacks.newest import Newest, NewestWatch
from agentaudit.probes.stacks.process_memory import ProcessMemory
from agentaudit.probes.stacks.sampling import Stacks, StackTable
from agentaudit.probes.stacks.unwinder import Unwinder
from tests.probes.programs import StartNewest

LOOP = """
import asyncio
async def model(): await asyncio.sleep(0.05)
async def answer():
    while True: await model()
async def main():
    tasks = [asyncio.create_task(answer(), name=f"request-{n}") for n in range(3)]
    print("ready")
    await asyncio.wait(tasks)
asyncio.run(main())
"""
NO_LOOP = """
def works():
    while True: pass
print("ready"); works()
"""


def seen(sampler: Stacks, pid: int, enough: Callable[[Sequence[Record]], bool]) -> list[Record]:
    records: list[Record] = []
    for _ in range(1000):
        records += sampler.look(time.monotonic_ns(), [pid])
        if enough(records):
            break
        time.sleep(0.02)
    return records


def of(kind: type[Record], records: Iterable[Record]) -> list[Record]:
    return [record for record in records if isinstance(record, kind)]


def companions() -> list[Path]:
    """Children of ours that run an interpreter for somebody."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    lines = [Path(f"/proc/{child}/cmdline") for child in children]
    return [line for line in lines if b"entry.py" in line.read_bytes()]


def test_tasks_of_an_event_loop_are_told_beside_its_stacks(start_newest: StartNewest) -> None:
    program = start_newest(LOOP)
    sampler = Stacks([Newest(ProcessMemory(100), Unwinder(100))], 100, program.pid)

    records = seen(sampler, program.pid, lambda records: len(of(TaskRun, records)) >= 6)
    records += sampler.close(time.monotonic_ns())

    names = {record.name for record in records if isinstance(record, TaskRun)}
    assert {"request-0", "request-1", "request-2"} <= names
    assert {r.tid for r in records if isinstance(r, StackRun)} == {program.pid}
    assert [r.sampler for r in records if isinstance(r, SamplingRecord)] == [ProcessMemory.name]
    assert of(Incident, records) == []
    assert companions() == []


def test_without_an_event_loop_nothing_runs_beside_the_process(start_newest: StartNewest) -> None:
    program = start_newest(NO_LOOP)
    sampler = Stacks([Newest(ProcessMemory(100), Unwinder(100))], 100, program.pid)

    records = seen(sampler, program.pid, lambda records: len(of(Watched, records)) >= 2)
    beside = companions()
    records += sampler.close(time.monotonic_ns())

    frames = [r.frames for r in records if isinstance(r, StackDefined)]
    assert "works" in {frame.function for stack in frames for frame in stack}
    assert beside == []


@dataclass
class FakeWatch:
    """Says what it is told to."""

    problem: str = ""
    over: bool = False
    told: list[Record] = field(default_factory=list)
    stopped: bool = False
    closed: bool = False

    def poll(self, now_ns: int) -> Iterator[Record]:
        del now_ns
        told, self.told = self.told, []
        yield from told

    def stop(self) -> None:
        self.stopped = self.over = True

    def close(self, now_ns: int) -> Iterable[Record]:
        self.closed = True
        return self.poll(now_ns)


def test_tasks_that_cannot_be_told_are_said_once_and_stacks_go_on() -> None:
    with subprocess.Popen(["sleep", "60"]) as program:
        memory = ProcessMemory(100).watch(program.pid, StackTable())
        memory.runs_loop = True
        begun: list[FakeWatch] = []

        def begin() -> FakeWatch:
            begun.append(FakeWatch(problem="it ended with code 3"))
            return begun[-1]

        watch = NewestWatch(memory, begin)
        incidents = [record for _ in range(4) for record in of(Incident, watch.poll(0))]
        watch.close(0)
        program.kill()

    assert len(begun) == 1
    assert [i.what for i in incidents if isinstance(i, Incident)] == ["it ended with code 3"]


def test_looks_of_the_companion_are_not_counted_and_it_ends_with_the_watch() -> None:
    with subprocess.Popen(["sleep", "60"]) as program:
        memory = ProcessMemory(100).watch(program.pid, StackTable())
        memory.runs_loop = True
        account = Watched(pid=1, start_ns=0, end_ns=1, samples=1, failures=0)
        task = TaskRun(
            pid=1, tid=1, task=1, parent=0, root=1, name="", start_ns=0, end_ns=1, stack=0
        )
        tasks = FakeWatch(told=[account, task])
        watch = NewestWatch(memory, lambda: tasks)
        list(watch.poll(0))

        told = list(watch.poll(0))
        watch.stop()
        closed = watch.close(0)
        program.kill()

    def of_tasks(records: Sequence[Record]) -> Sequence[Record]:
        """But for the account of looks at the program itself, which has no Python in it."""
        return [
            record
            for record in records
            if not (isinstance(record, Watched) and record.pid == program.pid)
        ]

    assert of_tasks(told) == [task]
    assert of_tasks(closed) == []
    assert (tasks.stopped, tasks.closed, watch.over, watch.problem) == (True, True, True, "")
