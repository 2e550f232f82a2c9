"""Where MCP clients write down their servers, and whose configuration a file is."""

import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from agentaudit.expressions import holds_word, regex
from agentaudit.extract.coding_agents.signs import is_claude_settings
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.embedded import embedded
from agentaudit.extract.platform_files import FORM_FILE
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.controls import AuditLog
from agentaudit.readers.document import Document, Node, NodeKind, bounded_name

_CLIENTS: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (regex(rf"(?P<folder>(?:^|.*/)){pattern}$"), framework, name)
    for pattern, framework, name in (
        (r"\.mcp\.json", "claude-code", "Claude Code"),
        (r"\.claude\.json", "claude-code", "Claude Code"),
        (r"\.claude/settings(?:\.local)?\.json", "claude-code", "Claude Code"),
        (r"managed-(?:settings|mcp)\.json", "claude-code", "Claude Code"),
        (r"claude_desktop_config\.json", "claude-desktop", "Claude Desktop"),
        (r"\.cursor/(?:mcp|cli|cli-config|permissions)\.json", "cursor", "Cursor"),
        (r"\.vscode/(?:mcp|settings)\.json", "vscode", "VS Code"),
        (r"(?:\.gemini|gemini-cli)/settings\.json", "gemini-cli", "Gemini CLI"),
        (r"(?:\.codex/)?(?:config|requirements)\.toml", "codex", "Codex"),
        (r"\.kiro/settings/mcp\.json", "kiro", "Kiro"),
        (r"\.amazonq/mcp\.json", "amazon-q", "Amazon Q"),
        (r"cline_mcp_settings\.json", "cline", "Cline"),
        (r"mcp_config\.json", "windsurf", "Windsurf"),
        (r"\.qwen/settings\.json", "qwen-code", "Qwen Code"),
        (r"opencode\.jsonc?", "opencode", "opencode"),
        (r"\.?zed/settings\.json", "zed", "Zed"),
        (r"goose/config\.ya?ml", "goose", "Goose"),
        (r"\.continue/(?:config|mcpServers/[^/]+)\.(?:ya?ml|json)", "continue", "Continue"),
    )
)
_ROOTS = ("mcpServers", "mcp_servers", "context_servers", "amp.mcpServers")
_QUOTED_ROOTS = tuple(f'"{name}"' for name in _ROOTS)
_CONTAINER = ("customizations", "vscode", "mcp", "servers")
"""Of a development container, whose editor starts them."""
REQUIREMENTS = regex(r"(?:^|/)requirements\.toml$")
URLS = ("url", "httpUrl", "serverUrl", "uri")
"""The keys under which clients write a server's address."""
_COMMANDS = ("command", "cmd")
GATEWAY_CLIENT = "gateway"
"""The framework of agents that nobody declares: they call servers through a gateway."""
_GATEWAY_KEYS = ("litellm_settings", "model_list")
"""Of LiteLLM's configuration, whose `mcp_servers` each caller gets as its key says."""
_CHAT = regex(r"librechat\.ya?ml")
"""Whose people choose among its servers for each agent, and each conversation."""
_AGENT_FILE = regex(r"(?:^|/)\.(?P<client>amazonq|kiro)/(?:cli-)?agents/[^/]+\.json$")
"""Agents of the Q Developer CLI and of Kiro, one a file."""


class DeclaredServer(Struct, frozen=True, kw_only=True):
    """One server as a client's configuration names it."""

    name: str
    key: Node
    node: Node
    route: str


def declared_servers(document: Document) -> Iterator[DeclaredServer]:
    """Every MCP server that a document declares, under whichever root key its client uses."""
    root = document.root
    if document.syntax not in {"json", "yaml", "toml"} or root.kind is not NodeKind.MAPPING:
        return
    if REQUIREMENTS.search(document.file):
        return  # what Codex may start, and nothing that is started
    for name in _ROOTS:
        yield from _servers(root.child(name), name)
    for route in (("servers",), ("mcp", "servers"), ("mcp",), _CONTAINER):
        node = root.get(*route)
        if node is not None and _looks_like_servers(node):
            yield from _servers(node, ".".join(route))
    if root.child("GOOSE_PROVIDER") is not None or root.child("GOOSE_MODEL") is not None:
        yield from _extensions(root.child("extensions"))
    projects = root.child("projects")
    for path, project in projects.items() if projects is not None else ():
        yield from _servers(project.child("mcpServers"), f"projects.{path}.mcpServers")


def servers_within(document: Document, documents: Documents) -> Iterator[DeclaredServer]:
    """
    Servers in a client's configuration that stands as a text within a YAML file.

    So a ConfigMap has it, a `config` of Compose, and a value of a chart; not the form for reports
    of faults, which shows how one looks.
    """
    if document.syntax != "yaml" or FORM_FILE.search(document.file):
        return
    if not holds_word(document.text, _ROOTS):
        return
    for number, node in enumerate(_texts(document)):
        root = embedded(node, document, documents)
        for name in _ROOTS:
            servers = root.child(name) if root is not None else None
            yield from _servers(servers, f"{name} within {number}")


def _texts(document: Document) -> Iterator[Node]:
    for root in document.roots:
        for node in root.walk():
            if node.kind is NodeKind.STRING and holds_word(node.raw, _QUOTED_ROOTS):
                yield node


def client_agent(document: Document, collector: Collector, place: Node | None = None) -> Agent:
    """
    The agent whose configuration a document is: one for each client and project folder.

    A project's `.mcp.json` and its `.claude/settings.json` speak of the same agent.
    """
    framework, name, folder = _client(document)
    return collector.add(
        Agent(
            id=fact_id("agent", name, f"client/{framework}/{folder}"),
            name=name,
            framework=framework,
            evidence=(evidence(document, place or document.root),),
        )
    )


def add_telemetry(
    document: Document,
    collector: Collector,
    agent: Agent,
    logged: Node | None,
    *,
    file: Node | None = None,
    on: Node | None = None,
) -> None:
    """
    What a client sends of itself; `logged` says whether prompts go with it.

    Into a `file` it writes without an end. Where it is `on`, or writes into one, prompts go with it
    unless it is told otherwise.
    """
    place = logged or file or on
    if place is not None:
        collector.add(
            AuditLog(
                id=fact_id("audit_log", "telemetry", f"{agent.id}/telemetry"),
                name=f"telemetry of {agent.name}",
                evidence=(evidence(document, place, plain(place.text or "")),),
                kind="otel",
                enabled=Truth.YES,
                retention=Known.UNKNOWN if file is None else Known.NONE,
                content_logged=logged is None or logged.boolean is True,
            )
        )


def client_of(document: Document) -> str:
    """The client whose configuration a document is: `claude-code`, `codex`, … or `mcp-client`."""
    return _client(document)[0]


def _client(document: Document) -> tuple[str, str, str]:
    file = document.file
    known = _known_client(file)
    if known is not None:
        return known
    stem = file.rpartition("/")[2]
    if document.root.child("GOOSE_PROVIDER") is not None:
        return "goose", "Goose", folder_of(file)
    if is_claude_settings(document):
        return "claude-code", "Claude Code", file
    agent = _AGENT_FILE.search(file)
    if agent is not None:
        framework = "kiro" if agent["client"] == "kiro" else "amazon-q"
        return framework, document.root.name_at("name") or stem, file
    if any(document.root.child(key) for key in _GATEWAY_KEYS) or _CHAT.fullmatch(stem):
        return GATEWAY_CLIENT, f"agents behind {stem}", file if folder_of(file) else stem
    return "mcp-client", f"agent of {stem}", file if folder_of(file) else stem


@lru_cache(maxsize=1024)
def _known_client(file: str) -> tuple[str, str, str] | None:
    """The client that a file's name tells: each of its servers asks."""
    for pattern, framework, name in _CLIENTS:
        found = pattern.match(file)
        if found is not None:
            return framework, name, found["folder"].rstrip("/")
    return None


def _servers(node: Node | None, route: str) -> Iterator[DeclaredServer]:
    if node is None:
        return
    for key, value in node.entries:
        if value.kind is NodeKind.MAPPING:
            declared = _with_transport(value)
            yield DeclaredServer(name=key.raw, key=key, node=declared, route=f"{route}.{key.raw}")
    for index, value in enumerate(node.elements):
        name = value.child("name")
        if name is not None and name.text:
            yield DeclaredServer(
                name=bounded_name(name.text),
                key=name,
                node=_with_transport(value),
                route=f"{route}.{index}",
            )


def _with_transport(server: Node) -> Node:
    """A server with what some clients write below `transport`: its command, or its address."""
    below = server.child("transport")
    if below is None or below.kind is not NodeKind.MAPPING:
        return server
    others = (entry for entry in server.entries if entry[0].raw != "transport")
    return server.changed(entries=(*below.entries, *others))


def _extensions(node: Node | None) -> Iterator[DeclaredServer]:
    """Of Goose's extensions those that are servers: they have a command or an address."""
    for server in _servers(node, "extensions"):
        if any(server.node.child(key) for key in (*_COMMANDS, *URLS)):
            yield server


def _looks_like_servers(node: Node) -> bool:
    """Whether a mapping holds servers: `servers` and `mcp` mean other things elsewhere."""
    values = [value for _, value in node.entries if value.kind is NodeKind.MAPPING]
    return bool(values) and all(value.child("command") or value.child("url") for value in values)
