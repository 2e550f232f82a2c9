"""Servers of MCP that TypeScript and JavaScript code builds: who reaches them, and their tools."""

from collections.abc import Iterator, Sequence

from agentaudit.expressions import regex
from agentaudit.extract.collector import fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.javascript.building import Building
from agentaudit.extract.javascript.built import class_made
from agentaudit.extract.javascript.listening import Started, started_by
from agentaudit.extract.javascript.options import Options, members, options_of
from agentaudit.extract.javascript.registrations import Registry, registered_in, tools_at
from agentaudit.extract.programs.code import Call
from agentaudit.extract.programs.written import Written
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.tools import Tool, ToolServer

_SERVER = regex(
    r"^(?:@modelcontextprotocol/(?:sdk/server(?:/(?:mcp|index))?|server)\.(?:McpServer|Server)"
    r"|fastmcp\.FastMCP|@mastra/mcp\.MCPServer|mcp-handler\.(?:createMcpHandler|default))$"
)


def add_servers(building: Building, registry: Registry) -> None:
    """The servers of a module, each with the tools that are registered at it."""
    built = list(_building_calls(building))
    if not built:
        return
    started = started_by(building)
    for call in built:
        options = options_of(building.program, building.module, call.node)
        server = building.collector.add(_server(building, call, options, started))
        if started.open_at is not None:
            what = f"the host of the server {server.name} does not fold"
            effect = "whether other machines reach it is open"
            building.collector.leave_open(started.open_at, what, effect)
        own = [
            tool for name in _names(building, call) for tool in tools_at(registry, building, name)
        ]
        if len(built) == 1:
            own += registered_in(registry, building)
        _equip(building, server, options.get("tools"), own)


def is_server(name: str) -> bool:
    """Whether a full name is that of a class of servers, or of a function that makes one."""
    return _SERVER.match(name) is not None


def _building_calls(building: Building) -> Iterator[Call]:
    for call in building.calls:
        if is_server(call.name):
            yield call
            continue
        lineage = class_made(building, call)
        if lineage is not None and is_server(lineage.base):
            yield Call(lineage.base, call.node, call.variable or lineage.name)


def _names(building: Building, call: Call) -> Sequence[str]:
    """What a server is called: where it is made, and where the function around returns it to."""
    around = building.module.function_around(call.node)
    returned = building.results.get(around.name, ()) if around is not None else ()
    names = [name for name in (call.variable, *returned) if name]
    return names if building.module.affords(len(names)) else names[:1]


def _equip(
    building: Building, server: ToolServer, given: Written | None, own: Sequence[Tool]
) -> None:
    """The tools of a server; they are open where none is registered, or too many are."""
    if given is not None:
        own = [*_given(building, server, given), *own]
    elif not own or not building.module.affords(len(own)):
        what = f"the tools of the server {server.name} are not known"
        effect = "what it reads, writes and sends is open"
        building.collector.leave_open(server.evidence[0], what, effect)
        return
    for tool in {tool.id: tool for tool in own}.values():
        building.collector.link(EdgeKind.EXPOSES, server.id, tool.id, *tool.evidence[:1])


def _server(building: Building, call: Call, options: Options, started: Started) -> ToolServer:
    module = building.module
    if call.node.args:
        options = members(building.program, Written(module, call.node.args[0])) or options
    name = options.text("name") or call.variable or module.document.file.rpartition("/")[2]
    name = plain(name)
    open_to_all = started.everywhere and not started.asks
    return ToolServer(
        id=fact_id("tool_server", name, f"{module.document.file}#{call.node.lineno}.{name}"),
        name=name,
        evidence=(module.place(call.node.func, call.last),),
        transport=started.transport,
        authenticated=Truth.NO if open_to_all else Truth.UNKNOWN,
        listens_everywhere=started.everywhere,
    )


def _given(building: Building, server: ToolServer, given: Written) -> Iterator[Tool]:
    """The tools that a server is given in an object."""
    inner = members(building.program, given)
    for name, each in (inner.given if inner is not None else {}).items():
        tool = building.tool_in(each, name)
        if tool is not None:
            yield tool
    if inner is None or inner.hidden:
        place = given.place("tools")
        what = f"the tools of the server {server.name} do not fold"
        building.collector.leave_open(place, what, "which tools it offers is open")
