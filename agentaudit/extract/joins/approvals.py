"""
Whether a person is asked before a tool runs, whichever agent runs it.

A question of one agent does not hold for another that has the same tool.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from msgspec.structs import replace

from agentaudit.extract.collector import Collector
from agentaudit.extract.joins.credentials import targets
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.controls import Approval
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.tools import Tool


def settle_approvals(collector: Collector) -> None:
    """
    The answer for every tool of which nothing else said it.

    Where confirmations are switched off, no tool of the agent waits for one.
    """
    exposed = targets(collector, EdgeKind.EXPOSES)
    invoked = targets(collector, EdgeKind.INVOKES)
    gated = targets(collector, EdgeKind.GATED_BY)
    answers: dict[FactId, set[Truth]] = defaultdict(set)
    for agent in collector.of(Agent):
        named = frozenset(_named(collector, gated[agent.id]))
        behind = (tool for server in exposed[agent.id] for tool in exposed[server])
        for tool in _open(collector, {*invoked[agent.id], *behind}):
            asks = bool(gated[tool.id]) or tool.name in named
            answer = Truth.YES if asks else Truth.UNKNOWN
            answers[tool.id].add(Truth.NO if agent.permission_mode == "bypass" else answer)
    for tool in list(_open(collector, answers)):
        collector.update(replace(tool, approval=_together(answers[tool.id])))


def _named(collector: Collector, gates: Iterable[FactId]) -> Iterator[str]:
    """The tools that an agent asks about by their names."""
    for gate in gates:
        fact = collector.facts.get(gate)
        if isinstance(fact, Approval) and not fact.default_allow:
            yield from fact.scope


def _open(collector: Collector, names: Iterable[FactId]) -> Iterator[Tool]:
    """Those that are tools of which it is open whether they wait for a person."""
    for name in sorted(names):
        tool = collector.facts.get(name)
        if isinstance(tool, Tool) and tool.approval is Truth.UNKNOWN:
            yield tool


def _together(answers: AbstractSet[Truth]) -> Truth:
    """Every agent must ask."""
    if Truth.NO in answers:
        return Truth.NO
    return Truth.YES if answers == {Truth.YES} else Truth.UNKNOWN
