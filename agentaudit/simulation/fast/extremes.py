"""What long columns lie between, and whether they rise: each is gone through once."""

import numpy as np

from agentaudit.simulation.fast.parts import Ints, Places
from agentaudit.simulation.fast.compiler import entry


def least_and_most(values: Ints) -> tuple[int, int]:
    """The bounds of values; 0 and 0 of none."""
    return _least_and_most(np.ascontiguousarray(values)) if len(values) else (0, 0)


@entry
def _least_and_most(values: Ints) -> tuple[int, int]:
    least = most = values[0]
    for value in values:
        least, most = min(least, value), max(most, value)
    return least, most


def rises(values: Ints | Places, *, by: int) -> bool:
    """Whether each value is the one before it and at least so much."""
    return bool(_rises(np.ascontiguousarray(values), by))


@entry
def _rises(values: Ints | Places, by: int) -> bool:
    rising = True
    for place in range(1, len(values)):
        # Without a way out of the loop, several at once.
        rising &= values[place] >= values[place - 1] + by
    return rising
