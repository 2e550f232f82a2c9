"""Micro-batches: with a barrier, by the clock, and by the end of a CPU stage."""

from itertools import permutations

import pytest

from agentaudit.model.workload import (
    Heavy,
    Machine,
    SpeedCurve,
    Stage,
    Workload,
    WorkRequest,
    WorkStep,
)
from agentaudit.simulation.policies.groups import (
    BarrierMicroBatching,
    CombClosed,
    OverlappingMicroBatching,
)
from agentaudit.simulation.runs.engine import simulate
from agentaudit.simulation.stations.stations import NEVER

SECOND = 1_000_000_000
REQUESTS = [
    WorkRequest(request_id=place, type="t", heavy=Heavy.CPU, arrival_ns=0, steps=())
    for place in range(5)
]


def comb(size: int, offset_ns: int) -> CombClosed:
    return CombClosed(name="comb-closed", source="test", size=size, offset_ns=offset_ns)


def barrier(size: int) -> BarrierMicroBatching:
    return BarrierMicroBatching(name="micro-batching", source="test", size=size)


def test_a_group_waits_for_the_last_of_the_one_before() -> None:
    admission = barrier(2).admission()
    for request in REQUESTS:
        admission.arrived(request)

    assert admission.admit(0) == REQUESTS[:2]
    admission.finished(REQUESTS[0])
    assert admission.admit(1) == ()
    admission.finished(REQUESTS[1])
    assert admission.admit(2) == REQUESTS[2:4]


def test_groups_start_an_offset_apart_whoever_still_runs() -> None:
    admission = comb(2, SECOND).admission()
    assert admission.wake_ns == NEVER
    for request in REQUESTS:
        admission.arrived(request)

    assert admission.admit(0) == REQUESTS[:2]
    assert admission.wake_ns == SECOND
    assert admission.admit(SECOND - 1) == []
    assert admission.admit(SECOND) == REQUESTS[2:4]
    assert admission.admit(2 * SECOND) == REQUESTS[4:]
    assert admission.wake_ns == NEVER


def test_later_arrivals_wait_for_the_next_launch() -> None:
    admission = comb(2, SECOND).admission()
    admission.arrived(REQUESTS[0])
    assert admission.admit(SECOND // 2) == REQUESTS[:1]

    admission.arrived(REQUESTS[1])

    assert admission.admit(SECOND) == []
    assert admission.wake_ns == SECOND + SECOND // 2


def test_parameters_read_as_the_paper_writes_them() -> None:
    assert comb(64, 8 * SECOND).parameters == "B_cap=64 s=8s"
    assert barrier(64).parameters == "B_cap=64"


def test_sizes_and_offsets_are_checked_when_made() -> None:
    with pytest.raises(ValueError, match="at least 1 request"):
        comb(0, 0)
    with pytest.raises(ValueError, match="at least 1 request"):
        barrier(0)
    with pytest.raises(ValueError, match="offset"):
        comb(1, -1)


def flow_shop(jobs: list[tuple[int, int]]) -> int:
    """The makespan of jobs in this order on two machines, by the textbook's recursion."""
    first = second = 0
    for tool_s, call_s in jobs:
        first += tool_s
        second = max(first, second) + call_s
    return second


def test_overlap_in_johnsons_order_is_best_and_all_orders_are_the_flow_shop() -> None:
    """Groups of one, a server of one call: the two-stage flow shop, of which Johnson has 24."""
    machine = Machine(
        name="two stages",
        cores=1,
        cpu=SpeedCurve(points=((1, 1.0),)),
        gpu=SpeedCurve(points=((1, 1.0),)),
        most_calls=1,
    )
    makespans = {}
    for order in permutations([(3, 6), (5, 2), (1, 2), (6, 6), (7, 5)]):
        run = simulate(flow(list(order)), machine, overlapping(1))
        makespans[order] = run.makespan_ns // SECOND

    assert all(makespan == flow_shop(list(order)) for order, makespan in makespans.items())
    assert makespans[(1, 2), (3, 6), (6, 6), (7, 5), (5, 2)] == min(makespans.values()) == 24
    assert max(makespans.values()) == 32


def flow(jobs: list[tuple[int, int]]) -> Workload:
    return Workload(
        requests=tuple(
            REQUESTS[0].changed(
                request_id=place,
                steps=(
                    WorkStep(stage=Stage.CPU, demand_ns=tool_s * SECOND),
                    WorkStep(stage=Stage.GPU, demand_ns=call_s * SECOND),
                ),
            )
            for place, (tool_s, call_s) in enumerate(jobs)
        ),
        source="test",
        arrivals="closed",
        seed=0,
    )


def overlapping(size: int) -> OverlappingMicroBatching:
    return OverlappingMicroBatching(name="cgam-overlap", source="test", size=size)


def test_the_next_group_starts_when_the_last_of_the_one_before_has_left_the_cpu() -> None:
    """Groups of two on two cores: the CPU stage takes 3 s, whatever the calls still do."""
    machine = Machine(
        name="two cores",
        cores=2,
        cpu=SpeedCurve(points=((1, 1.0), (2, 2.0))),
        gpu=SpeedCurve(points=((1, 1.0), (9, 9.0))),
    )
    run = simulate(flow([(1, 9), (3, 9), (2, 1), (2, 1), (4, 1)]), machine, overlapping(2))

    assert [record.start_ns // SECOND for record in run.records] == [0, 0, 3, 3, 5]


def test_groups_without_a_cpu_stage_start_at_once() -> None:
    admission = overlapping(2).admission()
    for request in REQUESTS:
        admission.arrived(request)

    assert admission.admit(0) == REQUESTS


def test_a_request_that_ends_without_reports_of_its_steps_holds_nobody_up() -> None:
    """An executor may know of the end of a request, and not of its steps."""
    requests = flow([(1, 1), (1, 1)]).requests
    admission = overlapping(1).admission()
    for request in requests:
        admission.arrived(request)

    assert admission.admit(0) == [requests[0]]
    assert admission.admit(1) == []
    admission.finished(requests[0])
    assert admission.admit(2) == [requests[1]]
