"""Nodes made of values in Azure's templates: building, looking inside, and how they are shown."""

from agentaudit.readers.azure_syntax import Place
from agentaudit.readers.document import Node, NodeKind

LONGEST_TEXT = 10_000
"""Characters of a text that is put together of several."""
_LARGEST_INDEX = 6


def node_at(
    place: Place,
    kind: NodeKind,
    file: str = "",
    *,
    raw: str = "",
    entries: tuple[tuple[Node, Node], ...] = (),
    elements: tuple[Node, ...] = (),
) -> Node:
    """A node at a place."""
    return Node(
        kind=kind,
        line=place.line,
        column=place.column,
        end_line=place.end_line,
        end_column=place.end_column,
        raw=raw,
        entries=entries,
        elements=elements,
        file=file,
    )


def open_member(value: Node) -> tuple[Node, Node]:
    """A member of a mapping that stands for whatever an unknown value may add to it."""
    return value.changed(kind=NodeKind.UNKNOWN, raw="…", entries=(), elements=()), value


def open_part(node: Node) -> Node | None:
    """What a mapping or a list may hold besides what is known of it."""
    if node.unknown:
        return node
    values = (value for key, value in node.entries if key.unknown)
    return next(values, None) or next((each for each in node.elements if each.unknown), None)


def item_of(value: Node, key: Node) -> Node | None:
    """What stands under a key or a number; null where nothing does, None where it is not known."""
    if value.kind is NodeKind.MAPPING and key.text is not None:
        found = value.child(key.text) or _caseless(value, key.text)
        if found is None and open_part(value) is None:
            return value.changed(kind=NodeKind.NULL, raw="", entries=())
        return found
    if value.kind is NodeKind.SEQUENCE and len(key.raw) < _LARGEST_INDEX:
        number = key.integer
        if number is None or not 0 <= number < len(value.elements):
            return None
        return (
            None
            if any(each.unknown for each in value.elements[:number])
            else value.elements[number]
        )
    return None


def _caseless(value: Node, key: str) -> Node | None:
    wanted = key.lower()
    return next((found for name, found in value.items() if name.lower() == wanted), None)


def shown(value: Node) -> str:
    """A value as an argument of a function that nobody can answer."""
    match value.kind:
        case NodeKind.STRING:
            return f"'{value.raw}'"
        case NodeKind.MAPPING:
            return "{…}"
        case NodeKind.SEQUENCE:
            return "[…]"
        case NodeKind.NULL:
            return "null"
        case _:
            return value.raw


def depth_of(node: Node, enough: int) -> int:
    """How deep a value nests; it stops counting beyond what is enough."""
    level, depth = [node], 0
    while level and depth <= enough:
        level = [
            inner
            for outer in level
            for inner in (*outer.elements, *(value for _, value in outer.entries))
        ]
        depth += 1
    return depth
