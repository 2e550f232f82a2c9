"""Nodes made of HCL values: building, looking inside, and writing them as JSON."""

import json

from agentaudit.readers.document import Node, NodeKind
from agentaudit.readers.hcl.syntax import Expression
from agentaudit.readers.places import node_at

LONGEST_TEXT = 100_000


def unknown_at(expression: Expression, file: str) -> Node:
    """An expression that nobody can decide, by its text."""
    return node_at(expression.place, NodeKind.UNKNOWN, file, raw=expression.source)


def boolean_node(expression: Expression, file: str, *, value: bool) -> Node:
    """`true` or `false`."""
    return node_at(expression.place, NodeKind.BOOLEAN, file, raw="true" if value else "false")


def item_of(value: Node, key: str) -> Node | None:
    """The element or entry under a key; None when there is none, or when it is not known."""
    if value.kind is NodeKind.MAPPING:
        return value.child(key)
    if value.kind is NodeKind.SEQUENCE and key.isdecimal() and len(key) < 6:  # noqa: PLR2004
        return value.elements[int(key)] if int(key) < len(value.elements) else None
    return None


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
