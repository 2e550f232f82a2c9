"""Mappings and lists that Python code writes out, as the nodes that other syntaxes have."""

import ast
from collections.abc import Sequence

from msgspec import Struct

from agentaudit.extract.programs.code import UNFOLDED, Module
from agentaudit.readers.document import Node, NodeKind

_HIDDEN = "…"
"""The key, itself unknown, of what a mapping may hold besides."""
_DEEPEST = 20
_MOST = 1_000
_OF_NODE = "process.env"
_ENVIRONMENT = frozenset({"os.environ", "os.getenv", "os.environ.get", _OF_NODE})


def node_of(module: Module, expression: ast.expr) -> Node:
    """
    The node that an expression is: a variable of the environment is a reference to it.

    What does not fold, what stands deeper than anything that people write, and what is more than
    they write (names of mappings of names multiply) is unknown.
    """
    return _Written(module).node(expression)


class _Written(Struct):
    """One value while it is read, and how many nodes it may still have."""

    module: Module
    left: int = _MOST

    def node(self, expression: ast.expr, depth: int = 0) -> Node:
        expression = self.module.meant(expression)
        self.left -= 1
        place = self.module.node(expression)
        if depth > _DEEPEST or self.left < 0:
            return place.changed(kind=NodeKind.UNKNOWN)
        if isinstance(expression, ast.Dict | ast.List | ast.Tuple) and self.exceeds(expression):
            return place.changed(kind=NodeKind.UNKNOWN)
        if isinstance(expression, ast.Dict):
            return place.changed(kind=NodeKind.MAPPING, entries=self.entries(expression, depth))
        if isinstance(expression, ast.List | ast.Tuple):
            elements = tuple(self.node(item, depth + 1) for item in expression.elts)
            return place.changed(kind=NodeKind.SEQUENCE, elements=elements)
        variable = variable_read(self.module, expression)
        if variable:
            return place.changed(raw=f"${{{variable}}}")
        if isinstance(expression, ast.JoinedStr | ast.FormattedValue | ast.Call):
            return self.composed(expression, depth)
        return _scalar(place, self.module.value(expression))

    def composed(
        self, expression: ast.JoinedStr | ast.FormattedValue | ast.Call, depth: int
    ) -> Node:
        """A text of several parts, or an address that is made of a text."""
        place = self.module.node(expression)
        if isinstance(expression, ast.FormattedValue):
            return self.node(expression.value, depth + 1)
        if isinstance(expression, ast.JoinedStr):
            parts = [self.node(each, depth + 1) for each in expression.values]
            return _joined(_named(expression, parts) or place, parts)
        if expression.args and self.module.dotted(expression.func) == "URL":
            return self.node(expression.args[0], depth + 1)
        return place.changed(kind=NodeKind.UNKNOWN)

    def exceeds(self, given: ast.Dict | ast.List | ast.Tuple) -> bool:
        """Whether a value has more parts than may still be read."""
        return len(given.keys if isinstance(given, ast.Dict) else given.elts) > self.left

    def entries(self, given: ast.Dict, depth: int) -> tuple[tuple[Node, Node], ...]:
        """
        Keys and values, with those of what is spread there: `{...shared, url}`.

        What cannot be read of them stands under a key that is unknown: anything may be there.
        """
        found: list[tuple[Node, Node]] = []
        for key, value in zip(given.keys, given.values, strict=True):
            node = self.node(value, depth + 1)
            name = self.module.text(key) if key is not None else ""
            if key is not None and name:
                found.append((self.module.node(key, name), node))
            elif key is None and node.kind is NodeKind.MAPPING:
                found.extend(node.entries)
            else:
                hidden = self.module.node(value, _HIDDEN).changed(kind=NodeKind.UNKNOWN)
                found.append((hidden, hidden))
        return tuple({name.raw: (name, node) for name, node in found}.values())


def _named(expression: ast.JoinedStr, parts: Sequence[Node]) -> Node | None:
    """The one part of a text that stands elsewhere under a name, if it has one."""
    named = [
        part
        for each, part in zip(expression.values, parts, strict=True)
        if isinstance(each, ast.FormattedValue) and isinstance(each.value, ast.Name)
    ]
    return named[0] if len(named) == 1 else None


def _joined(place: Node, parts: Sequence[Node]) -> Node:
    """A text of several parts, which may be references: `Bearer ${TOKEN}`."""
    texts = [part.text for part in parts]
    if None in texts:
        return place.changed(kind=NodeKind.UNKNOWN)
    return place.changed(raw="".join(filter(None, texts)))


def variable_read(module: Module, expression: ast.expr) -> str:
    """The variable of the environment that is read, also in JavaScript; empty for anything else."""
    if isinstance(expression, ast.Attribute) and module.dotted(expression.value) == _OF_NODE:
        return expression.attr
    if isinstance(expression, ast.Subscript) and module.dotted(expression.value) in _ENVIRONMENT:
        return module.text(expression.slice)
    if isinstance(expression, ast.Call) and module.dotted(expression.func) in _ENVIRONMENT:
        return module.text(expression.args[0]) if expression.args else ""
    return ""


def _scalar(place: Node, value: object) -> Node:
    if value is UNFOLDED:
        return place.changed(kind=NodeKind.UNKNOWN)
    if value is None:
        return place.changed(kind=NodeKind.NULL)
    if isinstance(value, bool):
        return place.changed(kind=NodeKind.BOOLEAN, raw=str(value).lower())
    kind = NodeKind.NUMBER if isinstance(value, int | float) else NodeKind.STRING
    return place.changed(kind=kind, raw=str(value))
