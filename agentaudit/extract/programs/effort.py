"""How much of a program may be read more than once, by what reads it again through its names."""

import ast

from msgspec import Struct, field

from agentaudit.extract.programs.syntax import descendants


class Effort(Struct):
    """How much may still be read once more: one long list under a name that all use is much."""

    left: int = 60_000
    _sizes: dict[int, int] = field(default_factory=dict)

    def affords(self, count: int) -> bool:
        self.left -= count
        return self.left >= 0

    def affords_value(self, value: ast.AST) -> bool:
        """Whether a value may be read once more, by how many nodes it has."""
        if isinstance(value, ast.Constant):
            return True
        if id(value) not in self._sizes:
            self._sizes[id(value)] = len(descendants(value))
        return self.affords(self._sizes[id(value)])
