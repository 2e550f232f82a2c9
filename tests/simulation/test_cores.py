"""Cores one by one: shares by weight, no more than a job uses, and no work lost."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agentaudit.model.workload import Machine, SpeedCurve
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.policies.threads import MultiThreading
from agentaudit.simulation.policy import Policy
from agentaudit.simulation.runs.engine import simulate
from agentaudit.simulation.stations.cores import EVEN, Contender, Cores
from agentaudit.simulation.stations.speed import ideal_cores
from agentaudit.simulation.stations.stations import NEVER, Station
from tests.simulation.test_closed_loop import batch

MS = 1_000_000
MACHINE = Machine(name="m", cores=2, cpu=ideal_cores(2), gpu=ideal_cores(1))
EVERYBODY = CappedConcurrency(name="all", source="test", cap=None)
JOBS = st.lists(
    st.tuples(st.integers(0, 50 * MS), st.integers(1, 80 * MS)), min_size=1, max_size=12
)


def finishes(station: Cores | Station, jobs: Sequence[tuple[int, int]]) -> dict[int, int]:
    """When each job ends that comes at an instant with a demand."""
    coming = sorted((at_ns, place, demand_ns) for place, (at_ns, demand_ns) in enumerate(jobs))
    found: dict[int, int] = {}
    while len(found) < len(jobs):
        now_ns = min(station.due_ns(), coming[0][0] if coming else NEVER)
        for job in station.ended(now_ns) if station.due_ns() <= now_ns else []:
            found[job] = now_ns
        while coming and coming[0][0] <= now_ns:
            _, place, demand_ns = coming.pop(0)
            station.start(now_ns, place, demand_ns, 1)
    return found


def cores(count: int, *kinds: Contender, capacity: SpeedCurve = EVEN) -> Cores:
    return Cores(count, capacity, {job: [kind] for job, kind in enumerate(kinds)})


@given(JOBS)
def test_alike_on_one_core_they_share_it_evenly(jobs: list[tuple[int, int]]) -> None:
    """As the even station has it, to rounding."""
    found = finishes(cores(1, *[Contender()] * len(jobs)), jobs)
    even = finishes(Station(ideal_cores(1), 1), jobs)

    assert found == {job: pytest.approx(at_ns, abs=len(jobs) + 1) for job, at_ns in even.items()}


@given(JOBS, st.lists(st.floats(0.1, 10.0), min_size=12, max_size=12))
def test_whatever_the_weights_the_last_ends_when_all_is_done(
    jobs: list[tuple[int, int]], weights: list[float]
) -> None:
    """A core is never idle while anybody is there, so a core that all share ends when it did."""
    kinds = [Contender(weight=SpeedCurve(points=((1, weight),))) for weight in weights]
    found = finishes(cores(1, *kinds[: len(jobs)]), jobs)
    even = finishes(Station(ideal_cores(1), 1), jobs)

    assert max(found.values()) == pytest.approx(max(even.values()), abs=2 * len(jobs))


@given(JOBS, st.integers(1, 4))
def test_no_job_is_faster_than_a_core(jobs: list[tuple[int, int]], count: int) -> None:
    station = cores(count, *[Contender()] * len(jobs))
    found = finishes(station, jobs)

    assert all(found[place] >= sum(job) - 1 for place, job in enumerate(jobs))
    assert station.busy_ns <= sum(demand_ns for _, demand_ns in jobs) + len(jobs)


def test_what_a_job_gets_is_by_its_weight() -> None:
    """Three to one of 40 ms: 30 and 10; then the other has the core to itself."""
    heavy = Contender(weight=SpeedCurve(points=((1, 1.0), (2, 3.0))))
    found = finishes(cores(1, heavy, Contender()), [(0, 30 * MS), (0, 30 * MS)])

    assert found == {0: 40 * MS, 1: 60 * MS}


def test_a_weight_is_one_among_so_many() -> None:
    """Beside one it has three quarters; among four it is one of four."""
    heavy = Contender(weight=SpeedCurve(points=((1, 1.0), (2, 3.0), (4, 1.0))))
    found = finishes(cores(1, heavy, *[Contender()] * 3), [(0, 10 * MS), *[(0, 50 * MS)] * 3])

    assert found[0] == 40 * MS


def test_what_one_does_not_use_another_does() -> None:
    """Half a core alone, and a quarter beside one that uses all it gets."""
    idler = Contender(alone=0.5, weight=SpeedCurve(points=((1, 9.0),)))
    alone = finishes(cores(1, idler), [(0, 10 * MS)])
    both = finishes(cores(1, idler, Contender()), [(0, 10 * MS), (0, 30 * MS)])

    assert alone == {0: 20 * MS}
    assert both == {0: 20 * MS, 1: 40 * MS}


def test_a_crowded_core_gets_less_done() -> None:
    crowded = SpeedCurve(points=((1, 1.0), (2, 0.8)))
    found = finishes(cores(1, Contender(), Contender(), capacity=crowded), [(0, 4 * MS)] * 2)

    assert found == {0: 10 * MS, 1: 10 * MS}


def test_three_on_two_cores_are_two_and_one() -> None:
    """... until one ends that has a core to itself: then one of the others has it."""
    found = finishes(cores(2, *[Contender()] * 3), [(0, 20 * MS)] * 3)

    assert found == {0: 30 * MS, 1: 20 * MS, 2: 30 * MS}


def test_a_core_with_two_more_than_another_gives_one_away() -> None:
    """Four on two cores; both on the second end, and one of the first goes there."""
    demands = [30 * MS, 10 * MS, 30 * MS, 10 * MS]
    found = finishes(cores(2, *[Contender()] * 4), [(0, demand_ns) for demand_ns in demands])

    assert found == {0: 40 * MS, 1: 20 * MS, 2: 40 * MS, 3: 20 * MS}


def test_threads_of_a_step_are_on_as_many_cores() -> None:
    station = Cores(2, EVEN, {0: [Contender()]})
    station.start(0, 0, 20 * MS, 2)

    assert station.due_ns() == 10 * MS
    assert station.ended(10 * MS) == [0]
    assert station.due_ns() == NEVER
    assert station.busy_ns == 20 * MS


def test_work_swells_beside_others_on_any_core() -> None:
    """Twice the time as long as two run, each on a core of its own."""
    swollen = Contender(swelling=SpeedCurve(points=((1, 1.0), (2, 2.0))))
    found = finishes(cores(2, swollen, Contender()), [(0, 30 * MS), (0, 20 * MS)])

    assert found == {0: 40 * MS, 1: 20 * MS}


@pytest.mark.parametrize(
    ("machine", "policy"),
    [
        (replace(MACHINE, background=1.0), EVERYBODY),
        (replace(MACHINE, background_course=((0, 1.0),)), EVERYBODY),
        (replace(MACHINE, starvation=0.5), EVERYBODY),
        (MACHINE, MultiThreading(name="threads", source="test")),
    ],
)
def test_what_they_cannot_do_is_refused(machine: Machine, policy: Policy) -> None:
    with pytest.raises(ValueError, match="nothing is coupled with cores"):
        simulate(batch([MS]), machine, policy, cores=cores(2, Contender()))


def test_what_they_draw_is_not_known() -> None:
    run = simulate(batch([MS]), MACHINE, EVERYBODY, cores=cores(2, Contender(alone=0.5)))

    assert run.records[0].finish_ns == 2 * MS
    assert run.cpu_busy_ns == 2 * MS
    assert run.cpu_levels == ()
