"""
Where clients of MCP write down their servers.

The front matter of Copilot's agents by
https://docs.github.com/en/copilot/reference/custom-agents-configuration, of Claude Code's subagents
by https://code.claude.com/docs/en/sub-agents, plugins by
https://code.claude.com/docs/en/plugins-reference, bundles by
https://github.com/modelcontextprotocol/mcpb/blob/main/MANIFEST.md.
"""

import json
from collections.abc import Iterator

from msgspec import Struct

from agentaudit.expressions import holds_word, regex
from agentaudit.extract.documents import Documents
from agentaudit.extract.embedded import embedded
from agentaudit.extract.mcp.clients import GOOSE, REQUIREMENTS
from agentaudit.extract.platform_files import FORM_FILE
from agentaudit.readers.document import Document, Node, NodeKind, bounded_name

_ROOTS = ("mcpServers", "mcp_servers", "mcp-servers", "context_servers", "amp.mcpServers")
_QUOTED_ROOTS = tuple(f'"{name}"' for name in _ROOTS)
_ROUTES = (
    ("servers",),
    ("mcp", "servers"),
    ("mcp",),
    ("settings", "mcp", "servers"),  # of a workspace of VS Code
    ("customizations", "vscode", "mcp", "servers"),  # of a development container
)
"""Where else servers stand, if what stands there looks like them."""
_OLD_CONTINUE = ("experimental", "modelContextProtocolServers")
_OF_GOOSE = ("GOOSE_PROVIDER", "GOOSE_MODEL")
_BARE = "/.mcp.json"
"""Of a plugin of Claude Code, which may name its servers without a key around them."""
_MARKETPLACE = ".claude-plugin/marketplace.json"
_ASKED = "${user_config."
_BUNDLE_KEYS = ("manifest_version", "dxt_version")
_NOT_READ = regex(r"(?:^|/)\.claude/settings(?:\.local)?\.json$")
"""
Claude Code reads servers from `.mcp.json` and `~/.claude.json`, and none from its settings.

https://code.claude.com/docs/en/mcp ("MCP installation scopes"), anthropics/claude-code#24477.
"""
_SYNTAXES = frozenset({"json", "yaml", "toml", "markdown"})
URLS = ("url", "httpUrl", "serverUrl", "uri")
"""The keys under which clients write a server's address."""
_COMMANDS = ("command", "cmd")
_LONGEST_AROUND = 100_000
"""Characters of a text in which servers stand among other words."""
_SWITCHES = frozenset({"enabled", "disabled"})


class DeclaredServer(Struct, frozen=True, kw_only=True):
    """One server as a client's configuration names it."""

    name: str
    key: Node
    node: Node
    route: str


def declared_servers(document: Document) -> Iterator[DeclaredServer]:
    """Every MCP server that a document declares, under whichever root key its client uses."""
    root = document.root
    if document.syntax not in _SYNTAXES or root.kind is not NodeKind.MAPPING:
        return
    if REQUIREMENTS.search(document.file) or _NOT_READ.search(document.file):
        return  # what Codex may start, and nothing that is started
    for name in _ROOTS:
        yield from _servers(root.child(name), name)
    for route in _ROUTES:
        node = root.get(*route)
        if node is not None and _looks_like_servers(node):
            yield from _servers(node, ".".join(route))
    if any(map(root.child, _OF_GOOSE)) or GOOSE.search(document.file):
        yield from _extensions(root.child("extensions"))
    projects = root.child("projects")
    for path, project in projects.items() if projects is not None else ():
        yield from _servers(project.child("mcpServers"), f"projects.{path}.mcpServers")
    yield from _servers(root.get(*_OLD_CONTINUE), ".".join(_OLD_CONTINUE))
    yield from _packaged(document)


def _packaged(document: Document) -> Iterator[DeclaredServer]:
    """The servers that come with a plugin, or are one: bundles that a desktop client installs."""
    root = document.root
    if f"/{document.file}".endswith(_BARE) and _looks_like_servers(root):
        yield from _servers(root, "")
    if document.file.endswith(_MARKETPLACE):
        for number, plugin in enumerate(root.list_at("plugins")):
            yield from _servers(plugin.child("mcpServers"), f"plugins.{number}.mcpServers")
    started, name = root.get("server", "mcp_config"), root.child("name")
    if started is not None and name is not None and any(map(root.child, _BUNDLE_KEYS)):
        yield DeclaredServer(
            name=bounded_name(name.raw), key=name, node=_told(started), route="server.mcp_config"
        )


def _told(started: Node) -> Node:
    """How a bundle is started, less what its client asks each user for and keeps for him."""
    env = started.child("env")
    if env is None:
        return started
    told = tuple(entry for entry in env.entries if _ASKED not in entry[1].raw)
    others = (entry for entry in started.entries if entry[1] is not env)
    key = started.key_of("env") or env
    return started.changed(entries=(*others, (key, env.changed(entries=told))))


def servers_within(document: Document, documents: Documents) -> Iterator[DeclaredServer]:
    """
    Servers in a client's configuration that stands as a text within a YAML file.

    So a ConfigMap has it, a `config` of Compose, and a value of a chart; a workflow has it among
    other words, behind `--mcp-config` or in a file that a step writes. Not the form for reports of
    faults, which shows how one looks.
    """
    if document.syntax != "yaml" or FORM_FILE.search(document.file):
        return
    if not holds_word(document.text, _ROOTS):
        return
    for number, node in enumerate(_texts(document)):
        root = embedded(node, document, documents) or _among_words(node, document, documents)
        for name in _ROOTS:
            servers = root.child(name) if root is not None else None
            yield from _servers(servers, f"{name} within {number}")


def _among_words(node: Node, document: Document, documents: Documents) -> Node | None:
    """The first object of JSON that holds servers, where other words stand around it."""
    found = [at for name in _QUOTED_ROOTS if (at := node.raw.find(name)) >= 0]
    start = node.raw.rfind("{", 0, min(found, default=0))
    if start < 0 or len(node.raw) > _LONGEST_AROUND:
        return None
    try:
        _, end = json.JSONDecoder().raw_decode(node.raw, start)
    except (ValueError, RecursionError):
        return None
    before = "".join(each if each == "\n" else " " for each in node.raw[:start])
    return embedded(node.changed(raw=before + node.raw[start:end]), document, documents)


def _texts(document: Document) -> Iterator[Node]:
    for root in document.roots:
        for node in root.walk():
            if node.kind is NodeKind.STRING and holds_word(node.raw, _QUOTED_ROOTS):
                yield node


def _servers(node: Node | None, route: str) -> Iterator[DeclaredServer]:
    """The servers of a mapping by their keys, those of a list by what names them there."""
    if node is None:
        return
    under = f"{route}." if route else ""
    for key, value in node.entries:
        if value.kind is NodeKind.MAPPING:
            declared = _with_transport(value)
            yield DeclaredServer(name=key.raw, key=key, node=declared, route=f"{under}{key.raw}")
    for index, value in enumerate(node.elements):
        listed = _listed(value, index)
        if listed is not None:
            key, name, server = listed
            yield DeclaredServer(
                name=bounded_name(name),
                key=key,
                node=_with_transport(server),
                route=f"{under}{index}",
            )


def _listed(value: Node, index: int) -> tuple[Node, str, Node] | None:
    """What names a server of a list, and the server; None of what only refers to one."""
    name = value.child("name")
    if name is not None and name.text:
        return name, name.text, value
    if len(value.entries) != 1 or value.entries[0][1].kind is not NodeKind.MAPPING:
        return None
    key, server = value.entries[0]
    return (key, f"no. {index + 1}", value) if key.raw == "transport" else (key, key.raw, server)


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
    """
    Whether a mapping holds servers: `servers` and `mcp` mean other things elsewhere.

    One that is switched off need not say what it would be.
    """
    values = [value for _, value in node.entries if value.kind is NodeKind.MAPPING]
    told = [value for value in values if not {key.raw for key, _ in value.entries} <= _SWITCHES]
    return bool(told) and all(value.child("command") or value.child("url") for value in told)
