"""Nodes made of HCL values: building, looking inside, and writing them as JSON."""

import json
from collections.abc import Iterator

from agentaudit.readers.document import Node, NodeKind
from agentaudit.readers.hcl_syntax import Expression

LONGEST_TEXT = 100_000


def node_at(
    expression: Expression,
    kind: NodeKind,
    file: str,
    *,
    raw: str = "",
    entries: tuple[tuple[Node, Node], ...] = (),
    elements: tuple[Node, ...] = (),
) -> Node:
    """A node where an expression stands."""
    place = expression.place
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


def unknown_at(expression: Expression, file: str) -> Node:
    """An expression that nobody can decide, by its text."""
    return node_at(expression, NodeKind.UNKNOWN, file, raw=expression.source)


def boolean_node(expression: Expression, file: str, *, value: bool) -> Node:
    """`true` or `false`."""
    return node_at(expression, NodeKind.BOOLEAN, file, raw="true" if value else "false")


def item_of(value: Node, key: str) -> Node | None:
    """The element or entry under a key; None when there is none, or when it is not known."""
    if value.kind is NodeKind.MAPPING:
        return value.child(key)
    if value.kind is NodeKind.SEQUENCE and key.isdecimal() and len(key) < 6:  # noqa: PLR2004
        return value.elements[int(key)] if int(key) < len(value.elements) else None
    return None


def depth_of(node: Node, enough: int) -> int:
    """How deep a value nests; it stops counting beyond what is enough."""
    level, depth = [node], 0
    while level and depth <= enough:
        level = [inner for outer in level for inner in _inside(outer)]
        depth += 1
    return depth


def _inside(node: Node) -> Iterator[Node]:
    yield from node.elements
    yield from (value for _, value in node.entries)


def json_text(value: Node, depth: int = 0) -> str:
    """A value as JSON, unknown pieces as text with their interpolation."""
    if depth > 50:  # noqa: PLR2004 - deeper than any policy, and safe from endless recursion
        return "null"
    match value.kind:
        case NodeKind.MAPPING:
            pairs = (
                f"{json.dumps(name)}: {json_text(inner, depth + 1)}"
                for name, inner in value.items()
            )
            return "{" + ", ".join(pairs) + "}"
        case NodeKind.SEQUENCE:
            return "[" + ", ".join(json_text(inner, depth + 1) for inner in value.elements) + "]"
        case NodeKind.NUMBER | NodeKind.BOOLEAN:
            return value.raw
        case NodeKind.NULL:
            return "null"
        case NodeKind.STRING:
            return json.dumps(value.raw)
        case NodeKind.UNKNOWN:
            return json.dumps(value.raw if "${" in value.raw else f"${{{value.raw}}}")
