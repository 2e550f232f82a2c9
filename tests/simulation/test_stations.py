"""Stations by themselves: shares, rounding, and the direction of time."""

import pytest

from agentaudit.model.workload import SpeedCurve
from agentaudit.simulation.stations.speed import ideal_cores
from agentaudit.simulation.stations.stations import NEVER, Station, Timers


def test_an_idle_station_is_never_due() -> None:
    station = Station(ideal_cores(2), 2)

    assert station.due_ns() == NEVER
    assert Timers().due_ns() == NEVER


def test_the_clock_never_goes_back() -> None:
    """I6."""
    station = Station(ideal_cores(2), 2)
    station.start(100, 0, 50, 1)

    with pytest.raises(ValueError, match="the clock went back from 100 to 99 ns"):
        station.start(99, 1, 50, 1)


def test_a_job_that_joins_slows_the_others_from_then_on() -> None:
    """Half of 100 ns is done when the second comes: 100 ns more together, and 50 alone."""
    station = Station(ideal_cores(1), 1)
    station.start(0, 0, 100, 1)
    station.start(50, 1, 100, 1)

    assert station.due_ns() == 150
    assert station.ended(150) == [0]
    assert station.due_ns() == 200
    assert station.ended(200) == [1]
    assert station.busy_ns == 200


def test_an_end_is_the_nearest_nanosecond() -> None:
    """Three jobs at a third of the speed: 10 ns of work take 30, at 0.3 and 0.35 33 and 29."""
    for speed, end_ns in ((1.0, 30), (0.9, 33), (1.05, 29)):
        station = Station(SpeedCurve(points=((1, 1.0), (3, speed))), 1)
        for job in range(3):
            station.start(0, job, 10, 1)

        assert station.due_ns() == end_ns
        assert station.ended(end_ns) == [0, 1, 2]


def test_rounding_does_not_add_up() -> None:
    """A thousand short jobs beside a long one: it ends when its own work is done."""
    station = Station(SpeedCurve(points=((1, 1.0), (2, 1.1))), 1)
    station.start(0, 0, 100_000, 1)
    now_ns = 0
    for job in range(1, 1001):
        station.start(now_ns, job, 7, 1)
        now_ns = station.due_ns()
        assert station.ended(now_ns) == [job]

    assert now_ns == 1000 * 13
    assert station.due_ns() == pytest.approx(now_ns + 100_000 - now_ns * 0.55, abs=1)


def test_timers_do_not_wait_for_each_other() -> None:
    timers = Timers()
    timers.start(0, 0, 100, 1)
    timers.start(10, 1, 20, 4)

    assert timers.due_ns() == 30
    assert timers.ended(30) == [1]
    assert timers.ended(100) == [0]
