"""Where a policy hurts, and why."""

import pytest

from agentaudit.simulation.answers.compare import ranked_shipped
from agentaudit.simulation.answers.hurting import hurting, stretch
from agentaudit.simulation.experiments.experiment import Experiment
from agentaudit.simulation.machines.machine import plain_machine
from tests.simulation.test_capacity import written


def said(experiment: Experiment, *names: str) -> str:
    return " ".join(hurting(ranked_shipped(experiment, names=names)))


def test_a_barrier_collapses_under_a_heavy_tail() -> None:
    """Groups of four on four cores: even work loses nothing, uneven work waits for the slowest."""
    names = ("micro-batching", "micro-batching-rolling")
    even = said(written("closed", plain_machine(4), spread=0.0), *names)
    uneven = said(written("closed", plain_machine(4), spread=2.0), *names)

    assert "barrier" not in even
    assert "The barrier of micro-batching costs" in uneven
    assert "each group waits for its slowest request" in uneven


def test_a_cap_has_nothing_to_gain_where_nothing_slows_down() -> None:
    """A request every five seconds on 16 cores."""
    experiment = written("poisson:0.2", plain_machine(16))

    assert "it can only add waiting" in said(experiment, "multi-processing", "comb")
    assert "waiting" not in said(written("poisson:14", plain_machine(16)), "multi-processing")


def test_requests_without_any_work_are_not_stretched() -> None:
    ranking = ranked_shipped(written("closed", plain_machine(2), cpu_s=0.0, spread=0.0))

    assert stretch(ranking, ranking.base) == 1.0


@pytest.mark.parametrize(("rate", "stretched"), [("poisson:0.01", 1.0), ("poisson:1.6", 2.0)])
def test_service_is_stretched_by_the_others(rate: str, stretched: float) -> None:
    """Shared by two cores at 80 %, about 2.8 times as long; alone, as long as alone."""
    ranking = ranked_shipped(written(rate, plain_machine(2)), names=["multi-processing"])
    found = stretch(ranking, ranking.base)

    assert found == pytest.approx(stretched, abs=0.02) if stretched == 1.0 else found > stretched
