"""Where in a document the edits of an autofix fall: its routes, held against a finding's places."""

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from msgspec import Struct

from agentaudit.model.autofix import EditAction, FixEdit
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.fact import Fact
from agentaudit.model.facts.tools import Tool
from agentaudit.readers.document import Document, Node, NodeKind
from agentaudit.readers.edits import Edit, Inserted, Position, Removed, Replaced
from agentaudit.readers.scalars import Scalar
from agentaudit.rules.autofixes import ANY

_FIELD = re.compile(r"\{(\w+)\}")
_Place = tuple[int, int]


class _Target(Struct, frozen=True):
    """What a route leads to. Without a node the last key is missing from `parent`."""

    at: Position
    parent: Node
    node: Node | None
    owner: tuple[_Place, _Place] | None
    """Where the member stands that the first `*` chose; None when the whole document is meant."""


def edits_in(document: Document, edit: FixEdit, fact: Fact) -> Iterator[Edit]:
    """The edits that one of a rule comes to in a document, for a fact."""
    here = [place for place in fact.evidence if place.file == document.file]
    if edit.files and not any(fnmatchcase(document.file, pattern) for pattern in edit.files):
        return
    wanted = {_filled(value, fact) for value in edit.values}
    for number, root in enumerate(document.roots):
        near = [
            place for place in here if len(document.roots) == 1 or _inside(place, _extent(root))
        ]
        if not near:
            continue
        for target in _targets(root, edit, (number,), parent=root):
            if _fits(target, edit, wanted) and _meant(target, near):
                yield _made(target, edit)


def _targets(
    node: Node,
    edit: FixEdit,
    at: Position,
    *,
    parent: Node,
    owner: tuple[_Place, _Place] | None = None,
) -> Iterator[_Target]:
    """Every place of the document that the route leads to."""
    depth = len(at) - 1
    if depth == len(edit.route):
        yield _Target(at, parent, node, owner)
        return
    key, last = edit.route[depth], depth == len(edit.route) - 1
    found = False
    for index, (name, value, extent) in enumerate(_members(node)):
        if key not in (ANY, name):
            continue
        found = True
        # A `*` at the end chooses by value, where values are named, and not by the finding's place.
        chooses = key == ANY and owner is None and not (last and edit.values) and not edit.anywhere
        yield from _targets(
            value, edit, (*at, index), parent=node, owner=extent if chooses else owner
        )
    if last and not found and edit.action is EditAction.INSERT and node.kind is NodeKind.MAPPING:
        yield _Target(at, node, None, owner)


def _members(node: Node) -> Iterator[tuple[str, Node, tuple[_Place, _Place]]]:
    for key, value in node.entries:
        start, end = _extent(value)
        yield key.raw, value, (min((key.line, key.column), start), max(end, _end(key)))
    for number, element in enumerate(() if node.entries else node.elements):
        yield str(number), element, _extent(element)


def _fits(target: _Target, edit: FixEdit, wanted: set[str]) -> bool:
    """Whether what stands there is what the edit is meant for."""
    keys = {name for name, _ in target.parent.items()}
    if keys & set(edit.unless) or not set(edit.beside) <= keys:
        return False
    if edit.action is EditAction.INSERT:
        return target.node is None
    text = target.node.text if target.node is not None else None
    if edit.action is EditAction.REPLACE and (text is None or text == edit.to):
        return False
    return not wanted or text in wanted


def _meant(target: _Target, places: Sequence[Evidence]) -> bool:
    """Whether the finding stands where the member is that the route chose."""
    if target.owner is None:
        return True
    start, end = target.owner
    return any(
        (place.line, place.column) <= end and (place.end_line, place.end_column) >= start
        for place in places
    )


def _made(target: _Target, edit: FixEdit) -> Edit:
    if edit.action is EditAction.REMOVE:
        return Removed(target.at)
    value = Scalar(NodeKind(edit.to_kind), edit.to)
    if target.node is None:
        return Inserted(target.at, edit.route[-1], value)
    if target.node.kind is NodeKind.STRING:
        value = Scalar(NodeKind.STRING, edit.to)
    return Replaced(target.at, value)


def _inside(place: Evidence, extent: tuple[_Place, _Place]) -> bool:
    return extent[0] <= (place.line, place.column) <= extent[1]


def _extent(node: Node) -> tuple[_Place, _Place]:
    """From the first to the last character of a node and of everything in it."""
    inner = list(node.walk())
    keys = [key for item in inner for key, _ in item.entries]
    starts = [(item.line, item.column) for item in (*inner, *keys)]
    return min(starts), max(_end(item) for item in (*inner, *keys))


def _end(node: Node) -> _Place:
    return node.end_line, node.end_column


def _filled(value: str, fact: Fact) -> str:
    """The value with fields of the fact; a tool has the name that its server gave it."""

    def said(match: re.Match[str]) -> str:
        text = str(getattr(fact, match[1]))
        return text.rpartition(".")[2] if match[1] == "name" and isinstance(fact, Tool) else text

    return _FIELD.sub(said, value)
