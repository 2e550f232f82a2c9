"""Keys in texts that are not parsed: by forms that are known, and of shells by names as well."""

from collections.abc import Iterable, Iterator, Mapping

from agentaudit.expressions import regex
from agentaudit.extract.credentials.literals import literal_of
from agentaudit.extract.credentials.made_up import is_made_up
from agentaudit.extract.settings import UNNAMED, Setting
from agentaudit.readers.document import Document, text_between
from agentaudit.readers.lines import Lines
from agentaudit.readers.scripts import assignments
from agentaudit.readers.token_forms import Token, tokens_in

_NAME_BEFORE = 80
_NAMED_SO = regex(
    r"""(?<![\w$-])(?P<name>[\w$-]{1,60})["']?\s{0,3}(?::\s{0,3}string\s{0,3})?[:=]\s{0,3}["'`]$"""
)
"""What a value is called where a script assigns it, or an object has it."""


def script_settings(document: Document, names: Mapping[tuple[int, str], str]) -> Iterator[Setting]:
    """
    Keys of a known form in a text, under the name that stands before them.

    Where the text was parsed as code as well, `names` has what that calls them, by line and key.
    """
    lines = Lines(document.text)
    if document.syntax == "script":
        for number, found in enumerate(assignments(document.text)):
            if is_made_up(literal_of(found.value)):
                continue  # what a script tries things with
            value = text_between(lines.place, found.at, found.at + len(found.value), found.value)
            yield Setting(key=found.name, value=value, document=document, route=f"set.{number}")
    for number, token in enumerate(_different(tokens_in(document.text))):
        before = document.text[max(token.at - _NAME_BEFORE, 0) : token.at]
        named = _NAMED_SO.search(before)
        value = text_between(lines.place, token.at, token.at + len(token.value), token.value)
        before_it = named["name"] if named is not None else UNNAMED
        yield Setting(
            key=names.get((value.line, token.value), before_it),
            value=value,
            document=document,
            route=f"text.{number}",
        )


def _different(tokens: Iterable[Token]) -> Iterator[Token]:
    """Each once, at its first place: answers that somebody kept repeat their addresses."""
    seen: set[str] = set()
    for token in tokens:
        if token.value not in seen:
            seen.add(token.value)
            yield token
