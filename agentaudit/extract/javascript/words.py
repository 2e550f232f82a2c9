"""What words of a model reach in one function of TypeScript or JavaScript, and what it does."""

from collections.abc import Sequence
from functools import cached_property

from msgspec import field

from agentaudit.extract.javascript.filters import single_words, without_names
from agentaudit.extract.javascript.handing import Given
from agentaudit.extract.python.effects import Effects
from agentaudit.extract.python.execution import Execution

Does = tuple[Effects, Sequence[Given]]
"""What a function does by itself, and the functions that it calls, as it hands them words."""


class Words(Execution, frozen=True, dict=True):
    """One function that words of the model come in by, for all tools that it does something for."""

    does: list[Does] = field(default_factory=list)
    """What the whole function does by itself, once it is known."""

    @cached_property
    def harmless(self) -> frozenset[str]:
        """The variables that hold nothing but numbers and operators."""
        return without_names(self.module, self.function)

    @cached_property
    def single(self) -> frozenset[str]:
        """Variables that hold one word of a line, past what turns everything else away."""
        return single_words(self.module, self.function)
