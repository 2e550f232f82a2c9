"""Places in a text, and the nodes that stand at them."""

import msgspec

from agentaudit.readers.document import Node, NodeKind, entries_of


class Place(msgspec.Struct, frozen=True, gc=False):
    """Lines and columns count from 1, columns in characters; the end is the last character."""

    line: int
    column: int
    end_line: int
    end_column: int


def place_of(node: Node) -> Place:
    """Where a node stands."""
    return Place(node.line, node.column, node.end_line, node.end_column)


def node_at(
    place: Place | Node,
    kind: NodeKind,
    file: str = "",
    *,
    raw: str = "",
    entries: tuple[tuple[Node, Node], ...] = (),
    elements: tuple[Node, ...] = (),
) -> Node:
    """A node at a place."""
    node = Node(
        kind=kind,
        line=place.line,
        column=place.column,
        end_line=place.end_line,
        end_column=place.end_column,
        raw=raw,
        entries=entries,
        elements=elements,
    )
    return node.changed(file=file) if file else node


def moved(node: Node, at: Place | Node, **fields: object) -> Node:
    """A node that stands somewhere else, with other values in some fields."""
    return node.changed(
        line=at.line,
        column=at.column,
        end_line=at.end_line,
        end_column=at.end_column,
        **fields,
    )


def in_file(node: Node, file: str) -> Node:
    """A node whose values know the file they stand in, wherever they are taken."""
    entries = tuple((in_file(key, file), in_file(value, file)) for key, value in node.entries)
    elements = tuple(in_file(element, file) for element in node.elements)
    return node.changed(file=node.file or file, entries=entries_of(entries), elements=elements)
