"""
Likeness: nodes that no question tells apart are one node while a graph is asked.

Hundreds of tools of an agent may differ in their names alone. Whatever leads to one of them leads
to all, and they lead to the same ends, or to ends of their own that are alike. The first by its id
stands for them: it is the one that a walk among all of them comes upon first.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from operator import attrgetter

from msgspec.structs import replace

from agentaudit.model.facts.agents import Source
from agentaudit.model.facts.fact import Fact, FactId
from agentaudit.model.facts.runtimes import Egress
from agentaudit.model.facts.tools import Tool
from agentaudit.model.threat import GraphEdge, ThreatRules
from agentaudit.threats.graph import ThreatGraph
from agentaudit.threats.stages import kind_at

ASKED: Mapping[type[Fact], tuple[str, ...]] = {
    Tool: ("confidence", "effects", "effects_known", "reads_private", "egress"),
    Source: ("confidence", "trust"),
    Egress: ("confidence", "policy"),
}
"""All that is asked of facts of these types once they are drawn; any other stands for itself."""


def folded(graph: ThreatGraph, rules: ThreatRules) -> ThreatGraph:
    """The graph with one node for all that are alike, unless a path is told of each."""
    told_of = {kind_at(stage) for query in rules.queries for stage in (query.per, query.each)}
    fields = {kind: attrgetter(*names) for kind, names in ASKED.items() if kind not in told_of}
    asked: dict[FactId, Hashable] = {
        name: fields[type(fact)](fact) for name, fact in graph.facts.items() if type(fact) in fields
    }
    groups = [names for names in _alike(graph.edges, asked) if len(names) > 1]
    gone = {name for names in groups for name in names[1:]}
    return replace(
        graph,
        nodes=tuple(node for node in graph.nodes if node.id not in gone),
        edges=tuple(edge for edge in graph.edges if gone.isdisjoint((edge.src, edge.dst))),
        facts={name: fact for name, fact in graph.facts.items() if name not in gone},
        alike={names[0]: tuple(graph.facts[name] for name in names) for names in groups},
    )


def _alike(edges: Iterable[GraphEdge], asked: Mapping[FactId, Hashable]) -> list[list[FactId]]:
    """
    The nodes that are asked alike and joined alike, of each group the one that stays first.

    What hangs by one edge, such as whomever a tool reaches, is a trait of what it hangs on, and
    stays where that stays.
    """
    joined: dict[FactId, list[GraphEdge]] = {name: [] for name in asked}
    for edge in edges:
        for end in (FactId(edge.src), FactId(edge.dst)):
            if end in joined:
                joined[end].append(edge)
    hanging = {name: found[0] for name, found in joined.items() if len(found) == 1}
    traits = {str(name): asked[name] for name in hanging}
    held: dict[Hashable, list[FactId]] = {}
    for name in sorted(joined.keys() - hanging.keys()):
        said = Counter(_said(edge, name, traits) for edge in joined[name])
        held.setdefault((asked[name], frozenset(said.items())), []).append(name)
    instead = {str(name): first for first, *others in held.values() for name in others}
    hung: dict[Hashable, list[FactId]] = {}
    for name in sorted(hanging, key=lambda name: (_other(hanging[name], name) in instead, name)):
        hung.setdefault((asked[name], _said(hanging[name], name, instead)), []).append(name)
    return [*held.values(), *hung.values()]


def _said(edge: GraphEdge, end: str, known_as: Mapping[str, Hashable]) -> Hashable:
    """All that is asked of an edge, as one of its ends has it."""
    other = _other(edge, end)
    ends = edge.src == end, known_as.get(other, other)
    return ends, edge.kind, edge.known, edge.gated, edge.confidence


def _other(edge: GraphEdge, end: str) -> str:
    return edge.dst if edge.src == end else edge.src
