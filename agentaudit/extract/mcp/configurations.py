"""MCP client configurations: agents, the tool servers they expose, and what those hold."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.addresses import called_locally, stays_inside, tls_of
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.containers.registries import add_registry
from agentaudit.extract.credentials.holdings import Holding, add_credentials
from agentaudit.extract.credentials.recognition import by_look
from agentaudit.extract.credentials.redaction import arguments, bare_url, plain
from agentaudit.extract.credentials.secret_names import secret_name
from agentaudit.extract.documents import Documents
from agentaudit.extract.mcp.clients import client_agent
from agentaudit.extract.mcp.credentials import (
    ServerPlace,
    add_server_credentials,
    held_by_server,
    parameters,
)
from agentaudit.extract.mcp.declared import (
    URLS,
    DeclaredServer,
    declared_servers,
    servers_within,
)
from agentaudit.extract.mcp.installed import as_installed
from agentaudit.extract.mcp.launchers import Launch, launch_of
from agentaudit.extract.mcp.offered import offered
from agentaudit.extract.mcp.routed import routed_servers
from agentaudit.extract.mcp.tools import add_tools
from agentaudit.extract.settings import Setting
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.tools import ToolServer
from agentaudit.readers.document import Document, Node, NodeKind

_PATH = regex(r"^(?:/|~|\.{1,2}(?:/|$)|[A-Za-z]:[\\/]|\$\{?HOME)")
_OWN_PROOF = ("oauth", "auth", "bearer_token_env_var", "authProviderType", "apiKey")
_BRIDGES = frozenset({"mcp-remote", "mcp-proxy", "supergateway"})
"""Programs that are started as a server, and pass all calls on to one elsewhere."""
_BLOCKS_OF_HEADERS = (
    *(("headers",), ("http_headers",), ("env_http_headers",)),
    ("requestOptions", "headers"),
)


class Reading(Struct, frozen=True):
    """A document that declares servers, and the agent they are exposed to."""

    documents: Documents
    document: Document
    collector: Collector
    agent: Agent


def extract_mcp(documents: Documents, collector: Collector) -> None:
    """Agents and tool servers of every MCP client configuration."""
    for document in documents.of("json", "yaml", "toml", "markdown"):
        servers = [*declared_servers(document), *servers_within(document, documents)]
        if servers:
            agent = client_agent(document, collector, servers[0].key)
            excluded = _excluded(document)
            for server in servers:
                if server.name in excluded:
                    continue
                add_server(Reading(documents, document, collector, agent), server)
    for document in documents.of("json", "yaml"):
        for server in routed_servers(document):
            _add_routed(documents, document, collector, server)


def _add_routed(
    documents: Documents, document: Document, collector: Collector, declared: DeclaredServer
) -> None:
    """A server that a gateway calls: by which agents, and which of its tools, no file says."""
    launch = as_installed(launch_of(*command_of(declared.node)), documents, document.file)
    server = collector.add(_server_of(document, declared, launch))
    add_registry(collector, launch, server.evidence[0], server.id)
    place = ServerPlace(documents, document, declared, server.id, server.id)
    add_server_credentials(collector, place)


def add_server(reading: Reading, declared: DeclaredServer) -> ToolServer | None:
    """A declared server, exposed to an agent, with its tools and what it holds; None when off."""
    if _disabled(declared.node):
        return None
    document, collector = reading.document, reading.collector
    launch = launch_of(*command_of(declared.node))
    launch = as_installed(launch, reading.documents, document.file)
    server = collector.add(_server_of(document, declared, launch))
    place, url = evidence(document, declared.key, declared.name), url_of(declared.node)
    collector.link(EdgeKind.EXPOSES, reading.agent.id, server.id, place)
    if url and server.authenticated is Truth.UNKNOWN:
        what = f"with which headers the server {server.name} is called is not known"
        collector.leave_open(place, what, "whether it asks who calls is open")
    add_tools(collector, server, url, offered(document, declared.node))
    add_registry(collector, launch, server.evidence[0], server.id)
    add_server_credentials(
        collector, ServerPlace(reading.documents, document, declared, server.id, reading.agent.id)
    )
    return server


def _server_of(document: Document, declared: DeclaredServer, launch: Launch) -> ToolServer:
    """A server by what its declaration says."""
    command, words = command_of(declared.node)
    url = url_of(declared.node)
    called = url or _bridged(launch.package, words)
    approved = _approved(declared.node)
    return ToolServer(
        id=server_id(document, declared),
        name=declared.name,
        evidence=(evidence(document, declared.key, declared.name),),
        transport=_transport(declared.node, url),
        command=plain(command),
        arguments=arguments(words, command),
        url=bare_url(called),
        package=launch.package,
        pinned=Truth.UNKNOWN if url else launch.pinned,
        tls=tls_of(called),
        authenticated=_authenticated(declared.node, url),
        remote=bool(called) and not called_locally(called),
        stays_inside=stays_inside(called),
        auto_approved=_auto_approved(declared.node),
        approved_tools=approved,
        wildcard_tools="*" in approved,
        root_paths=tuple(word for word in words if _PATH.match(word)) if not url else (),
    )


def _bridged(package: str, words: Sequence[str]) -> str:
    """Where a bridge passes calls on to in plain text: `npx mcp-remote http://…`."""
    if package not in _BRIDGES:
        return ""
    return next((word for word in words if tls_of(word) is Truth.NO), "")


def add_proofs(
    reading: Reading, server: ToolServer, settings: Iterable[Setting], exposure: str
) -> None:
    """The credentials with which a server is called, where they stand beside its declaration."""
    holding = held_by_server(server.id, reading.agent.id, exposure)
    add_credentials(reading.collector, settings, holding)


def add_headers(reading: Reading, headers: Node, route: str) -> None:
    """The credentials that an agent sends with a call of its own."""
    settings = [
        Setting(key=name, value=value, document=reading.document, route=f"{route}.headers")
        for name, value in headers.items()
        if value.kind is NodeKind.STRING
    ]
    agent = reading.agent.id
    holding = Holding(holder="agent", exposure="header", holder_id=agent, seen_by=(agent,))
    add_credentials(reading.collector, settings, holding)


def _excluded(document: Document) -> frozenset[str]:
    """Servers that Gemini CLI is told not to start, although they are declared."""
    listed = document.root.get("mcp", "excluded")
    return frozenset(listed.texts()) if listed is not None else frozenset()


def _disabled(node: Node) -> bool:
    enabled, disabled = node.child("enabled"), node.child("disabled")
    return (enabled is not None and enabled.boolean is False) or (
        disabled is not None and disabled.boolean is True
    )


def server_id(document: Document, declared: DeclaredServer) -> FactId:
    """The id of a declared server."""
    return fact_id("tool_server", declared.name, f"{document.file}#{declared.route}")


def command_of(node: Node) -> tuple[str, tuple[str, ...]]:
    """The command of a server and its arguments; some clients write both as one list."""
    command = node.child("command") or node.child("cmd")
    rest = node.child("args")
    words = [word.text or "" for word in command.list()] if command is not None else []
    if command is not None and command.child("path") is not None:
        words = [(command.get("path") or command).text or ""]
        rest = command.child("args")
    words += [word.text or "" for word in rest.list()] if rest is not None else []
    return (words[0], tuple(words[1:])) if words else ("", ())


def url_of(node: Node) -> str:
    """The URL of a server, under whichever key its client writes it."""
    found = (node.child(name) for name in URLS)
    return next((value.text for value in found if value is not None and value.text), "")


def _transport(node: Node, url: str) -> str:
    declared = node.child("type") or node.child("transport")
    text = (declared.text or "").lower() if declared is not None else ""
    if "sse" in text or (url and url.partition("?")[0].rstrip("/").endswith("/sse")):
        return "sse"
    return "http" if url else "stdio"


def _authenticated(node: Node, url: str) -> Truth:
    """Whether a remote server is called with proof of who calls; a local process needs none."""
    if not url:
        return Truth.UNKNOWN
    found = (node.get(*path) for path in _BLOCKS_OF_HEADERS)
    blocks = [block for block in found if block is not None]
    headers = {name.lower() for block in blocks for name, _ in block.items()}
    headers |= {match["name"].lower() for match in parameters(url)}
    proven = any(name == "authorization" or secret_name(name) for name in headers)
    named = any(node.child(name) for name in _OWN_PROOF)
    if proven or named or by_look(url) is not None:
        return Truth.YES
    hidden = any(block.unknown or _hides(block) for block in blocks) or _hides(node)
    return Truth.UNKNOWN if hidden else Truth.NO


def _hides(node: Node) -> bool:
    """Whether a mapping may hold more than was read of it: `{...shared}` in a program."""
    return any(key.unknown for key, _ in node.entries)


def _approved(node: Node) -> tuple[str, ...]:
    """Tools that run without a question."""
    found = (node.child(name) for name in ("alwaysAllow", "autoApprove"))
    names = [item.text or "" for value in found if value is not None for item in value.list()]
    own = node.child("tools")  # of Codex, where each tool has a mode
    tools = own.items() if own is not None and own.kind is NodeKind.MAPPING else ()
    names += [name for name, tool in tools if tool.text_at("approval_mode") == "approve"]
    return tuple(sorted({"*" if name == "true" else name for name in names if name != "false"}))


def _auto_approved(node: Node) -> bool:
    trust = node.child("trust")
    approved = bool(_approved(node)) or node.text_at("default_tools_approval_mode") == "approve"
    return approved or (trust is not None and trust.boolean is True)
