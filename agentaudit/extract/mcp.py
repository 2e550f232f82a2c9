"""MCP client configurations: agents, the tool servers they expose, and what those hold."""

import re
from dataclasses import dataclass

from agentaudit.extract.collector import Collector, Setting, evidence, fact_id
from agentaudit.extract.credentials import Holding, add_credentials, settings_of
from agentaudit.extract.documents import Documents
from agentaudit.extract.launchers import Launch, launch_of
from agentaudit.extract.mcp_clients import DeclaredServer, client_agent, declared_servers
from agentaudit.extract.mcp_tools import add_tools
from agentaudit.extract.recognition import by_look
from agentaudit.extract.redaction import arguments, bare_url, plain
from agentaudit.extract.secret_names import secret_name
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.tools import Registry, ToolServer
from agentaudit.readers.document import Document, Node

_LOCAL = re.compile(
    r"^https?://(?:localhost|127\.0\.0\.1|\[::1\]|host\.docker\.internal)(?=[:/]|$)"
)
_FLAG = re.compile(r"^--?(?P<name>[A-Za-z][\w-]*)(?:=(?P<value>.*))?$", re.DOTALL)
_HEADER = re.compile(r"^(?P<name>[\w-]+):\s*(?P<value>\S.*)$", re.DOTALL)
_URL_SECRET = re.compile(r"[?&](?P<name>[\w.-]+)=(?P<value>[^&#]+)")
_PATH = re.compile(r"^(?:/|~|\.{1,2}(?:/|$)|[A-Za-z]:[\\/]|\$\{?HOME)")
_URLS = ("url", "httpUrl", "serverUrl")


@dataclass(frozen=True, slots=True)
class _Reading:
    document: Document
    collector: Collector
    agent: Agent


def extract_mcp(documents: Documents, collector: Collector) -> None:
    """Agents and tool servers of every MCP client configuration."""
    for document in documents:
        servers = list(declared_servers(document))
        if servers:
            agent = client_agent(document, collector, servers[0].key)
            for server in servers:
                _add_server(_Reading(document, collector, agent), server)


def _add_server(reading: _Reading, declared: DeclaredServer) -> None:
    if _disabled(declared.node):
        return
    document, collector = reading.document, reading.collector
    command, words = _command(declared.node)
    launch = launch_of(command, words)
    url = _url(declared.node)
    place = evidence(document, declared.key, declared.name)
    remote = bool(url) and not _LOCAL.match(url)
    server = ToolServer(
        id=fact_id("tool_server", declared.name, f"{document.file}#{declared.route}"),
        name=declared.name,
        evidence=(place,),
        transport=_transport(declared.node, url),
        command=plain(command),
        arguments=arguments(words),
        url=bare_url(url),
        package=launch.package,
        pinned=Truth.UNKNOWN if url else launch.pinned,
        tls=_tls(url),
        authenticated=_authenticated(declared.node, url),
        remote=remote,
        auto_approved=_auto_approved(declared.node),
        approved_tools=_approved(declared.node),
        wildcard_tools="*" in _approved(declared.node),
        root_paths=tuple(word for word in words if _PATH.match(word)) if not url else (),
    )
    server = collector.add(server)
    collector.link(EdgeKind.EXPOSES, reading.agent.id, server.id, place)
    add_tools(collector, server, url)
    _add_registry(collector, server, launch)
    _add_credentials(reading, declared, server)


def _disabled(node: Node) -> bool:
    enabled, disabled = node.child("enabled"), node.child("disabled")
    return (enabled is not None and enabled.boolean is False) or (
        disabled is not None and disabled.boolean is True
    )


def _command(node: Node) -> tuple[str, tuple[str, ...]]:
    """The command and its arguments; some clients write both as one list."""
    command = node.child("command")
    rest = node.child("args")
    words = [word.text or "" for word in command.list()] if command is not None else []
    if command is not None and command.child("path") is not None:
        words = [(command.get("path") or command).text or ""]
        rest = command.child("args")
    words += [word.text or "" for word in rest.list()] if rest is not None else []
    return (words[0], tuple(words[1:])) if words else ("", ())


def _url(node: Node) -> str:
    found = (node.child(name) for name in _URLS)
    return next((value.text for value in found if value is not None and value.text), "")


def _transport(node: Node, url: str) -> str:
    declared = node.child("type") or node.child("transport")
    text = (declared.text or "").lower() if declared is not None else ""
    if "sse" in text or (url and url.partition("?")[0].rstrip("/").endswith("/sse")):
        return "sse"
    return "http" if url else "stdio"


def _tls(url: str) -> Truth:
    if url.startswith("https://"):
        return Truth.YES
    return Truth.NO if url.startswith("http://") else Truth.UNKNOWN


def _authenticated(node: Node, url: str) -> Truth:
    """Whether a remote server is called with proof of who calls; a local process needs none."""
    if not url:
        return Truth.UNKNOWN
    headers = {name.lower() for name, _ in (node.child("headers") or node).items()}
    proven = any(name == "authorization" or secret_name(name) for name in headers)
    named = any(node.child(name) for name in ("oauth", "bearer_token_env_var", "authProviderType"))
    return Truth.YES if proven or named or by_look(url) is not None else Truth.NO


def _approved(node: Node) -> tuple[str, ...]:
    """Tools that run without a question."""
    found = (node.child(name) for name in ("alwaysAllow", "autoApprove"))
    names = [item.text or "" for value in found if value is not None for item in value.list()]
    return tuple(sorted({"*" if name == "true" else name for name in names if name != "false"}))


def _auto_approved(node: Node) -> bool:
    trust = node.child("trust")
    return bool(_approved(node)) or (trust is not None and trust.boolean is True)


def _add_registry(collector: Collector, server: ToolServer, launch: Launch) -> None:
    if not launch.registry or not launch.package:
        return
    registry = collector.add(
        Registry(
            id=fact_id("registry", launch.registry, f"{launch.registry}/{launch.package}"),
            name=f"{launch.registry}: {launch.package}",
            evidence=server.evidence[:1],
            mutable=launch.mutable,
        )
    )
    collector.link(EdgeKind.LAUNCHED_FROM, server.id, registry.id, *server.evidence[:1])


def _add_credentials(reading: _Reading, declared: DeclaredServer, server: ToolServer) -> None:
    node, document, route = declared.node, reading.document, declared.route
    argument_node = node.child("args")
    blocks = (
        ("env", settings_of(document, node.child("env"), f"{route}.env")),
        ("env", settings_of(document, node.child("environment"), f"{route}.environment")),
        ("header", settings_of(document, node.child("headers"), f"{route}.headers")),
        ("header", settings_of(document, node.child("http_headers"), f"{route}.http_headers")),
        ("argument", _argument_settings(document, argument_node, f"{route}.args")),
        ("argument", _url_settings(document, node, route)),
        ("header", _named_variable(document, node, route)),
    )
    for exposure, settings in blocks:
        holding = Holding(
            holder="tool_server",
            exposure=exposure,
            holder_id=server.id,
            seen_by=(server.id, reading.agent.id),
        )
        add_credentials(reading.collector, settings, holding)


def _argument_settings(document: Document, node: Node | None, route: str) -> tuple[Setting, ...]:
    """Arguments that carry a value: of a flag, of a header, or a secret by its look."""
    found: list[Setting] = []
    flag = ""
    for index, element in enumerate(node.elements if node is not None else ()):
        text = element.text or ""
        match = _FLAG.match(text)
        key, value = (match["name"], match["value"] or "") if match else (flag, text)
        header = _HEADER.match(value) if not value.startswith(("http:", "https:")) else None
        if header is not None and (match or flag):
            key, value = header["name"], header["value"]
        key, pair, assigned = value.partition("=") if flag in {"e", "env"} else (key, "", value)
        if value and (not pair or assigned):
            found.append(
                Setting(
                    key=key or f"args[{index}]",
                    value=element,
                    document=document,
                    route=f"{route}.{index}",
                    text=assigned,
                )
            )
        flag = match["name"] if match and match["value"] is None else ""
    return tuple(found)


def _url_settings(document: Document, node: Node, route: str) -> tuple[Setting, ...]:
    """Secrets in a server's URL: its user information, or a parameter of its query."""
    found: list[Setting] = []
    for name in _URLS:
        value = node.child(name)
        if value is None or not value.text:
            continue
        found.append(Setting(key=name, value=value, document=document, route=route))
        found.extend(
            Setting(
                key=match["name"],
                value=value,
                document=document,
                route=f"{route}.{name}",
                text=match["value"],
            )
            for match in _URL_SECRET.finditer(value.text)
        )
    return tuple(found)


def _named_variable(document: Document, node: Node, route: str) -> tuple[Setting, ...]:
    """Codex names the variable of the token, and keeps the token out of the file."""
    value = node.child("bearer_token_env_var")
    if value is None or not value.text:
        return ()
    reference = f"${{{value.text}}}"
    return (
        Setting(key="bearer_token", value=value, document=document, route=route, text=reference),
    )
