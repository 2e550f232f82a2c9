"""Requests that come faster than they are served: who is said to keep up, and what then counts."""

import pytest
from msgspec.structs import replace

from agentaudit.simulation.policies.capped import CappedConcurrency
from tests.simulation.test_compare import (
    MACHINE,
    compare,
    compare_shipped,
    mixed,
    policies,
    workload,
)


@pytest.mark.parametrize(
    ("cpu_s", "gpu_s", "name"), [(8.0, 1.0, "200% of what the CPU"), (1.0, 24.0, "LLM server")]
)
def test_more_than_can_be_served_is_said_first(cpu_s: float, gpu_s: float, name: str) -> None:
    simulation = compare_shipped(workload(cpu_s=cpu_s, gpu_s=gpu_s, every_s=1.0), MACHINE)

    assert simulation.advice[0].startswith("Overload: requests ask for")
    assert name in simulation.advice[0]
    assert all(result.overloaded for result in simulation.results)


def test_where_no_policy_keeps_up_none_is_compared_with_another() -> None:
    """Latencies tell how long the run was then, so nothing is said of who has the lower ones."""
    simulation = compare_shipped(mixed(0.02), MACHINE, names=["fcfs", "mas", "comb"])
    said = " ".join(simulation.advice)

    assert all(result.overloaded for result in simulation.results)
    assert not any(word in said for word in ("Use ", "No policy lowers", "median"))


@pytest.mark.parametrize(("every_s", "overloaded"), [(0.001, False), (0.2, True)])
def test_who_comes_before_any_could_have_ended_is_of_a_batch_and_no_overload(
    every_s: float, *, overloaded: bool
) -> None:
    """20 requests of 2 s each: within 20 ms they are a batch, and 5 a second are too many."""
    simulation = compare_shipped(workload(20, cpu_s=2, gpu_s=0, every_s=every_s), MACHINE)

    assert all(result.overloaded == overloaded for result in simulation.results)
    assert (simulation.load is not None) == overloaded
    assert ("comb-closed" in policies(simulation)) == (not overloaded)


def test_a_rate_that_was_asked_for_is_one_however_short_the_run() -> None:
    """1,000 a second, of which 20 come before any could have ended."""
    asked = replace(workload(20, cpu_s=2, gpu_s=0, every_s=0.001), arrivals="poisson 1000/s")
    simulation = compare_shipped(asked, MACHINE)

    assert all(result.overloaded for result in simulation.results)
    assert simulation.advice[0].startswith("Overload")


def test_a_policy_that_falls_behind_is_named() -> None:
    simulation = compare_shipped(
        workload(200, cpu_s=1, gpu_s=1, every_s=0.5), MACHINE, names=["sequential", "fcfs"]
    )

    assert simulation.advice[-1] == (
        "The load is 50% of what the CPU can serve, and 25% of what the LLM server can with full"
        " batches; still, requests pile up under sequential."
    )


def test_keeping_up_counts_for_more_than_a_percentile() -> None:
    """One by one is too slow here, and so is any comparison of its latencies."""
    policies = [
        CappedConcurrency(name=name, source="test", cap=cap)
        for name, cap in (("one", 1), ("many", 9))
    ]
    simulation = compare(
        workload(200, cpu_s=1, gpu_s=1, every_s=0.5), MACHINE, policies, baseline="one"
    )

    assert simulation.advice[0] == (
        "Use many (cap=9) instead of one (cap=1), which does not keep up: P90 2 s, P50 2 s."
    )
