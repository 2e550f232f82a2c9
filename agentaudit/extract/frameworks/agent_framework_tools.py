"""
Tools of agents that Microsoft's Agent Framework declares, and who is asked before they run.

A server's `approvalMode` is `always`, `never`, or names tools of either kind; without one, the
platform asks always, and a workflow never. Without `allowedTools`, all of its tools are offered.
The web search, file search and code interpreter run at the platform, the latter in a sandbox of
its own.
"""

from msgspec.structs import replace

from agentaudit.extract.collector import evidence, fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.declared_tools import DeclaredTool, add_declared_tool
from agentaudit.extract.known_tools import CODE, PRIVATE, WEB, KnownTool
from agentaudit.extract.mcp.configurations import Reading, add_headers, add_proofs, add_server
from agentaudit.extract.mcp.declared import DeclaredServer
from agentaudit.extract.mcp.tools import tools_of
from agentaudit.extract.schemas import Taken, taken_of
from agentaudit.extract.settings import Setting
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence, Truth
from agentaudit.model.facts.controls import Approval
from agentaudit.model.facts.tools import ToolServer
from agentaudit.readers.document import Node

_KNOWN = {
    **dict.fromkeys(("web_search", "webSearch", "bing_search", "bing_grounding"), WEB),
    **dict.fromkeys(("file_search", "fileSearch"), PRIVATE),
    **dict.fromkeys(("code_interpreter", "codeInterpreter"), CODE),
}
_CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_PROVEN = frozenset({"key", "apikey", "reference", "remote", "oauth"})
"""Connections that prove to a server who calls."""


def add_tools(reading: Reading, declared: Node, route: str) -> None:
    """Every tool of an agent."""
    for index, node in enumerate(declared.list_at("tools")):
        if node.text_at("kind") == "mcp":
            add_server_of(reading, node, f"{route}.tools.{index}")
        elif node.entries:
            _add_tool(reading, node)


def _add_tool(reading: Reading, node: Node) -> None:
    kind = node.text_at("kind")
    name = plain(node.text_at("name")) or kind or "tool"
    known = _KNOWN.get(kind)
    add_declared_tool(
        reading.collector,
        reading.agent,
        DeclaredTool(
            name=name,
            key=f"{reading.agent.id}/{name}",
            place=evidence(
                reading.document, node.child("name") or node.child("kind") or node, name
            ),
            known=known,
            sandboxed=True if known is not None and "execute" in known.effects else None,
            taken=_taken(node) if kind == "function" else None,
        ),
    )


def _taken(node: Node) -> Taken | None:
    """What a function takes: its parameters by their names, or in a list; a type is a `kind`."""
    parameters = node.get("parameters", "properties") or node.child("parameters")
    if parameters is None:
        return None
    listed = ((each.text_at("name"), each) for each in parameters.elements)
    return taken_of((plain(name), each) for name, each in (*parameters.items(), *listed))


def add_server_of(reading: Reading, node: Node, route: str) -> None:
    """The server behind a tool, or behind one action of a workflow."""
    address = node.child("url") or node.child("serverUrl")
    key = node.child("name") or node.child("serverLabel") or node.child("serverName") or node
    name = plain(key.text or "") or "mcp"
    place = evidence(reading.document, key, name)
    open_address = address is None or (address.text or "").startswith("=")
    if open_address:
        what = f"the address of the server {name} is decided when the agent starts"
        reading.collector.leave_open(place, what, "what its tools may do is open")
    entries = [pair for pair in node.entries if pair[0].raw in {"headers", "allowedTools"}]
    if address is not None and not open_address:
        entries.append((address.changed(raw="url"), address))
    mapping = node.changed(entries=tuple(entries))
    server = add_server(reading, DeclaredServer(name=name, key=key, node=mapping, route=route))
    if server is None:
        return
    if open_address:
        server = replace(server, transport="http", remote=True)
        reading.collector.update(server)
    _prove(reading, server, node, route)
    _ask(reading, server, node, place)


def _prove(reading: Reading, server: ToolServer, node: Node, route: str) -> None:
    """What a connection says of how the server is called: with a key, or by the platform's."""
    connection = node.child("connection")
    kind = connection.text_at("kind").lower() if connection is not None else ""
    known = reading.collector.facts[server.id]
    if isinstance(known, ToolServer) and kind in _PROVEN:
        reading.collector.update(replace(known, authenticated=Truth.YES))
    settings = [
        Setting(
            key="mcp_api_key", value=value, document=reading.document, route=f"{route}.connection"
        )
        for name in ("key", "apiKey")
        if connection is not None and (value := connection.child(name)) is not None and value.text
    ]
    add_proofs(reading, server, settings, "header")


def _ask(reading: Reading, server: ToolServer, node: Node, place: Evidence) -> None:
    """Whether somebody is asked before a tool runs, and which tools there are."""
    mode = node.child("approvalMode") or node.child("requireApproval")
    word = ((mode.text or mode.text_at("kind")) if mode is not None else "").lower()
    allowed = node.child("allowedTools")
    listed = tuple(sorted(allowed.texts())) if allowed is not None else ()
    if mode is not None and word in {"never", "false"}:
        known = reading.collector.facts[server.id]
        if isinstance(known, ToolServer):
            spot = evidence(reading.document, mode, "never")
            places = (*known.evidence, spot)
            _silence(reading, replace(known, auto_approved=True, evidence=places), listed)
    elif word in {"always", "true"} or (mode is None and node.text_at("kind") == "mcp"):
        _gate(reading, server, place if mode is None else evidence(reading.document, mode, word))
    elif mode is not None and word == "specify":
        free = mode.child("neverRequireApprovalTools")
        names = tuple(sorted(free.texts())) if free is not None else ()
        known = reading.collector.facts[server.id]
        if names and isinstance(known, ToolServer):
            reading.collector.update(replace(known, approved_tools=names))


def _silence(reading: Reading, server: ToolServer, listed: tuple[str, ...]) -> None:
    """Nobody is asked: for the tools that are listed, or for all that the server has."""
    reading.collector.update(
        replace(server, approved_tools=listed, wildcard_tools="*" in listed or not listed)
    )
    for tool in tools_of(reading.collector, server):
        reading.collector.update(replace(tool, approval=Truth.NO))


def _gate(reading: Reading, server: ToolServer, place: Evidence) -> None:
    approval = reading.collector.add(
        Approval(
            id=fact_id("approval", f"approval of {server.name}", f"{server.id}/approval"),
            name=f"approval of {server.name}",
            evidence=(place,),
            scope=("*",),
        )
    )
    for tool in tools_of(reading.collector, server):
        reading.collector.link(EdgeKind.GATED_BY, tool.id, approval.id, place)
        reading.collector.update(replace(tool, approval=Truth.YES))


def add_http_call(reading: Reading, action: Node, route: str) -> None:
    """A call that a workflow makes; a model that fills in the address may send data anywhere."""
    method = action.text_at("method").upper() or "GET"
    address = action.child("url")
    chosen = address is not None and (address.text or "").startswith("=")
    effects = ("read", "write") if method in _CHANGES else ("read",)
    key = action.child("id") or action
    name = plain(key.text or "") or "http"
    add_declared_tool(
        reading.collector,
        reading.agent,
        DeclaredTool(
            name=name,
            key=f"{reading.agent.id}/{route}",
            place=evidence(reading.document, key, name),
            known=KnownTool(effects=effects, untrusted=True, egress=chosen),
        ),
    )
    headers = action.child("headers")
    if headers is not None:
        add_headers(reading, headers, route)
