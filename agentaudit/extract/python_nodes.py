"""Mappings and lists that Python code writes out, as the nodes that other syntaxes have."""

import ast

from agentaudit.extract.python_code import UNFOLDED, Module
from agentaudit.readers.document import Node, NodeKind

_DEEPEST = 20
_ENVIRONMENT = frozenset({"os.environ", "os.getenv", "os.environ.get"})


def node_of(module: Module, expression: ast.expr, depth: int = 0) -> Node:
    """
    The node that an expression is: a variable of the environment is a reference to it.

    What does not fold, and what stands deeper than anything that people write, is unknown.
    """
    if isinstance(expression, ast.Name):
        expression = module.constants.get(expression.id, expression)
    place = module.node(expression)
    if depth > _DEEPEST:
        return place.changed(kind=NodeKind.UNKNOWN)
    if isinstance(expression, ast.Dict):
        return place.changed(kind=NodeKind.MAPPING, entries=_entries(module, expression, depth))
    if isinstance(expression, ast.List | ast.Tuple):
        elements = tuple(node_of(module, item, depth + 1) for item in expression.elts)
        return place.changed(kind=NodeKind.SEQUENCE, elements=elements)
    variable = _variable(module, expression)
    if variable:
        return place.changed(raw=f"${{{variable}}}")
    return _scalar(place, module.value(expression))


def _entries(module: Module, given: ast.Dict, depth: int) -> tuple[tuple[Node, Node], ...]:
    """Keys and values; what is spread into the mapping has no keys that could be read."""
    return tuple(
        (module.node(key, module.text(key)), node_of(module, value, depth + 1))
        for key, value in zip(given.keys, given.values, strict=True)
        if key is not None
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
