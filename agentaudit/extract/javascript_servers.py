"""
Servers of MCP that TypeScript and JavaScript code builds: who reaches them, and their tools.

MCP's SDK registers tools by `registerTool` and `tool`; FastMCP by `addTool`. A server over HTTP
listens where the program around it does, and Node listens on every interface unless it is given a
host (https://nodejs.org/api/net.html#serverlisten). A server that lists its tools in a handler of
its own is known, and its tools are open.
"""

import ast
import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.collector import fact_id
from agentaudit.extract.javascript_building import Building
from agentaudit.extract.javascript_modules import Written
from agentaudit.extract.javascript_options import Options, as_object, members, options_of
from agentaudit.extract.javascript_tools import Parts, tool_from, tool_of
from agentaudit.extract.mcp_tools import add_ingestion
from agentaudit.extract.python_code import Call
from agentaudit.extract.python_syntax import keyword
from agentaudit.extract.redaction import plain
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.tools import Tool, ToolServer

_SERVER = regex(
    r"^(?:@modelcontextprotocol/(?:sdk/server(?:/(?:mcp|index))?|server)\.(?:McpServer|Server)"
    r"|fastmcp\.FastMCP|@mastra/mcp\.MCPServer|mcp-handler\.(?:createMcpHandler|default))$"
)
_REGISTERS = frozenset({"registerTool", "tool", "addTool"})
_TRANSPORTS = (
    (regex(r"\bStdioServerTransport\b|transportType: ['\"]stdio"), "stdio"),
    (regex(r"\b(?:\w*StreamableHTTP\w*Transport|NodeStreamableHTTP\w*)\b|httpStream"), "http"),
    (regex(r"\bSSEServerTransport\b"), "sse"),
)
_LISTENS = regex(r"(?:^|\.)listen$")
_OWN_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
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


def add_servers(building: Building) -> None:
    """The servers of a module, each with the tools that are registered at it."""
    registered: dict[str, list[Tool]] = {}
    for tool, owner in _registered(building):
        registered.setdefault(owner, []).append(tool)
    built = [call for call in building.calls if _SERVER.match(call.name)]
    if not built:
        return
    asks = _ASKS.search(building.module.document.text) is not None
    started = _Started(_transport(building), _listens_everywhere(building), asks)
    for call in built:
        options = options_of(building.program, building.module, call.node)
        server = building.collector.add(_server(building, call, options, started))
        own = registered.get(call.variable, [])
        if len(built) == 1:
            own = [tool for tools in registered.values() for tool in tools]
        _equip(building, server, options.get("tools"), own)


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
    for tool in own:
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
    found = [name for pattern, name in _TRANSPORTS if pattern.search(text)]
    return found[0] if len(found) == 1 else ""


def _listens_everywhere(building: Building) -> bool:
    """Whether the program listens, and does not say at which of its addresses."""
    module = building.module
    for call in building.calls:
        if not _LISTENS.search(call.name) or not (call.node.args or call.node.keywords):
            continue
        host = keyword(call.node, "host", "hostname")
        others = [each for each in call.node.args[1:2] if not _is_function(building, each)]
        given = host or next(iter(others), None)
        if given is None:
            return True
        if module.text(given) and module.text(given) not in _OWN_HOSTS:
            return module.text(given) in {"0.0.0.0", "::"}  # noqa: S104, what we look for
    return False


def _is_function(building: Building, given: ast.expr) -> bool:
    return building.program.function(Written(building.module, given)) is not None


def _registered(building: Building) -> Iterator[tuple[Tool, str]]:
    """The tools that the module registers, each with the name of what it is registered at."""
    for call in building.calls:
        if call.last not in _REGISTERS or not isinstance(call.node.func, ast.Attribute):
            continue
        tool = _added(building, call)
        if tool is not None:
            yield tool, call.name.removeprefix("this.").rpartition(".")[0]


def _added(building: Building, call: Call) -> Tool | None:
    """The tool of one registration; None of what registers something else."""
    module, node = building.module, call.node
    if call.last == "addTool":
        last = as_object(node) if node.keywords else next(iter(node.args), node)
        tool = tool_of(building.program, Written(module, last))
    elif not node.args or not module.text(node.args[0]):
        return None
    else:
        tool = tool_from(building.program, _of_registration(building, call))
    if tool is None:
        return None
    return add_ingestion(building.collector, building.collector.add(tool))


def _of_registration(building: Building, call: Call) -> Parts:
    """`registerTool(name, {inputSchema}, f)`, or `tool(name, description, schema, f)`."""
    module = building.module
    first, *others = (Written(module, each) for each in call.node.args)
    does = others[-1] if others else None
    between = [each for each in others[:-1] if not each.text]
    config = between[0] if between else None
    options = members(building.program, config)
    if call.last == "registerTool":
        given = options or Options({}, hidden=config is not None)
        return Parts(first, first.text, given, given.get("inputSchema"), does)
    return Parts(first, first.text, Options({}), config, does)


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
