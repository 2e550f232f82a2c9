"""In which function of a Python file a line stands."""

import ast
from collections.abc import Mapping
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
