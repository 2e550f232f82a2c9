"""
Edits of a document: one scalar replaced, one member removed, one key inserted, and nothing else.

Each edit is proven: the new text is read again, and must say what was asked, and of everything else
what it said before, its comments included. What cannot be shown so is refused, never tried.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.errors import InputError, RefusedError
from agentaudit.readers.document import Document, Node, NodeKind
from agentaudit.readers.edited_text import FLAT, inserted, removed, replaced
from agentaudit.readers.pieces import Changes, Piece
from agentaudit.readers.scalars import Scalar
from agentaudit.readers.syntax import parse

Position = tuple[int, ...]
"""The number of the root, then of the entry or element at each level below it, from 0."""


class Replaced(Struct, frozen=True, order=True):
    """A scalar with another value."""

    at: Position
    value: Scalar


class Removed(Struct, frozen=True, order=True):
    """A member of a mapping or a sequence, with its key."""

    at: Position


class Inserted(Struct, frozen=True, order=True):
    """A key with a scalar in a mapping that does not have it."""

    at: Position
    key: str
    value: Scalar


Edit = Replaced | Removed | Inserted


class Edited(Struct, frozen=True):
    """A document after edits, and the pieces of the first text that they replaced, in order."""

    document: Document
    pieces: tuple[Piece, ...]


def edited(document: Document, edits: Iterable[Edit]) -> Edited:
    """
    The document with all edits, each of them proven.

    Those that come later in the file are made first, so that none moves another. RefusedError
    where one cannot be made.
    """
    now, changes = document, Changes(len(document.text))
    for edit in _in_order(edits, document.syntax):
        piece = _piece(now, edit)
        text = now.text[: piece.start] + piece.text + now.text[piece.end :]
        now = _proven(now, edit, text)
        changes.add(piece)
    return Edited(now, changes.pieces())


def _in_order(edits: Iterable[Edit], syntax: str) -> Sequence[Edit]:
    """The last of the file first. Two that want one place to be different things are refused."""
    found = {edit if syntax not in FLAT else _as_text(edit) for edit in edits}
    taken = {edit.at for edit in found if not isinstance(edit, Inserted)}
    others = Counter(edit.at for edit in found)
    if any(others[at] > 1 for at in taken):
        raise RefusedError("two fixes want one place to be different things")
    return sorted(found, key=lambda edit: edit.at, reverse=True)


def _as_text(edit: Edit) -> Edit:
    """Where values have no kinds, all are text."""
    if isinstance(edit, Removed):
        return edit
    return replace(edit, value=Scalar(NodeKind.STRING, edit.value.raw))


def node_at(document: Document, at: Position) -> Node:
    """The node at a position."""
    node = document.roots[at[0]]
    for index in at[1:]:
        node = node.entries[index][1] if node.entries else node.elements[index]
    return node


def _piece(document: Document, edit: Edit) -> Piece:
    match edit:
        case Replaced(at=at, value=value):
            return replaced(document, node_at(document, at), value)
        case Removed(at=at):
            return removed(document, node_at(document, at[:-1]), at[-1])
        case Inserted(at=at, key=key, value=value):
            return inserted(document, node_at(document, at), key, value)


Shape = tuple[object, ...]
"""What a node says, without its places."""


def _proven(before: Document, edit: Edit, text: str) -> Document:
    try:
        after = parse(before.file, before.syntax, text)
    except InputError as error:
        raise RefusedError("the file would not be read any more") from error
    wanted = [
        _shape(root, edit, edit.at[1:] if edit.at[0] == index else None)
        for index, root in enumerate(before.roots)
    ]
    if wanted != [_shape(root, edit, None) for root in after.roots]:
        raise RefusedError("the file would say something else as well")
    if _remarks(before) != _remarks(after):
        raise RefusedError("a comment would be lost")
    return after


def _remarks(document: Document) -> Sequence[object]:
    messages = sorted(message for _, _, message in document.problems)
    return [*(comment.text for comment in document.comments), *messages]


def _shape(node: Node, edit: Edit, at: Position | None) -> Shape:
    """The node as data; with the edit made, where `at` leads from here to its place."""
    if at == () and isinstance(edit, Replaced):
        return edit.value.kind, edit.value.raw, (), ()
    gone = at[0] if at is not None and len(at) == 1 and isinstance(edit, Removed) else None
    entries = [
        (key.raw, _shape(value, edit, _below(at, index)))
        for index, (key, value) in enumerate(node.entries)
        if index != gone
    ]
    if at == () and isinstance(edit, Inserted):
        entries.append((edit.key, (edit.value.kind, edit.value.raw, (), ())))
    elements = tuple(
        _shape(element, edit, _below(at, index))
        for index, element in enumerate(node.elements)
        if index != gone or node.entries
    )
    kind = NodeKind.MAPPING if node.entries else node.kind
    raw = node.raw if node.kind not in (NodeKind.MAPPING, NodeKind.SEQUENCE) else ""
    return kind, raw, tuple(sorted(entries, key=lambda entry: entry[0])), elements


def _below(at: Position | None, index: int) -> Position | None:
    return at[1:] if at and at[0] == index else None
