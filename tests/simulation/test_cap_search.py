"""The search for caps: it finds a valley, tries nothing twice, and ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.simulation.answers.cap_search import NUMBERS, best_caps
from agentaudit.simulation.policies.caps import PAPER
from agentaudit.simulation.policies.catalogue import SHIPPED
from agentaudit.simulation.policy import Policy


def cap_of(policy: Policy) -> int:
    return int(policy.parameters.removeprefix("cap="))


@given(st.integers(1, 4000))
def test_one_valley_is_found(best: int) -> None:
    """Within a step of the lowest cap."""
    found = best_caps(["comb-open"], PAPER, lambda policy: abs(cap_of(policy) - best))

    assert abs(cap_of(found.policy) - best) <= max(0.15 * best, 1)


@given(st.integers(1, 30))
def test_a_cap_that_nobody_meets_is_halved_until_somebody_does(best: int) -> None:
    """All caps above twice the best one do the same."""
    found = best_caps(["comb-open"], PAPER, lambda policy: min(abs(cap_of(policy) - best), best))

    assert abs(cap_of(found.policy) - best) <= max(0.15 * best, 1)


def test_nothing_is_tried_twice() -> None:
    tried: list[str] = []

    def score(policy: Policy) -> float:
        tried.append(f"{policy.name} {policy.parameters}")
        return float(len(policy.parameters))

    found = best_caps(["mas", "comb-open", "sequential"], PAPER, score)

    assert len(set(tried)) == len(tried) == found.tried
    assert found.tried <= 81


def test_of_equal_families_the_first_wins() -> None:
    found = best_caps(["multi-processing", "fcfs"], PAPER, lambda _: 1.0)

    assert found.policy.name == "multi-processing"


@pytest.mark.parametrize("family", sorted(SHIPPED))
def test_every_policy_can_be_searched(family: str) -> None:
    assert best_caps([family], PAPER, lambda _: 1.0).policy.name == family


def test_numbers_are_those_of_policies_and_caps() -> None:
    assert set(NUMBERS) <= set(SHIPPED)
    assert all(hasattr(PAPER, name) for names in NUMBERS.values() for name in names)
