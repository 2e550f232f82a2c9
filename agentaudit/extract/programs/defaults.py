"""What holds in a program when nobody says otherwise: defaults of parameters, fields of classes."""

import ast
from collections.abc import Sequence

from agentaudit.extract.programs.code import UNFOLDED, Module
from agentaudit.extract.programs.syntax import defaults_of, descendants


def folded(module: Module, given: ast.expr, around: ast.AST) -> object:
    """The value of an expression within a function, also of a parameter that may be left out."""
    value = module.value(given)
    if value is not UNFOLDED:
        return value
    match given:
        case ast.Name(id=name):
            function = module.function_around(around)
            defaults = dict(defaults_of(function.args)) if function is not None else {}
            return module.value(defaults.get(name))
        case ast.Attribute(value=ast.Name(id="self" | "cls" | "this"), attr=name):
            return _field(module, name, around)
        case ast.BinOp(left=left, op=ast.Add(), right=ast.Constant()):
            return folded(module, left, around)
        case _:
            return UNFOLDED


def _field(module: Module, name: str, around: ast.AST) -> object:
    """What a class gives one of its fields, where it is written there once."""
    defined = module.class_around(around)
    nodes = descendants(defined) if defined is not None else []
    if not module.affords(len(nodes)):
        return UNFOLDED
    given = [
        node
        for node in nodes
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and node.value is not None
        and any(_is_field(target, name) for target in _targets(node))
    ]
    if len(given) != 1 or given[0].value is None:
        return UNFOLDED
    value = given[0].value
    if isinstance(value, ast.Attribute):
        return UNFOLDED
    return folded(module, value, given[0])


def _targets(node: ast.Assign | ast.AnnAssign) -> Sequence[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else (node.target,)


def _is_field(target: ast.expr, name: str) -> bool:
    match target:
        case ast.Attribute(value=ast.Name(id="self" | "cls" | "this"), attr=attribute):
            return attribute == name
        case ast.Name(id=own):
            return own == name
        case _:
            return False
