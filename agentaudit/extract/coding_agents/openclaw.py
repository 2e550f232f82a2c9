"""
Configurations of OpenClaw: who may talk to its agents, whom it asks, and where their tools run.

By itself nothing runs in a sandbox (`agents.defaults.sandbox.mode` is `off`), `tools.elevated` is a
way out of one, and `dmPolicy: open` or `*` among those allowed lets anybody talk to it. Commands
run unasked only where `tools.exec` says both `security: full` and `ask: off`. Source: OpenClaw,
"Configuration Reference", "Sandboxing" and "Exec Approvals". It was called Clawdbot and Moltbot.
"""

from collections.abc import Iterator

from agentaudit.expressions import holds_word
from agentaudit.extract.addresses import LOOPBACK
from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.embedded import embedded
from agentaudit.extract.mcp.tools import add_source
from agentaudit.extract.pages import opened_to_pages
from agentaudit.extract.platform_files import OPENCLAW_FILE, OPENCLAW_NAMES
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.readers.document import Document, Node, NodeKind

_ALONE = LOOPBACK | {"loopback"}
_OPEN_POLICIES = ("dmPolicy", "groupPolicy")
_ALLOWED = ("allowFrom", "groupAllowFrom")
_TOLD = Budget("open channels of agents", 20_000, free=20, whole=True)
"""Each as often as there are agents behind it."""


def extract_openclaw(documents: Documents, collector: Collector) -> None:
    """The agents of every configuration, in a file of its own or as a text within another."""
    for document in documents.of("json", "yaml"):
        for root, around in _configurations(document, documents):
            place = (folder_of(document.file), around.text_at("metadata", "name"))
            for agent in _add_agents(document, root, collector):
                if around is not root:
                    collector.config_maps[agent.id] = place


def _configurations(document: Document, documents: Documents) -> Iterator[tuple[Node, Node]]:
    """Each configuration, and what it stands in: the object of a cluster, or itself."""
    if OPENCLAW_FILE.search(document.file):
        yield document.root, document.root
    if document.syntax != "yaml" or not holds_word(document.text, OPENCLAW_NAMES):
        return
    for root in document.roots:
        for node in root.walk():
            for key, value in node.entries:
                if OPENCLAW_FILE.search(key.raw) and value.kind is NodeKind.STRING:
                    found = embedded(value, document, documents)
                    if found is not None:
                        yield found, root


def _add_agents(document: Document, root: Node, collector: Collector) -> Iterator[Agent]:
    """One for all that have the defaults, and each that has tools or a sandbox of its own."""
    own_settings = [
        node
        for node in root.list_at("agents", "list")
        if node.text_at("id") and any(map(node.child, ("tools", "sandbox")))
    ]
    channels, everywhere = tuple(_open_channels(root)), _open_to_pages(root)
    for own in (root, *own_settings):
        name = own.name_at("id") or "defaults"
        place = own.child("id") or root.child("agents") or root
        agent = Agent(
            id=fact_id("agent", name, f"{document.file}#openclaw.{place.line}.{name}"),
            name=f"OpenClaw/{name}",
            evidence=(evidence(document, place, name),),
            framework="openclaw",
            permission_mode="bypass" if _unasked(own) or _unasked(root) else "",
            sandboxed=_sandboxed(root, own),
            authenticated=_authenticated(root),
        )
        if everywhere is not None:
            opening = evidence(document, everywhere, "allowedOrigins=*")
            agent = opened_to_pages(agent, opening)
        agent = collector.add(agent)
        end = (agent.evidence[0], f"which channels lead to {agent.name}", "anybody may talk to it")
        room = collector.affords(_TOLD, len(channels), end)
        for channel, opened in channels if room else ():
            source = f"messages of anybody on {channel}"
            add_source(collector, agent.id, source, evidence(document, opened, opened.raw))
        yield agent


def _unasked(node: Node) -> bool:
    commands = ("tools", "exec")
    return node.text_at(*commands, "security") == "full" and node.text_at(*commands, "ask") == "off"


def _sandboxed(root: Node, own: Node) -> Truth:
    """Whether every command runs in a sandbox: those of the main session may not."""
    mode = own.text_at("sandbox", "mode") or root.text_at("agents", "defaults", "sandbox", "mode")
    left = (root.text_at("tools", "elevated", "enabled") or "true") == "true"
    allowed = root.get("tools", "elevated", "allowFrom") is not None
    if mode == "non-main":
        return Truth.UNKNOWN
    return Truth.YES if mode == "all" and not (left and allowed) else Truth.NO


def _authenticated(root: Node) -> Truth:
    """Whether its own door asks; it is open to others only where it does not listen alone."""
    mode = root.text_at("gateway", "auth", "mode")
    if not mode:
        return Truth.UNKNOWN
    if mode != "none":
        return Truth.YES
    bound = root.text_at("gateway", "bind")
    return Truth.UNKNOWN if not bound or bound in _ALONE else Truth.NO


def _open_to_pages(root: Node) -> Node | None:
    """Where it lets any page call its agents."""
    origins = root.list_at("gateway", "controlUi", "allowedOrigins")
    return next((origin for origin in origins if origin.text == "*"), None)


def _open_channels(root: Node) -> Iterator[tuple[str, Node]]:
    channels = root.child("channels")
    for key, channel in channels.entries if channels is not None else ():
        if channel.text_at("enabled") == "false":
            continue
        for node in (channel, channel.child("dm")):
            for opened in _opened(node) if node is not None else ():
                yield key.raw, opened


def _opened(node: Node) -> Iterator[Node]:
    for name in _OPEN_POLICIES:
        policy = node.child(name)
        if policy is not None and policy.text == "open":
            yield policy
    for name in _ALLOWED:
        yield from (each for each in node.list_at(name) if each.text == "*")
