"""Nodes that no file has as they are: what one format becomes in the words of another."""

from collections.abc import Mapping

from agentaudit.readers.document import Node, NodeKind


def made_text(place: Node, raw: str) -> Node:
    """A text at the place of another node."""
    return place.changed(kind=NodeKind.STRING, raw=raw, entries=(), elements=())


def made_list(place: Node, elements: tuple[Node, ...]) -> Node:
    return place.changed(kind=NodeKind.SEQUENCE, raw="", entries=(), elements=elements)


def made_mapping(place: Node, values: Mapping[str, Node | None]) -> Node:
    """A mapping of what is there; a key has the place of its value."""
    entries = tuple(
        (made_text(value, name), value)
        for name, value in values.items()
        if value is not None and value.kind is not NodeKind.NULL
    )
    return place.changed(kind=NodeKind.MAPPING, raw="", entries=entries, elements=())


def made_unknown(place: Node, raw: str = "") -> Node:
    """Something that the file does not decide."""
    return place.changed(kind=NodeKind.UNKNOWN, raw=raw, entries=(), elements=())


def without_nulls(node: Node) -> Node:
    """A node in which a key without a value is as one that is not there."""
    if node.kind is NodeKind.SEQUENCE:
        return node.changed(elements=tuple(map(without_nulls, node.elements)))
    if node.kind is not NodeKind.MAPPING:
        return node
    kept = ((key, value) for key, value in node.entries if value.kind is not NodeKind.NULL)
    return node.changed(entries=tuple((key, without_nulls(value)) for key, value in kept))
