"""Expressions that are compiled late answer as any, and none of them is malformed."""

import gc
import pkgutil
import re
import sys
from importlib import import_module
from string import ascii_lowercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

import agentaudit.extract
import agentaudit.linting
import agentaudit.readers
import agentaudit.rules
from agentaudit.expressions import Late, any_of, folded, one_of, regex

LATE = (agentaudit.extract, agentaudit.linting, agentaudit.readers, agentaudit.rules)


@pytest.mark.parametrize("flags", [0, re.IGNORECASE])
def test_a_late_expression_answers_as_a_compiled_one(flags: int) -> None:
    """When it is compiled, and afterwards."""
    text, source = "ab1 AB2", r"(?P<word>ab)(\d)"
    late, compiled = regex(source, flags), re.compile(source, flags)

    assert late.findall(text) == late.findall(text) == compiled.findall(text)
    assert late.sub("", text) == compiled.sub("", text)
    assert late.split(text) == compiled.split(text)
    assert late.groupindex == compiled.groupindex


def test_a_folded_text_has_a_letter_wherever_an_expression_finds_it() -> None:
    """Of every character there is: else a text could be written past a search for its words."""
    characters = "".join(map(chr, range(sys.maxunicode + 1)))
    for letter in ascii_lowercase:
        found = re.findall(letter, characters, re.IGNORECASE)
        assert {folded(character) for character in found} == {letter}


@given(
    words=st.lists(st.text("aB-_", min_size=1, max_size=4), min_size=1),
    text=st.text("aB-_", max_size=30),
)
def test_many_words_are_found_as_each_of_them_would_be(words: list[str], text: str) -> None:
    """Also where one holds another, or has what is stopped at twice."""
    found = any_of(words, stops="_-Ba").search(text)

    assert (found is not None) == any(word in text for word in words)


@given(
    words=st.lists(st.text("aBsk", min_size=1, max_size=4), min_size=1),
    text=st.text("aBbs\u017fk\u212a="),
)
def test_one_of_a_few_words_is_found_as_by_an_expression_for_them(
    words: list[str], text: str
) -> None:
    """Also where the size of letters does not count, and a long s is an s."""
    plain, asked = "|".join(words), one_of(*words)

    for flags in (0, re.IGNORECASE):
        assert re.findall(asked, text, flags) == re.findall(plain, text, flags)


def test_every_expression_is_well_formed() -> None:
    """It would be found out in the run of somebody whose files lead there."""
    for package in LATE:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    gc.unfreeze()  # a `lint` that ran in this process has frozen what was loaded by then
    late = [item for item in gc.get_objects() if type(item) is Late]

    assert len(late) > 100
    assert all(item.groups >= 0 for item in late)  # type: ignore[operator]  # as a compiled one
    # `{1, 60}` of a formatted text is a pair, where a number of repeats is meant.
    assert not [item for item in late if re.search(r"\(\d+, \d+\)", str(item.pattern))]
