"""
Relations: the edges of a Deployment, asked for by what stands at their ends.

Files say the same thing from either side (an agent ingests a source; a source is ingested), so a
relation is found by the kinds of its two facts, and handed out in the order the reader asks for.
"""

from collections.abc import Iterator
from typing import TypeVar, cast

from msgspec import Struct

from agentaudit.model.deployment import Deployment, Edge, EdgeKind
from agentaudit.model.facts.credentials import Credential
from agentaudit.model.facts.fact import Fact, FactId

OneT = TypeVar("OneT", bound=Fact)
OtherT = TypeVar("OtherT", bound=Fact)


class Relations(Struct, frozen=True):
    """
    All facts by id and by type, the edges by kind and by end.

    All in an order that no file order changes.
    """

    facts: dict[FactId, Fact]
    by_type: dict[type[Fact], list[Fact]]
    by_kind: dict[EdgeKind, list[Edge]]
    by_end: dict[tuple[FactId, EdgeKind], list[Edge]]
    held: dict[FactId, list[Credential]]
    """Credentials by the fact that is said to hold them."""

    def pairs(
        self, kinds: tuple[EdgeKind, ...], one: type[OneT], other: type[OtherT]
    ) -> Iterator[tuple[OneT, OtherT, Edge]]:
        """Facts of two kinds that an edge of these kinds joins, whichever end comes first."""
        for kind in kinds:
            for edge in self.by_kind.get(kind, ()):
                src, dst = self.facts.get(edge.src), self.facts.get(edge.dst)
                if isinstance(src, one) and isinstance(dst, other):
                    yield src, dst, edge
                elif isinstance(dst, one) and isinstance(src, other):
                    yield dst, src, edge

    def joined(
        self, kinds: tuple[EdgeKind, ...], fact: Fact, other: type[OtherT]
    ) -> Iterator[tuple[OtherT, Edge]]:
        """Facts of one kind that an edge of these kinds joins to a fact."""
        for kind in sorted(kinds):
            for edge in self.by_end.get((fact.id, kind), ()):
                end = self.facts.get(edge.dst if edge.src == fact.id else edge.src)
                if isinstance(end, other):
                    yield end, edge

    def of(self, kind: type[OneT]) -> Iterator[OneT]:
        """The facts of one kind, sorted by id."""
        return iter(cast("list[OneT]", self.by_type.get(kind, [])))


def relations(deployment: Deployment) -> Relations:
    """The relations of a deployment."""
    by_kind: dict[EdgeKind, list[Edge]] = {}
    by_end: dict[tuple[FactId, EdgeKind], list[Edge]] = {}
    for edge in sorted(deployment.edges, key=lambda edge: (edge.kind, edge.src, edge.dst)):
        by_kind.setdefault(edge.kind, []).append(edge)
        for end in dict.fromkeys((edge.src, edge.dst)):
            by_end.setdefault((end, edge.kind), []).append(edge)
    facts = {fact.id: fact for fact in sorted(deployment.facts(), key=lambda fact: fact.id)}
    by_type: dict[type[Fact], list[Fact]] = {}
    held: dict[FactId, list[Credential]] = {}
    for fact in facts.values():
        by_type.setdefault(type(fact), []).append(fact)
        if isinstance(fact, Credential):
            held.setdefault(fact.holder_id, []).append(fact)
    return Relations(facts=facts, by_type=by_type, by_kind=by_kind, by_end=by_end, held=held)
