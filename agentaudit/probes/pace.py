"""When to look again, so that looking costs no more than its share of the time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Pace:
    """
    Looks are at least `every_ns` apart, and `rest` times as far as one costs.

    One that costs more than the one before is not believed: the first of all fills caches, and
    another may be in bad luck.
    """

    def __init__(self, every_ns: int, rest: int, next_ns: int = 0) -> None:
        self.next_ns = next_ns
        self._every_ns = every_ns
        self._rest = rest
        self._before_ns = 0

    def due(self, now_ns: int) -> bool:
        return now_ns >= self.next_ns

    @contextmanager
    def look(self, now_ns: int, least_ns: int = 0) -> Iterator[None]:
        """Measures the CPU time of what happens inside."""
        began_ns = time.thread_time_ns()
        try:
            yield
        finally:
            cost_ns = time.thread_time_ns() - began_ns
            usual_ns = min(cost_ns, self._before_ns)
            self._before_ns = cost_ns
            self.next_ns = now_ns + max(self._every_ns, least_ns, self._rest * usual_ns)
