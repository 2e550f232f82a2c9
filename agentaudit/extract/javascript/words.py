"""What words of a model reach in one function of TypeScript or JavaScript, and what it does."""

from functools import cached_property

from msgspec import field

from agentaudit.extract.javascript.filters import without_names
from agentaudit.extract.python.effects import Effects
from agentaudit.extract.python.execution import Execution


class Words(Execution, frozen=True, dict=True):
    """One function that words of the model come in by, for all tools that it does something for."""

    effects: list[Effects] = field(default_factory=list)
    """What the whole function does, once it is known."""

    @cached_property
    def harmless(self) -> frozenset[str]:
        """The variables that hold nothing but numbers and operators."""
        return without_names(self.module, self.function)
