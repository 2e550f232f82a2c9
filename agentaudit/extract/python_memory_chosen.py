"""
Memories in Python that a store, a history or a client of one's own makes where it is given none.

Such a class extends a framework: who makes one says what it keeps things in, so a default of it is
no memory that anybody deploys.
"""

import ast
from collections.abc import Iterator

from agentaudit.expressions import regex
from agentaudit.extract.python_code import Module

_EXTENDED = regex(r"(?:Store|Saver|Memory|History|Session|Cache|Client|Provider|Context)$")
"""How base classes end that frameworks let others extend to keep or pass on what is said."""


def chosen_elsewhere(module: Module) -> frozenset[int]:
    """Identities of what is made as such a default: `given or Store()`, and the like."""
    takes = {
        id(member): {argument.arg for argument in (*member.args.args, *member.args.kwonlyargs)}
        for defined in module.of(ast.ClassDef)
        if any(_EXTENDED.search(module.dotted(base)) for base in defined.bases)
        for member in defined.body
        if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    return frozenset(
        id(default)
        for given, default in (_choices(module) if takes else ())
        if given.id in takes.get(id(module.function_around(given)), ())
    )


def _choices(module: Module) -> Iterator[tuple[ast.Name, ast.expr]]:
    """What is chosen between: the name that is taken, and what is made without it."""
    for node in (*module.of(ast.BoolOp), *module.of(ast.IfExp)):
        match node:
            case ast.BoolOp(op=ast.Or(), values=[ast.Name() as given, default]):
                yield given, default
            case ast.IfExp(body=ast.Name() as given, orelse=default):
                yield given, default
            case ast.IfExp(body=default, orelse=ast.Name() as given):
                yield given, default
            case _:
                pass
