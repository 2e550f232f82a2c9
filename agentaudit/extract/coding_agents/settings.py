"""Settings of coding agents (Claude Code, Gemini CLI, Codex): permissions, sandbox, retention."""

from collections.abc import Container, Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.coding_agents.claude_rules import (
    BUILT_IN,
    RULE,
    allowed_rules,
    built_in_tool,
    denied,
    leak,
    mode,
    runs_code,
    sandboxed,
    unasked,
    wide,
)
from agentaudit.extract.coding_agents.signs import is_claude_settings, with_folders
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.holdings import Holding, add_credentials, settings_of
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.environment_controls import add_logs
from agentaudit.extract.mcp.clients import client_agent
from agentaudit.extract.mcp.tools import tools_of
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Evidence, Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.controls import Approval
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.runtimes import Egress
from agentaudit.model.facts.tools import Tool, ToolServer
from agentaudit.readers.document import Document, Node

_MANAGED = regex(r"(?:^|/)managed-settings\.json$")
_PLUGIN = ".claude-plugin/plugin.json"
_DAY_S = 86_400
_DEFAULT_RETENTION_DAYS = 30


class _Settings(Struct, frozen=True):
    """Settings of Claude Code, with those that hold wherever they do."""

    document: Document
    above: tuple[Node, ...]
    allowed: tuple[Node, ...]
    """The rules that are left of what they allow."""

    @property
    def roots(self) -> tuple[Node, ...]:
        return (self.document.root, *self.above)


def extract_claude(documents: Documents, collector: Collector) -> None:
    """
    Claude Code's settings: who asks before what, and how long transcripts stay.

    An organization's hold for everybody, and a project's beside one's own, but not the other way
    round.
    """
    found = {each.file: each for each in documents.of("json") if is_claude_settings(each)}
    managed = [file for file in found if _MANAGED.search(file) is not None]
    for file, document in found.items():
        shared = file.removesuffix(".local.json") + ".json"
        above = tuple(found[each].root for each in (*managed, shared) if each in found)
        allowed = allowed_rules(document.root, above)
        _extract(_Settings(document, above, allowed), collector)
        _leave_plugins_open(documents, document, collector)


def _leave_plugins_open(documents: Documents, document: Document, collector: Collector) -> None:
    """Plugins that settings switch on and whose files, with their hooks, are not here."""
    plugins = document.root.child("enabledPlugins")
    if plugins is None:
        return
    here = {
        each.root.name_at("name") for each in documents.of("json") if each.file.endswith(_PLUGIN)
    }
    for key, value in plugins.entries:
        name = key.raw.partition("@")[0]
        if value.boolean is True and name not in here:
            what = f"the plugin {plain(key.raw)} is not among the files"
            place = evidence(document, key, plain(key.raw))
            collector.leave_open(place, what, "what its hooks, servers and commands do is open")


def _rules_out(root: Node) -> bool:
    """Whether settings switch the mode off in which nobody is asked."""
    return root.text_at("permissions", "disableBypassPermissionsMode") == "disable"


def _extract(settings: _Settings, collector: Collector) -> None:
    document, root = settings.document, settings.document.root
    agent = client_agent(document, collector)
    asks = any(map(_rules_out, settings.roots))
    own = _mode(root)
    changed = replace(
        agent,
        permission_mode=("default" if asks and own == "bypass" else own) or agent.permission_mode,
        wildcard_tools=agent.wildcard_tools
        or any(wide(rule.text or "") for rule in settings.allowed),
        sandboxed=sandboxed(root.child("sandbox")),
        evidence=tuple(dict.fromkeys((*_openings(settings), *agent.evidence))),
    )
    changed = with_folders(changed, document, root.get("permissions", "additionalDirectories"))
    collector.update(changed)
    _add_approval(settings, collector, changed)
    _add_tools(settings, collector, changed)
    _gate_servers(settings, collector, changed)
    _add_memory(document, collector, changed)
    _add_egress(document, collector, changed)
    holding = Holding(holder="agent", exposure="env", holder_id=changed.id, seen_by=(changed.id,))
    told = settings_of(document, root.child("env"), "env")
    add_credentials(collector, told, holding)
    add_logs(collector, told, changed.id)


def _mode(root: Node) -> str:
    node = root.get("permissions", "defaultMode")
    return mode((node.text or "") if node is not None else "")


def _unasked(rule: Node) -> bool:
    return unasked(rule.text or "")


def _worth_telling(rule: Node) -> tuple[bool, bool]:
    """The rules that leave most to the model come last, and are told."""
    return _unasked(rule), runs_code(rule.text or "")


def _openings(settings: _Settings) -> Iterator[Evidence]:
    """Where the settings open more than they should: what a finding points at first."""
    document, root = settings.document, settings.document.root
    given = root.get("permissions", "defaultMode")
    if given is not None and given.text == "bypassPermissions":
        yield evidence(document, given, given.text)
    for rule in settings.allowed:
        if wide(rule.text or ""):
            yield evidence(document, rule, rule.raw)
    left = leak(root.child("sandbox"))
    if left is not None:
        yield evidence(document, left, left.raw)


def _add_approval(settings: _Settings, collector: Collector, agent: Agent) -> None:
    """The question before a tool runs, which stands unless it is switched off."""
    document = settings.document
    node = document.root.child("permissions")
    if node is None or agent.permission_mode == "bypass":
        return
    approval = collector.add(
        Approval(
            id=fact_id("approval", "permission prompt", f"{agent.id}/permissions"),
            name="permission prompt",
            evidence=(evidence(document, document.root.key_of("permissions") or node),),
            scope=tuple(rule.text or "" for rule in document.root.list_at("permissions", "ask"))
            or ("*",),
            default_allow=any(rule.text == "*" for rule in settings.allowed),
        )
    )
    collector.link(EdgeKind.GATED_BY, agent.id, approval.id, *approval.evidence)


def _gate_servers(settings: _Settings, collector: Collector, agent: Agent) -> None:
    """
    What the settings let the tools of MCP servers do without a question, and which of these start.

    `enableAllProjectMcpServers` asks nobody before a server starts; its calls still ask.
    """
    document = settings.document
    everything = document.root.child("enableAllProjectMcpServers")
    trusted = everything if everything is not None and everything.boolean is True else None
    rules = {rule.text or "": rule for rule in settings.allowed}
    gates = [
        fact
        for name in sorted(edge.dst for edge in collector.from_fact(agent.id, EdgeKind.GATED_BY))
        if isinstance(fact := collector.facts[name], Approval)
    ]
    for edge in collector.from_fact(agent.id, EdgeKind.EXPOSES):
        server = collector.facts[edge.dst]
        if not isinstance(server, ToolServer):
            continue
        rule = rules.get(f"mcp__{server.name}") or rules.get(f"mcp__{server.name}__*")
        whole, said = rule is not None, rule or trusted
        collector.update(
            replace(
                server,
                auto_approved=server.auto_approved or whole,
                started_unasked=server.started_unasked or trusted is not None,
                wildcard_tools=server.wildcard_tools or whole,
                evidence=(
                    *server.evidence,
                    *([evidence(document, said, said.text or "")] if said is not None else ()),
                ),
            )
        )
        for tool in tools_of(collector, server):
            free = whole or _allowed(server, tool, rules)
            _gate_tool(collector, tool, gates, allowed=free or agent.permission_mode == "bypass")


def _allowed(server: ToolServer, tool: Tool, rules: Container[str]) -> bool:
    short = tool.name.removeprefix(f"{server.name}.")
    return "*" in rules or f"mcp__{server.name}__{short}" in rules


def _gate_tool(
    collector: Collector, tool: Tool, gates: Iterable[Approval], *, allowed: bool
) -> None:
    """Ask before a tool, unless these settings, or others of the same agent, let it run freely."""
    if allowed:
        collector.update(replace(tool, approval=Truth.NO))
    if allowed or tool.approval is Truth.NO:
        return
    for approval in gates:
        collector.update(replace(tool, approval=Truth.YES))
        collector.link(EdgeKind.GATED_BY, tool.id, approval.id, *approval.evidence)


def _add_tools(settings: _Settings, collector: Collector, agent: Agent) -> None:
    """The built-in tools that the settings let run without a question."""
    document = settings.document
    bypass = agent.permission_mode == "bypass"
    rules = sorted(settings.allowed, key=_worth_telling)
    allowed = {
        match["tool"]: rule for rule in rules if (match := RULE.match(rule.text or "")) is not None
    }
    for name in BUILT_IN:
        rule = allowed.get(name) or allowed.get("*")
        if (rule is None and not bypass) or denied(name, settings.roots):
            continue
        node = rule or document.root.get("permissions", "defaultMode") or document.root
        place = evidence(document, node, node.text or "")
        freely = bypass or rule is None or _unasked(rule)
        tool = built_in_tool(agent, name, place, Truth.NO if freely else Truth.YES)
        collector.add(tool)
        collector.link(EdgeKind.INVOKES, agent.id, tool.id, place)


def _add_memory(document: Document, collector: Collector, agent: Agent) -> None:
    """The transcripts on disk, which go after `cleanupPeriodDays`."""
    days = document.root.child("cleanupPeriodDays")
    compact = document.root.child("autoCompactEnabled")
    node = days or compact or document.root.child("autoMemoryEnabled")
    if node is None:
        return
    kept = days.integer if days is not None else _DEFAULT_RETENTION_DAYS
    switched_off = compact is not None and compact.boolean is False
    place = evidence(document, node, node.text or "")
    store = collector.add(
        MemoryStore(
            id=fact_id("memory_store", "transcripts", f"{agent.id}/transcripts"),
            name="transcripts",
            evidence=(place,),
            kind="history",
            backend="file",
            scope="user",
            ttl=Known.UNKNOWN if kept is None else Known.SET,
            ttl_s=None if kept is None else kept * _DAY_S,
            compaction=Known.NONE if switched_off else Known.SET,
            max_turns=Known.NONE if switched_off else Known.UNKNOWN,
            max_tokens=Known.NONE if switched_off else Known.UNKNOWN,
            persistent=Truth.YES,
            sweep=Known.SET,
            explicit_writes=Truth.YES,
        )
    )
    collector.link(EdgeKind.PERSISTS_TO, agent.id, store.id, place)
    collector.link(EdgeKind.RECALLS_FROM, agent.id, store.id, place)


def _add_egress(document: Document, collector: Collector, agent: Agent) -> None:
    domains = document.root.get("sandbox", "network", "allowedDomains")
    if domains is None or agent.sandboxed is not Truth.YES:
        return
    names = domains.texts()
    place = evidence(document, domains)
    egress = collector.add(
        Egress(
            id=fact_id("egress", "sandbox", f"{agent.id}/sandbox.network"),
            name="sandbox network",
            evidence=(place,),
            policy="any" if "*" in names else "allowlist" if names else "none",
            destinations=names,
        )
    )
    collector.link(EdgeKind.EGRESS_TO, agent.id, egress.id, place, confidence=Confidence.CERTAIN)
