"""Which agents each file has: what else stands there is theirs, as far as nothing says more."""

from collections.abc import Mapping, Sequence

from agentaudit.extract.collector import Collector
from agentaudit.model.facts.agents import Agent


def agents_of_files(collector: Collector) -> Mapping[str, Sequence[Agent]]:
    """Agents by the files that they stand in first, sorted by id."""
    agents: dict[str, list[Agent]] = {}
    for agent in collector.of(Agent):
        agents.setdefault(agent.evidence[0].file, []).append(agent)
    return agents
