"""Nodes made of values in Azure's templates: building, looking inside, and how they are shown."""

from collections.abc import Hashable, Iterable

from agentaudit.readers.document import Node, NodeKind

Member = tuple[Node, Node]
"""A key, and its value."""
LONGEST_TEXT = 10_000
"""Characters of a text that is put together of several."""
_LARGEST_INDEX = 6


def members_of(value: Node) -> tuple[Member, ...]:
    """What a value adds to a mapping; an open member stands for whatever an unknown one may add."""
    if not value.unknown:
        return value.entries
    return ((value.changed(kind=NodeKind.UNKNOWN, raw="…", entries=(), elements=()), value),)


def last_of_equal(members: Iterable[Member]) -> tuple[Member, ...]:
    """Members of several mappings as those of one: the last of equal keys, and all open ones."""
    found: dict[str | int, Member] = {}
    for key, value in members:
        found[len(found) if key.unknown else key.raw] = key, value
    return tuple(found.values())


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


def piece_of(value: Node) -> str:
    """What a value contributes to a text; where it is not known, it leaves a hole."""
    if value.text is not None:
        return value.text
    return value.raw if "${" in value.raw else f"${{{shown(value)}}}"


def content(value: Node) -> Hashable:
    """What a value is, wherever it stands; mappings with other orders of keys are equal."""
    members = frozenset((key.raw, content(inner)) for key, inner in value.entries)
    return value.kind, value.raw, members, tuple(map(content, value.elements))
