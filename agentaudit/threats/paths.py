"""Paths: what a query matched, told as a sentence, with a severity and a stable id."""

import hashlib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from operator import attrgetter

from msgspec import Struct

from agentaudit.model.evidence import Confidence, Truth
from agentaudit.model.facts.credentials import Credential
from agentaudit.model.facts.fact import Fact, FactId
from agentaudit.model.facts.permissions import Grant
from agentaudit.model.finding import Severity
from agentaudit.model.threat import (
    AttackPath,
    Entry,
    GraphEdge,
    GraphNode,
    Impact,
    ThreatQuery,
    ThreatRules,
)
from agentaudit.threats.actions import impact_of, sensitive_actions
from agentaudit.threats.doubts import doubts
from agentaudit.threats.draft import weakest
from agentaudit.threats.graph import ThreatGraph
from agentaudit.threats.routes import Route
from agentaudit.threats.stages import entry


class Match(Struct, frozen=True, kw_only=True):
    """One route for each leg of a query, the way on to the gravest end, and how many ways exist."""

    routes: tuple[Route, ...]
    worst: Route | None
    ways: int

    @property
    def edges(self) -> tuple[GraphEdge, ...]:
        """In the order of the story, each once."""
        routes = (*self.routes, *((self.worst,) if self.worst else ()))
        return tuple(dict.fromkeys(edge for item in routes for edge in item.edges))

    @property
    def stops(self) -> tuple[str, ...]:
        """The nodes of the story in the order in which it comes to them, each once."""
        start = self.routes[0].stops[0]
        told = (name for edge in self.edges for name in (edge.src, edge.dst))
        return tuple(dict.fromkeys((start, *told)))


def attack_path(
    graph: ThreatGraph, query: ThreatQuery, match: Match, rules: ThreatRules
) -> AttackPath:
    """A match as people read it."""
    names = _names_of_stages(query, match)
    nodes = _nodes(graph, match.stops)
    facts = [graph.facts[FactId(node.id)] for node in nodes]
    sure = weakest(*(edge.confidence for edge in match.edges), *(fact.confidence for fact in facts))
    who = entry(graph.facts[FactId(match.routes[0].stops[0])])
    grants = [fact for fact in facts if isinstance(fact, Grant)]
    impact = max(
        (query.impact, *(impact_of(grant, rules.actions) for grant in grants)),
        key=lambda item: item.rank,
    )
    return AttackPath(
        id=_identifier(query.id, who, names[query.per]),
        query=query.id,
        title=query.title,
        severity=_severity(rules.severity, impact, who, sure),
        confidence=sure,
        sentence=_told(graph, query, match, grants),
        nodes=nodes,
        edges=match.edges,
        broken_by=query.broken_by,
        references=query.references,
        folded=match.ways - 1,
    )


def spoken(fact: Fact) -> str:
    """The name of a fact in a sentence; a place in a list says what stands there."""
    if isinstance(fact, Credential) and fact.name.endswith("]"):
        words = f"{fact.provider} {fact.kind}".replace("_", " ").strip()
        return f"{words} ({fact.name})" if words else fact.name
    return fact.name


def _told(graph: ThreatGraph, query: ThreatQuery, match: Match, grants: Sequence[Grant]) -> str:
    """The sentence of the query with the names of this path, and what nobody knows of it."""
    stops = _names_of_stages(query, match)
    text = query.sentence.format(
        **{stage: spoken(graph.facts[FactId(name)]) for stage, name in stops.items()},
        asked=_asked(match.edges),
        rights=_rights(grants),
    )
    return text[:1].upper() + text[1:] + doubts(stops, match.edges, graph.facts)


def _names_of_stages(query: ThreatQuery, match: Match) -> dict[str, str]:
    return {
        stage: name
        for leg, found in zip(query.legs, match.routes, strict=True)
        for stage, name in zip(leg.stages, found.stops, strict=True)
    }


def _nodes(graph: ThreatGraph, names: Sequence[str]) -> tuple[GraphNode, ...]:
    places = (bisect_left(graph.nodes, name, key=attrgetter("id")) for name in names)
    return tuple(graph.nodes[place] for place in places)


def _identifier(query: str, who: Entry, node: str) -> str:
    """Equal for the same path in the next run, also when the way there changes."""
    digits = hashlib.sha256(f"{query}\n{who}\n{node}".encode()).hexdigest()[:8]
    return f"{query}-{digits}"


def _severity(
    table: Mapping[Impact, Mapping[Entry, Severity]], impact: Impact, who: Entry, sure: Confidence
) -> Severity:
    """From the table; what is merely possible is at most medium."""
    severity = table[impact][who]
    if sure is Confidence.POSSIBLE:
        return min(severity, Severity.MEDIUM, key=lambda item: item.rank)
    return severity


def _asked(edges: Sequence[GraphEdge]) -> str:
    if any(edge.gated is Truth.UNKNOWN for edge in edges):
        return "and no file asks for approval first"
    return "with nobody asked"


def _rights(grants: Sequence[Grant]) -> str:
    if not grants:
        return ""
    grant = grants[-1]
    count = len(sensitive_actions(grant))
    actions = "sensitive action" if count == 1 else "sensitive actions"
    return f", which allows {count:,} {actions} ({grant.name})"
