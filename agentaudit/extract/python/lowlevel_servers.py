"""
Servers of MCP that Python code puts together: the SDK's low-level `Server` behind a web server.

Such a server has no address of its own. It is reached over HTTP where its file makes a transport
(`SseServerTransport`, `StreamableHTTPSessionManager`), and from outside where uvicorn is told so.
Whatever the file calls a middleware or a credential may ask who calls.
"""

from collections.abc import Sequence

from agentaudit.expressions import holds_word
from agentaudit.extract.addresses import EVERY_INTERFACE
from agentaudit.extract.collector import fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.programs.code import UNFOLDED, Call, Module
from agentaudit.extract.programs.defaults import folded
from agentaudit.extract.programs.syntax import argument, keyword
from agentaudit.extract.python.building import Building
from agentaudit.extract.python.starts import SERVES
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence, Truth
from agentaudit.model.facts.tools import Tool, ToolServer

_CLASSES = frozenset(
    {"mcp.server.Server", "mcp.server.lowlevel.Server", "mcp.server.lowlevel.server.Server"}
)
_TRANSPORTS = {
    "SseServerTransport": "sse",
    "StreamableHTTPSessionManager": "http",
    "StreamableHTTPServerTransport": "http",
}
_ASKS = ("iddleware", "Depends(", "Bearer", "OAuth", "uthorization", "api_key", "API_KEY", "token")
"""Words of what may ask who calls."""
_EVERYWHERE = EVERY_INTERFACE | {""}


def add_lowlevel_servers(building: Building, tools: Sequence[Tool]) -> None:
    """The server of a module that is reached over HTTP, with the tools that are listed there."""
    module, collector = building.module, building.collector
    built = [call for call in building.calls if call.name in _CLASSES]
    made = (call.last for call in building.calls if call.last in _TRANSPORTS)
    transport = next(made, "") if len(built) == 1 else ""
    if not transport:
        return
    call = built[0]
    name = plain(module.text(argument(call.node, 0, "name")) or call.variable or "mcp")
    served = [each for each in building.calls if each.name in SERVES]
    places = [module.place(call.node.func, call.last)]
    everywhere = [each for each in served if _host(module, each) in _EVERYWHERE]
    places += [module.place(each.node.func, each.last) for each in everywhere[:1]]
    asks = holds_word(module.document.text, _ASKS)
    server = collector.add(
        ToolServer(
            id=fact_id("tool_server", name, f"{module.document.file}#{call.variable or name}"),
            name=name,
            evidence=tuple(places),
            transport=_TRANSPORTS[transport],
            authenticated=Truth.UNKNOWN if asks else Truth.NO,
            listens_everywhere=bool(everywhere),
        )
    )
    for tool in tools if module.affords(len(tools)) else ():
        collector.link(EdgeKind.EXPOSES, server.id, tool.id, places[0])
    if not everywhere and (not served or any(_host(module, each) is UNFOLDED for each in served)):
        _leave_open(building, name, places[0])


def _host(module: Module, call: Call) -> object:
    """Where uvicorn listens: on the own machine alone, unless it is told otherwise."""
    host = keyword(call.node, "host")
    return folded(module, host, call.node) if host is not None else "127.0.0.1"


def _leave_open(building: Building, name: str, place: Evidence) -> None:
    what = f"the host of the server {name} does not fold"
    building.collector.leave_open(place, what, "whether other machines reach it is open")
