"""Whose configuration a file is, among the clients of MCP, and which agent that makes."""

from functools import lru_cache

from agentaudit.expressions import regex
from agentaudit.extract.coding_agents.signs import is_claude_settings
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import folder_of
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.controls import AuditLog
from agentaudit.model.facts.fact import FactId
from agentaudit.readers.document import Document, Node

_CLIENTS = (
    (r"\.mcp\.json", "claude-code", "Claude Code"),
    (r"\.claude\.json", "claude-code", "Claude Code"),
    (r"\.claude/settings(?:\.local)?\.json", "claude-code", "Claude Code"),
    (r"managed-(?:settings|mcp)\.json", "claude-code", "Claude Code"),
    (r"\.claude/(?:skills|commands)/.+\.md", "claude-code", "Claude Code"),
    (r"claude_desktop_config\.json", "claude-desktop", "Claude Desktop"),
    (r"\.cursor/(?:mcp|cli|cli-config|permissions)\.json", "cursor", "Cursor"),
    (r"\.vscode/(?:mcp|settings)\.json", "vscode", "VS Code"),
    (r"[^/]+\.code-workspace", "vscode", "VS Code"),
    (r"(?:\.gemini|gemini-cli)/settings\.json", "gemini-cli", "Gemini CLI"),
    (r"(?:\.codex/)?(?:config|requirements)\.toml", "codex", "Codex"),
    (r"\.kiro/settings/mcp\.json", "kiro", "Kiro"),
    (r"\.amazonq/mcp\.json", "amazon-q", "Amazon Q"),
    (r"cline_mcp_settings\.json", "cline", "Cline"),
    (r"mcp_config\.json", "windsurf", "Windsurf"),
    (r"\.qwen/settings\.json", "qwen-code", "Qwen Code"),
    (r"opencode\.jsonc?", "opencode", "opencode"),
    (r"\.?amp/settings\.json", "amp", "Amp"),
    (r"\.?zed/settings\.json", "zed", "Zed"),
    (r"goose/config\.ya?ml", "goose", "Goose"),
    (r"\.continue/(?:config|mcpServers/[^/]+)\.(?:ya?ml|json)", "continue", "Continue"),
)
_CLIENT_FILE = regex(
    rf"(?P<folder>(?:^|.*/))(?:{'|'.join(f'({file})' for file, _, _ in _CLIENTS)})$"
)
"""A group for each of them, behind that of the folder."""
FRAMEWORKS = frozenset(framework for _, framework, _ in _CLIENTS)
"""Of clients that are known by their files."""
GOOSE = regex(r"(?:^|/)goose/config\.ya?ml$")
REQUIREMENTS = regex(r"(?:^|/)requirements\.toml$")
GATEWAY_CLIENT = "gateway"
"""The framework of agents that nobody declares: they call servers through a gateway."""
_GATEWAY_KEYS = ("litellm_settings", "model_list")
"""Of LiteLLM's configuration, whose `mcp_servers` each caller gets as its key says."""
_CHAT = regex(r"librechat\.ya?ml")
"""Whose people choose among its servers for each agent, and each conversation."""
_AGENT_FILE = regex(
    r"(?:^|/)\.(?P<client>amazonq|claude|github|kiro|opencode)/(?:cli-)?agents?/"
    r"(?:[^/]+/){0,9}[^/]+\.(?:json|md)$"
)
"""Agents of a client, one a file."""
_AGENTS_OF = {
    "amazonq": "amazon-q",
    "claude": "claude-code",
    "github": "copilot",
    "kiro": "kiro",
    "opencode": "opencode",
}


def client_agent(document: Document, collector: Collector, place: Node | None = None) -> Agent:
    """
    The agent whose configuration a document is: one for each client and project folder.

    A project's `.mcp.json` and its `.claude/settings.json` speak of the same agent.
    """
    framework, name, _ = _client(document)
    return collector.add(
        Agent(
            id=client_id(document),
            name=name,
            framework=framework,
            evidence=(evidence(document, place or document.root),),
        )
    )


def client_id(document: Document) -> FactId:
    """The id of that agent, whether another file makes it one or not."""
    framework, name, folder = _client(document)
    return fact_id("agent", name, f"client/{framework}/{folder}")


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
        own = stem.removesuffix(".md").removesuffix(".agent")
        return _AGENTS_OF[agent["client"]], document.root.name_at("name") or own, file
    if any(document.root.child(key) for key in _GATEWAY_KEYS) or _CHAT.fullmatch(stem):
        return GATEWAY_CLIENT, f"agents behind {stem}", file if folder_of(file) else stem
    return "mcp-client", f"agent of {stem}", file if folder_of(file) else stem


@lru_cache(maxsize=1024)
def _known_client(file: str) -> tuple[str, str, str] | None:
    """The client that a file's name tells: each of its servers asks."""
    found = _CLIENT_FILE.match(file)
    if found is None or found.lastindex is None:
        return None
    _, framework, name = _CLIENTS[found.lastindex - 2]
    return framework, name, found["folder"].rstrip("/")
