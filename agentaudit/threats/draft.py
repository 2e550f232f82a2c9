"""The draft: the threat graph while it is drawn. It lives for one call and is never handed out."""

from typing import TypeVar

from msgspec import Struct, field

from agentaudit.digests import digest_of
from agentaudit.model.deployment import Edge, EdgeKind, Unresolved, kind_of
from agentaudit.model.evidence import Confidence, Evidence, Truth
from agentaudit.model.facts.fact import Fact, FactId
from agentaudit.model.facts.runtimes import Egress
from agentaudit.model.threat import GraphEdge, GraphNode
from agentaudit.threats.calls import MOST_PAIRS, Calls
from agentaudit.threats.relations import Relations

FactT = TypeVar("FactT", bound=Fact)

ZONES = {
    "source": "Z0",
    "egress": "Z0",
    "agent": "Z2",
    "instruction": "Z2",
    "model": "Z2",
    "guardrail": "Z2",
    "runtime": "Z3",
    "memory_store": "Z3",
    "tool": "Z4",
    "tool_server": "Z4",
    "peer_agent": "Z5",
    "gateway": "Z6",
    "credential": "Z6",
    "identity": "Z6",
    "grant": "Z7",
    "resource": "Z7",
    "audit_log": "Z7",
    "workflow": "Z8",
    "registry": "Z8",
    "approval": "Z9",
}
"""Z0 open internet, Z1 end users, Z2 agent context, Z3 agent process, Z4 local tools, Z5 remote
tools and services, Z6 credential plane, Z7 cloud, Z8 build and CI, Z9 approvers."""
NOWHERE = frozenset({"hook", "retry", "unknown_key"})
"""Kinds of facts that stand nowhere: what a call does again, and words that nothing reads."""


class Doubt(Struct, frozen=True, kw_only=True):
    """What makes a step less than plain: it may not exist, a gate may stand there, or both."""

    known: bool = True
    gated: Truth = Truth.NO
    confidence: Confidence = Confidence.CERTAIN


PLAIN = Doubt()


def weakest(*levels: Confidence) -> Confidence:
    """The least sure of them: a path is as sure as its weakest leg."""
    return min(levels, key=lambda level: level.rank, default=Confidence.CERTAIN)


class Draft(Struct):
    """Nodes and edges so far. An edge that is drawn twice keeps its surest, least gated form."""

    relations: Relations
    calls: Calls
    facts: dict[FactId, Fact] = field(default_factory=dict)
    edges: dict[tuple[str, str, EdgeKind], GraphEdge] = field(default_factory=dict)
    exits: dict[str, dict[str, Egress]] = field(default_factory=dict)
    """The ways out of each process or tool that are drawn so far."""
    pairs: dict[str, int] = field(default_factory=dict)
    """How many edges of what multiplies are drawn so far."""
    left_open: set[Unresolved] = field(default_factory=set)

    def derive(self, fact: FactT) -> FactT:
        """A fact that no file states and the graph needs: what a tool returns, for instance."""
        self.facts.setdefault(fact.id, fact)
        return fact

    def draw(
        self,
        src: Fact,
        kind: EdgeKind,
        dst: Fact,
        stated: Edge | Evidence,
        *,
        doubt: Doubt = PLAIN,
    ) -> None:
        """
        A step from one fact to another.

        Its place is that of the edge that states it or, for what is inferred, of what shows it.
        """
        self.derive(src)
        self.derive(dst)
        if kind is EdgeKind.EGRESS_TO and isinstance(dst, Egress):
            self.exits.setdefault(src.id, {})[dst.id] = dst
        said = stated.confidence if isinstance(stated, Edge) else Confidence.CERTAIN
        edge = GraphEdge(
            src=src.id,
            dst=dst.id,
            kind=kind,
            evidence=_place(stated, dst),
            confidence=weakest(doubt.confidence, said, src.confidence, dst.confidence),
            crosses_boundary=_zone(src) != _zone(dst),
            known=doubt.known,
            gated=doubt.gated,
        )
        drawn = self.edges.get((src.id, dst.id, kind))
        if drawn is None or _openness(edge) > _openness(drawn):
            self.edges[src.id, dst.id, kind] = edge

    def affords(self, product: str, more: int, place: Fact) -> bool:
        """Whether so many more pairs of a product can be drawn; if not, that is left open."""
        drawn = self.pairs.get(product, 0) + more
        if drawn > MOST_PAIRS:
            self.leave_out(product, place)
            return False
        self.pairs[product] = drawn
        return True

    def leave_out(self, product: str, place: Fact) -> None:
        """What is not drawn is said: numbers may be too low, and paths may be missing."""
        what = f"{place.name}: {product}, all told, is more than can be drawn"
        effect = "ways through what is left out are not found"
        self.left_open.add(Unresolved(evidence=place.evidence[0], what=what, effect=effect))

    def nodes(self) -> tuple[GraphNode, ...]:
        """Every fact of the draft as a node, sorted by id."""
        return tuple(
            GraphNode(
                id=fact.id,
                kind=kind_of(fact),
                name=fact.name,
                zone=_zone(fact),
                evidence=fact.evidence[0],
            )
            for _, fact in sorted(self.facts.items())
        )


def derived_id(kind: str, *parts: str) -> FactId:
    """The id of a derived fact, from the ids of what it is derived from."""
    digits = digest_of("\n".join(parts))[:8]
    return FactId(f"{kind}:derived-{digits}")


def _place(stated: Edge | Evidence, fact: Fact) -> Evidence:
    if isinstance(stated, Evidence):
        return stated
    return stated.evidence[0] if stated.evidence else fact.evidence[0]


def _zone(fact: Fact) -> str:
    if getattr(fact, "trust", "") == "user":
        return "Z1"
    return "Z5" if getattr(fact, "remote", False) else ZONES[kind_of(fact)]


def _openness(edge: GraphEdge) -> tuple[bool, bool, bool, int]:
    return (
        edge.known,
        edge.gated is not Truth.YES,
        edge.gated is Truth.NO,
        edge.confidence.rank,
    )
