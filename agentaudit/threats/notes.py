"""
Notes: what was found of a graph, kept for as long as nothing that it speaks of changes.

A what-if changes little: a change of credentials leaves every walk as it was, and most queries.
Each note therefore says of which kinds of facts and edges it speaks, and a changed graph takes
over the notes on all others.
"""

from collections.abc import Callable, Hashable
from typing import TypeVar, cast

from msgspec import Struct, field

from agentaudit.model.facts.fact import Fact

AnswerT = TypeVar("AnswerT")

Kinds = frozenset[str | type[Fact]]
"""Kinds of edges, and types of facts."""


class Notes(Struct, frozen=True):
    """Answers by their questions, each with the kinds that it speaks of."""

    kept: dict[Hashable, tuple[Kinds, object]] = field(default_factory=dict)

    def known(self, question: Hashable, about: Kinds, answer: Callable[[], AnswerT]) -> AnswerT:
        """The answer to a question, found once."""
        note = self.kept.get(question)
        if note is None:
            note = self.kept[question] = about, answer()
        return cast("AnswerT", note[1])

    def answers(self, question: Hashable) -> bool:
        """Whether the answer to a question is known."""
        return question in self.kept

    def without(self, changed: Kinds) -> "Notes":
        """The notes that speak of nothing that changed."""
        return Notes(
            {name: note for name, note in self.kept.items() if changed.isdisjoint(note[0])}
        )
