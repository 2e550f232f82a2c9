"""How an amount grew over time: it is known for stretches, and taken to be even within each."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from itertools import accumulate, pairwise


class Course:
    """Stretches with their amounts, (start, end, amount), and what they add up to by an instant."""

    def __init__(self, stretches: Iterable[tuple[int, int, float]]) -> None:
        slopes: dict[int, float] = defaultdict(float)
        for start_ns, end_ns, amount in stretches:
            if end_ns > start_ns:
                slopes[start_ns] += amount / (end_ns - start_ns)
                slopes[end_ns] -= amount / (end_ns - start_ns)
        self._at = sorted(slopes)
        self._slopes = list(accumulate(slopes[at] for at in self._at))
        gained = (
            slope * (end_ns - start_ns)
            for slope, (start_ns, end_ns) in zip(self._slopes, pairwise(self._at), strict=False)
        )
        self._totals = list(accumulate(gained, initial=0.0))

    def between(self, start_ns: int, end_ns: int) -> float:
        """The amount between two instants."""
        return self._until(end_ns) - self._until(start_ns)

    def _until(self, at_ns: int) -> float:
        place = bisect_right(self._at, at_ns) - 1
        if place < 0:
            return 0.0
        return self._totals[place] + self._slopes[place] * (at_ns - self._at[place])
