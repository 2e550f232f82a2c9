"""Errors tell words that people wrote as a whole, or by their length alone."""

from hypothesis import given
from hypothesis import strategies as st

from agentaudit.errors import named


@given(st.text(max_size=300))
def test_a_word_is_told_whole_or_not_at_all(word: str) -> None:
    told = named(word)

    assert told == (f"'{word}'" if len(word) <= 100 else f"… ({len(word)} characters)")


def test_fields_stand_between_backticks() -> None:
    assert named("line", "`") == "`line`"
