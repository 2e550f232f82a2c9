"""The window of MARS: it grows by one, shrinks by a factor, and lets nobody starve."""

import pytest
from msgspec.structs import replace

from agentaudit.model.workload import Heavy, Stage, WorkRequest, WorkStep
from agentaudit.simulation.policies.mars import AdaptiveWindow
from agentaudit.simulation.stations.stations import NEVER

MARS = AdaptiveWindow(name="mars", source="test", cores=2, kv_tokens=100, start=4, interval_ns=10)
REQUESTS = [
    WorkRequest(request_id=place, type="t", heavy=Heavy.CPU, arrival_ns=0, steps=())
    for place in range(20)
]
TOOL = WorkStep(stage=Stage.CPU, demand_ns=1)


def call(tokens: int) -> WorkStep:
    return WorkStep(stage=Stage.GPU, demand_ns=1, tokens=tokens)


def test_a_full_window_without_pressure_grows_by_one_each_time() -> None:
    admission = MARS.admission()
    for request in REQUESTS:
        admission.arrived(request)

    assert [len(admission.admit(now_ns)) for now_ns in (0, 5, 10, 20)] == [4, 0, 1, 1]
    assert admission.wake_ns == 30


def test_a_window_that_is_not_full_does_not_grow() -> None:
    admission = MARS.admission()
    for now_ns in range(0, 1000, 10):
        assert list(admission.admit(now_ns)) == []
    for request in REQUESTS:
        admission.arrived(request)

    assert len(admission.admit(1000)) == 4


@pytest.mark.parametrize("steps", [[TOOL] * 7, [call(91)], [call(50), call(41)]])
def test_pressure_shrinks_the_window_to_two_at_least(steps: list[WorkStep]) -> None:
    """More than 4 tools without a core, or more than nine tenths of the cache asked for."""
    admission = MARS.admission()
    for request in REQUESTS:
        admission.arrived(request)
    running = list(admission.admit(0))
    for step in steps:
        admission.step_began(running[0], step, 0)
    for now_ns in (10, 20, 30, 40):
        assert admission.admit(now_ns) == []
    for request in running[:3]:
        admission.finished(request)

    assert len(admission.admit(41)) == 1


def test_moderate_pressure_leaves_the_window_as_it_is() -> None:
    """Between one and four tools without a core."""
    admission = MARS.admission()
    for request in REQUESTS:
        admission.arrived(request)
    running = admission.admit(0)
    for _ in range(5):
        admission.step_began(running[0], TOOL, 0)

    assert [admission.admit(now_ns) for now_ns in (10, 20)] == [[], []]


def test_pressure_ends_with_the_steps() -> None:
    admission = MARS.admission()
    for request in REQUESTS:
        admission.arrived(request)
    running = admission.admit(0)
    for step in (call(95), TOOL):
        admission.step_began(running[0], step, 0)
        admission.step_ended(running[0], step, 5)

    assert len(admission.admit(10)) == 1


def test_nobody_is_woken_for_nothing() -> None:
    assert MARS.admission().wake_ns == NEVER


def test_windows_are_checked_when_made() -> None:
    with pytest.raises(ValueError, match="the window of mars"):
        replace(MARS, start=1)
    with pytest.raises(ValueError, match="the window of mars"):
        replace(MARS, shrink=1.0)
