"""Ratios of rounds: what is no more than their noise is nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.probes.execution.ratios import beyond_noise

RATIOS = st.lists(st.floats(0.1, 10.0), min_size=2, max_size=9)


@given(ratios=RATIOS)
def test_a_ratio_is_drawn_to_one_and_never_beyond(ratios: list[float]) -> None:
    found = beyond_noise(ratios)

    assert min(*ratios, 1.0) * 0.999 <= found <= max(*ratios, 1.0) * 1.001


@given(ratios=RATIOS)
def test_it_is_the_same_the_other_way_round(ratios: list[float]) -> None:
    assert beyond_noise([1 / ratio for ratio in ratios]) == pytest.approx(1 / beyond_noise(ratios))


@given(ratio=st.floats(0.1, 10.0), rounds=st.integers(2, 9))
def test_rounds_that_agree_are_taken_as_they_are(ratio: float, rounds: int) -> None:
    assert beyond_noise([ratio] * rounds) == pytest.approx(ratio)


def test_rounds_that_only_waver_say_nothing() -> None:
    assert beyond_noise([1.1, 0.95, 1.05, 0.92]) == 1.0
    assert beyond_noise([1.30, 1.35, 1.25, 1.32]) == pytest.approx(1.30, abs=0.01)
