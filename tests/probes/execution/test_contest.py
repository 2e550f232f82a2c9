"""Kinds of work beside each other: numbers that hold on any machine, idle or not."""

import pytest

from agentaudit.probes.execution.contest import contests
from agentaudit.probes.execution.hands import Hands
from agentaudit.probes.execution.tools import Tool
from agentaudit.probes.execution.workers import Workers
from agentaudit.simulation.policies.capped import FirstCome

UNITS = {Tool.INTERPRETER: 400_000.0, Tool.SPAWN: 700_000.0}


def test_kinds_contest_for_cores() -> None:
    with (
        Workers(count=4, tools=UNITS, server=[0.0, 1.0]) as workers,
        Hands(workers, UNITS) as hands,
    ):
        found = list(contests(hands, UNITS, FirstCome, cores=1, workers=4))

    assert [one.processes for one in found] == [2, 4]
    for one in found:
        assert [kind for kind, _ in one.weights] == ["interpreter", "spawn"]
        assert all(weight > 0 for _, weight in one.weights)
        assert sum(weight for _, weight in one.weights) == pytest.approx(2, rel=0.2)
        assert 0 < one.capacity <= 1
        assert [kind for kind, _ in one.swelling] == ["interpreter", "spawn"]
        assert all(swelling > 0 for _, swelling in one.swelling)


def test_where_there_are_few_workers_there_is_no_contest() -> None:
    with (
        Workers(count=1, tools=UNITS, server=[0.0, 1.0]) as workers,
        Hands(workers, UNITS) as hands,
    ):
        assert list(contests(hands, UNITS, FirstCome, cores=1, workers=1)) == []
