"""Columns in characters of places that count bytes."""

from hypothesis import given
from hypothesis import strategies as st

from agentaudit.readers.lines import characters_before


@given(st.text(max_size=50), st.text(max_size=50))
def test_the_characters_before_a_byte_are_those_that_end_there(before: str, after: str) -> None:
    byte = len(before.encode())

    assert characters_before(before + after, byte) == len(before)
