"""What stations draw, by how many are active on them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agentaudit.model.workload import (
    Heavy,
    Machine,
    Power,
    PowerCurve,
    SpeedCurve,
    Stage,
    Workload,
    WorkRequest,
    WorkStep,
)
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.runs import engine, simulator
from agentaudit.simulation.runs.expenses import energy_of
from agentaudit.simulation.runs.observations import observations_of
from agentaudit.simulation.stations.power import joules, stretched, watts_at
from agentaudit.simulation.stations.speed import ideal_cores

SECOND = 1_000_000_000
UNCAPPED = CappedConcurrency(name="multi-processing", source="test", cap=None)
GPU = PowerCurve(points=((0, 100.0), (1, 160.0), (4, 220.0)))
SLOWING = SpeedCurve(points=((1, 1.0), (2, 1.5), (4, 2.0)))
MACHINE = Machine(name="m", cores=2, cpu=ideal_cores(2), gpu=SLOWING, power=Power(gpu=GPU))


def calls(*at_and_demand_s: tuple[int, float]) -> Workload:
    """Calls of the model and nothing else."""
    requests = (
        WorkRequest(
            request_id=place,
            type="t",
            heavy=Heavy.GPU,
            arrival_ns=at_s * SECOND,
            steps=(WorkStep(stage=Stage.GPU, demand_ns=round(demand_s * SECOND)),),
        )
        for place, (at_s, demand_s) in enumerate(at_and_demand_s)
    )
    return Workload(requests=tuple(requests), source="test", arrivals="", seed=0)


@st.composite
def power_curves(draw: st.DrawFn) -> PowerCurve:
    sizes = sorted(draw(st.sets(st.integers(1, 200), max_size=5)))
    idle = draw(st.floats(0, 500))
    above = [draw(st.floats(0, 500)) for _ in sizes]
    return PowerCurve(
        points=((0, idle), *((size, idle + more) for size, more in zip(sizes, above, strict=True)))
    )


def test_between_points_watts_follow_the_work_that_is_served() -> None:
    """Of the step from 1.0 to 2.0 that 4 calls bring, 2 have done half, and so half of 60 W."""
    assert [watts_at(GPU, SLOWING, calls) for calls in (0, 1, 2, 4, 9)] == [100, 160, 190, 220, 220]


@given(power_curves(), st.integers(0, 300))
def test_watts_are_those_of_the_points_and_between_them_nothing_else(
    curve: PowerCurve, threads: int
) -> None:
    watts = [watts for _, watts in curve.points]

    assert [watts_at(curve, SLOWING, size) for size, _ in curve.points] == pytest.approx(watts)
    assert min(watts) <= watts_at(curve, SLOWING, threads) <= max(watts) + 1e-9


@given(st.integers(1, 64), st.integers(0, 200))
def test_ideal_cores_draw_in_proportion_to_how_many_are_busy(cores: int, threads: int) -> None:
    curve = PowerCurve(points=((0, 100.0), (cores, 300.0)))

    found = watts_at(curve, ideal_cores(cores), threads)

    assert found == pytest.approx(100 + 200 * min(threads, cores) / cores)


@given(power_curves(), st.integers(1, 4), st.integers(0, 200))
def test_more_of_the_same_draw_as_each_does_with_its_part(
    curve: PowerCurve, count: int, threads: int
) -> None:
    many = stretched(curve, count)
    speeds = SpeedCurve(points=((1, 1.0), (1000, 1000.0)))

    assert watts_at(many, speeds, threads * count) == pytest.approx(
        count * watts_at(curve, speeds, threads)
    )


def test_joules_by_hand() -> None:
    """One call alone; then two, of which each is served 0.75 s in 1 s; then the second's rest."""
    workload = calls((0, 1.75), (1, 1.0))
    run = engine.simulate(workload, MACHINE, UNCAPPED)

    assert run.gpu_levels == ((1, 1, 1_250_000_000), (2, 2, SECOND))
    found = energy_of(observations_of(run, overloaded=False), MACHINE)
    assert found is not None
    assert found.cpu_joules is None
    assert found.gpu_joules == pytest.approx((1.25 * 160 + 190) / 2)
    assert (
        energy_of(observations_of(run, overloaded=False), replace(MACHINE, power=Power())) is None
    )


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0.1, 3)), min_size=1, max_size=12))
def test_both_engines_know_for_how_long_so_many_were_active(
    asked: list[tuple[int, float]],
) -> None:
    pytest.importorskip("numba")
    workload = calls(*sorted(asked))

    slow = engine.simulate(workload, MACHINE, UNCAPPED)

    assert simulator.on_kernel(workload, MACHINE, UNCAPPED) == slow
    assert sum(ns for *_, ns in slow.gpu_levels) == slow.gpu_busy_ns
    assert max((ours for ours, *_ in slow.gpu_levels), default=0) <= 4


def test_beside_other_programs_the_agent_has_its_part_of_what_the_cores_draw() -> None:
    """One thread and three others on 2 busy cores for 2 s: a quarter of 200 W above idle."""
    steps = (WorkStep(stage=Stage.CPU, demand_ns=SECOND),)
    workload = calls((0, 1.0))
    workload = replace(workload, requests=(workload.requests[0].changed(steps=steps),))
    watts = PowerCurve(points=((0, 100.0), (2, 300.0)))
    machine = replace(MACHINE, background=3.0, power=Power(cpu=watts))
    run = engine.simulate(workload, machine, UNCAPPED)

    assert run.cpu_levels == ((1, 4.0, 2 * SECOND),)
    assert joules(watts, machine.cpu, run.cpu_levels, 2 * SECOND) == 2 * (100 + 200 / 4)


@pytest.mark.parametrize(
    "points", [(), ((1, 5.0),), ((0, 5.0), (0, 6.0)), ((0, -1.0),), ((0, 5.0), (2, 4.0))]
)
def test_what_is_no_curve_of_power(points: tuple[tuple[int, float], ...]) -> None:
    with pytest.raises(ValueError, match="idle"):
        PowerCurve(points=points)
