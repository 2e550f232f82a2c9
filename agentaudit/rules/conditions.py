"""What is asked of a condition's text beyond what its engine checks."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import get_args, get_origin, get_type_hints

from agentaudit.expressions import regex

_QUOTED = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_TEXT = regex(_QUOTED)
_ASKED = regex(r"(?P<has>\bhas\(\s*)?\b(?P<owner>[a-z_]+)\s*\.\s*(?P<name>\w+)")
_COMPARED = regex(
    rf"\b(?P<owner>[a-z_]+)\.(?P<name>\w+)\s*(?:[!=]=|in)\s*(?P<words>\[[^\]]*\]|{_QUOTED})"
)
_COMPLAINT = regex(r"^[\w ]*:? ?ERROR: <input>:(\d+):(\d+): (.*)$", re.MULTILINE)
_MATCHED = regex(rf"\.matches\(\s*(?P<pattern>{_QUOTED})\s*\)")


class ConditionError(ValueError):
    """What is wrong with a condition, at a line and column of its own text, from 1."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class TooLongError(ConditionError):
    """A fact holds longer lists than the engine lets a condition go through: no fault of a rule."""


def check_optional_fields(kind: str, type_: type, source: str) -> None:
    """An unset number reads as 0, so a condition must ask first whether it is there."""
    code = _TEXT.sub(lambda text: " " * len(text[0]), source)
    asked = [match for match in _ASKED.finditer(code) if match["owner"] == kind]
    ensured = {match["name"] for match in asked if match["has"]}
    for match in asked:
        name = match["name"]
        if name not in ensured and is_optional(hints(type_).get(name)):
            problem = f"asks for '{name}', which may be unknown: ask has({kind}.{name}) first"
            raise error_at(source, match.start("owner"), problem)


def check_words(kind: str, type_: type, source: str) -> None:
    """A field of fixed words can only be compared with one of them."""
    for match in _COMPARED.finditer(source):
        words = _words(hints(type_).get(match["name"])) if match["owner"] == kind else ()
        for text in _TEXT.finditer(match["words"]) if words else ():
            if text[0][1:-1] not in words:
                known = ", ".join(sorted(words))
                problem = f"'{match['name']}' is never {text[0]}; it is one of {known}"
                raise error_at(source, match.start("words") + text.start(), problem)


def complaint(text: str) -> tuple[int, int, str] | None:
    """The engine's first complaint about a text: its line, its column, and what it says."""
    match = _COMPLAINT.search(text)
    if match is None:
        return None
    return int(match[1]), int(match[2]), match[3].removesuffix(" [INVALID_ARGUMENT]")


@cache
def fields_asked(kind: str, source: str) -> frozenset[str] | None:
    """
    The fields of a fact that a condition may ask for; None where it may ask for any.

    Names within its texts count, too: one too many does no harm.
    """
    if re.search(rf"(?<![\"'])\b{kind}\b(?!\s*\.)", source):
        return None
    return frozenset(match["name"] for match in _ASKED.finditer(source) if match["owner"] == kind)


def patterns_in(source: str) -> Iterator[tuple[int, str]]:
    """The patterns that a condition matches with, as written, and where each stands."""
    for match in _MATCHED.finditer(source):
        yield match.start("pattern"), match["pattern"]


def error_at(source: str, offset: int, message: str) -> ConditionError:
    """An error with the line and column of an offset."""
    before = source[:offset]
    return ConditionError(message, before.count("\n") + 1, offset - before.rfind("\n"))


@cache
def hints(type_: type) -> Mapping[str, object]:
    """The types of a value's fields, by name."""
    return get_type_hints(type_)


def is_optional(hint: object) -> bool:
    return get_origin(hint) is UnionType and type(None) in get_args(hint)


def _words(hint: object) -> tuple[str, ...]:
    fixed = isinstance(hint, type) and issubclass(hint, StrEnum)
    return tuple(str(word) for word in hint) if fixed else ()  # type: ignore[attr-defined]  # an enum, as just asked
