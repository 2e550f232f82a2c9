"""Sorting in place, compiled: the ids of those that end or come in one instant."""

from agentaudit.simulation.fast.compiler import inlined
from agentaudit.simulation.fast.parts import Places


@inlined
def sink(values: Places, place: int, count: int) -> None:
    """The value at a place moved down a heap whose greatest stands first."""
    value, child = values[place], 2 * place + 1
    while child < count:
        if child + 1 < count and values[child + 1] > values[child]:
            child += 1
        if value >= values[child]:
            break
        values[place] = values[child]
        place, child = child, 2 * child + 1
    values[place] = value


@inlined
def ascending(values: Places, count: int) -> None:
    """The first `count` sorted in place."""
    for place in range(count // 2 - 1, -1, -1):
        sink(values, place, count)
    for last in range(count - 1, 0, -1):
        values[0], values[last] = values[last], values[0]
        sink(values, 0, last)
