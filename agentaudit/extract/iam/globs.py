"""
IAM's patterns: `*` for any text, `?` for one character, nothing else, letters of either case alike.

Patterns come from files that may be hostile, so matching never goes back: the time is that of
reading pattern and text a few times.
"""

import re
from functools import lru_cache

from msgspec import Struct

from agentaudit.expressions import regex

_LONGEST = 600
_WILD = regex(r"[*?]")
_UNRESOLVED = regex(r"\$\{[^{}]*\}")


class Glob(Struct, frozen=True):
    """A pattern in lower case: what it begins with, what follows in order, what it ends with."""

    text: str
    pieces: tuple[str, ...]
    """What stands between stars."""
    fixed: str
    """The longest part without a sign that may stand for anything: a text without it is another."""
    literal: bool
    """Whether it stands for one text only."""

    def matches(self, text: str) -> bool:
        """Whether the pattern stands for the text, which is in lower case."""
        if self.fixed not in text or not _begins(text, self.pieces[0], 0):
            return False
        at = len(self.pieces[0])
        if len(self.pieces) == 1:
            return at == len(text)
        for piece in self.pieces[1:-1]:
            at = _end_of(piece, text, at)
            if at < 0:
                return False
        start = len(text) - len(self.pieces[-1])
        return start >= at and _begins(text, self.pieces[-1], start)


def _begins(text: str, piece: str, at: int) -> bool:
    """Whether a piece stands at a place of the text."""
    if "?" not in piece:
        return text.startswith(piece, at)
    return _signs(piece).match(text, at) is not None


def _end_of(piece: str, text: str, at: int) -> int:
    """Where a piece ends that stands somewhere from a place on; -1 where it does not."""
    if "?" not in piece:
        found = text.find(piece, at)
        return found + len(piece) if found >= 0 else -1
    match = _signs(piece).search(text, at)
    return match.end() if match is not None else -1


@lru_cache(maxsize=4096)
def _signs(piece: str) -> re.Pattern[str]:
    signs = ("." if sign == "?" else re.escape(sign) for sign in piece)
    return re.compile("".join(signs), re.DOTALL)


@lru_cache(maxsize=4096)
def glob(pattern: str) -> Glob:
    """The compiled form of a pattern."""
    text = pattern.lower()[:_LONGEST]
    fixed = max(_WILD.split(text), key=len)
    return Glob(text, tuple(text.split("*")), fixed, literal=fixed == text)


@lru_cache(maxsize=16_384)
def open_glob(pattern: str) -> Glob:
    """The same, and what is unresolved in it, `${aws_s3_bucket.a.arn}`, may be any text."""
    return glob(_UNRESOLVED.sub("*", pattern) if "${" in pattern else pattern)


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern stands for a text."""
    return glob(pattern).matches(text.lower())


def literal_head(pattern: str) -> str:
    """
    What every text that a pattern stands for begins with; in lower case.

    Two patterns meet only where one's head begins with the other's.
    """
    return _WILD.split(open_glob(pattern).text, maxsplit=1)[0]


def meets(left: Glob, right: Glob) -> bool:
    """Whether some text is matched by both patterns."""
    if right.literal:
        return left.matches(right.text)
    if left.literal:
        return right.matches(left.text)
    return _ends_alike(left.text, right.text) and _overlap(left.text, right.text)


def _ends_alike(left: str, right: str) -> bool:
    """Whether what follows the last sign that may be anything could end one text: a cheap no."""
    first, second = (_WILD.split(pattern[::-1], maxsplit=1)[0] for pattern in (left, right))
    return first.startswith(second) or second.startswith(first)


def _overlap(left: str, right: str) -> bool:
    """
    Two patterns walked side by side.

    `reached` has a bit for each place in `right` that may stand there after the signs of `left`.
    """
    signs = _places_of(right)
    end = 1 << len(right)
    reached = _past_stars(1, signs.stars)
    for sign in left:
        if sign == "*":
            reached = (2 * end - 1) & -(reached & -reached)
            continue
        taking = reached & (end - 1 if sign == "?" else signs.takers.get(sign, signs.open))
        reached = _past_stars(taking & signs.stars | (taking & ~signs.stars) << 1, signs.stars)
        if not reached:
            return False
    return bool(reached & end)


class _Places(Struct, frozen=True):
    """Where in a pattern what stands, a bit for each place."""

    stars: int
    open: int
    """Signs that take any character."""
    takers: dict[str, int]
    """By character: where it, or a sign that takes it, stands."""


@lru_cache(maxsize=4096)
def _places_of(pattern: str) -> _Places:
    found: dict[str, int] = {}
    for place, sign in enumerate(pattern):
        found[sign] = found.get(sign, 0) | 1 << place
    stars = found.get("*", 0)
    anything = stars | found.get("?", 0)
    return _Places(stars, anything, {sign: bits | anything for sign, bits in found.items()})


def _past_stars(reached: int, stars: int) -> int:
    """The places, and those behind stars that stand for nothing."""
    behind = reached
    while behind := (behind & stars) << 1 & ~reached:
        reached |= behind
    return reached
