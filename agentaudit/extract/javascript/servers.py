"""
Servers of MCP that TypeScript and JavaScript code builds: who reaches them, and their tools.

A server over HTTP listens where the program around it does, and Node listens on every interface
unless it is given a host (https://nodejs.org/api/net.html#serverlisten).
"""

import ast
import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.addresses import EVERY_INTERFACE, LOOPBACK
from agentaudit.extract.collector import fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.javascript.building import Building
from agentaudit.extract.javascript.built import class_made
from agentaudit.extract.javascript.methods import function_of
from agentaudit.extract.javascript.options import Options, members, options_of
from agentaudit.extract.javascript.registrations import Registry, registered_in, tools_at
from agentaudit.extract.programs.code import Call
from agentaudit.extract.programs.syntax import keyword
from agentaudit.extract.programs.written import Written
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence, Truth
from agentaudit.model.facts.tools import Tool, ToolServer

_SERVER = regex(
    r"^(?:@modelcontextprotocol/(?:sdk/server(?:/(?:mcp|index))?|server)\.(?:McpServer|Server)"
    r"|fastmcp\.FastMCP|@mastra/mcp\.MCPServer|mcp-handler\.(?:createMcpHandler|default))$"
)
_SERVED = regex(r"\bcreate(?:Legacy)?McpHandler\(|\b\w+\.serve\(['\"]/")
"""What answers requests where its platform listens: a Worker, or a route of Next.js."""
_TRANSPORTS = (
    (regex(r"\bStdioServerTransport\b|transportType: ['\"]stdio"), "stdio"),
    (regex(r"\b(?:\w*StreamableHTTP\w*Transport|NodeStreamableHTTP\w*)\b|httpStream"), "http"),
    (_SERVED, "http"),
    (regex(r"\bSSEServerTransport\b"), "sse"),
)
_LISTENS = regex(r"(?:^|\.)listen$")
_ASKS = regex(
    r"auth|bearer|passport|jwt|oauth|api[-_]?key|token|session[-_]?secret|clerk|verif|middleware"
    r"|createMcpExpressApp|hostHeaderValidation|allowedHosts|allowedOrigins",
    re.IGNORECASE,
)


class _Started(Struct, frozen=True):
    """How a module starts its servers, read once for all of them."""

    transport: str
    everywhere: bool
    asks: bool


def add_servers(building: Building, registry: Registry) -> None:
    """The servers of a module, each with the tools that are registered at it."""
    built = list(_building_calls(building))
    if not built:
        return
    asks = _ASKS.search(building.module.document.text) is not None
    everywhere, open_at = _listens_everywhere(building)
    started = _Started(_transport(building), everywhere is Truth.YES, asks)
    for call in built:
        options = options_of(building.program, building.module, call.node)
        server = building.collector.add(_server(building, call, options, started))
        if open_at is not None:
            what = f"the host of the server {server.name} does not fold"
            effect = "whether other machines reach it is open"
            building.collector.leave_open(open_at, what, effect)
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


def _server(building: Building, call: Call, options: Options, started: _Started) -> ToolServer:
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


def _transport(building: Building) -> str:
    """The one transport that the module names; empty where there are several, or none."""
    text = building.module.document.text
    found = {name for pattern, name in _TRANSPORTS if pattern.search(text)}
    return found.pop() if len(found) == 1 else ""


def _listens_everywhere(building: Building) -> tuple[Truth, Evidence | None]:
    """Whether the program listens at all of its addresses, and where one is named that is open."""
    module = building.module
    for call in building.calls:
        if not _LISTENS.search(call.name) or not (call.node.args or call.node.keywords):
            continue
        host = keyword(call.node, "host", "hostname")
        others = [each for each in call.node.args[1:2] if not _is_function(building, each)]
        given = host or next(iter(others), None)
        if given is None:
            return Truth.YES, None
        named = building.program.meant(Written(module, given)).value
        if not isinstance(named, str):
            return Truth.UNKNOWN, module.place(given, call.last)
        if named not in LOOPBACK:
            everywhere = named in EVERY_INTERFACE
            return Truth.YES if everywhere else Truth.NO, None
    served = _SERVED.search(module.document.text) is not None
    return Truth.YES if served else Truth.NO, None


def _is_function(building: Building, given: ast.expr) -> bool:
    return function_of(building.program, Written(building.module, given)) is not None


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
