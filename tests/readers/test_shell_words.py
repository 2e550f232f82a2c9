"""Words of commands, as shells part them."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.readers.shell_words import shell_words

texts = st.text(alphabet="ab-=$\t\n \r\"'\\é\x0b", max_size=60)


def words_or_none(part: object, text: str) -> list[str] | None:
    assert callable(part)
    try:
        return list(part(text))
    except ValueError:
        return None


@given(texts)
def test_they_are_those_of_the_standard_library(text: str) -> None:
    assert words_or_none(shell_words, text) == words_or_none(shlex.split, text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('a  \'b c\' "d\\"e"', ["a", "b c", 'd"e']),
        (r"a\ b c\\", ["a b", "c\\"]),
        ("a''b \"\"", ["ab", ""]),
        (f"x {'a' * 100_000}", ["x", "a" * 100_000]),
        (f"'{'a b' * 100_000}'", ["a b" * 100_000]),
    ],
)
def test_quotes_and_backslashes_are_heeded(text: str, words: list[str]) -> None:
    assert shell_words(text) == words


@pytest.mark.parametrize("text", ['"a', "'a", "a\\", "a 'b\" c"])
def test_what_does_not_end_is_no_command(text: str) -> None:
    with pytest.raises(ValueError, match="does not end"):
        shell_words(text)
