"""Speed curves and what is made of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.model.workload import SpeedCurve
from agentaudit.simulation.machines.machine import PRESETS
from agentaudit.simulation.stations.speed import (
    faster,
    ideal_cores,
    largest_speed,
    total_speed,
    wider,
)

CURVE = SpeedCurve(points=((1, 1.0), (4, 2.5), (8, 2.0)))


@pytest.mark.parametrize(
    ("jobs", "speed"), [(1, 1.0), (2, 1.5), (3, 2.0), (4, 2.5), (6, 2.25), (8, 2.0), (99, 2.0)]
)
def test_linear_between_points_and_flat_beyond(jobs: int, speed: float) -> None:
    assert total_speed(CURVE, jobs) == speed


@given(st.integers(1, 64), st.integers(1, 200))
def test_ideal_cores_give_each_job_a_core_while_there_are_some(cores: int, jobs: int) -> None:
    assert total_speed(ideal_cores(cores), jobs) == min(cores, jobs)


def test_the_largest_speed_need_not_be_the_last() -> None:
    assert largest_speed(CURVE) == 2.5


@given(st.integers(1, 64), st.integers(1, 200))
def test_twice_as_many_ideal_cores(cores: int, jobs: int) -> None:
    assert total_speed(wider(ideal_cores(cores), 2), jobs) == min(2 * cores, jobs)


def test_a_faster_station_is_faster_at_every_load() -> None:
    assert faster(CURVE, 2).points == ((1, 2.0), (4, 5.0), (8, 4.0))


def test_a_bend_that_falls_on_one_job_is_dropped() -> None:
    assert wider(ideal_cores(2), 0.5).points == ((1, 1.0),)


@given(st.sampled_from(sorted(PRESETS)), st.integers(1, 200), st.integers(1, 300))
def test_a_job_alone_is_as_fast_on_any_number_of_cores(name: str, cores: int, jobs: int) -> None:
    """And one core more never serves less, within what whole numbers of jobs allow."""
    machine = PRESETS[name]
    fewer, more = (wider(machine.cpu, count / machine.cores) for count in (cores, cores + 1))

    assert total_speed(fewer, 1) == total_speed(machine.cpu, 1)
    assert total_speed(more, jobs) >= total_speed(fewer, jobs) * 0.99


def test_the_largest_speed_is_among_those_that_can_be_reached() -> None:
    curve = SpeedCurve(points=((1, 1.0), (4, 4.0), (8, 2.0)))

    assert [largest_speed(curve, most) for most in (None, 1, 2, 4, 6, 100)] == [4, 1, 2, 4, 4, 4]
