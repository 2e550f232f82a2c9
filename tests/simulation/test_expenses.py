"""Joules and money: known where they are given, unknown where not."""

import pytest
from msgspec.structs import replace

from agentaudit.errors import UsageError
from agentaudit.model.results import Energy
from agentaudit.model.workload import Machine, Power, PowerCurve
from agentaudit.simulation.experiments.experiment import Experiment, outcome_of
from agentaudit.simulation.experiments.metrics import Terms, policy_result
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.runs.expenses import parse_power
from tests.simulation.test_metrics import MACHINE, workload

POWER = Power(
    cpu=PowerCurve(points=((0, 100), (2, 300))), gpu=PowerCurve(points=((0, 50), (1, 650)))
)


def energy(machine: Machine, price: float | None = None) -> tuple[Energy | None, float | None]:
    """Of four requests, one at a time, each 2 s on one of two cores."""
    experiment = Experiment(workloads=(workload(4, 0, cpu_s=2),), machine=machine)
    policy = CappedConcurrency(name="capped", source="test", cap=1)
    result = policy_result(outcome_of(experiment, policy), Terms(price_per_hour=price))
    return result.energy, result.cost_per_1000


def test_half_busy_is_half_way_between_idle_and_busy() -> None:
    """8 s at 200 W for the CPU and idle 50 W for the GPU; 4 requests."""
    found, _ = energy(replace(MACHINE, power=POWER))

    assert found == Energy(cpu_joules=400.0, gpu_joules=100.0)
    assert found is not None
    assert found.joules == 500.0


def test_what_is_not_given_is_unknown() -> None:
    some, _ = energy(replace(MACHINE, power=replace(POWER, gpu=None)))

    assert energy(MACHINE) == (None, None)
    assert some == Energy(cpu_joules=400.0, gpu_joules=None)
    assert some is not None
    assert some.joules is None


def test_a_thousand_requests_at_a_price() -> None:
    """2 s each: 2000 s of a machine at 1.80 an hour."""
    assert energy(MACHINE, price=1.8)[1] == pytest.approx(1.0)


def test_watts_as_they_are_typed() -> None:
    assert parse_power("cpu=100..300, gpu=50..650", 2) == POWER
    assert parse_power("cpu=1..2.5", 8, POWER) == replace(
        POWER, cpu=PowerCurve(points=((0, 1.0), (8, 2.5)))
    )


@pytest.mark.parametrize("text", ["cpu=300..100", "disk=1..2", "cpu=1", "cpu=a..b", ""])
def test_what_are_no_watts(text: str) -> None:
    with pytest.raises(UsageError, match="is not idle and busy watts, as in cpu=140"):
        parse_power(text, 1)
