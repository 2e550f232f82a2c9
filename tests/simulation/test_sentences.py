"""Numbers and times in sentences."""

import pytest

from agentaudit.simulation.sentences import figure, time


@pytest.mark.parametrize(
    ("amount", "told"),
    [(0.03125, "0.0312"), (3.1249, "3.12"), (99.97, "100"), (999.7, "1,000"), (21_040.0, "21,040")],
)
def test_a_figure_has_no_power_of_ten(amount: float, told: str) -> None:
    assert figure(amount) == told


@pytest.mark.parametrize(
    ("time_ns", "told"),
    [(3_120_000_000, "3.12 s"), (830_000_000, "830 ms"), (999_700_000, "1,000 ms"),
     (999_700_000_000, "1,000 s"), (7_200_000_000_000, "7,200 s")],
)  # fmt: skip
def test_a_time_has_no_power_of_ten(time_ns: float, told: str) -> None:
    assert time(time_ns) == told
