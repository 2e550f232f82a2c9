"""Speed curves from measurements, and the machine file that says them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.model.execution import (
    Contest,
    HandOver,
    HostMeasurement,
    StageLatency,
    StagePower,
    ToolSpeed,
)
from agentaudit.model.workload import Machine, SpeedCurve
from agentaudit.readers.yaml import parse_yaml
from agentaudit.simulation.files.machine_file import parse_machine
from agentaudit.simulation.machines.calibration import (
    capacity,
    contender,
    curve_error,
    hampered,
    host_curve,
    host_progress,
    left_out_error,
    left_out_watts_error,
    machine_lines,
    power_curve,
    refined,
    stage_curve,
)
from agentaudit.simulation.stations.cores import EVEN, Contender
from agentaudit.simulation.stations.speed import total_speed

HOST = HostMeasurement(
    cores=2,
    tools=(
        ToolSpeed(tool="regex", unit_ns=1.0, inflation=((1, 1.0), (2, 1.25), (4, 1.25))),
        ToolSpeed(tool="numpy", unit_ns=1.0, inflation=((1, 1.0), (2, 0.9), (4, 1.0))),
    ),
    driver_ns=1,
    handovers=(HandOver(jobs=1, cpu_ns=1, gpu_ns=1),),
    progress=((1, 0.8), (2, 1.2), (4, 2.0)),
    overshoot_ns=1,
    server=(),
    foreign_cores=0.0,
)
LATENCIES = st.dictionaries(st.integers(2, 500), st.floats(0.01, 100.0), min_size=1, max_size=6)


def latencies(alone_s: float, more: dict[int, float]) -> list[StageLatency]:
    times = {1: alone_s, **more}
    return [StageLatency(concurrency=calls, seconds=time) for calls, time in times.items()]


@given(st.floats(0.01, 100.0), LATENCIES)
def test_a_curve_gives_the_latencies_that_made_it(alone_s: float, more: dict[int, float]) -> None:
    measured = latencies(alone_s, more)

    assert curve_error(stage_curve(measured), measured) < 1e-9


def test_what_a_curve_cannot_be_made_of() -> None:
    with pytest.raises(ValueError, match="concurrency 1"):
        stage_curve([StageLatency(concurrency=2, seconds=1.0)])
    with pytest.raises(ValueError, match="measured twice"):
        stage_curve([StageLatency(concurrency=1, seconds=1.0)] * 2)


def test_a_point_left_out_is_told_by_its_neighbours() -> None:
    """Two cores shared evenly: without 2 at once, 4 would be on the line from 1, and is not."""
    measured = latencies(1.0, {2: 1.0, 4: 2.0, 8: 4.0})

    assert left_out_error(measured) == pytest.approx(0.5)
    assert left_out_error(measured[:2]) is None


def test_a_speed_is_scaled_by_what_simulation_makes_of_it() -> None:
    assert refined({1: 1.0, 8: 6.0}, {8: 3.0}, {8: 2.0}) == {1: 1.0, 8: 9.0}


def test_cpu_time_that_swells_is_speed_lost() -> None:
    """A mix is in the middle of its kinds; what shrinks side by side is noise."""
    assert host_curve(HOST, {"regex": 1.0}).points == ((1, 1.0), (2, 1.6), (4, 1.6))
    assert host_curve(HOST, {"numpy": 1.0}).points == ((1, 1.0), (2, 2.0), (4, 2.0))
    assert host_curve(HOST, {"regex": 3.0, "numpy": 3.0}).points[2] == (4, 2 / 1.125)
    assert host_curve(HOST, {}).points == ((1, 1.0), (2, 2.0))


def test_progress_is_compared_with_that_of_a_job_alone() -> None:
    progress = host_progress(HOST)

    assert [jobs for jobs, _ in progress.points] == [1, 2, 4]
    assert [speed for _, speed in progress.points] == pytest.approx([1.0, 1.5, 2.0])
    assert hampered(host_curve(HOST, {"regex": 1.0}), progress, 2).points[1][1] == pytest.approx(
        1.2
    )


def test_a_machine_file_says_what_was_measured() -> None:
    cpu = SpeedCurve(points=((1, 1.0), (2, 1.5)))
    gpu = SpeedCurve(points=((1, 1.0), (8, 4.25)))
    lines = machine_lines(cores=2, cpu=cpu, gpu=gpu, dispatch_ns=243_000)
    machine = parse_machine(parse_yaml("m.yaml", "\n".join(lines)).root, file="m.yaml")

    assert isinstance(machine, Machine)
    assert (machine.cores, machine.cpu, machine.gpu) == (2, cpu, gpu)
    assert machine.dispatch_ns == 243_000
    assert machine.assumptions == ()
    assert machine_lines(cores=4, cpu=None, gpu=None, dispatch_ns=0) == ["cores: 4"]


def test_contests_say_how_a_kind_shares_a_core() -> None:
    """Alone it has a core; among others what was measured, and between numbers a mean."""
    contests = [
        Contest(
            processes=2,
            capacity=0.9,
            weights=(("regex", 0.5), ("numpy", 1.5)),
            swelling=(("regex", 1.5), ("numpy", 1.1)),
        ),
        Contest(
            processes=4,
            capacity=1.0,
            weights=(("regex", 1.0), ("numpy", 1.0)),
            swelling=(("regex", 1.0), ("numpy", 1.3)),
        ),
    ]
    numpy = contender(contests, "numpy", alone=0.75, host=HOST)
    regex = contender(contests, "regex", alone=1.0, host=HOST)

    assert numpy.alone == 0.75
    assert numpy.swelling.points == ((1, 1.0), (2, 1.0), (4, 1.1), (8, 1.3))
    assert regex.swelling.points == ((1, 1.0), (2, 1.25), (4, 1.5), (8, 1.0))
    assert [total_speed(numpy.weight, processes) for processes in (1, 2, 3, 9)] == [
        *(1.0, 1.5, 1.25, 1.0)
    ]
    assert total_speed(capacity(contests), 3) == pytest.approx(0.95)


def test_without_a_contest_all_share_alike() -> None:
    assert contender([], "spawn", alone=1.0, host=HOST) == Contender()
    assert capacity([]) == EVEN


def test_watts_between_two_points_follow_the_work_that_is_served() -> None:
    """Served twice as fast at 2 as alone, and no faster beyond: so 1 and 4 tell what 2 draw."""
    speeds = SpeedCurve(points=((1, 1.0), (2, 2.0), (4, 2.0)))
    points = {0: 100.0, 1: 150.0, 2: 240.0, 4: 200.0}
    power = [StagePower(concurrency=calls, watts=drawn) for calls, drawn in points.items()]

    assert power_curve(power).points == tuple(points.items())
    # Of 1, half of what 2 draw above idle, 170 W; of 2, all of what 4 draw, 200 W.
    assert left_out_watts_error(power, speeds) == pytest.approx(max(170 / 150 - 1, 1 - 200 / 240))
    assert left_out_watts_error(power[:2], speeds) is None
