"""Prose on a terminal: wrapped, and no line of it an order to a runner of CI."""

from hypothesis import given
from hypothesis import strategies as st

from agentaudit.report.text import wrapped

words = st.lists(st.sampled_from(["a", "::error::told", "some", "/path/of-a/file", "- "]))


@given(words, st.integers(min_value=10, max_value=40), st.sampled_from(["", "  "]))
def test_no_line_of_a_wrapped_text_is_an_order(told: list[str], width: int, indent: str) -> None:
    lines = wrapped(" ".join(told), width, first=indent)

    assert not any(line.lstrip().startswith("::") for line in lines)


def test_a_path_is_not_broken_apart() -> None:
    assert wrapped("see /a/long-path/of.yaml", 10, first="- ") == [
        "- see",
        "  /a/long-path/of.yaml",
    ]
