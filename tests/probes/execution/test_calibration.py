"""This machine measured: numbers that hold on any machine, idle or not."""

import pytest

from agentaudit.errors import UsageError
from agentaudit.probes.execution import priority
from agentaudit.probes.execution.calibration import measure_host, wanted_core_ns
from agentaudit.probes.execution.tools import Tool
from agentaudit.probes.execution.workers import Workers
from agentaudit.probes.host import usable_cores
from agentaudit.simulation.policies.capped import FirstCome

TOOLS = {Tool.INTERPRETER, Tool.NUMPY}


def test_a_machine_is_measured() -> None:
    with Workers(count=4, tools=TOOLS, server=[0.0, 1.0, 1.5]) as workers:
        host = measure_host(workers, TOOLS, FirstCome, side_by_side=(2, 4), calls=(1, 2))

    assert host.cores == usable_cores()
    assert [tool.tool for tool in host.tools] == ["interpreter", "numpy"]
    assert all(tool.unit_ns > 0 for tool in host.tools)
    assert all([jobs for jobs, _ in tool.inflation] == [1, 2, 4] for tool in host.tools)
    assert all(tool.inflation[0] == (1, 1.0) for tool in host.tools)
    assert [found.jobs for found in host.handovers] == [1, 2, 4]
    assert all(0 < speed <= min(jobs, host.cores) for jobs, speed in host.progress)
    assert [calls for calls, _ in host.server] == [1, 2]
    assert host.driver_ns > 0


def test_cores_are_wanted_by_whatever_runs_and_never_more_than_there_are() -> None:
    """Three at once from 10 to 20, two or one of them before and after."""
    assert wanted_core_ns([(0, 20), (10, 20), (10, 30)], 2) == 10 + 20 + 10
    assert wanted_core_ns([(0, 20), (10, 20), (10, 30)], 8) == 50
    assert wanted_core_ns([], 2) == 0


def test_a_raised_priority_is_lowered_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was set, in order: all of ours up, and at the end the driver as it was."""
    said: list[tuple[str, int]] = []
    monkeypatch.setattr(priority, "_set_session", lambda _, nice: said.append(("session", nice)))
    monkeypatch.setattr(priority, "_set_slice", lambda _, nice, __: said.append(("slice", nice)))
    monkeypatch.setattr("os.setpriority", lambda _, __, nice: said.append(("process", nice)))
    monkeypatch.setattr("os.getpriority", lambda _, __: 3)
    with (
        Workers(count=1, tools={Tool.INTERPRETER}, server=[0.0, 1.0]) as workers,
        priority.raised(workers),
    ):
        placed = workers.placed
    low = [("slice", 3), ("process", 3), ("session", 0)]

    assert placed
    assert {word for _, word in said[:-3]} == {priority.NICE}
    assert len(said) == 4 * 3 + 3
    assert said[-3:] == low


def test_whoever_may_not_raise_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: int) -> None:
        raise PermissionError

    monkeypatch.setattr("os.setpriority", refused)
    with (
        Workers(count=1, tools={Tool.INTERPRETER}, server=[0.0, 1.0]) as workers,
        pytest.raises(UsageError, match="needs root"),
        priority.raised(workers),
    ):
        raise AssertionError("nothing is measured at a priority that nobody has")
