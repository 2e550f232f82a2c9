"""Expressions beside the modules in which they stand, which say what their names mean."""

import ast

from msgspec import Struct

from agentaudit.extract.programs.code import Module
from agentaudit.model.evidence import Evidence


class Written(Struct, frozen=True):
    """An expression, and the module in which it stands."""

    module: Module
    node: ast.expr

    def beside(self, node: ast.expr) -> "Written":
        """Another expression of the same module."""
        return Written(self.module, node)

    @property
    def text(self) -> str:
        """A constant text; empty for anything else."""
        return self.module.text(self.node)

    @property
    def value(self) -> object:
        """A constant; UNFOLDED for anything else."""
        return self.module.value(self.node)

    @property
    def name(self) -> str:
        """The full name of a name, a member, or what is called."""
        return self.module.dotted(self.node)

    def place(self, snippet: str) -> Evidence:
        """Where it stands."""
        return self.module.place(self.node, snippet)
