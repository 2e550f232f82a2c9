"""Which agents of a module keep what in which store."""

from collections.abc import Sequence

from agentaudit.extract.collector import Collector
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.python.flow import pairs
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.memory import MemoryStore

Agents = Sequence[tuple[Agent, Call]]
Stores = Sequence[tuple[MemoryStore, Call]]
"""Each with the call that makes it."""


def link_stores(
    module: Module, calls: Sequence[Call], collector: Collector, made: tuple[Agents, Stores]
) -> None:
    """Stores with the agents they are passed to; where that cannot be seen, it may be any."""
    agents, stores = made
    if len(agents) > 1 and stores:
        found = pairs(module, calls, [call for _, call in agents], [call for _, call in stores])
    else:
        found = frozenset((0, number) for number in range(len(stores) if agents else 0))
    for index, number in sorted(found):
        agent, store = agents[index][0], stores[number][0]
        collector.remember(agent.id, store, confidence=Confidence.LIKELY)
    followed = {number for _, number in found}
    for number, (store, _) in enumerate(stores):
        if number in followed:
            continue
        if not module.affords(len(agents)):
            what = f"which agents keep what in {store.name} is not seen"
            collector.leave_open(store.evidence[0], what, "whose memory it is")
            continue
        for agent, _ in agents:
            collector.remember(agent.id, store, confidence=Confidence.POSSIBLE)
