"""In which function of a Python file a line stands, and what its names are given there."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from agentaudit.extract.python_code import Module
from agentaudit.extract.python_names import FunctionDef, functions_around


class Scopes(Struct, dict=True, eq=False):
    """In which function the lines of a module stand, the innermost of them."""

    module: Module

    def of(self, node: ast.AST) -> FunctionDef | None:
        """The function that a node stands in; None of what the module itself does."""
        return self._functions.get(getattr(node, "lineno", 0))

    @cached_property
    def _functions(self) -> Mapping[int, FunctionDef]:
        return functions_around(self.module.functions)[0]


def bindings(nodes: Iterable[ast.AST]) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What gets a value in some statements and expressions, and the value: of a loop, its whole."""
    for node in nodes:
        match node:
            case ast.Assign(targets=targets, value=value):
                yield from ((target, value) for target in targets)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield target, value
            case (
                ast.AugAssign(target=target, value=value)
                | ast.NamedExpr(target=target, value=value)
            ):
                yield target, value
            case (
                ast.For(target=target, iter=value)
                | ast.AsyncFor(target=target, iter=value)
                | ast.comprehension(target=target, iter=value)
            ):
                yield target, value
            case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
                yield target, value
            case _:
                pass
