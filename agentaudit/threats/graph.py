"""
The threat graph: a Deployment as the ways that data and authority may flow.

Edges point the way an attack goes: from content to the agent that reads it, to the tools it may
call, to what those act as and what that may do.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from itertools import chain
from operator import attrgetter

from msgspec import Struct, field

from agentaudit.model.deployment import Deployment, Unresolved, kind_of
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.fact import Fact, FactId
from agentaudit.model.threat import GraphEdge, GraphNode
from agentaudit.threats.authority import draw_authority
from agentaudit.threats.calls import calls_of
from agentaudit.threats.draft import NOWHERE, Draft
from agentaudit.threats.invocation import draw_invocation
from agentaudit.threats.relations import relations
from agentaudit.threats.taint import draw_taint
from agentaudit.threats.visibility import draw_visibility


class World(StrEnum):
    """
    How what is unknown is taken.

    CERTAIN takes only what is known and every gate that may be there; REPORTED takes only what is
    known and every gate that is stated; POSSIBLE takes all that may be and every gate that is
    stated. CERTAIN and POSSIBLE bound a number; REPORTED is what a path may be made of.
    """

    CERTAIN = "certain"
    REPORTED = "reported"
    POSSIBLE = "possible"


class ThreatGraph(Struct, frozen=True, kw_only=True):
    """Nodes and edges, sorted, with the facts behind the nodes (derived ones included)."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    facts: Mapping[FactId, Fact]
    left_open: tuple[Unresolved, ...] = ()
    """What is more than can be drawn."""
    alike: Mapping[str, tuple[Fact, ...]] = field(default_factory=dict)
    """All that a node stands for where that is more than itself."""

    def steps(self, world: World) -> "Steps":
        """The edges that can be walked in one world, by where they start."""
        found: dict[str, list[GraphEdge]] = {}
        for edge in self.edges:
            if _open(edge, world):
                found.setdefault(edge.src, []).append(edge)
        return {src: tuple(edges) for src, edges in found.items()}

    def size(self, name: str) -> int:
        """How many nodes one stands for."""
        return len(self.alike.get(name, (name,)))

    def everyone(self, facts: Iterable[Fact]) -> list[Fact]:
        """These facts and all that they stand for, sorted by id."""
        every = (self.alike.get(fact.id, (fact,)) for fact in facts)
        return sorted(chain.from_iterable(every), key=attrgetter("id"))


Steps = Mapping[str, tuple[GraphEdge, ...]]


def threat_graph(deployment: Deployment) -> ThreatGraph:
    """The graph of a deployment: equal for equal facts, in whatever order they come."""
    related = relations(deployment)
    draft = Draft(relations=related, calls=calls_of(related))
    for fact in draft.relations.facts.values():
        if kind_of(fact) not in NOWHERE:
            draft.derive(fact)
    for agent in draft.calls.cut:
        draft.leave_out("which tools it may call", agent)
    draw_taint(draft)
    draw_invocation(draft)
    draw_visibility(draft)
    draw_authority(draft)
    return ThreatGraph(
        nodes=draft.nodes(),
        edges=tuple(edge for _, edge in sorted(draft.edges.items())),
        facts=dict(sorted(draft.facts.items())),
        left_open=tuple(sorted(draft.left_open)),
    )


def _open(edge: GraphEdge, world: World) -> bool:
    if world is World.CERTAIN:
        return edge.known and edge.gated is Truth.NO
    return edge.gated is not Truth.YES and (edge.known or world is World.POSSIBLE)
