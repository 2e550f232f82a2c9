"""Columns in characters of places that count bytes, and the other way round."""

from hypothesis import given
from hypothesis import strategies as st

from agentaudit.readers.lines import bytes_before, characters_before


@given(st.text(max_size=50), st.text(max_size=50))
def test_the_characters_before_a_byte_are_those_that_end_there(before: str, after: str) -> None:
    byte = len(before.encode())

    assert characters_before(before + after, byte) == len(before)


@given(st.text(max_size=50), st.integers(0, 60), st.integers(0, 50))
def test_the_bytes_before_a_character_are_those_of_what_stands_there(
    part: str, times: int, at: int
) -> None:
    line = part * times
    at = min(at * times, len(line))

    assert bytes_before(line, at) == len(line[:at].encode())
