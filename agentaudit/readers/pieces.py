"""Changes of a text that were made one after the other, told by offsets of the first text."""

from collections.abc import Sequence

from msgspec import Struct


class Piece(Struct, frozen=True):
    """What stands in place of the characters from `start` up to `end`."""

    start: int
    end: int
    text: str


_Part = tuple[int, int] | str
"""A stretch of the first text, or what was written since."""


class Changes:
    """A text as stretches of the first one, and what was written between them."""

    def __init__(self, length: int) -> None:
        self._parts: Sequence[_Part] = ((0, length),)
        self._length = length

    def add(self, piece: Piece) -> None:
        """One more change, by offsets of the text as it is now."""
        before, rest = _cut(self._parts, piece.start)
        _, after = _cut(rest, piece.end - piece.start)
        self._parts = (*before, piece.text, *after)

    def pieces(self) -> tuple[Piece, ...]:
        """The changes of the first text, in order; none of them touches another."""
        found: list[Piece] = []
        at, written = 0, ""
        for part in (*self._parts, (self._length, self._length)):
            if isinstance(part, str):
                written += part
                continue
            start, end = part
            if written or start > at:
                found.append(Piece(at, start, written))
            at, written = end, ""
        return tuple(found)


def _cut(parts: Sequence[_Part], offset: int) -> tuple[list[_Part], list[_Part]]:
    """The parts before an offset, and those from there on."""
    before: list[_Part] = []
    for index, part in enumerate(parts):
        length = len(part) if isinstance(part, str) else part[1] - part[0]
        if offset > length:
            before.append(part)
            offset -= length
            continue
        if isinstance(part, str):
            halves: tuple[_Part, _Part] = part[:offset], part[offset:]
        else:
            middle = part[0] + offset
            halves = (part[0], middle), (middle, part[1])
        left, right = ([half] if _full(half) else [] for half in halves)
        return [*before, *left], [*right, *parts[index + 1 :]]
    return before, []


def _full(part: _Part) -> bool:
    return part != "" if isinstance(part, str) else part[1] > part[0]
