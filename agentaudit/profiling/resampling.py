"""
How sure a ratio of two recordings is: their requests, drawn again and again with replacement.

The draws are the same on every run: two people who compare two files see the same intervals.
"""

from collections.abc import Iterator, Sequence
from math import ceil
from typing import Self

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

DRAWS = 600
_MOST_CELLS = 4_000_000
_LEAST_USABLE = 0.9
_SEEDS = (20_250_101, 20_250_102)

_Floats = NDArray[np.float64]
_Counts = NDArray[np.int64]


class Sample(Struct, frozen=True):
    """Values of one side, each with the request it belongs to; a request may have any number."""

    requests: int
    values: tuple[int, ...]
    owners: tuple[int, ...]

    @classmethod
    def of(cls, by_request: Sequence[Sequence[int]]) -> Self:
        pairs = [(value, at) for at, values in enumerate(by_request) for value in values]
        pairs.sort()
        return cls(
            len(by_request), tuple(value for value, _ in pairs), tuple(at for _, at in pairs)
        )

    def statistic_ns(self, quantile: float | None) -> int | None:
        """The quantile of the values, or their sum by request; None of nothing."""
        if not self.values:
            return None
        if quantile is None:
            return round(sum(self.values) / self.requests)
        return self.values[max(ceil(quantile * len(self.values)) - 1, 0)]


class Ratio(Struct, frozen=True, kw_only=True):
    """A ratio, its 95 % interval, and the standard deviation of its logarithm."""

    value: float
    low: float
    high: float
    log_spread: float


def ratio_of(before: Sample, after: Sample, quantile: float | None) -> Ratio | None:
    """The statistic of `after` over that of `before`; None where it is 0 in too many draws."""
    then, now = before.statistic_ns(quantile), after.statistic_ns(quantile)
    if not then or not now:
        return None
    drawn = (_drawn(before, quantile, _SEEDS[0]), _drawn(after, quantile, _SEEDS[1]))
    usable = (drawn[0] > 0) & (drawn[1] > 0)
    if np.count_nonzero(usable) < _LEAST_USABLE * DRAWS:
        return None
    ratios = drawn[1][usable] / drawn[0][usable]
    low, high = np.percentile(ratios, (2.5, 97.5))
    value = now / then
    return Ratio(
        value=value,
        low=min(float(low), value),
        high=max(float(high), value),
        log_spread=float(np.std(np.log(ratios))),
    )


def _drawn(sample: Sample, quantile: float | None, seed: int) -> _Floats:
    """The statistic of every draw."""
    values = np.asarray(sample.values, dtype=np.float64)
    owners = np.asarray(sample.owners, dtype=np.int64)
    blocks = [_statistics(values, times[:, owners], quantile) for times in _draws(sample, seed)]
    drawn: _Floats = np.concatenate(blocks)
    return drawn if quantile is not None else drawn / sample.requests


def _draws(sample: Sample, seed: int) -> Iterator[_Counts]:
    """How often each request was drawn: a block of draws at a time, so memory stays bounded."""
    source = np.random.default_rng(seed)
    evenly = np.full(sample.requests, 1 / sample.requests)
    rows = max(min(_MOST_CELLS // max(len(sample.values), sample.requests), DRAWS), 1)
    for begun in range(0, DRAWS, rows):
        yield source.multinomial(sample.requests, evenly, size=min(rows, DRAWS - begun))


def _statistics(values: _Floats, times: _Counts, quantile: float | None) -> _Floats:
    """Of values in rising order, each counted so many times in each draw."""
    if quantile is None:
        sums: _Floats = times @ values
        return sums
    reached = np.cumsum(times, axis=1)
    needed = np.maximum(np.ceil(quantile * reached[:, -1:]), 1)
    found: _Floats = np.where(reached[:, -1] > 0, values[np.argmax(reached >= needed, axis=1)], 0.0)
    return found
