"""
IAM's patterns: `*` for any text, `?` for one character, nothing else, letters of either case alike.

Patterns come from files that may be hostile, so matching never goes back: the time is that of
reading pattern and text a few times.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

_LONGEST = 600
_WILD = re.compile(r"[*?]")
_UNRESOLVED = re.compile(r"\$\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class Glob:
    """A compiled pattern: what it begins with, what follows in order, and what it ends with."""

    head: re.Pattern[str]
    middle: tuple[re.Pattern[str], ...]
    tail: re.Pattern[str] | None
    tail_length: int

    def matches(self, text: str) -> bool:
        """Whether the pattern stands for the text; both in lower case."""
        found = self.head.match(text)
        if found is None:
            return False
        at = found.end()
        if self.tail is None:
            return at == len(text)
        for piece in self.middle:
            found = piece.search(text, at)
            if found is None:
                return False
            at = found.end()
        start = len(text) - self.tail_length
        return start >= at and self.tail.match(text, start) is not None


@lru_cache(maxsize=4096)
def glob(pattern: str) -> Glob:
    """The compiled form of a pattern."""
    pieces = pattern.lower()[:_LONGEST].split("*")
    expressions = [re.compile(_fixed(piece), re.DOTALL) for piece in pieces]
    if len(pieces) == 1:
        return Glob(head=expressions[0], middle=(), tail=None, tail_length=0)
    return Glob(
        head=expressions[0],
        middle=tuple(expressions[1:-1]),
        tail=expressions[-1],
        tail_length=len(pieces[-1]),
    )


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern stands for a text."""
    return glob(pattern).matches(text.lower())


def literal_head(pattern: str) -> str:
    """
    What every text that a pattern stands for begins with; in lower case.

    Two patterns meet only where one's head begins with the other's.
    """
    return _WILD.split(_UNRESOLVED.sub("*", pattern).lower()[:_LONGEST], maxsplit=1)[0]


def meets(left: str, right: str) -> bool:
    """
    Whether some text is matched by both patterns.

    What is unresolved in them, `${aws_s3_bucket.data.arn}`, may be any text.
    """
    first, second = (_UNRESOLVED.sub("*", text).lower()[:_LONGEST] for text in (left, right))
    if not _WILD.search(second):
        return glob(first).matches(second)
    if not _WILD.search(first):
        return glob(second).matches(first)
    return _ends_alike(first, second) and _overlap(first, second)


def _ends_alike(left: str, right: str) -> bool:
    """Whether what follows the last sign that may be anything could end one text: a cheap no."""
    first, second = (_WILD.split(pattern[::-1], maxsplit=1)[0] for pattern in (left, right))
    return first.startswith(second) or second.startswith(first)


def _overlap(left: str, right: str) -> bool:
    """Two patterns walked side by side; `reached` are the places in `right` after each step."""
    reached = _skipping({0}, right)
    for sign in left:
        if sign == "*":
            reached = set(range(min(reached), len(right) + 1)) if reached else set()
            continue
        stepped = set()
        for at in reached:
            if at < len(right) and right[at] == "*":
                stepped.add(at)
            elif at < len(right) and (sign == "?" or right[at] in ("?", sign)):
                stepped.add(at + 1)
        reached = _skipping(stepped, right)
        if not reached:
            return False
    return len(right) in reached


def _skipping(places: set[int], pattern: str) -> set[int]:
    """The places, and those behind stars that stand for nothing."""
    found = set(places)
    for at in sorted(places):
        end = at
        while end < len(pattern) and pattern[end] == "*":
            end += 1
            found.add(end)
    return found


def _fixed(piece: str) -> str:
    return "".join("." if sign == "?" else re.escape(sign) for sign in piece)
