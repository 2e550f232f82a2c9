"""The monotonic clock of a recording in Unix time, as one shift for all of it."""

from collections.abc import Sequence
from statistics import median_low

from agentaudit.model.trace import ClockPair


def unix_offset_ns(clocks: Sequence[ClockPair]) -> int:
    """
    What to add to the recording's instants; 0 without any pair of clocks.

    The median of all pairs: one shift keeps order and lengths as they were measured, also where the
    wall clock was set meanwhile.
    """
    return median_low([pair.unix_ns - pair.monotonic_ns for pair in clocks]) if clocks else 0
