"""What long columns lie between, and whether they rise: each is gone through once."""

from agentaudit.simulation.fast.compiler import entry
from agentaudit.simulation.fast.parts import Ints, Places


@entry
def least_and_most(values: Ints) -> tuple[int, int]:
    """The bounds of values; 0 and 0 of none."""
    if len(values) == 0:
        return 0, 0
    least = most = values[0]
    for value in values:
        least, most = min(least, value), max(most, value)
    return least, most


@entry
def rises(values: Ints | Places, by: int) -> bool:
    """Whether each value is the one before it and at least so much."""
    rising = True
    for place in range(1, len(values)):
        # Without a way out of the loop, several are compared at once.
        rising &= values[place] >= values[place - 1] + by
    return rising
