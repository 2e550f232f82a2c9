"""Intervals that cover what they say, warm-up that ends, and pairs that know more than others."""

from itertools import pairwise
from math import log, sqrt
from random import Random
from statistics import fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.simulation.statistics import (
    BATCHES,
    around,
    batch_bounds,
    enough_for_batches,
    mean_interval,
    rank,
    student_t,
    warm_up_batches,
)

numbers = st.floats(-1e9, 1e9)


def mm1_latencies(count: int, seed: int, *, load: float, speed: float = 1.0) -> list[float]:
    """Of one server in order, by Lindley's recursion; the engine gives the same (see oracles)."""
    draw = Random(seed)  # noqa: S311, a test repeats, it keeps no secret
    latencies, latency = [], 0.0
    for _ in range(count):
        gap = -log(1 - draw.random()) / load
        latency = max(latency - gap, 0.0) - log(1 - draw.random()) / speed
        latencies.append(latency)
    return latencies


def quantile(values: list[float], part: int) -> float:
    return sorted(values)[rank(len(values), part)]


@pytest.mark.parametrize(
    ("freedom", "quantile_of_t"),
    [(1, 12.7062), (2, 4.30265), (3, 3.18245), (4, 2.77645), (9, 2.26216), (19, 2.09302)],
)
def test_students_t_is_that_of_the_tables(freedom: int, quantile_of_t: float) -> None:
    assert student_t(freedom) == pytest.approx(quantile_of_t, abs=1e-5)


def test_students_t_becomes_normal() -> None:
    assert student_t(100_000) == pytest.approx(1.95996, abs=1e-4)
    assert all(student_t(n) > student_t(n + 1) for n in range(1, 60))


@given(st.lists(numbers, min_size=2, max_size=20), numbers)
def test_an_interval_moves_with_its_numbers(values: list[float], shift: float) -> None:
    """Shifted numbers, a shifted interval of the same width about the mean."""
    here, there = mean_interval(values), mean_interval([value + shift for value in values])

    assert here is not None
    assert there is not None
    assert (here.low + here.high) / 2 == pytest.approx(fmean(values), abs=1e-3)
    assert there.half_width == pytest.approx(here.half_width, rel=1e-3, abs=1e-3)


def test_one_number_has_no_interval() -> None:
    assert mean_interval([3.0]) is None
    assert around(3.0, []) is None


@given(st.integers(1, 5000))
def test_batches_hold_each_value_once(count: int) -> None:
    bounds = batch_bounds(count)

    assert len(bounds) == BATCHES
    assert (bounds[0][0], bounds[-1][1]) == (0, count)
    assert all(one[1] == other[0] for one, other in pairwise(bounds))


def test_tails_need_long_batches() -> None:
    """Five values beyond the percentile in each of ten batches."""
    assert enough_for_batches(500, 90)
    assert not enough_for_batches(499, 90)
    assert enough_for_batches(5000, 99)


@given(st.lists(numbers, max_size=9))
def test_too_little_has_no_warm_up(means: list[float]) -> None:
    assert warm_up_batches(means) == 0


@given(st.lists(st.floats(0, 1e6), min_size=10, max_size=60))
def test_warm_up_is_at_most_half(means: list[float]) -> None:
    assert 0 <= warm_up_batches(means) <= len(means) // 2


@given(st.integers(1, 8), st.integers(0, 1000))
def test_warm_up_is_what_lies_far_off(high: int, seed: int) -> None:
    draw = Random(seed)  # noqa: S311, as above
    settled = [1 + draw.random() / 10 for _ in range(40)]

    assert warm_up_batches([9.0] * high + settled) >= high


def test_what_never_changes_has_no_warm_up() -> None:
    assert warm_up_batches([2.0] * 40) == 0


@pytest.mark.parametrize(("part", "expected"), [(50, log(2) / 0.5), (90, log(10) / 0.5)])
def test_batch_means_cover_mm1(part: int, expected: float) -> None:
    """One run of M/M/1 at half load, 4000 requests: the known percentile in 95 of 100 intervals."""
    covered = 0
    for seed in range(200):
        latencies = mm1_latencies(4200, seed, load=0.5)[200:]
        batches = [quantile(latencies[low:high], part) for low, high in batch_bounds(4000)]
        interval = around(quantile(latencies, part), batches)
        assert interval is not None
        covered += interval.low <= expected <= interval.high

    assert 180 <= covered <= 199


def test_replications_cover_mm1() -> None:
    """Ten runs of M/M/1 at half load: the mean of their medians against the known one."""
    covered = 0
    for experiment in range(200):
        medians = [
            quantile(mm1_latencies(600, 10 * experiment + run, load=0.5)[100:], 50)
            for run in range(10)
        ]
        interval = mean_interval(medians)
        assert interval is not None
        covered += interval.low <= log(2) / 0.5 <= interval.high

    assert 180 <= covered <= 199


def test_pairs_know_more_than_strangers() -> None:
    """A server a tenth faster: on the same requests its gain is known far better (CRN)."""
    slow = [quantile(mm1_latencies(2000, run, load=0.5), 90) for run in range(20)]
    fast = [quantile(mm1_latencies(2000, run, load=0.5, speed=1.1), 90) for run in range(20)]
    paired = stdev([a - b for a, b in zip(fast, slow, strict=True)])
    independent = sqrt(stdev(slow) ** 2 + stdev(fast) ** 2)

    assert paired < independent / 3
