"""
Servers of MCP that agents in Python start or call.

Every framework has its own words for the two things that a server is: a command, or an address.
Read in late 2026: the MCP Python SDK, the OpenAI Agents SDK, Pydantic AI (1 and 2), CrewAI 1.15,
LangChain's adapters, Google's ADK, AutoGen 0.7, Agno, LlamaIndex, LiveKit and the Agent Framework.
Strands and CrewAI's adapter are given parameters of the SDK; the latter takes addresses, too.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from agentaudit.extract.credentials.redaction import bare_url, plain
from agentaudit.extract.mcp.configurations import Reading, add_server, command_of, url_of
from agentaudit.extract.mcp.declared import DeclaredServer
from agentaudit.extract.programs.code import Call
from agentaudit.extract.programs.nodes import node_of
from agentaudit.extract.programs.syntax import argument, descendants, keyword, splatted
from agentaudit.extract.python.building import Building
from agentaudit.extract.python.flow import pairs
from agentaudit.model.facts.agents import Agent
from agentaudit.readers.document import Node, NodeKind

_COMMAND, _URL, _NAMED = ("command", "args", "env"), ("url", "headers"), ("name", "url")
_CLIENTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # the packages of a class, and its arguments that may stand without their names
    "StdioServerParameters": (("mcp", "crewai", "strands", "google.adk"), _COMMAND),
    "StdioServerParams": (("autogen_ext",), _COMMAND),
    "SseServerParams": (("autogen_ext", "google.adk"), _URL),
    "StreamableHttpServerParams": (("autogen_ext",), _URL),
    "SseConnectionParams": (("google.adk",), _URL),
    "StreamableHTTPConnectionParams": (("google.adk",), _URL),
    "streamablehttp_client": (("mcp.client",), _URL),
    "streamable_http_client": (("mcp.client",), _URL),
    "sse_client": (("mcp.client",), _URL),
    "MCPServerStdio": (("agents", "pydantic_ai", "crewai", "livekit.agents"), _COMMAND),
    "MCPServerSse": (("agents",), ()),
    "MCPServerStreamableHttp": (("agents",), ()),
    "HostedMCPTool": (("agents",), ()),
    "MCPServerSSE": (("pydantic_ai", "crewai"), _URL),
    "MCPServerHTTP": (("pydantic_ai", "crewai", "livekit.agents"), _URL),
    "MCPServerStreamableHTTP": (("pydantic_ai",), _URL),
    "MCPToolset": (("pydantic_ai",), _URL),
    "MCPTools": (("agno",), ("command", "url", "env")),
    "MultiMCPTools": (("agno",), ("commands", "urls")),
    "BasicMCPClient": (("llama_index",), ("command_or_url", "args", "env")),
    "MCPStdioTool": (("agent_framework",), ("name", *_COMMAND)),
    "MCPStreamableHTTPTool": (("agent_framework",), _NAMED),
    "MCPWebsocketTool": (("agent_framework",), _NAMED),
    "MultiServerMCPClient": (("langchain_mcp_adapters",), ("connections",)),
    "MCPServerAdapter": (("crewai_tools",), ("serverparams",)),
}
_WITHIN = ("params", "tool_config")
"""Arguments that hold what a server is (the OpenAI Agents SDK)."""
_NAMES = ("name", "server_label", "label", "id", "tool_prefix")
_PROOFS = ("header_provider", "auth_credential", "auth_scheme", "http_client", "auth", "oauth")
_OTHERS = ("httpx_client_factory", "process_tool_call", "authorization")
_UNASKED = ("never", "never_require")


def add_clients(building: Building, agents: Sequence[tuple[Agent, Call]]) -> None:
    """The servers of a module, each with the agents that get its tools: any, if none is seen to."""
    for agent, call in agents:
        if agent.framework == "crewai":
            _add_addresses(building, agent, call)
    found = [call for call in building.calls if _is_client(call)]
    if not found or not agents:
        return
    built = [call for _, call in agents]
    followed = pairs(building.module, building.calls, built, found) if len(agents) > 1 else ()
    proven = _proven_above(building) if any("adk" in call.name for call in found) else frozenset()
    for number, call in enumerate(found):
        own = [agents[index][0] for index, other in sorted(followed) if other == number]
        given = own or [agent for agent, _ in agents]
        _add_client(building, given, call, proven=id(call.node) in proven)


def add_shared_clients(building: Building, agents: Sequence[Agent]) -> None:
    """The servers of a module whose agents take turns in a session, which has them for each."""
    for call in building.calls:
        if _is_client(call):
            _add_client(building, agents, call, proven=False)


def _add_client(building: Building, agents: Sequence[Agent], call: Call, *, proven: bool) -> None:
    """The servers that a call declares, for agents that get their tools."""
    if not building.module.affords(len(agents)):
        place = building.module.place(call.node.func, call.last)
        what = f"which agents get the tools of {call.last} is not seen"
        building.collector.leave_open(place, what, "what they may do is open")
        return
    for name, node in _servers(building, call, proven=proven):
        for agent in agents:
            _add(building, agent, call.node.func, (name, node))


def _add_addresses(building: Building, agent: Agent, call: Call) -> None:
    """Servers that an agent of CrewAI is given by nothing but their addresses."""
    for element in building.elements(keyword(call.node, "mcps")) or ():
        address, _, _ = building.module.text(element).partition("#")
        if "://" in address:
            value = building.module.node(element, address)
            entry = value.changed(raw="url"), value
            server = value.changed(kind=NodeKind.MAPPING, entries=(entry,))
            _add(building, agent, element, (bare_url(address), server))


def _is_client(call: Call) -> bool:
    packages, _ = _CLIENTS.get(call.last, ((), ()))
    return call.name.startswith(tuple(f"{package}." for package in packages))


def _proven_above(building: Building) -> frozenset[int]:
    """What stands within a toolset of Google's ADK that proves by itself who calls."""
    sets = (call.node for call in building.calls if call.last in {"McpToolset", "MCPToolset"})
    return frozenset(
        id(inner)
        for each in sets
        if keyword(each, *_PROOFS) is not None
        for inner in descendants(each)
        if isinstance(inner, ast.Call)
    )


def _servers(building: Building, call: Call, *, proven: bool) -> Iterator[tuple[str, Node]]:
    """The servers that a call declares, by their names."""
    module = building.module
    if call.last == "MultiServerMCPClient":
        written = node_of(module, argument(call.node, 0, "connections") or call.node)
        yield from written.items()
        if written.kind is not NodeKind.MAPPING:
            yield "mcp", written
        return
    if call.last == "MCPServerAdapter":
        for node in _adapted(building, call):
            yield call.variable or "mcp", _renamed(node, hidden=False)
        return
    if call.last == "MultiMCPTools":
        yield from _several(building, call)
        return
    if call.last == "MCPTools" and keyword(call.node, "server_params", "session") is not None:
        return  # what makes them is told there
    given = _arguments(call)
    node = node_of(module, given)
    inner = next((each for name in _WITHIN if (each := node.child(name)) is not None), None)
    if inner is not None:
        node = inner.changed(entries=(*inner.entries, *node.entries))
    proofs = any(node.child(name) for name in (*_PROOFS, *_OTHERS))
    hidden = proven or proofs or splatted(call.node)
    name = next((text for each in _NAMES if (text := node.text_at(each))), "")
    yield name or call.variable or "mcp", _renamed(node, hidden=hidden)


def _several(building: Building, call: Call) -> Iterator[tuple[str, Node]]:
    """The servers that Agno is given by lists of commands and addresses."""
    module, numbers = building.module, count(1)
    name = call.variable or "mcp"
    for at, (given_as, said) in enumerate((("commands", "command"), ("urls", "url"))):
        given = argument(call.node, at, given_as)
        elements = building.elements(given)
        if given is not None and elements is None:
            yield name, node_of(module, given)
        for each in elements or ():
            value = module.node(each, module.text(each))
            entry = value.changed(raw=said), value
            server = value.changed(kind=NodeKind.MAPPING, entries=(entry,))
            yield f"{name} {next(numbers)}", _renamed(server, hidden=splatted(call.node))


def _adapted(building: Building, call: Call) -> Iterator[Node]:
    """What CrewAI's adapter is given, but for what a call makes, which is told there."""
    meant = building.module.meant(argument(call.node, 0, "serverparams"))
    for each in meant.elts if isinstance(meant, ast.List) else (meant,):
        params = building.module.meant(each)
        if params is not None and not isinstance(params, ast.Call):
            yield node_of(building.module, params)


def _arguments(call: Call) -> ast.Dict:
    """What a call is given, each under its name."""
    _, order = _CLIENTS[call.last]
    named = [(name, value) for name, value in zip(order, call.node.args, strict=False)]
    named += [(item.arg, item.value) for item in call.node.keywords if item.arg is not None]
    keys: list[ast.expr | None] = [
        ast.copy_location(ast.Constant(value=name), value) for name, value in named
    ]
    return ast.copy_location(ast.Dict(keys=keys, values=[value for _, value in named]), call.node)


def _renamed(node: Node, *, hidden: bool) -> Node:
    """A server under the names that clients' files have; with proofs that nobody sees, if any."""
    entries: list[tuple[Node, Node]] = []
    for key, value in node.entries:
        text = value.text or ""
        if key.raw == "server_url" or (key.raw == "command_or_url" and "://" in text):
            entries.append((key.changed(raw="url"), value))
        elif key.raw in {"command", "command_or_url"} and value.kind is NodeKind.STRING:
            words = tuple(value.changed(raw=word) for word in text.split())
            entries.append(
                (key.changed(raw="command"), value.changed(kind=NodeKind.SEQUENCE, elements=words))
            )
        elif key.raw in {"require_approval", "approval_mode"} and text in _UNASKED:
            entries.append((key.changed(raw="trust"), value.changed(raw="true")))
        elif key.raw == "authorization" and text:
            sent = value.changed(kind=NodeKind.MAPPING, entries=((key, value),))
            entries.append((key.changed(raw="headers"), sent))
        elif key.raw not in {*_NAMES, *_WITHIN, *_PROOFS, *_OTHERS, "trust"}:
            entries.append((key, value))
    if hidden and not any(key.raw == "headers" for key, _ in entries):
        bare = node.changed(kind=NodeKind.STRING, raw="headers", entries=())
        entries.append((bare, bare.changed(kind=NodeKind.UNKNOWN, raw="")))
    return node.changed(entries=tuple(entries))


def _add(building: Building, agent: Agent, at: ast.expr, server: tuple[str, Node]) -> None:
    module, (given, node) = building.module, server
    name = plain(given)
    if node.kind is not NodeKind.MAPPING or not (url_of(node) or command_of(node)[0]):
        place = module.place(at, name)
        building.collector.leave_open(place, f"the server {name} does not fold", "what it is")
        return
    declared = DeclaredServer(
        name=name,
        key=module.node(at, name),
        node=node,
        route=f"mcp.{at.lineno}.{at.col_offset}.{name}",
    )
    add_server(Reading(building.documents, module.document, building.collector, agent), declared)
