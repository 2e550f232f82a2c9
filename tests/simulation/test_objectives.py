"""Objectives as people write them, and when they are met."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.errors import UsageError
from agentaudit.model.measures import Interval, Measure
from agentaudit.model.results import Met
from agentaudit.simulation.objectives import Objective, limits_ns, met, parse_objectives

SECOND = 1_000_000_000
objectives = st.builds(
    Objective,
    measure=st.sampled_from(Measure),
    limit_ns=st.integers(1, 10**5).map(lambda ms: ms * 1_000_000),
    type=st.sampled_from(["all", "chat", "search"]),
)


@given(objectives)
def test_what_is_shown_can_be_typed(objective: Objective) -> None:
    """An objective as it is printed, with `type:` before its type, is itself."""
    shown = str(objective)
    typed = shown if objective.type == "all" else f"type:{shown}"
    (read,) = parse_objectives([typed], ["chat", "search"])

    assert abs(read.limit_ns - objective.limit_ns) <= objective.limit_ns / 1e5
    assert (read.measure, read.type) == (objective.measure, objective.type)


def test_several_and_their_units() -> None:
    found = parse_objectives(["p95<10s, type:chat mean < 250ms", "p50 < 2min"], ["chat"])

    assert [(one.measure, one.limit_ns, one.type) for one in found] == [
        ("p95", 10 * SECOND, "all"),
        ("mean", SECOND // 4, "chat"),
        ("p50", 120 * SECOND, "all"),
    ]
    assert limits_ns(found) == {"all": 10 * SECOND, "chat": SECOND // 4}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("p98 < 1s", "no objective"),
        ("p95 > 1s", "no objective"),
        ("p95 < 1", "no objective"),
        ("", "no objective"),
        ("p95 < 0s", "no time at all"),
        ("type:mail p95 < 1s", "no request is of type 'mail'; there are chat, search"),
    ],
)
def test_what_is_no_objective(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse_objectives([text], ["search", "chat"])


@given(st.integers(1, 100), st.integers(1, 100), st.integers(1, 100))
def test_met_is_sure_or_not_said(low: int, value: int, high: int) -> None:
    low, value, high = sorted((low, value, high))
    found = met(Objective(measure=Measure.P90, limit_ns=50), value, Interval(low=low, high=high))

    assert found is (Met.MET if high < 50 else Met.MISSED if low >= 50 else Met.UNSURE)
    alone = met(Objective(measure=Measure.P90, limit_ns=50), value, None)
    assert alone is (Met.MET if value < 50 else Met.MISSED)
