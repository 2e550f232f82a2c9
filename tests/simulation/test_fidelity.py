"""Real runs beside simulated ones: what is put into the simulation, and what comes of it."""

import pytest
from msgspec.structs import replace

from agentaudit.model.execution import Execution, HandOver, StepRecord, Surroundings
from agentaudit.model.results import RequestRecord
from agentaudit.model.workload import (
    Heavy,
    Machine,
    SpeedCurve,
    Stage,
    Workload,
    WorkRequest,
    WorkStep,
)
from agentaudit.simulation.experiments.fidelity import (
    Recording,
    costs_of,
    recording_workload,
    used_alone,
    validated,
)
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.policies.groups import OverlappingMicroBatching
from agentaudit.simulation.policies.mas import MixedAdmission
from agentaudit.simulation.policies.threads import MultiThreading
from agentaudit.simulation.runs.engine import simulate
from agentaudit.simulation.runs.served import Overheads, as_served, simulate_served
from agentaudit.simulation.stations.cores import EVEN, Contender
from agentaudit.simulation.stations.speed import ideal_cores

MS = 1_000_000
MACHINE = Machine(
    name="m", cores=2, cpu=ideal_cores(2), gpu=SpeedCurve(points=((1, 1.0),)), dispatch_ns=7 * MS
)
STEPS = (
    WorkStep(stage=Stage.CPU, demand_ns=10 * MS, name="regex"),
    WorkStep(stage=Stage.CPU, demand_ns=0),
    WorkStep(stage=Stage.GPU, demand_ns=5 * MS),
    WorkStep(stage=Stage.WAIT, demand_ns=3 * MS),
)
EVERYBODY = CappedConcurrency(name="multi-processing", source="", cap=None)
FREE = Overheads(
    driver_ns=0,
    contenders={},
    capacity=EVEN,
    handovers=(HandOver(jobs=1, cpu_ns=0, gpu_ns=0),),
)
SLOW = Overheads(
    driver_ns=MS,
    contenders={"regex": Contender(alone=2 / 3)},
    capacity=EVEN,
    handovers=(
        HandOver(jobs=1, cpu_ns=2 * MS, gpu_ns=4 * MS),
        HandOver(jobs=3, cpu_ns=6 * MS, gpu_ns=4 * MS),
    ),
)


def workload(count: int) -> Workload:
    requests = tuple(
        WorkRequest(request_id=number, type="t", heavy=Heavy.CPU, arrival_ns=0, steps=STEPS)
        for number in range(count)
    )
    return Workload(requests=requests, source="", arrivals="closed", seed=0)


def execution(count: int, cpu_ns: int) -> Execution:
    """Runs of the first step alone, one after the other, each with 2 ms of doing nothing."""
    return Execution(
        records=tuple(
            RequestRecord(
                request_id=number,
                type="t",
                arrival_ns=0,
                start_ns=0,
                finish_ns=(number + 1) * 20 * MS,
            )
            for number in range(count)
        ),
        admitted=tuple(range(count)),
        running_peak=1,
        steps=tuple(
            StepRecord(
                request_id=number,
                place=0,
                stage=Stage.CPU,
                sent_ns=0,
                begun_ns=0,
                ended_ns=cpu_ns + 2 * MS,
                seen_ns=cpu_ns + 2 * MS,
                cpu_ns=cpu_ns,
            )
            for number in range(count)
        ),
        driver_cpu_ns=0,
        server_cpu_ns=0,
        surroundings=Surroundings(elapsed_ns=1, foreign_cores=0.0, stolen_cores=0.0),
    )


def test_requests_are_recorded_at_once_and_with_all_their_steps() -> None:
    asked = workload(1).requests[0].changed(arrival_ns=5, follows=3, think_ns=7)
    (request,) = recording_workload(replace(workload(1), requests=(asked,)))

    assert request == workload(1).requests[0]


def test_what_the_hypervisor_takes_is_missing() -> None:
    """Half of a busy core is stolen: a third of its time."""
    seen = execution(1, 10 * MS)
    around = Surroundings(elapsed_ns=10 * MS, foreign_cores=0.0, stolen_cores=0.5)
    given = replace(workload(1), requests=(workload(1).requests[0].changed(steps=STEPS[:1]),))
    run = validated(
        replace(seen, surroundings=around),
        workload=given,
        machine=MACHINE,
        policy=EVERYBODY,
        recording=Recording(
            costs={},
            overheads=replace(FREE, contenders={"regex": Contender()}),
            progress=ideal_cores(2),
        ),
        repeat=0,
    )

    assert run.foreknown.p50_ns == pytest.approx(10 * MS, abs=10)
    assert run.own.p50_ns == pytest.approx(15 * MS, abs=10)


def test_what_steps_cost_and_how_much_of_a_core_they_use() -> None:
    """Of what was there: half of the time was stolen, and was nobody's."""
    seen = execution(2, 8 * MS)
    stolen = Surroundings(elapsed_ns=20 * MS, foreign_cores=0.0, stolen_cores=0.2)

    assert costs_of(seen) == {(0, 0): 8 * MS, (1, 0): 8 * MS}
    assert costs_of(seen, execution(2, 4 * MS)) == {(0, 0): 6 * MS, (1, 0): 6 * MS}
    assert used_alone([seen], workload(2)) == {"regex": 0.8}
    assert used_alone([seen, seen], workload(2)) == {"regex": 0.8}
    assert used_alone([replace(seen, surroundings=stolen)], workload(2)) == {"regex": 1.0}


def test_without_overheads_it_is_the_simulator() -> None:
    """... where both cores have as many; but for the single nanoseconds of an empty hand-over."""
    given = workload(4)
    served = simulate_served(given, MACHINE, EVERYBODY, costs={}, overheads=FREE)
    plain = simulate(given, MACHINE, EVERYBODY)

    for one, other in zip(served.records, plain.records, strict=True):
        assert abs(one.finish_ns - other.finish_ns) < 1000


def test_a_step_alone_takes_its_cost_and_all_overheads() -> None:
    """CPU: 6 on 2/3 of a core, 2 there and back, 1 of driver; GPU: 5, 4 and 1; waiting: 3."""
    run = simulate_served(
        workload(1),
        replace(MACHINE, dispatch_ns=0),
        EVERYBODY,
        costs={(0, 0): 6 * MS},
        overheads=SLOW,
    )

    assert run.records[0].finish_ns == pytest.approx(25 * MS, abs=10)


def test_hand_overs_grow_with_what_runs() -> None:
    assert [SLOW.handover_ns(Stage.CPU, load) for load in (0, 1, 2, 3, 4)] == [
        *(2 * MS, 2 * MS, 4 * MS, 6 * MS, 8 * MS)
    ]
    assert SLOW.handover_ns(Stage.GPU, 9) == 4 * MS
    alone = simulate_served(workload(1), MACHINE, EVERYBODY, costs={}, overheads=SLOW)
    crowd = simulate_served(workload(12), MACHINE, EVERYBODY, costs={}, overheads=SLOW)
    fixed = simulate(as_served(workload(12), {}, SLOW, {}), MACHINE, EVERYBODY)

    assert fixed.records[0].finish_ns < crowd.records[0].finish_ns
    assert alone.records[0].finish_ns < crowd.records[0].finish_ns


def test_threads_at_the_lock_want_one_core_together() -> None:
    """So a dozen of them wait for time slices hardly longer than a step alone does."""
    longest = HandOver(jobs=3, cpu_ns=2 * MS, gpu_ns=4 * MS)
    fixed = replace(SLOW, driver_ns=0, handovers=(SLOW.handovers[0], longest))
    growing = replace(SLOW, driver_ns=0)
    added = {}
    for policy in (EVERYBODY, MultiThreading(name="threads", source="")):
        runs = (
            simulate_served(workload(12), MACHINE, policy, costs={}, overheads=overheads)
            for overheads in (fixed, growing)
        )
        short, long = (sum(record.service_ns for record in run.records) for run in runs)
        added[policy.name] = long - short

    assert 0 <= added["threads"] < added["multi-processing"] / 2


def test_a_policy_that_is_watched_admits_as_ever() -> None:
    """MAS has state of its own; hand-overs of nothing leave its order alone."""
    mas = MixedAdmission(name="mas", source="", cpu_cap=1, gpu_cap=1, shared_cap=1)
    served = simulate_served(workload(6), MACHINE, mas, costs={}, overheads=FREE)
    plain = simulate(workload(6), MACHINE, mas)
    starts = [
        sorted(run.records, key=lambda record: (record.start_ns, record.request_id))
        for run in (served, plain)
    ]

    assert [r.request_id for r in starts[0]] == [r.request_id for r in starts[1]]


def test_a_policy_that_is_watched_hears_and_ranks_as_ever() -> None:
    """CGAM with overlap waits for CPU steps to end, and in threads Python code takes turns."""
    cgam = OverlappingMicroBatching(name="cgam-overlap", source="", size=2)
    threads = MultiThreading(name="threads", source="")
    for policy in (cgam, threads):
        served = simulate_served(workload(6), MACHINE, policy, costs={}, overheads=FREE)
        plain = simulate(workload(6), MACHINE, policy)

        assert len(served.records) == 6
        assert served.makespan_ns == pytest.approx(plain.makespan_ns, rel=1e-3)


def test_a_request_without_work_is_served_in_no_time() -> None:
    idle = workload(1).requests[0].changed(steps=(WorkStep(stage=Stage.CPU, demand_ns=0),))
    run = simulate_served(
        replace(workload(1), requests=(idle,)), MACHINE, EVERYBODY, costs={}, overheads=FREE
    )

    assert run.records[0].service_ns <= MACHINE.dispatch_ns


def test_both_predictions_of_a_run() -> None:
    """One step at a time on a machine that is four times as fast as while recording."""
    seen = execution(2, 4 * MS)
    given = replace(
        workload(2),
        requests=tuple(item.changed(steps=STEPS[:1]) for item in workload(2).requests),
    )
    run = validated(
        seen,
        workload=given,
        machine=replace(MACHINE, cpu=SpeedCurve(points=((1, 1.0), (2, 1.6)))),
        policy=CappedConcurrency(name="sequential", source="", cap=1),
        recording=Recording(
            costs={(0, 0): 16 * MS, (1, 0): 16 * MS}, overheads=FREE, progress=ideal_cores(2)
        ),
        repeat=3,
    )

    assert (run.policy, run.repeat, run.speed) == ("sequential", 3, 4.0)
    assert run.measured.makespan_ns == 40 * MS
    assert run.foreknown.makespan_ns == pytest.approx(32 * MS, abs=100)
    assert run.own.makespan_ns == pytest.approx(8 * MS, abs=100)


def test_children_have_more_of_a_core_than_their_neighbours() -> None:
    """Two kinds on one core, as measured: the one with the weight is done first."""
    steps = (
        WorkStep(stage=Stage.CPU, demand_ns=20 * MS, name="spawn"),
        WorkStep(stage=Stage.CPU, demand_ns=20 * MS, name="retrieval"),
    )
    requests = tuple(
        workload(1).requests[0].changed(request_id=number, steps=(step,))
        for number, step in enumerate(steps)
    )
    kinds = {"spawn": Contender(weight=SpeedCurve(points=((1, 1.0), (2, 4.0))))}
    run = simulate_served(
        replace(workload(2), requests=requests),
        replace(MACHINE, cores=1, dispatch_ns=0),
        EVERYBODY,
        costs={},
        overheads=replace(FREE, contenders=kinds),
    )

    assert [record.finish_ns for record in run.records] == [
        pytest.approx(25 * MS, abs=100),
        pytest.approx(40 * MS, abs=100),
    ]
