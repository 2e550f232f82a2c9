"""Doubts: which step of a path nobody could decide, in words."""

from collections.abc import Iterator, Mapping

from agentaudit.model.deployment import EdgeKind, kind_of
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.fact import Fact, FactId
from agentaudit.model.threat import GraphEdge
from agentaudit.threats.stages import STAGES

_QUESTIONS = {
    "tool": "what {name} does",
    "credential": "how long {name} lives",
    "grant": "when {name} applies",
    "memory_store": "what bounds {name}",
    "registry": "whether {name} can change",
    "instruction": "who may write {name}",
    "egress": "where {name} leads",
}
_STEPS = {
    EdgeKind.INGESTS: "whether strangers write {src}",
    EdgeKind.AUTHENTICATES_AS: "whether {src} acts as {dst}",
    EdgeKind.EGRESS_TO: "whether {src} sends data out",
    EdgeKind.RECALLS_FROM: "whether other sessions recall {src}",
}


def doubts(
    stops: Mapping[str, str], edges: tuple[GraphEdge, ...], facts: Mapping[FactId, Fact]
) -> str:
    """` Not known: what fetch does.`; empty for a path of which every step is known."""
    questions = dict.fromkeys((*_of_stages(stops, facts), *_of_edges(edges, facts)))
    return f" Not known: {'; '.join(questions)}." if questions else ""


def _of_stages(stops: Mapping[str, str], facts: Mapping[FactId, Fact]) -> Iterator[str]:
    for stage, name in stops.items():
        fact = facts[FactId(name)]
        if STAGES[stage].holds(fact) is Truth.UNKNOWN:
            yield _QUESTIONS[kind_of(fact)].format(name=fact.name)


def _of_edges(edges: tuple[GraphEdge, ...], facts: Mapping[FactId, Fact]) -> Iterator[str]:
    for edge in edges:
        if not edge.known:
            src, dst = facts[FactId(edge.src)].name, facts[FactId(edge.dst)].name
            question = _STEPS.get(EdgeKind(edge.kind), "whether {src} leads to {dst}")
            yield question.format(src=src, dst=dst)
