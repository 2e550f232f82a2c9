"""Limits that a team sets for itself."""

import pytest

from agentaudit.errors import UsageError
from agentaudit.rules.limits import Limits, limits_with


def test_a_limit_can_be_set_and_the_others_stay() -> None:
    changed = limits_with(["iterations=7"])

    assert changed.iterations == 7
    assert changed.session_ttl_s == Limits().session_ttl_s


@pytest.mark.parametrize(
    "setting",
    [
        *("iterations", "iterations=many", "iterations=-1", "speed=3"),
        f"iterations={'9' * 6000}",
    ],
)
def test_nonsense_is_refused_with_what_would_be_right(setting: str) -> None:
    with pytest.raises(UsageError, match="iterations"):
        limits_with([setting])
