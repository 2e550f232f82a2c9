"""
What editors and other coding agents let tools do without a question, and where that is written.

Cursor (`cli.json`, `permissions.json`), VS Code, Zed, opencode, Amp, Goose, Continue, and agents of
opencode, the Q Developer CLI and Kiro that are files of their own.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.credentials.holdings import Holding, add_credentials
from agentaudit.extract.documents import Documents
from agentaudit.extract.mcp.clients import client_agent, client_of
from agentaudit.extract.settings import Setting
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.tools import ToolServer
from agentaudit.readers.document import Document, Node, NodeKind

_ANY_SHELL = regex(r"^Shell\(\*{0,2}(?::\*{1,2})?\)$|^Shell$|^\*$")
_ANY_TOOL = regex(r"^Mcp\(\*{1,2}[:,] ?\*{1,2}\)$|^\*:\*$")
_ANY_PATTERN = regex(r"^/\^?\.\*\$?/[a-z]*$")
_SHELLS = frozenset({"execute_bash", "shell", "execute_cmd"})
_Mode = tuple[str, bool, Node | None]
"""Permission mode, whether tools are granted by a wildcard, and the place that says so."""


def extract_editors(documents: Documents, collector: Collector) -> None:
    """The permissions of every client whose settings are known here."""
    for document in documents.of("json", "yaml", "markdown"):
        if document.syntax == "markdown" and document.root.child("permission") is None:
            continue
        client = client_of(document)
        mode = _MODES.get(client)
        found = mode(document.root) if mode is not None else ("", False, None)
        _set_mode(document, collector, found)
        if client in {"cursor", "amazon-q", "kiro"}:
            _approve_listed(document, collector)
        elif client in {"vscode", "continue", "opencode"}:
            _add_own_credentials(document, collector)


def _set_mode(document: Document, collector: Collector, found: _Mode) -> None:
    mode, wide, place = found
    if place is None or not (mode or wide):
        return
    agent = client_agent(document, collector, place)
    places = tuple(dict.fromkeys((evidence(document, place, place.raw), *agent.evidence)))
    collector.update(
        replace(
            agent,
            permission_mode=mode or agent.permission_mode,
            wildcard_tools=agent.wildcard_tools or wide,
            evidence=places,
        )
    )


def _cursor(root: Node) -> _Mode:
    """https://cursor.com/docs/cli/reference/permissions and /docs/reference/permissions."""
    mode = root.child("approvalMode")
    if mode is not None and mode.text == "unrestricted":
        return "bypass", False, mode
    for path in (("permissions", "allow"), ("mcpAllowlist",), ("terminalAllowlist",)):
        for rule in root.list_at(*path):
            if _ANY_SHELL.match(rule.text or "") or _ANY_TOOL.match(rule.text or ""):
                return "", True, rule
    return "", False, None


def _vscode(root: Node) -> _Mode:
    root = root.child("settings") or root  # of a workspace
    for name in ("chat.tools.global.autoApprove", "chat.tools.autoApprove"):
        node = root.child(name)
        if node is not None and node.boolean is True:
            return "bypass", False, node
    commands = root.child("chat.tools.terminal.autoApprove")
    for key, value in commands.entries if commands is not None else ():
        given = value.child("approve") or value
        if _ANY_PATTERN.match(key.raw) and given.boolean is True:
            return "", True, key
    return "", False, None


def _zed(root: Node) -> _Mode:
    node = root.get("agent", "always_allow_tool_actions")
    default = root.get("agent", "tool_permissions", "default")
    if node is not None and node.boolean is True:
        return "bypass", False, node
    return ("bypass", False, default) if default and default.text == "allow" else ("", False, None)


def _opencode(root: Node) -> _Mode:
    """https://opencode.ai/docs/permissions, for all agents and for one: one word, or one a tool."""
    own = [agent for key in ("agent", "mode") if (agent := root.child(key)) is not None]
    blocks = (root, *(agent for named in own for _, agent in named.items()))
    found = [_opencode_block(block) for block in blocks]
    bypassed = next((mode for mode in found if mode[0]), None)
    return bypassed or next((mode for mode in found if mode[1]), found[0])


def _opencode_block(block: Node) -> _Mode:
    node = block.child("permission")
    if node is None:
        return "", False, None
    whole = node if node.kind is not NodeKind.MAPPING else node.child("*")
    if whole is not None and whole.text == "allow":
        return "bypass", False, whole
    shell = node.child("bash")
    if shell is not None and shell.kind is NodeKind.MAPPING:
        shell = shell.child("*")
    return "", shell is not None and shell.text == "allow", shell


def _amp(root: Node) -> _Mode:
    """https://ampcode.com/manual: the first rule that fits decides, one of a tool or of all."""
    every = root.child("amp.dangerouslyAllowAll")
    if every is not None and every.boolean is True:
        return "bypass", False, every
    for rule in root.list_at("amp.permissions"):
        tool = rule.child("tool")
        if tool is not None and tool.text in {"*", "Bash"} and not _narrowed(rule):
            return "", rule.text_at("action") == "allow", tool
    return "", False, None


def _narrowed(rule: Node) -> bool:
    """Whether a rule is for some calls alone: `"matches": {"cmd": "*"}` is for all."""
    matches = rule.child("matches")
    given = matches.entries if matches is not None else ()
    return any(text != "*" for _, value in given for text in value.texts())


def _goose(root: Node) -> _Mode:
    node = root.child("GOOSE_MODE")
    return ("bypass" if node is not None and node.text == "auto" else "", False, node)


def _agent_file(root: Node) -> _Mode:
    """`allowedTools` run without a question; `tools` only says which there are."""
    for rule in root.list_at("allowedTools"):
        if rule.text in _SHELLS or rule.text == "*":
            return "", True, rule
    offered = root.child("tools")
    every = next((rule for rule in (offered.list() if offered else ()) if rule.text == "*"), None)
    return "", every is not None, every


_MODES: Mapping[str, Callable[[Node], _Mode]] = MappingProxyType(
    {
        "cursor": _cursor,
        "vscode": _vscode,
        "zed": _zed,
        "opencode": _opencode,
        "amp": _amp,
        "goose": _goose,
        "amazon-q": _agent_file,
        "kiro": _agent_file,
    }
)


def _approve_listed(document: Document, collector: Collector) -> None:
    """Servers all of whose tools are on the list of calls that need no approval."""
    listed = document.root.child("mcpAllowlist") or document.root.child("allowedTools")
    rules = {rule.text or "": rule for rule in (listed.list() if listed is not None else ())}
    if not rules:
        return
    agent = client_agent(document, collector)
    for server in _servers_of(collector, agent):
        names = ("*:*", f"{server.name}:*", f"@{server.name}", f"@{server.name}/*")
        rule = next((rules[name] for name in names if name in rules), None)
        if rule is not None:
            places = (*server.evidence, evidence(document, rule, rule.text or ""))
            collector.update(replace(server, auto_approved=True, evidence=places))


def _servers_of(collector: Collector, agent: Agent) -> list[ToolServer]:
    exposed = {edge.dst for edge in collector.from_fact(agent.id)}
    found = (collector.facts.get(name) for name in sorted(exposed))
    return [server for server in found if isinstance(server, ToolServer)]


def _add_own_credentials(document: Document, collector: Collector) -> None:
    """Keys of models of Continue and opencode, and defaults of inputs that VS Code asks for."""
    settings: list[Setting] = []
    for index, model in enumerate(document.root.list_at("models")):
        key = model.child("apiKey")
        if key is not None and key.text:
            route = f"models.{index}"
            name = f"{model.text_at('provider')}_apiKey"
            settings.append(Setting(key=name, value=key, document=document, route=route))
    providers = document.root.child("provider")
    for name, provider in providers.items() if providers is not None else ():
        key = provider.get("options", "apiKey")
        if key is not None and key.text:
            route = f"provider.{name}.options"
            settings.append(
                Setting(key=f"{name}_apiKey", value=key, document=document, route=route)
            )
    for asked in document.root.list_at("inputs"):
        default, name = asked.child("default"), asked.text_at("id")
        if default is not None and default.text and name:
            hidden = asked.child("password")
            word = f"{name}_secret" if hidden is not None and hidden.boolean is True else name
            settings.append(Setting(key=word, value=default, document=document, route="inputs"))
    if settings:
        agent = client_agent(document, collector)
        holding = Holding(holder="agent", exposure="file", holder_id=agent.id, seen_by=(agent.id,))
        add_credentials(collector, settings, holding)
