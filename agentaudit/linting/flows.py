"""
How an agent gets at what a finding is about, or that gets to an agent: one place after the other.

Of a key in `.env` a reviewer asks which agent sees it, and of a statement in a role what acts as
that role. The answer is the shortest way along the edges of the deployment, each with its place.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from agentaudit.extract.credentials.redaction import is_value, plain
from agentaudit.linting.gathering import SPAN
from agentaudit.linting.redaction import shown_place
from agentaudit.model.deployment import Deployment, Edge, EdgeKind
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.agents import Agent, Instruction
from agentaudit.model.facts.credentials import Credential
from agentaudit.model.facts.fact import Fact, FactId
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.runtimes import Egress, Runtime, Workflow
from agentaudit.model.facts.tools import Registry, Tool
from agentaudit.model.finding import FlowStep

_ONWARD = frozenset({EdgeKind.VISIBLE_TO, EdgeKind.PROMPTS})
"""Edges that lead to an agent in their own direction; all others lead away from one."""
_AWAY = frozenset(
    {
        EdgeKind.ASSUMES,
        EdgeKind.AUTHENTICATES_AS,
        EdgeKind.DELETES,
        EdgeKind.EGRESS_TO,
        EdgeKind.EXPOSES,
        EdgeKind.GRANTS,
        EdgeKind.INVOKES,
        EdgeKind.LAUNCHED_FROM,
        EdgeKind.PERSISTS_TO,
        EdgeKind.READS,
        EdgeKind.RUNS_ON,
        EdgeKind.TRIGGERED_BY,
        EdgeKind.WRITES,
    }
)
_ARRIVING = (Credential, Instruction, Workflow)
"""What gets to an agent; an agent gets at everything else."""
_OF_STORES = (Runtime, Egress, Registry)
_SURE = {Confidence.CERTAIN: "", Confidence.LIKELY: "likely ", Confidence.POSSIBLE: "possibly "}
_MOST_MET = 1_000
"""More facts than are met on the way to an agent in any deployment that people review."""


class Flows:
    """The flows of one deployment; nothing is looked up before the first is asked for."""

    def __init__(self, deployment: Deployment, known: Mapping[FactId, Fact]) -> None:
        self._deployment = deployment
        self._known = known
        self._found: dict[FactId, tuple[FlowStep, ...]] = {}

    def of(self, fact: Fact) -> tuple[FlowStep, ...]:
        """
        Two steps or more, each at another place.

        Empty where no agent is reached, unless a tool runs somewhere what the model writes.
        """
        if fact.id not in self._found:
            self._found[fact.id] = self._steps(fact)
        return self._found[fact.id]

    @cached_property
    def _leading(self) -> Mapping[FactId, Sequence[tuple[FactId, Edge]]]:
        """From each fact the next ones on the way to an agent, in an order of their own."""
        found: dict[FactId, list[tuple[FactId, Edge]]] = {}
        for edge in self._deployment.edges:
            if edge.kind in _ONWARD:
                found.setdefault(edge.src, []).append((edge.dst, edge))
            elif edge.kind in _AWAY:
                found.setdefault(edge.dst, []).append((edge.src, edge))
        for ways in found.values():
            ways.sort(key=lambda way: (way[0], way[1].kind))
        return found

    def _steps(self, fact: Fact) -> tuple[FlowStep, ...]:
        """The way as it is walked, with one step for each place."""
        way = self._way(fact)
        ran = fact.runs_at if isinstance(fact, Tool) else ()
        if not way and not ran:
            return ()
        facts = [fact, *(self._known[end] for end, _ in way)]
        edges = [edge for _, edge in way]
        if not isinstance(fact, _ARRIVING):
            facts.reverse()
            edges.reverse()
        handed = fact.evidence[1:] if isinstance(fact, Credential) else ()
        handed = tuple(place for place in handed if not is_value(place.snippet))
        stops = [(place, "") for place in (facts[0].evidence[0], *handed)]
        stops += [(edge.evidence[0], self._told(edge)) for edge in edges]
        stops += [(place, "") for place in (facts[-1].evidence[0], *ran)]
        places = {SPAN(place): place for place, _ in stops}
        if len(places) == 1:
            return ()
        names = {SPAN(end.evidence[0]): end.name for end in (facts[0], facts[-1])}
        said: dict[Any, list[str]] = {span: [] for span in places}
        for place, says in stops:
            said[SPAN(place)] += [says] * bool(says)
        return tuple(
            FlowStep(
                says=plain("; ".join(said[span]) or names.get(span, place.snippet)),
                evidence=shown_place(place),
            )
            for span, place in places.items()
        )

    def _way(self, fact: Fact) -> Sequence[tuple[FactId, Edge]]:
        """The shortest way from a fact to an agent; none from an agent itself."""
        if isinstance(fact, Agent):
            return ()
        came: dict[FactId, tuple[FactId, Edge]] = {}
        waiting = deque([fact.id])
        while waiting and len(came) < _MOST_MET:
            here = waiting.popleft()
            for end, edge in self._leading.get(here, ()):
                if end in came or end == fact.id or end not in self._known:
                    continue
                if isinstance(self._known[end], MemoryStore) and not isinstance(fact, _OF_STORES):
                    continue  # who writes to a store acts not as what runs it
                came[end] = here, edge
                if isinstance(self._known[end], Agent):
                    return _back(came, fact.id, end)
                waiting.append(end)
        return ()

    def _told(self, edge: Edge) -> str:
        src, dst = self._known[edge.src].name, self._known[edge.dst].name
        return f"{src} → {_SURE[edge.confidence]}{edge.kind.replace('_', ' ')} → {dst}"


def _back(
    came: Mapping[FactId, tuple[FactId, Edge]], start: FactId, end: FactId
) -> Sequence[tuple[FactId, Edge]]:
    """The way that a walk came: each edge with the fact that it leads to."""
    way = []
    while end != start:
        before, edge = came[end]
        way.append((end, edge))
        end = before
    return way[::-1]
