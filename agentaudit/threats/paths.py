"""Paths: what a query matched, told as a sentence, with a severity and a stable id."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from operator import attrgetter

from msgspec import Struct

from agentaudit.digests import digest_of
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
    sentence_case,
)
from agentaudit.threats.actions import sensitive_actions
from agentaudit.threats.doubts import doubts
from agentaudit.threats.draft import weakest
from agentaudit.threats.graph import ThreatGraph
from agentaudit.threats.matches import Match
from agentaudit.threats.routes import Route
from agentaudit.threats.views import View


class Way(Struct, frozen=True, kw_only=True):
    """A match, judged: how grave it is, and what it passes."""

    severity: Severity
    confidence: Confidence
    routes: tuple[Route, ...]
    edges: tuple[GraphEdge, ...]
    """In the order of the story, each once."""
    stops: tuple[str, ...]
    """The nodes of the story in the order in which it comes to them, each once."""

    @property
    def order(self) -> tuple[int, int, int, tuple[str, ...]]:
        """The gravest first, then the surest, then the shortest."""
        return (-self.severity.rank, -self.confidence.rank, len(self.stops), self.stops)


def judged(seen: View, query: ThreatQuery, match: Match, rules: ThreatRules) -> Way:
    """A match with its severity: from the gravest thing that it allows, and who can start it."""
    routes = (*match.routes, *((match.worst,) if match.worst else ()))
    told = {(edge.src, edge.dst, edge.kind): edge for item in routes for edge in item.edges}
    edges = tuple(told.values())
    nodes = (name for edge in edges for name in (edge.src, edge.dst))
    stops = tuple(dict.fromkeys((match.routes[0].stops[0], *nodes)))
    facts = [seen.fact(name) for name in stops]
    sure = weakest(*{edge.confidence for edge in edges}, *{fact.confidence for fact in facts})
    impacts = (seen.impact(fact) for fact in facts if isinstance(fact, Grant))
    impact = max((query.impact, *impacts), key=lambda item: item.rank)
    return Way(
        severity=_severity(rules.severity, impact, match.who, sure),
        confidence=sure,
        routes=match.routes,
        edges=edges,
        stops=stops,
    )


def attack_path(
    graph: ThreatGraph, query: ThreatQuery, way: Way, *, name: str, folded: int
) -> AttackPath:
    """A way as people read it."""
    return AttackPath(
        id=name,
        query=query.id,
        title=query.title,
        severity=way.severity,
        confidence=way.confidence,
        sentence=_told(graph, query, way),
        nodes=_nodes(graph, way.stops),
        edges=way.edges,
        broken_by=query.broken_by,
        references=query.references,
        folded=folded,
    )


def identifier(query: str, who: Entry, node: str) -> str:
    """Equal for the same path in the next run, also when the way there changes."""
    digits = digest_of(f"{query}\n{who}\n{node}")[:8]
    return f"{query}-{digits}"


def spoken(fact: Fact) -> str:
    """The name of a fact in a sentence; a place in a list says what stands there."""
    if isinstance(fact, Credential) and fact.name.endswith("]"):
        words = f"{fact.provider} {fact.kind}".replace("_", " ").strip()
        return f"{words} ({fact.name})" if words else fact.name
    return fact.name


def _told(graph: ThreatGraph, query: ThreatQuery, way: Way) -> str:
    """The sentence of the query with the names of this path, and what nobody knows of it."""
    stops = {
        stage: name
        for leg, found in zip(query.legs, way.routes, strict=True)
        for stage, name in zip(leg.stages, found.stops, strict=True)
    }
    facts = (graph.facts[FactId(name)] for name in way.stops)
    text = query.sentence.format(
        **{stage: spoken(graph.facts[FactId(name)]) for stage, name in stops.items()},
        asked=_asked(way.edges),
        rights=_rights([fact for fact in facts if isinstance(fact, Grant)]),
    )
    return sentence_case(text) + doubts(stops, way.edges, graph.facts)


def _nodes(graph: ThreatGraph, names: Sequence[str]) -> tuple[GraphNode, ...]:
    places = (bisect_left(graph.nodes, name, key=attrgetter("id")) for name in names)
    return tuple(graph.nodes[place] for place in places)


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
        return "without a declared approval"
    return "without approval"


def _rights(grants: Sequence[Grant]) -> str:
    if not grants:
        return ""
    grant = grants[-1]
    count = len(sensitive_actions(grant))
    actions = "sensitive action" if count == 1 else "sensitive actions"
    return f", which allows {count:,} {actions} ({grant.name})"
