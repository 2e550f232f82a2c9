"""
How sure a simulated number is: Student's t, replications, batch means, and the end of warm-up.

Intervals cover the true value in 95 of 100 cases. Over replications, whose numbers are independent,
they are Student's. Within one long run they are those of batch means: the run is cut into 10
batches of consecutive requests, whose numbers are nearly independent where batches are long
(Schmeiser, "Batch size effects in the analysis of simulation output", Operations Research 30, 1982,
finds 10 to 30 batches to be enough).
"""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from math import atan, cos, fsum, pi, sin, sqrt
from statistics import fmean, stdev

from agentaudit.model.measures import Interval

BATCHES = 10
MSER_BATCH = 5
_CONFIDENCE = 0.95
_FEWEST_BATCHES = 10
"""MSER-5 needs so many batches of five to say anything."""


def rank(count: int, part: int, whole: int = 100) -> int:
    """The place, from 0, of the smallest value that `part` of every `whole` do not exceed."""
    return max(-(-part * count // whole), 1) - 1


def mean_interval(values: Sequence[float]) -> Interval | None:
    """Where the mean of independent numbers lies; None of fewer than two."""
    return around(fmean(values), values)


def around(centre: float, values: Sequence[float]) -> Interval | None:
    """The interval about an estimate whose error is that of the mean of these numbers."""
    count = len(values)
    if count < 2:  # noqa: PLR2004, one number has no spread
        return None
    half = student_t(count - 1) * stdev(values) / sqrt(count)
    return Interval(low=centre - half, high=centre + half)


def above_zero(interval: Interval | None) -> Interval | None:
    """Of what is never less than nothing, whatever Student's t allows."""
    if interval is None:
        return None
    return Interval(low=max(interval.low, 0.0), high=interval.high)


@cache
def student_t(freedom: int) -> float:
    """The two-sided 95 % quantile of Student's t, by bisection of its closed form."""
    low, high = 0.0, 64.0
    while high - low > 1e-9:  # noqa: PLR2004, more digits than anybody needs
        middle = (low + high) / 2
        if _within(middle, freedom) < _CONFIDENCE:
            low = middle
        else:
            high = middle
    return high


def _within(t: float, freedom: int) -> float:
    """P(|T| < t), exactly, for whole degrees of freedom (Abramowitz and Stegun, 26.7.3, 26.7.4)."""
    angle = atan(t / sqrt(freedom))
    odd = freedom % 2
    term = cos(angle) if odd else 1.0
    total = term if freedom > 1 else 0.0
    for place in range(2 + odd, freedom - 1, 2):
        term *= cos(angle) ** 2 * (place - 1) / place
        total += term
    return 2 / pi * (angle + sin(angle) * total) if odd else sin(angle) * total


def warm_up_batches(means: Sequence[float]) -> int:
    """
    How many batches of five to leave out at the beginning, by MSER-5; 0 where there are too few.

    The number that leaves the smallest standard error of the mean of the rest, among the first half
    (White, "An effective truncation heuristic for bias reduction in simulation output",
    Simulation 69, 1997; Franklin and White, Winter Simulation Conference 2008).
    """
    count = len(means)
    if count < _FEWEST_BATCHES:
        return 0
    best, least = 0, None
    total, squares = fsum(means), fsum(mean**2 for mean in means)
    for cut in range(count // 2 + 1):
        left = count - cut
        error = (squares - total**2 / left) / left**2
        if least is None or error < least * (1 - 1e-12):
            best, least = cut, error
        total -= means[cut]
        squares -= means[cut] ** 2
    return best


def batch_bounds(count: int) -> tuple[tuple[int, int], ...]:
    """Where each of the 10 batches of so many values begins and ends."""
    edges = [count * batch // BATCHES for batch in range(BATCHES + 1)]
    return tuple(pairwise(edges))


def enough_for_batches(count: int, percent: int) -> bool:
    """Whether each batch has five values beyond a percentile that so many percent lie under."""
    return count // BATCHES * (100 - percent) >= 100 * _FEWEST_BEYOND


_FEWEST_BEYOND = 5
