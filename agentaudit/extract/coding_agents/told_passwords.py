"""
Passwords that instructions tell in sentences and tables: `the password is …`, `| password | … |`.

A model reads them as well as `password: …`. What stands behind the bare word is nearly always a
word of the sentence, so only what people choose as a password counts: small letters, capitals and
digits that are no words of examples and no name in a program.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from agentaudit.expressions import regex
from agentaudit.extract.credentials.made_up import is_code, is_made_up

_CALLED = r"(?:\w[\w-]{0,40}[_-])?(?:password|passwort|passwd|passphrase|pwd)"
_TOLD = regex(
    rf"(?<!\w)(?P<name>{_CALLED})[\"'`*]{{0,3}}"
    r"(?P<sign>[ \t]{0,9}\||[ \t]{1,9}(?:is[ \t])?)"
    r"[ \t]{0,9}(?P<marks>[\"'`*]{0,3})(?P<value>[^\s\"'`*|,;]{8,64})",
    re.IGNORECASE,
)
_WORDS = ("passw", "passphrase", "pwd")
_CELL = regex(r"[^|]+")
_RULE = regex(r"[\s|:-]+")
_NAME = regex(rf"\W{{0,9}}{_CALLED}\W{{0,9}}", re.IGNORECASE)
_MARKS = " \t\"'`*"
_FEW_CHANGES = 3
"""From letters to digits and back: names in programs have as many (`PBKDF2WithHmacSHA256`)."""


class ToldPasswords:
    """The lines of one text in their order, each asked for the passwords that it tells."""

    def __init__(self) -> None:
        self._above: tuple[str, ...] = ()
        self._names: dict[int, str] = {}

    def on(self, line: str) -> Iterator[tuple[str, int, str]]:
        """Each password with its name and where it begins."""
        cells = [(each.start(), each[0]) for each in _CELL.finditer(line)] if "|" in line else []
        if not cells:
            self._names = {}
        elif _RULE.fullmatch(line):
            named = enumerate(self._above)
            self._names = {at: name.strip(_MARKS) for at, name in named if _NAME.fullmatch(name)}
        else:
            for at, (start, cell) in enumerate(cells):
                value = cell.strip(_MARKS)
                if at in self._names and _is_chosen(value):
                    yield self._names[at], start + cell.index(value), value
        self._above = tuple(cell for _, cell in cells)
        lower = line.lower()
        for match in _TOLD.finditer(line) if any(word in lower for word in _WORDS) else ():
            value = match["value"].rstrip(".:)")
            said = match["marks"] or match["sign"].strip()
            if _is_chosen(value) and (said or _is_unlike_names(value)):
                yield match["name"], match.start("value"), value


def _is_chosen(value: str) -> bool:
    """Whether somebody chose, or drew, a value as a password that opens something."""
    kinds = (str.islower, str.isupper, str.isdigit)
    mixed = all(any(map(kind, value)) for kind in kinds)
    is_one = mixed and " " not in value and "://" not in value and value[0] not in "$<{%([+"
    return is_one and not is_made_up(value) and not is_code(value)


def _is_unlike_names(value: str) -> bool:
    """Whether a value behind the bare word is no name either: it has digits in many places."""
    changes = sum(one.isdigit() != other.isdigit() for one, other in pairwise(value))
    return changes > _FEW_CHANGES
