"""Keys in texts that are not parsed: by forms that are known, and of shells by names as well."""

from collections.abc import Iterable, Iterator, Mapping

from agentaudit.expressions import regex
from agentaudit.extract.credentials.literals import literal_of
from agentaudit.extract.credentials.made_up import is_made_up
from agentaudit.extract.credentials.signed_tokens import lasting_tokens
from agentaudit.extract.settings import UNNAMED, Setting
from agentaudit.readers.document import Document, text_between
from agentaudit.readers.escaped_marks import plain_text
from agentaudit.readers.lines import Lines
from agentaudit.readers.scripts import assignments
from agentaudit.readers.token_forms import tokens_in

_NAME_BEFORE = 80
_FOR_PEOPLE = "text"
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
    plain = plain_text(document.file, document.text)
    keys = [(token.at, token.value) for token in tokens_in(plain.text)]
    if document.syntax == _FOR_PEOPLE:
        keys += lasting_tokens(plain.text)
    for number, (at, token) in enumerate(_different(keys)):
        before = plain.text[max(at - _NAME_BEFORE, 0) : at]
        named = _NAMED_SO.search(before)
        start, end = plain.original(at), plain.original(at + len(token) - 1) + 1
        value = text_between(lines.place, start, end, token)
        before_it = named["name"] if named is not None else UNNAMED
        yield Setting(
            key=names.get((value.line, token), before_it),
            value=value,
            document=document,
            route=f"text.{number}",
        )


def _different(tokens: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Each once, at its first place: answers that somebody kept repeat their addresses."""
    seen: set[str] = set()
    for at, token in tokens:
        if token not in seen:
            seen.add(token)
            yield at, token
