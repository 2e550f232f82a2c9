"""Who may call what: agents, the servers that they know, and the tools, found once for all."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from agentaudit.model.deployment import EdgeKind
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.controls import Gateway
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.tools import Tool, ToolServer
from agentaudit.threats.relations import Relations

CALLS = (EdgeKind.INVOKES, EdgeKind.EXPOSES)
MOST_PAIRS = 100_000
"""Of agents and tools; thousands of each, all joined to all, outgrow any drawing."""


class Calls(Struct, frozen=True, kw_only=True):
    """Pairs that may call each other, each once, and the same by what is called."""

    servers: tuple[tuple[Agent, ToolServer], ...]
    tools: tuple[tuple[Agent, Tool], ...]
    """An agent's own tools, and those of its servers."""
    callers: Mapping[FactId, tuple[Agent, ...]]
    """The agents that may call a tool or a server, sorted by id."""
    exposing: Mapping[FactId, ToolServer]
    """The server of a tool; a function of the agent's own process has none."""
    cut: tuple[Agent, ...]
    """The agents of which further tools are left out, because there are too many pairs."""


def calls_of(relations: Relations) -> Calls:
    """The calls that the edges of a deployment allow."""
    known = {(agent.id, server.id): (agent, server) for agent, server in _servers(relations)}
    servers = tuple(known.values())
    tools: dict[tuple[FactId, FactId], tuple[Agent, Tool]] = {}
    cut: dict[FactId, Agent] = {}
    for agent, tool in _tools(relations, servers):
        if len(tools) < MOST_PAIRS:
            tools.setdefault((agent.id, tool.id), (agent, tool))
        elif (agent.id, tool.id) not in tools:
            cut[agent.id] = agent
    return Calls(
        servers=servers,
        tools=tuple(tools.values()),
        callers=_callers((*servers, *tools.values())),
        exposing=dict(_exposing(relations)),
        cut=tuple(cut.values()),
    )


def _callers(
    pairs: Iterable[tuple[Agent, ToolServer | Tool]],
) -> Mapping[FactId, tuple[Agent, ...]]:
    callers: dict[FactId, dict[FactId, Agent]] = {}
    for agent, called in pairs:
        callers.setdefault(called.id, {})[agent.id] = agent
    return {
        name: tuple(agent for _, agent in sorted(found.items())) for name, found in callers.items()
    }


def _servers(relations: Relations) -> Iterator[tuple[Agent, ToolServer]]:
    """Directly, or through a gateway between them."""
    for agent, server, _ in relations.pairs(CALLS, Agent, ToolServer):
        yield agent, server
    for agent, gateway, _ in relations.pairs(CALLS, Agent, Gateway):
        for server, _ in relations.joined(CALLS, gateway, ToolServer):
            yield agent, server


def _tools(
    relations: Relations, servers: Iterable[tuple[Agent, ToolServer]]
) -> Iterator[tuple[Agent, Tool]]:
    exposed: dict[FactId, Sequence[Tool]] = {}
    for agent, server in servers:
        if server.id not in exposed:  # many agents may have it, each an edge to pass over
            exposed[server.id] = [tool for tool, _ in relations.joined(CALLS, server, Tool)]
        for tool in exposed[server.id]:
            yield agent, tool
    for agent, tool, _ in relations.pairs(CALLS, Agent, Tool):
        yield agent, tool


def _exposing(relations: Relations) -> Iterator[tuple[FactId, ToolServer]]:
    for tool in relations.of(Tool):
        server = next((server for server, _ in relations.joined(CALLS, tool, ToolServer)), None)
        if server is not None:
            yield tool.id, server
