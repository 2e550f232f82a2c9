"""
Invocation: which tools an agent may call, what stands in the way, and where the tools come from.

A control counts when it is enforced outside the model and covers the tool for this agent: an
approval, and never a guardrail or an instruction.
"""

from collections.abc import Iterator

from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.controls import Approval, Gateway
from agentaudit.model.facts.fact import Fact, FactId
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.tools import Registry, Tool, ToolServer
from agentaudit.threats.draft import Doubt, Draft, derived_id

CALLS = (EdgeKind.INVOKES, EdgeKind.EXPOSES)
_USES = (*CALLS, EdgeKind.PERSISTS_TO, EdgeKind.RECALLS_FROM)


def draw_invocation(draft: Draft) -> None:
    """Agents to servers and tools, and registries to the servers they are launched from."""
    for agent, server in _agents_and_servers(draft):
        draft.draw(agent, EdgeKind.EXPOSES, server, server.evidence[0])
    for agent, tool in invocations(draft):
        gate = approval(draft, agent, tool)
        sure = Confidence.LIKELY if gate is Truth.UNKNOWN else Confidence.CERTAIN
        doubt = Doubt(gated=gate, confidence=sure)
        draft.draw(agent, EdgeKind.INVOKES, tool, tool.evidence[0], doubt=doubt)
    _origins(draft)


def invocations(draft: Draft) -> Iterator[tuple[Agent, Tool]]:
    """Every pair of an agent and a tool that it may call, its own or a server's."""
    seen: set[tuple[FactId, FactId]] = set()
    for agent, tool in _agents_and_tools(draft):
        if (agent.id, tool.id) not in seen:
            seen.add((agent.id, tool.id))
            yield agent, tool


def server_of(draft: Draft, tool: Tool) -> ToolServer | None:
    """The server that exposes the tool; None for a function of the agent's own process."""
    return next((server for server, _ in draft.relations.joined(CALLS, tool, ToolServer)), None)


def agents_of(draft: Draft, carrier: Tool | ToolServer | MemoryStore) -> tuple[Agent, ...]:
    """The agents that use a tool, a server or a memory store."""
    if isinstance(carrier, Tool):
        found = {agent.id: agent for agent, tool in invocations(draft) if tool.id == carrier.id}
    elif isinstance(carrier, ToolServer):
        pairs = _agents_and_servers(draft)
        found = {agent.id: agent for agent, server in pairs if server.id == carrier.id}
    else:
        joined = draft.relations.joined(_USES, carrier, Agent)
        found = {agent.id: agent for agent, _ in joined}
    return tuple(found[name] for name in sorted(found))


def approval(draft: Draft, agent: Agent, tool: Tool) -> Truth:
    """
    Whether a person must say yes before this agent uses this tool.

    What switches confirmations off outweighs what asks for them.
    """
    server = server_of(draft, tool)
    if agent.permission_mode == "bypass" or _approved_beforehand(server, tool):
        return Truth.NO
    for fact in (tool, agent, *([server] if server else [])):
        if _gated(draft, fact, tool):
            return Truth.YES
    return tool.approval


def _agents_and_servers(draft: Draft) -> Iterator[tuple[Agent, ToolServer]]:
    """Directly, or through a gateway between them."""
    for agent, server, _ in draft.relations.pairs(CALLS, Agent, ToolServer):
        yield agent, server
    for agent, gateway, _ in draft.relations.pairs(CALLS, Agent, Gateway):
        for server, _ in draft.relations.joined(CALLS, gateway, ToolServer):
            yield agent, server


def _agents_and_tools(draft: Draft) -> Iterator[tuple[Agent, Tool]]:
    for agent, server in _agents_and_servers(draft):
        for tool, _ in draft.relations.joined(CALLS, server, Tool):
            yield agent, tool
    for agent, tool, _ in draft.relations.pairs(CALLS, Agent, Tool):
        yield agent, tool


def _approved_beforehand(server: ToolServer | None, tool: Tool) -> bool:
    """Without a list of tools, what approves a server beforehand approves all of it."""
    if server is None:
        return False
    if not server.approved_tools:
        return server.auto_approved
    return _names(tool, server.approved_tools)


def _names(tool: Tool, listed: tuple[str, ...]) -> bool:
    """Whether a list covers a tool; tools of servers are `server.tool`, and lists say `tool`."""
    return bool({"*", tool.name, tool.name.rpartition(".")[2]} & set(listed))


def _gated(draft: Draft, fact: Fact, tool: Tool) -> bool:
    """Whether an approval at the fact (the tool, its server, the agent) covers the tool."""
    return any(
        not gate.default_allow and (fact == tool or not gate.scope or _names(tool, gate.scope))
        for gate, _ in draft.relations.joined((EdgeKind.GATED_BY,), fact, Approval)
    )


def _origins(draft: Draft) -> None:
    """Where the code of a server is fetched from, when what is fetched can change."""
    stated: set[FactId] = set()
    launched = draft.relations.pairs((EdgeKind.LAUNCHED_FROM,), ToolServer, Registry)
    for server, registry, edge in launched:
        stated.add(server.id)
        draft.draw(registry, EdgeKind.LAUNCHED_FROM, server, edge)
    for server in draft.relations.of(ToolServer):
        if server.id in stated or not server.package or server.pinned is Truth.YES:
            continue
        registry = Registry(
            id=derived_id("registry", server.id),
            name=f"the registry of {server.package}",
            evidence=server.evidence,
            mutable=Truth.YES if server.pinned is Truth.NO else Truth.UNKNOWN,
        )
        draft.draw(registry, EdgeKind.LAUNCHED_FROM, server, server.evidence[0])
