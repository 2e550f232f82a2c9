"""
Expressions of ARM templates as far as a template decides them.

Source: Microsoft Learn, "Syntax and expressions in Azure Resource Manager templates",
"parameters" and "variables".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from agentaudit.extract.resolver import LONGEST_TEXT, Resolver
from agentaudit.readers.document import Node, NodeKind

_LOOKED_UP = re.compile(r"(?P<source>parameters|variables)\('(?P<name>[^']+)'\)", re.IGNORECASE)


@dataclass(slots=True)
class Template(Resolver):
    """What `parameters('…')` and `variables('…')` stand for; other functions stay open."""

    sources: Mapping[str, Mapping[str, Node]]

    def _scalar(self, node: Node, depth: int) -> Node:
        if node.kind is NodeKind.STRING and is_expression(node.raw):
            return self._called(node, node.raw[1:-1].strip(), depth)
        return node.changed(raw=node.raw[1:]) if node.raw.startswith("[[") else node

    def _called(self, node: Node, expression: str, depth: int) -> Node:
        whole = _LOOKED_UP.fullmatch(expression)
        if whole is not None:
            found = self._found(whole)
            if found is None:
                return node.changed(kind=NodeKind.UNKNOWN, raw=expression)
            value = self.resolved(found, depth + 1)
            return value.changed(
                line=node.line,
                column=node.column,
                end_line=node.end_line,
                end_column=node.end_column,
                origin=(found,),
            )
        text = _LOOKED_UP.sub(lambda match: self._piece(match, depth), expression)
        text = text if len(text) < LONGEST_TEXT else expression
        return node.changed(kind=NodeKind.UNKNOWN, raw=text)

    def _piece(self, match: re.Match[str], depth: int) -> str:
        """A value within an expression; what is open stays visible."""
        found = self._found(match)
        text = self.resolved(found, depth + 1).text if found is not None else None
        return match[0] if text is None else f"'{text}'"

    def _found(self, match: re.Match[str]) -> Node | None:
        return self.sources[match["source"].lower()].get(match["name"].lower())


def property_of(resource: Node, *path: str) -> Node | None:
    """A property; where an expression stands on the way to it, that expression."""
    node: Node | None = resource
    for key in ("properties", *path):
        if node is None or node.unknown:
            return node
        node = node.child(key)
    return node


def is_expression(text: str) -> bool:
    """Whether a text is an expression; `[[` begins a text that stands for itself."""
    return text.startswith("[") and text.endswith("]") and not text.startswith("[[")


def template_of(root: Node) -> Template:
    """The defaults of a template's parameters, and its variables; names know no case."""
    parameters, variables = root.get("parameters"), root.get("variables")
    defaults = ((name.lower(), value.get("defaultValue")) for name, value in _members(parameters))
    return Template(
        sources={
            "parameters": {
                name: value for name, value in defaults if value is not None and not _empty(value)
            },
            "variables": {name.lower(): value for name, value in _members(variables)},
        }
    )


def _empty(default: Node) -> bool:
    """An empty text only says that whoever deploys may leave it out."""
    return default.kind is NodeKind.STRING and not default.raw


def _members(node: Node | None) -> tuple[tuple[str, Node], ...]:
    return tuple(node.items()) if node is not None else ()
