"""Numbers as people read them."""

import pytest

from agentaudit.lists import counted
from agentaudit.model.threat import Bounds
from agentaudit.report.quantities import bounds, duration, lifetime, number, percent, size


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0 s"),
        (12, "12 ns"),
        (3_400, "3.40 µs"),
        (830_000_000, "830 ms"),
        (1_240_000_000, "1.24 s"),
        (59_900_000_000, "59.9 s"),
        (60_000_000_000, "1 min"),
        (125_000_000_000, "2 min 5 s"),
    ],
)
def test_durations(nanoseconds: int, text: str) -> None:
    assert duration(nanoseconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(3600, "1 h"), (900, "15 min"), (2_592_000, "30 d"), (90, "90 s")]
)
def test_lifetimes(seconds: int, text: str) -> None:
    assert lifetime(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (432_013_312, "412 MiB"), (3 * 2**40, "3.00 TiB")],
)
def test_sizes(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0%"), (0.004, "<1%"), (0.384, "38%"), (0.998, ">99%"), (1, "100%")]
)
def test_shares_never_round_something_to_nothing(share: float, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("amount", "text"), [(315_360, "315,360"), (2.5, "2.5"), (1234.5, "1,234"), (0, "0")]
)
def test_numbers(amount: float, text: str) -> None:
    assert number(amount) == text


def test_a_range_shows_both_ends_and_an_exact_number_one() -> None:
    assert bounds(Bounds(low=146, high=1239)) == "146 to 1,239"
    assert bounds(Bounds(low=3, high=3)) == "3"


def test_counts_agree_with_their_noun() -> None:
    assert counted(1, "finding") == "1 finding"
    assert counted(2_000, "finding") == "2,000 findings"
    assert counted("1.5", "core") == "1.5 cores"
    assert counted(2, "step crosses", "steps cross") == "2 steps cross"
