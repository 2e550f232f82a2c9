"""The tools of a tool server: from the catalogue where it is known, left open where it is not."""

from msgspec.structs import replace

from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.mcp.catalogue import known_server
from agentaudit.extract.mcp.known import KnownServer, KnownTool
from agentaudit.extract.mcp.offered import ALL, Offered
from agentaudit.extract.named_effects import named_effects
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Evidence, Truth
from agentaudit.model.facts.agents import Source
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.permissions import Resource
from agentaudit.model.facts.tools import Tool, ToolServer

_RESOURCE_EDGES = {
    "read": EdgeKind.READS,
    "write": EdgeKind.WRITES,
    "delete": EdgeKind.DELETES,
}

_TOOLS = Budget("tools of known servers", 10_000)


def add_tools(
    collector: Collector, server: ToolServer, url: str = "", given: Offered = ALL
) -> None:
    """The server's tools that are offered, with what they take in and what they work on."""
    known = known_server(server.package, url, *server.arguments)
    end = (server.evidence[0], _open_end(server), "what it reads, writes and sends is open")
    if known is None:
        collector.leave_open(*end)
    if known is not None and collector.affords(_TOOLS, len(known.tools), end):
        collector.update(replace(server, catalogued=True))
        read_only = any("read-only" in word or "readonly" in word for word in server.arguments)
        for tool in filter(lambda each: given.has(each.name), known.tools):
            if not read_only or set(tool.effects) <= {"read"}:
                _add_tool(collector, server, known, tool)
    elif not any(given.named()):
        _add_unknown_tools(collector, server)
    _add_named_tools(collector, server, known, given)


def _add_named_tools(
    collector: Collector, server: ToolServer, known: KnownServer | None, given: Offered
) -> None:
    """The tools that are offered by name, of which nothing else is known."""
    told = frozenset(tool.name for tool in known.tools) if known is not None else frozenset()
    named = [(name, place) for name, place in given.named() if name not in told]
    end = (server.evidence[0], _open_end(server), "what it reads, writes and sends is open")
    for name, place in named if collector.affords(_TOOLS, len(named), end) else ():
        _add_named_tool(collector, server, name, place)


def unknown_tools(server: ToolServer) -> FactId:
    """The id of the one tool that stands for all of a server whose tools are not known."""
    return fact_id("tool", f"{server.name} any", f"{server.id}/*")


def tool_id(server: ToolServer, name: str) -> FactId:
    """The id of one tool of a server."""
    return fact_id("tool", f"{server.name} {name}", f"{server.id}/{name}")


def settle_unknown_tools(collector: Collector, server: ToolServer) -> None:
    """Takes back that the tools are not known, once somebody said which they are."""
    collector.remove(unknown_tools(server))
    collector.settle(server.evidence[0], _open_end(server))


def tools_of(collector: Collector, server: ToolServer) -> tuple[Tool, ...]:
    """The tools that a server exposes, in the order in which they were found."""
    found = (
        collector.facts.get(edge.dst) for edge in collector.from_fact(server.id, EdgeKind.EXPOSES)
    )
    return tuple(tool for tool in found if isinstance(tool, Tool))


def _open_end(server: ToolServer) -> str:
    return f"the tools of the server {server.name} are not known"


def _add_unknown_tools(collector: Collector, server: ToolServer) -> None:
    """One tool that stands for all that we do not know: every question about it is open."""
    place = server.evidence[0]
    tool = collector.add(
        Tool(
            id=unknown_tools(server),
            name=f"{server.name}.*",
            evidence=(place,),
            confidence=Confidence.POSSIBLE,
            approval=Truth.NO if server.wildcard_tools else Truth.UNKNOWN,
        )
    )
    collector.link(EdgeKind.EXPOSES, server.id, tool.id, place, confidence=Confidence.POSSIBLE)


def _add_named_tool(collector: Collector, server: ToolServer, name: str, place: Evidence) -> None:
    """One tool of which no more is known than its name."""
    approved = server.wildcard_tools or name in server.approved_tools
    tool = collector.add(
        Tool(
            id=tool_id(server, name),
            name=f"{server.name}.{plain(name)}",
            evidence=(place,),
            confidence=Confidence.LIKELY,
            effects=named_effects(name),
            approval=Truth.NO if approved else Truth.UNKNOWN,
        )
    )
    collector.link(EdgeKind.EXPOSES, server.id, tool.id, place, confidence=Confidence.LIKELY)


def _add_tool(
    collector: Collector, server: ToolServer, known: KnownServer, tool: KnownTool
) -> None:
    place = server.evidence[0]
    approved = server.wildcard_tools or tool.name in server.approved_tools
    fact = collector.add(
        Tool(
            id=tool_id(server, tool.name),
            name=f"{server.name}.{tool.name}",
            evidence=(place,),
            confidence=Confidence.LIKELY,
            effects=tool.effects,
            effects_known=True,
            reads_untrusted=_truth(holds=tool.untrusted),
            reads_private=_truth(holds=tool.private),
            egress=_truth(holds=tool.egress),
            typed=Truth.YES,
            sandboxed=Truth.YES if tool.in_page else Truth.UNKNOWN,
            approval=Truth.NO if approved else Truth.UNKNOWN,
        )
    )
    collector.link(EdgeKind.EXPOSES, server.id, fact.id, place, confidence=Confidence.LIKELY)
    if tool.untrusted and known.source:
        add_source(collector, fact.id, known.source, place)
    if known.resource:
        _add_resource(collector, fact, known, server)


def add_ingestion(collector: Collector, tool: Tool) -> Tool:
    """A tool, with the content of strangers that it brings in, where it does."""
    if tool.reads_untrusted is Truth.YES:
        add_source(collector, tool.id, "web pages", tool.evidence[0])
    return tool


def add_source(collector: Collector, reader: FactId, name: str, place: Evidence) -> None:
    """Content from outside that a tool, or an agent, takes in."""
    source = collector.add(
        Source(id=fact_id("source", name, f"source/{name}"), name=name, evidence=(place,))
    )
    collector.link(EdgeKind.INGESTS, reader, source.id, place, confidence=Confidence.LIKELY)


def _add_resource(collector: Collector, tool: Tool, known: KnownServer, server: ToolServer) -> None:
    private = any(other.private for other in known.tools)
    resource = collector.add(
        Resource(
            id=fact_id("resource", known.resource, f"{server.id}/{known.resource}"),
            name=f"{known.resource} ({server.name})",
            evidence=server.evidence[:1],
            confidence=Confidence.LIKELY,
            kind=known.name,
            sensitive=_truth(holds=private),
        )
    )
    for effect in tool.effects:
        if effect in _RESOURCE_EDGES:
            collector.link(
                _RESOURCE_EDGES[effect],
                tool.id,
                resource.id,
                *server.evidence[:1],
                confidence=Confidence.LIKELY,
            )


def _truth(*, holds: bool) -> Truth:
    return Truth.YES if holds else Truth.NO
