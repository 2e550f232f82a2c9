"""
Invocation: which tools an agent may call, what stands in the way, and where the tools come from.

A control counts when it is enforced outside the model and covers the tool for this agent: an
approval, and never a guardrail or an instruction.
"""

from functools import lru_cache

from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.controls import Approval
from agentaudit.model.facts.fact import Fact, FactId
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.tools import Registry, Tool, ToolServer
from agentaudit.threats.calls import CALLS
from agentaudit.threats.draft import Doubt, Draft, derived_id

_USES = (*CALLS, EdgeKind.PERSISTS_TO, EdgeKind.RECALLS_FROM)


def draw_invocation(draft: Draft) -> None:
    """Agents to servers and tools, and registries to the servers they are launched from."""
    for agent, server in draft.calls.servers:
        draft.draw(agent, EdgeKind.EXPOSES, server, server.evidence[0])
    for agent, tool in draft.calls.tools:
        gate = approval(draft, agent, tool)
        sure = Confidence.LIKELY if gate is Truth.UNKNOWN else Confidence.CERTAIN
        doubt = Doubt(gated=gate, confidence=sure)
        draft.draw(agent, EdgeKind.INVOKES, tool, tool.evidence[0], doubt=doubt)
    _origins(draft)


def agents_of(draft: Draft, carrier: Tool | ToolServer | MemoryStore) -> tuple[Agent, ...]:
    """The agents that use a tool, a server or a memory store."""
    if not isinstance(carrier, MemoryStore):
        return draft.calls.callers.get(carrier.id, ())
    found = {agent.id: agent for agent, _ in draft.relations.joined(_USES, carrier, Agent)}
    return tuple(found[name] for name in sorted(found))


def approval(draft: Draft, agent: Agent, tool: Tool) -> Truth:
    """
    Whether a person must say yes before this agent uses this tool.

    What switches confirmations off outweighs what asks for them.
    """
    server = draft.calls.exposing.get(tool.id)
    if agent.permission_mode == "bypass" or _approved_beforehand(server, tool):
        return Truth.NO
    for fact in (tool, agent, *([server] if server else [])):
        if _gated(draft, fact, tool):
            return Truth.YES
    return tool.approval


def _approved_beforehand(server: ToolServer | None, tool: Tool) -> bool:
    """Without a list of tools, what approves a server beforehand approves all of it."""
    if server is None:
        return False
    if not server.approved_tools:
        return server.auto_approved
    return _names(tool, server.approved_tools)


def _names(tool: Tool, listed: tuple[str, ...]) -> bool:
    """Whether a list covers a tool; tools of servers are `server.tool`, and lists say `tool`."""
    known = _listed(listed)
    return not known.isdisjoint(("*", tool.name, tool.name.rpartition(".")[2]))


@lru_cache(maxsize=256)
def _listed(names: tuple[str, ...]) -> frozenset[str]:
    """A list as a set: all tools of a server are looked for in one."""
    return frozenset(names)


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
