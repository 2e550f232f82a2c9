"""
Servers of one name that two files declare for one client, and that are not the same.

Which of them starts is decided by the order in which the client looks: the nearer file wins, and
tools are called by the server's name, so that the other's approvals hold for it. Tools of the same
name are no such thing: clients put the server's name before each.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from agentaudit.extract.collector import Collector, with_place
from agentaudit.extract.mcp.clients import FRAMEWORKS
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.tools import ToolServer

_WORKSPACE = ".code-workspace"
"""Of which one is open at a time: they are no two scopes."""


def mark_same_names(collector: Collector) -> None:
    """Marks the first of such servers, with where the others stand."""
    for agent in collector.of(Agent):
        if agent.framework not in FRAMEWORKS:
            continue
        named: dict[str, list[ToolServer]] = {}
        for edge in collector.from_fact(agent.id, EdgeKind.EXPOSES):
            server = collector.facts.get(edge.dst)
            if isinstance(server, ToolServer):
                named.setdefault(server.name, []).append(server)
        for servers in named.values():
            if len(servers) > 1:
                _mark(collector, sorted(servers, key=lambda each: (each.evidence[0], each.id)))


def _mark(collector: Collector, servers: Sequence[ToolServer]) -> None:
    first = servers[0]
    others = [
        each.evidence[0]
        for each in servers[1:]
        if _scope(each) != _scope(first) and _identity(each) != _identity(first)
    ]
    if others:
        collector.update(replace(first, name_taken=True, evidence=with_place(first, *others)))


def _scope(server: ToolServer) -> str:
    file = server.evidence[0].file
    return _WORKSPACE if file.endswith(_WORKSPACE) else file


def _identity(server: ToolServer) -> tuple[str, tuple[str, ...], str]:
    return server.command, server.arguments, server.url
