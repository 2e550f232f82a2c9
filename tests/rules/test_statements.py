"""Conditions over numbers: what is refused with its place, and what is said of the unknown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.model.gauge import GAUGES
from agentaudit.rules.conditions import ConditionError
from agentaudit.rules.statements import compile_statement

NAMES = ("cpu_share", "gpu_share", "requests", "compare.p90")


@given(share=st.floats(0, 1), limit=st.floats(0, 1))
def test_a_comparison_is_that_of_the_numbers(share: float, limit: float) -> None:
    statement = compile_statement(f"cpu_share > {limit:.6f}", NAMES)

    assert statement.holds({"cpu_share": share}) is (share > float(f"{limit:.6f}"))


@given(requests=st.integers(0, 1000), limit=st.integers(0, 1000))
def test_whole_numbers_are_numbers_too(requests: int, limit: int) -> None:
    statement = compile_statement(f"requests >= {limit} && requests < 2000", NAMES)

    assert statement.holds({"requests": requests}) is (requests >= limit)


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("gpu_share > 0.5", None),
        ("!(gpu_share > 0.5)", None),
        ("gpu_share > 0.5 || cpu_share > 0.5", True),
        ("cpu_share > 0.5 || gpu_share > 0.5", True),
        ("gpu_share > 0.5 && cpu_share > 0.5", None),
        ("gpu_share > 0.5 && cpu_share < 0.5", False),
        ("cpu_share / requests > 1", None),
        ("compare.p90 > 1.1", True),
    ],
)
def test_the_unknown_decides_only_where_nothing_else_does(
    source: str, *, answer: bool | None
) -> None:
    numbers = {"cpu_share": 0.9, "gpu_share": None, "requests": 0.0, "compare.p90": 1.2}

    assert compile_statement(source, NAMES).holds(numbers) is answer


@pytest.mark.parametrize(
    ("source", "said", "column"),
    [
        ("cpu_shar > 0.6", "asks for 'cpu_shar', which no recording has; did you mean", 1),
        ("requests > 5 && foo > 1", "asks for 'foo'", 17),
        ("requests > 5 && cpu_share >", "ends too early", 28),
        ("requests > 5 && cpu_share > 'a'", "cannot ask > of (number, string)", 27),
        ("requests % 2 == 0", "cannot ask % of (number, number)", 10),
        ("(" * 5000 + "cpu_share" + ")" * 5000 + " > 1", "cannot be understood", 1),
        ("cpu_share ) 1", "Syntax error: ", 11),
        ("cpu_share", "must be true or false", 1),
        ("1 > 2", "asks for no number", 1),
        ("'cpu_share' == 'x'", "asks for no number", 1),
        ("true", "asks for no number", 1),
    ],
)
def test_what_cannot_be_asked_is_told_with_its_place(source: str, said: str, column: int) -> None:
    with pytest.raises(ConditionError) as error:
        compile_statement(source, NAMES)

    assert said in str(error.value)
    assert error.value.column == column


def test_every_gauge_can_be_asked() -> None:
    names = [gauge.name for gauge in GAUGES]

    for name in names:
        assert compile_statement(f"{name} > 1", names).asked == (name,)
