"""
Tools of an Agent Config: ADK's own by name, servers by their parameters, functions by their path.

A configuration cannot ask for a confirmation (`require_confirmation` stands in code only), so what
it lists runs without one. A function is looked for among the files; a toolset that code builds is
left open.
"""

import ast
from collections.abc import Iterator

from msgspec.structs import replace

from agentaudit.extract.collector import evidence
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.declared_tools import DeclaredTool, add_declared_tool
from agentaudit.extract.frameworks.adk_named_tools import ADK_TOOLS
from agentaudit.extract.mcp.configurations import Reading, add_proofs, add_server
from agentaudit.extract.mcp.declared import DeclaredServer
from agentaudit.extract.mcp.tools import tools_of
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.imports import modules
from agentaudit.extract.python.tools import function_tool
from agentaudit.extract.settings import Setting
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.tools import Tool, ToolServer
from agentaudit.readers.document import Node, NodeKind

_SERVERS = frozenset({"McpToolset", "MCPToolset"})
_PARAMETERS = (
    ("stdio_server_params",),
    ("stdio_connection_params", "server_params"),
    ("sse_connection_params",),
    ("streamable_http_connection_params",),
)
_CREDENTIALS = (
    ("auth_credential",),
    ("auth_credential", "http", "credentials"),
    ("auth_credential", "oauth2"),
)


def add_tools(reading: Reading) -> None:
    """Every tool of the agent that the document describes."""
    listed = reading.document.root.child("tools")
    for index, node in enumerate(listed.elements if listed is not None else ()):
        name = node.text_at("name")
        short = name.rpartition(".")[2]
        if short in _SERVERS:
            _add_server(reading, node, f"tools.{index}")
        elif short != "AgentTool" and name:
            _add_tool(reading, node, name)


def _add_tool(reading: Reading, node: Node, name: str) -> None:
    key = node.child("name") or node
    place = evidence(reading.document, key, plain(name))
    wrapped = node.text_at("args", "func") or name
    function = _function(reading, wrapped) if "." in wrapped else None
    if function is not None:
        tool = reading.collector.add(function)
        reading.collector.link(EdgeKind.INVOKES, reading.agent.id, tool.id, place)
        return
    short = wrapped.rpartition(".")[2]
    known = ADK_TOOLS.get(short) if "." not in name or name.startswith("google.adk.") else None
    add_declared_tool(
        reading.collector,
        reading.agent,
        DeclaredTool(
            name=short,
            key=f"{reading.agent.id}/{wrapped}",
            place=place,
            known=known,
            typed=True if known is not None else None,
        ),
    )


def _function(reading: Reading, name: str) -> Tool | None:
    """A function of the repository by its full name, wherever its packages begin."""
    path, _, function = name.rpartition(".")
    file = path.replace(".", "/") + ".py"
    for module in _modules_at(reading, file):
        for node in module.tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function:
                return replace(function_tool(reading.documents, module, node), approval=Truth.NO)
    return None


def _modules_at(reading: Reading, file: str) -> Iterator[Module]:
    for known, module in modules(reading.documents).items():
        if known == file or known.endswith(f"/{file}"):
            yield module


def _add_server(reading: Reading, node: Node, route: str) -> None:
    arguments = node.child("args") or node
    found = (arguments.get(*path) for path in _PARAMETERS)
    parameters = next((each for each in found if each is not None and each.entries), None)
    key = node.child("name") or node
    if parameters is None:
        place = evidence(reading.document, key, plain(key.text or ""))
        reading.collector.leave_open(place, "a server without parameters", "what it may do is open")
        return
    words = [parameters.text_at("command"), *parameters.texts_at("args")]
    address = parameters.text_at("url").partition("?")[0].rstrip("/")
    name = plain((address or words[-1] or words[0]).rpartition("/")[2]) or "mcp"
    declared = DeclaredServer(name=name, key=key, node=parameters, route=route)
    server = add_server(reading, declared)
    if server is not None:
        _prove(reading, server, arguments, route)
        _run_unasked(reading, server)


def _prove(reading: Reading, server: ToolServer, arguments: Node, route: str) -> None:
    """The credential with which the server is called."""
    if arguments.child("auth_credential") is not None:
        known = reading.collector.facts[server.id]
        if isinstance(known, ToolServer):
            reading.collector.update(replace(known, authenticated=Truth.YES))
    settings = [
        Setting(key=name, value=value, document=reading.document, route=".".join((route, *path)))
        for path in _CREDENTIALS
        if (block := arguments.get(*path)) is not None
        for name, value in block.items()
        if value.kind is NodeKind.STRING
    ]
    add_proofs(reading, server, settings, "file")


def _run_unasked(reading: Reading, server: ToolServer) -> None:
    for tool in tools_of(reading.collector, server):
        reading.collector.update(replace(tool, approval=Truth.NO))
