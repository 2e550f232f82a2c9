"""
How often looks can be had, for what the recorder as a whole may use.

A look costs fifty microseconds when it follows another, and six times that when others had the
caches meanwhile; and what else the recorder does has its price as well. So nothing is computed in
advance: what was used in the last half second says how far apart the next looks are.
"""

from agentaudit.probes.stacks.budget import LEAST_HZ

SHARE = 0.045
"""Of one core, for all that the recorder's process does."""

LEAST_SHARE = 0.028
"""
What looks may use however dear the rest is.

With half of it, shares of steps of 10 ms were up to 5 points off on a busy machine, and requests
that follow each other after 50 ms were taken for one.
"""

_WINDOW_NS = 500_000_000
_STEP = 2.0
"""One window moves the pause by such a factor at most: it may have been an unusual one."""


class Allowance:
    """The pause between two looks at a process, on average: `pause_ns`."""

    def __init__(self, rate_hz: int) -> None:
        self._shortest_ns = 1_000_000_000 // rate_hz
        self._longest_ns = max(1_000_000_000 // LEAST_HZ, self._shortest_ns)
        self.pause_ns = self._shortest_ns
        self._before: tuple[int, int, int] = (0, 0, 0)

    def begin(self, now_ns: int, looks_ns: int, all_ns: int) -> None:
        """A thread begins to look; clocks of two threads cannot be compared."""
        self._before = (now_ns, looks_ns, all_ns)

    def due(self, now_ns: int) -> bool:
        """Whether enough time has passed to be asked about."""
        return now_ns - self._before[0] >= _WINDOW_NS

    def spent(self, now_ns: int, looks_ns: int, all_ns: int) -> None:
        """What was used until now, by the thread that looks and by the whole process."""
        then_ns, looks_then_ns, all_then_ns = self._before
        self._before = (now_ns, looks_ns, all_ns)
        used_ns = looks_ns - looks_then_ns
        rest_ns = max(all_ns - all_then_ns - used_ns, 0)
        passed_ns = max(now_ns - then_ns, 1)
        left_ns = max(SHARE * passed_ns - rest_ns, LEAST_SHARE * passed_ns)
        factor = min(max(used_ns / left_ns, 1 / _STEP), _STEP)
        pause_ns = round(self.pause_ns * factor)
        self.pause_ns = min(max(pause_ns, self._shortest_ns), self._longest_ns)
