"""
What a fix changes, as a unified diff in which no secret can stand.

Only what is known to be harmless is shown: keys, true and false, the marks of the syntax, and the
values that the rules themselves name. All else of a line, be it a value, a comment or text that no
node covers, is shown as `…`.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from msgspec import Struct

from agentaudit.extract.credentials.redaction import cleaned
from agentaudit.readers.document import Document, Node, NodeKind
from agentaudit.readers.edits import Edited
from agentaudit.readers.lines import Lines
from agentaudit.readers.pieces import Piece
from agentaudit.report.text import inert, printable

_CONTEXT = 2
_MARKS = frozenset(" \t{}[]():,=-#/\"'")
_MASKED = re.compile(r"\x00+(?:[ \t/.,:=-]*\x00+)*")


class _Change(Struct, frozen=True):
    """Lines of the file as it was, and those in their place: from, and up to, counted from 0."""

    start: int
    end: int
    new_start: int
    new_end: int


def render_diff(before: Document, edited: Edited, words: Collection[str]) -> str:
    """
    The diff of a file; `words` are the values that may be shown.

    Where it changed, the edits say: to compare all lines takes the square of those that are alike.
    """
    after = edited.document
    shown_old, shown_new = _shown(before, words), _shown(after, words)
    name = printable(before.file)
    lines = [f"--- {name}", f"+++ {name}"]
    for group in _grouped(tuple(_changes(before.text, after.text, edited.pieces))):
        lines += _hunk(group, shown_old, shown_new)
    return "\n".join(lines) + "\n"


def _changes(before: str, after: str, pieces: Sequence[Piece]) -> Iterator[_Change]:
    """The lines that differ, by what was put in place of what; pieces may share a line."""
    old, new = (text.removesuffix("\n").split("\n") for text in (before, after))
    places = Lines(before)
    ranges: list[tuple[int, int, int]] = []
    for piece in pieces:
        start, end = places.place(piece.start)[0] - 1, places.place(piece.end)[0]
        more = piece.text.count("\n") - before.count("\n", piece.start, piece.end)
        if ranges and start < ranges[-1][1]:
            start, _, known = ranges.pop()
            more += known
        ranges.append((start, end, more))
    shift = 0
    for start, end, more in ranges:
        change = _Change(
            start, min(end, len(old)), start + shift, min(end + shift + more, len(new))
        )
        shift += more
        yield _without_equal(change, old, new)


def _without_equal(change: _Change, old: Sequence[str], new: Sequence[str]) -> _Change:
    """The change without the lines at its ends that stay as they are."""
    start, end, new_start, new_end = change.start, change.end, change.new_start, change.new_end
    while start < end and new_start < new_end and old[start] == new[new_start]:
        start, new_start = start + 1, new_start + 1
    while start < end and new_start < new_end and old[end - 1] == new[new_end - 1]:
        end, new_end = end - 1, new_end - 1
    return _Change(start, end, new_start, new_end)


def _grouped(changes: Sequence[_Change]) -> Iterator[Sequence[_Change]]:
    """Changes together whose surroundings touch."""
    group: list[_Change] = []
    for change in changes:
        if group and change.start - group[-1].end > 2 * _CONTEXT:
            yield group
            group = []
        group.append(change)
    if group:
        yield group


def _hunk(group: Sequence[_Change], old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    first, last = group[0], group[-1]
    before = min(_CONTEXT, first.start)
    behind = min(_CONTEXT, len(old) - last.end)
    length, new_length = last.end - first.start, last.new_end - first.new_start
    old_range = f"{first.start - before + 1},{length + before + behind}"
    yield f"@@ -{old_range} +{first.new_start - before + 1},{new_length + before + behind} @@"
    at = first.start - before
    for change in group:
        yield from (inert(f" {line}") for line in old[at : change.start])
        yield from (f"-{line}" for line in old[change.start : change.end])
        yield from (f"+{line}" for line in new[change.new_start : change.new_end])
        at = change.end
    yield from (inert(f" {line}") for line in old[at : at + behind])


def _shown(document: Document, words: Collection[str]) -> list[str]:
    """The lines of a document, with only what may be seen of each."""
    lines = document.text.removesuffix("\n").split("\n")
    seen: dict[int, list[tuple[int, int]]] = {}
    for root in document.roots:
        for node in _harmless(root, words):
            line = lines[node.line - 1] if node.line <= len(lines) else ""
            literal = line[node.column - 1 : node.end_column]
            if node.line == node.end_line and literal.strip("\"'") == node.raw:
                seen.setdefault(node.line, []).append((node.column - 1, node.end_column))
    return [printable(_masked(line, seen.get(number, ()))) for number, line in enumerate(lines, 1)]


def _harmless(root: Node, words: Collection[str]) -> Iterator[Node]:
    for node in root.walk():
        yield from (key for key, _ in node.entries if cleaned(key.raw) == key.raw)
        if node.kind is NodeKind.BOOLEAN or (node.text is not None and node.raw in words):
            yield node


def _masked(line: str, seen: Sequence[tuple[int, int]]) -> str:
    """The line; runs of what may not be seen become one mark."""
    letters = [letter if letter in _MARKS else "\x00" for letter in line]
    for start, end in seen:
        letters[start:end] = line[start:end]
    return _MASKED.sub("…", "".join(letters))
