"""A queue in order of rank, and of arrival among equals: a heap in the array of those who wait."""

from agentaudit.simulation.fast.compiler import inlined
from agentaudit.simulation.fast.parts import CAME, TAIL, Line


@inlined
def before(line: Line, one: int, other: int) -> bool:
    """Whether one request stands before the other."""
    if line.rank[one] == line.rank[other]:
        return bool(line.turn[one] < line.turn[other])
    return bool(line.rank[one] < line.rank[other])


@inlined
def wait_ranked(line: Line, job: int) -> None:
    """A request that waits from now on."""
    now, waiting = line.now, line.waiting
    line.turn[job] = now[CAME]
    now[CAME] += 1
    place = now[TAIL]
    now[TAIL] = place + 1
    while place and before(line, job, waiting[(place - 1) // 2]):
        waiting[place] = waiting[(place - 1) // 2]
        place = (place - 1) // 2
    waiting[place] = job


@inlined
def take_ranked(line: Line) -> int:
    """The first of those that wait, of whom there is at least one; it waits no more."""
    now, waiting = line.now, line.waiting
    taken, count = waiting[0], now[TAIL] - 1
    now[TAIL] = count
    job, place, child = waiting[count], 0, 1
    while child < count:
        if child + 1 < count and before(line, waiting[child + 1], waiting[child]):
            child += 1
        if not before(line, waiting[child], job):
            break
        waiting[place] = waiting[child]
        place, child = child, 2 * child + 1
    waiting[place] = job
    return int(taken)
