"""Micro-batches: with a barrier, and by the clock."""

import pytest

from agentaudit.model.workload import Heavy, WorkRequest
from agentaudit.simulation.policies.groups import BarrierMicroBatching, CombClosed
from agentaudit.simulation.stations import NEVER

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
