"""
Servers of MCP that agents in TypeScript and JavaScript start or call.

A client is made of one server (the AI SDK, the OpenAI Agents SDK) or of several by their names
(Mastra, LangChain, VoltAgent); ADK has a set of tools, and AgentKit an object. Sources: https://ai-sdk.dev/docs/ai-sdk-core/mcp-tools,
https://openai.github.io/openai-agents-js/guides/mcp, https://mastra.ai/reference/tools/mcp-client,
https://github.com/langchain-ai/langchainjs/tree/main/libs/langchain-mcp-adapters.
"""

import ast
from collections.abc import Iterator

from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.javascript.building import Building
from agentaudit.extract.javascript.options import (
    Options,
    as_object,
    inner_options,
    members,
    options_of,
)
from agentaudit.extract.mcp.configurations import Reading, add_server
from agentaudit.extract.mcp.declared import DeclaredServer
from agentaudit.extract.programs.nodes import node_of
from agentaudit.extract.programs.written import Written
from agentaudit.model.facts.agents import Agent
from agentaudit.readers.document import Node, NodeKind

_OF_ONE = frozenset(
    {
        *("createMCPClient", "experimental_createMCPClient", "MCPServerStdio", "MCPServerSSE"),
        *("MCPServerStreamableHttp", "hostedMcpTool", "McpClient", "MCPToolset"),
    }
)
_OF_SEVERAL = frozenset({"MCPClient", "MCPConfiguration", "MultiServerMCPClient", "loadMcpTools"})
_SERVERS = ("servers", "mcpServers")
_PACKAGES = (
    *("ai", "@ai-sdk/mcp", "@openai/agents", "@mastra/mcp", "@langchain/mcp-adapters"),
    *("@voltagent/core", "@strands-agents/sdk", "@google/adk"),
)
_REACHED = ("transport", "serverParams")
"""Options that say how a server is reached."""
_TRANSPORTS = frozenset(
    {
        *("StdioClientTransport", "Experimental_StdioMCPTransport", "StdioMCPTransport"),
        *("StreamableHTTPClientTransport", "SSEClientTransport"),
    }
)


def client_of(building: Building, agent: Agent, given: Written) -> bool:
    """Whether an expression is a client, or a server, of MCP; its servers become the agent's."""
    meant = building.program.meant(given)
    node = meant.node
    if isinstance(node, ast.Dict):
        return _described(building, agent, meant)
    if not isinstance(node, ast.Call):
        return False
    package, _, name = meant.module.dotted(node.func).rpartition(".")
    if not package.startswith(_PACKAGES) or name not in _OF_ONE | _OF_SEVERAL:
        return False
    options = options_of(building.program, meant.module, node)
    if node.args and not node.keywords:
        options = members(building.program, meant.beside(node.args[0])) or options
    found = list(_servers(building, meant, options, several=name in _OF_SEVERAL))
    for key, server in found:
        _declare(building, agent, key, server)
    if not found or options.hidden:
        place = meant.module.place(node.func, name)
        what = f"the servers of {name} do not fold"
        building.collector.leave_open(place, what, "which tools they offer is open")
    return True


def _described(building: Building, agent: Agent, meant: Written) -> bool:
    """Whether an object says how a server is reached, as those of AgentKit do."""
    said = members(building.program, meant)
    transport = said.get("transport") if said is not None else None
    if said is None or transport is None:
        return False
    _declare(building, agent, said.text("name") or "mcp", building.program.meant(transport))
    return True


def add_worker_server(building: Building, agent: Agent, call: ast.Call) -> None:
    """The server that a class of Cloudflare's adds: `this.addMcpServer(name, url, options)`."""
    module = building.module
    name, url = (Written(module, each) for each in (*call.args, call, call)[:2])
    if not name.text or not url.text:
        place = module.place(call, name.text or "addMcpServer")
        what = f"which server of MCP {agent.name} adds does not fold"
        building.collector.leave_open(place, what, "which tools it offers is open")
        return
    options = inner_options(
        building.program, options_of(building.program, module, call), "transport"
    )
    given = {"url": url, **options.given}
    if options.hidden:  # what it is called with may stand there
        given.setdefault("headers", Written(module, call))
    keys = [ast.copy_location(ast.Constant(value=key), each.node) for key, each in given.items()]
    made = ast.Dict(keys=list(keys), values=[each.node for each in given.values()])
    _declare(building, agent, name.text, Written(module, ast.copy_location(made, call)))


def _servers(
    building: Building, meant: Written, options: Options, *, several: bool
) -> Iterator[tuple[str, Written]]:
    """The servers of a client, by their names."""
    if several:
        listed = options.get(*_SERVERS)
        inner = members(building.program, listed) if listed is not None else options
        yield from inner.given.items() if inner is not None else ()
        return
    transport = options.get(*_REACHED)
    name = options.text("name", "serverLabel") or building.program.variable(meant) or "mcp"
    yield name, meant if transport is None else building.program.meant(transport)


def _declare(building: Building, agent: Agent, name: str, given: Written) -> None:
    """One server, by the object or the transport that says how it is reached."""
    module = given.module
    node = _node(given)
    name = plain(name)
    if node.kind is not NodeKind.MAPPING or not node.entries:
        place = module.place(given.node, name)
        building.collector.leave_open(place, f"the server {name} does not fold", "what it is")
        return
    line = given.node.lineno
    declared = DeclaredServer(
        name=name, key=module.node(given.node, name), node=node, route=f"mcp.{line}.{name}"
    )
    reading = Reading(building.documents, module.document, building.collector, agent)
    add_server(reading, declared)


def _node(given: Written) -> Node:
    """A server as other syntaxes write it, under the names that they have."""
    node = given.node
    if not isinstance(node, ast.Call):
        return _renamed(node_of(given.module, node))
    written = as_object(node)
    if given.module.dotted(node.func).rpartition(".")[2] in _TRANSPORTS and node.args:
        written.keys.append(ast.copy_location(ast.Constant(value="url"), node.args[0]))
        written.values.append(node.args[0])
        for elsewhere in node.args[1:2]:  # options that stand elsewhere
            written.keys.append(None)
            written.values.append(elsewhere)
    return _renamed(node_of(given.module, written))


def _renamed(node: Node) -> Node:
    """What servers are called otherwise elsewhere: addresses, whole commands, and approval."""
    entries = []
    for key, value in node.entries:
        words = (value.text or "").split() if key.raw == "fullCommand" else []
        if words:
            texts = tuple(value.changed(raw=word) for word in words)
            listed = value.changed(kind=NodeKind.SEQUENCE, elements=texts)
            entries.append((key.changed(raw="command"), listed))
        elif key.raw == "serverUrl":
            entries.append((key.changed(raw="url"), value))
        elif key.raw == "requireApproval" and value.text == "never":
            entries.append((key.changed(raw="trust"), value.changed(raw="true")))
        elif key.raw == "requestInit":
            entries.extend(value.entries or [(key.changed(raw="headers"), value)])
        else:
            entries.append((key, value))
    return node.changed(entries=tuple(entries))
