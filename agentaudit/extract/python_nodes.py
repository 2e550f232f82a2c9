"""Mappings and lists that Python code writes out, as the nodes that other syntaxes have."""

import ast

from msgspec import Struct

from agentaudit.extract.python_code import UNFOLDED, Module
from agentaudit.readers.document import Node, NodeKind

_DEEPEST = 20
_MOST = 1_000
_ENVIRONMENT = frozenset({"os.environ", "os.getenv", "os.environ.get"})


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
        if isinstance(expression, ast.Dict) and len(expression.keys) > self.left:
            return place.changed(kind=NodeKind.UNKNOWN)
        if isinstance(expression, ast.Dict):
            return place.changed(kind=NodeKind.MAPPING, entries=self.entries(expression, depth))
        if isinstance(expression, ast.List | ast.Tuple):
            if len(expression.elts) > self.left:
                return place.changed(kind=NodeKind.UNKNOWN)
            elements = tuple(self.node(item, depth + 1) for item in expression.elts)
            return place.changed(kind=NodeKind.SEQUENCE, elements=elements)
        variable = _variable(self.module, expression)
        if variable:
            return place.changed(raw=f"${{{variable}}}")
        return _scalar(place, self.module.value(expression))

    def entries(self, given: ast.Dict, depth: int) -> tuple[tuple[Node, Node], ...]:
        """Keys and values; what has no key that could be read is left out."""
        return tuple(
            (self.module.node(key, name), self.node(value, depth + 1))
            for key, value in zip(given.keys, given.values, strict=True)
            if key is not None and (name := self.module.text(key))
        )


def _variable(module: Module, expression: ast.expr) -> str:
    """The variable of the environment that is read; empty for anything else."""
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
