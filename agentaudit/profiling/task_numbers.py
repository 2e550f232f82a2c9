"""
Tasks by a number that is used once.

Samplers know a task by its address, and the next task gets the place of one that ended. Its name,
which asyncio counts up, says that it is another one.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from agentaudit.model.observed import TaskRun

_Task = tuple[int, int]


def numbered(runs: Sequence[TaskRun]) -> list[TaskRun]:
    """The runs in order of time, their tasks counted from 1; a task that nobody saw keeps 0."""
    ordered = sorted(runs, key=lambda run: run.start_ns)
    begun = _begun(ordered)

    def number(pid: int, task: int, at_ns: int) -> int:
        lives = begun.get((pid, task), [])
        later = bisect_right(lives, at_ns, key=lambda life: life[0])
        return lives[max(later - 1, 0)][1] if lives else 0

    return [
        replace(
            run,
            task=number(run.pid, run.task, run.start_ns),
            parent=number(run.pid, run.parent, run.end_ns),
            root=number(run.pid, run.root, run.end_ns),
        )
        for run in ordered
    ]


def _begun(runs: Sequence[TaskRun]) -> Mapping[_Task, Sequence[tuple[int, int]]]:
    """When each task at an address was first seen, with its number."""
    begun: dict[_Task, list[tuple[int, int]]] = defaultdict(list)
    names: dict[_Task, str] = {}
    count = 0
    for run in runs:
        place = run.pid, run.task
        if names.get(place) != run.name:
            names[place] = run.name
            count += 1
            begun[place].append((run.start_ns, count))
    return begun
