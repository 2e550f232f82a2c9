"""
Parameters that a function turns away unless they are among names that the program allows.

`if service not in SERVICES: raise ValueError` leaves the model a choice, and no words of its own.
A name that is forbidden leaves all others, and a text may hold any part of itself.
"""

import ast
from collections.abc import Iterator

from agentaudit.extract.programs.bindings import bindings, names_in
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import descendants

_HAS = frozenset({"includes", "has"})
_ENDS = ast.Return | ast.Raise


def without_allowed(function: FunctionDef, parameters: frozenset[str]) -> frozenset[str]:
    """The parameters that stay words of the caller's own."""
    allowed = {
        name for _, test in turning_away(function) for name in _turned_away(test, parameters)
    }
    if not allowed:
        return parameters
    changed = (name for target, _ in bindings(descendants(function)) for name in names_in(target))
    return parameters - (allowed - frozenset(changed))


def turning_away(function: FunctionDef) -> Iterator[tuple[int, ast.expr]]:
    """The conditions of which any ends a function, and the lines behind which none holds."""
    for statement in straight(function.body):
        if isinstance(statement, ast.If) and _ends(statement.body):
            waiting = [statement.test]
            for each in waiting:  # it grows meanwhile: `a || b || …` nests as deep as it is long
                match each:
                    case ast.BoolOp(op=ast.Or(), values=either):
                        waiting += either
                    case _:
                        yield statement.lineno, each


def _ends(body: list[ast.stmt]) -> bool:
    """Whether a block, which may be empty in JavaScript, leaves the function at last."""
    return bool(body) and isinstance(body[-1], _ENDS)


def straight(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that are always come by."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.Try | ast.With):
            yield from straight(statement.body)


def _turned_away(test: ast.expr, parameters: frozenset[str]) -> Iterator[str]:
    """The parameter for which a condition holds whenever it is none of some names."""
    match test:
        case ast.Compare(left=ast.Name(id=name), ops=[ast.NotIn()], comparators=[among]):
            if name in parameters and _is_fixed(among, parameters):
                yield name
        case ast.UnaryOp(
            op=ast.Not(),
            operand=ast.Call(func=ast.Attribute(value=among, attr=has), args=[ast.Name(id=name)]),
        ):
            if has in _HAS and name in parameters and _is_fixed(among, parameters):
                yield name
        case _:
            pass


def _is_fixed(among: ast.expr, parameters: frozenset[str]) -> bool:
    """Whether these are names, none of them the caller's; within a text stands any part of it."""
    if isinstance(among, ast.Constant | ast.JoinedStr):
        return False
    named = (node.id for node in descendants(among) if isinstance(node, ast.Name))
    return parameters.isdisjoint(named)
