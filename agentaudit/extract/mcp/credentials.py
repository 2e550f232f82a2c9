"""What MCP servers hold, wherever a client's configuration writes it down."""

import re
from collections.abc import Iterator
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.credentials.holdings import (
    CREDENTIALS,
    Holding,
    add_credentials,
    settings_of,
)
from agentaudit.extract.credentials.recognition import by_look
from agentaudit.extract.credentials.redaction import HEADER, plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.environment_controls import mark_unverified
from agentaudit.extract.mcp.declared import URLS, DeclaredServer
from agentaudit.extract.settings import Setting
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.model.facts.fact import FactId
from agentaudit.readers.document import Document, Node

_FLAG = regex(r"^--?(?P<name>[A-Za-z][\w-]*)(?:=(?P<value>.*))?$", re.DOTALL)
_PARAMETER = regex(r"[?&](?P<name>[\w.-]+)=(?P<value>[^&#]+)")
_MOST_PARAMETERS = CREDENTIALS.most + 10
"""Of a URL: some more than the credentials that are told, so that the rest is open."""
_WORKSPACE = regex(r"^\$\{workspaceFolder(?:[^}]*)\}/")
_SHELL = regex(
    r"(?:^|[/\\])(?:ba|da|z|k)?sh(?:\.exe)?$|(?:^|[/\\])(?:cmd|powershell|pwsh)(?:\.exe)?$"
)
_FILLED = regex(r"\$\{(?P<name>[A-Za-z_]\w{0,99})\}")
_ENVIRONMENTS = 4
"""How many of the blocks below are environments of servers in any language."""
_BLOCKS = (
    # how it is exposed, and where clients write it
    ("env", ("env",)),
    ("env", ("environment",)),  # opencode
    ("env", ("envs",)),  # Goose
    ("env", ("command", "env")),  # Zed
    ("env", ("settings",)),  # extensions of Zed
    ("header", ("headers",)),
    ("header", ("http_headers",)),  # Codex
    ("header", ("requestOptions", "headers")),  # Continue
    ("header", ("auth",)),  # Cursor
    ("header", ("oauth",)),
)


class ServerPlace(Struct, frozen=True):
    """Where a server is declared, and who sees what it holds."""

    documents: Documents
    document: Document
    declared: DeclaredServer
    server: FactId
    agent: FactId


def add_server_credentials(collector: Collector, place: ServerPlace) -> None:
    """Every credential of one server: of its environment, its headers, its arguments, its URL."""
    for exposure, settings in _settings(place):
        add_credentials(collector, settings, held_by_server(place.server, place.agent, exposure))
        mark_unverified(collector, settings, place.server)


def held_by_server(server: FactId, agent: FactId, exposure: str) -> Holding:
    """What a server holds, and the agent that it is declared for can see."""
    return Holding(
        holder="tool_server", exposure=exposure, holder_id=server, seen_by=(server, agent)
    )


def _settings(place: ServerPlace) -> Iterator[tuple[str, tuple[Setting, ...]]]:
    document, node, route = place.document, place.declared.node, place.declared.route
    for exposure, path in _BLOCKS:
        yield exposure, settings_of(document, node.get(*path), ".".join((route, *path)))
    own = _own_variables(node)
    for listed in (node.child("args"), node.get("command", "args"), node.child("command")):
        yield "argument", _argument_settings(document, listed, f"{route}.args", own)
    yield "url", _url_settings(document, node, route)
    yield "header", tuple(_named_values(document, node, route))
    yield "env", tuple(_passed_variables(document, node, route))
    yield "env", _environment_file(place)


def _own_variables(node: Node) -> frozenset[str]:
    """
    The environment that a server is given, from which it fills references in its arguments itself.

    Clients fill them from their own, so that `${TOKEN}` stands in the list of processes as it is
    written (mcp-remote, "Custom Headers"). A shell writes the value into what it starts.
    """
    if _SHELL.search(node.text_at("command")):
        return frozenset()
    blocks = (node.get(*path) for _, path in _BLOCKS[:_ENVIRONMENTS])
    return frozenset(key for block in blocks if block is not None for key, _ in block.items())


def _is_filled(text: str, own: frozenset[str]) -> bool:
    """Whether a server fills an argument from its own environment, and no secret stands beside."""
    filled = _FILLED.search(text)
    if filled is None or filled["name"] not in own:
        return False
    beside = by_look(text)
    return beside is None or beside.form is not CredentialForm.LITERAL


def _argument_settings(
    document: Document, node: Node | None, route: str, own: frozenset[str]
) -> tuple[Setting, ...]:
    """Arguments that carry a value: of a flag, of a header, or a secret by its look."""
    found: list[Setting] = []
    flag = ""
    for index, element in enumerate(node.elements if node is not None else ()):
        text = element.text or ""
        if own and _is_filled(text, own):
            flag = ""
            continue
        match = _FLAG.match(text)
        key, value = (match["name"], match["value"] or "") if match else (flag, text)
        header = HEADER.match(value) if not value.startswith(("http:", "https:")) else None
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
    for name in URLS:
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
            for match in parameters(value.text)
        )
    return tuple(found)


def parameters(url: str) -> Iterator[re.Match[str]]:
    """The parameters of a URL, each a name and a value."""
    return islice(_PARAMETER.finditer(url), _MOST_PARAMETERS)


def _named_values(document: Document, node: Node, route: str) -> Iterator[Setting]:
    """A key that Continue writes beside the URL; variables that Codex names instead of values."""
    key = node.child("apiKey")
    if key is not None and key.text:
        yield Setting(key="apiKey", value=key, document=document, route=route)
    named = node.child("bearer_token_env_var")
    if named is not None and named.text:
        yield _reference(document, "bearer_token", named, route)
    headers = node.child("env_http_headers")
    for name, value in headers.items() if headers is not None else ():
        yield _reference(document, name, value, f"{route}.env_http_headers")


def _passed_variables(document: Document, node: Node, route: str) -> Iterator[Setting]:
    """Variables that Goose and Codex pass on to a server by their names."""
    for field in ("env_keys", "env_vars"):
        for value in node.list_at(field):
            if value.text:
                yield _reference(document, value.text, value, f"{route}.{field}")


def _reference(document: Document, key: str, value: Node, route: str) -> Setting:
    text = f"${{{value.text}}}"
    return Setting(key=key, value=value, document=document, route=route, text=text)


def _environment_file(place: ServerPlace) -> tuple[Setting, ...]:
    """The file that VS Code and Cursor fill a server's environment from."""
    node = place.declared.node.child("envFile")
    if node is None or not node.text:
        return ()
    reference, in_workspace = _WORKSPACE.subn("", node.text)
    above = place.document.file.rpartition("/.")[0] if in_workspace else ""
    found = (
        place.documents.at(f"{above}/{reference}".lstrip("/"))
        if in_workspace
        else place.documents.beside(place.document, reference)
    )
    if found is None or found.syntax != "dotenv":
        return ()
    via = (evidence(place.document, node, plain(node.text)),)
    return tuple(replace(item, via=via) for item in settings_of(found, found.root, "env"))
