"""
Servers that a client's configuration declares although a managed list does not hold them.

How Claude Code matches: https://code.claude.com/docs/en/managed-mcp. A list with commands decides
by command for local servers, one with URLs by URL for remote ones, and by name where it has
neither; what is denied stays denied. Codex wants name and identity (`requirements.toml`), Gemini
CLI the name (`mcp.allowed`).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.documents import Documents
from agentaudit.extract.iam_globs import matches
from agentaudit.extract.mcp import command_of, server_id, url_of
from agentaudit.extract.mcp_clients import REQUIREMENTS, DeclaredServer, client_of, declared_servers
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.tools import ToolServer
from agentaudit.readers.document import Document, Node

_MANAGED = re.compile(r"(?:^|/)managed-mcp\.json$")


class _List(Struct, frozen=True):
    """One list of servers that may run, for all configurations of one client."""

    client: str
    document: Document
    place: Node
    admits: Callable[[DeclaredServer], bool]


def mark_shadows(documents: Documents, collector: Collector) -> None:
    """Marks the servers that no list of their client admits, with the list as a second place."""
    lists = tuple(_lists(documents))
    if not lists:
        return
    for document in documents.of("json", "toml"):
        client = client_of(document)
        deciding = [managed for managed in lists if managed.client == client]
        for server in declared_servers(document) if deciding else ():
            for managed in deciding:
                if not managed.admits(server):
                    _mark(collector, server_id(document, server), managed)


def _mark(collector: Collector, name: FactId, managed: _List) -> None:
    server = collector.facts.get(name)
    if isinstance(server, ToolServer):
        place = evidence(managed.document, managed.place)
        places = tuple(dict.fromkeys((*server.evidence, place)))
        collector.update(replace(server, shadow=True, evidence=places))


def _lists(documents: Documents) -> Iterator[_List]:
    for document in documents.of("json", "toml"):
        client, root = client_of(document), document.root
        if client == "claude-code":
            yield from _claude(document)
        elif client == "gemini-cli" and (allowed := root.get("mcp", "allowed")) is not None:
            yield _List(client, document, allowed, partial(_named, frozenset(allowed.texts())))
        elif REQUIREMENTS.search(document.file) and (listed := root.child("mcp_servers")):
            yield _List("codex", document, listed, partial(_identified, dict(listed.items())))


def _named(names: frozenset[str], server: DeclaredServer) -> bool:
    return server.name in names


def _identified(known: Mapping[str, Node], server: DeclaredServer) -> bool:
    """Whether a server is the one that `requirements.toml` names: by its command, or its URL."""
    entry = known.get(server.name)
    identity = entry.child("identity") if entry is not None else None
    if identity is None:
        return False
    command, url = identity.text_at("command"), identity.text_at("url")
    return command_of(server.node)[0] == command if command else url_of(server.node) == url


def _claude(document: Document) -> Iterator[_List]:
    root = document.root
    if _MANAGED.search(document.file):
        known = frozenset(map(_identity, declared_servers(document)))
        yield _List(
            "claude-code",
            document,
            root.key_of("mcpServers") or root,
            lambda server: _identity(server) in known,
        )
    allowed, denied = root.child("allowedMcpServers"), root.child("deniedMcpServers")
    if allowed is not None:
        yield _List("claude-code", document, allowed, partial(_allowed, allowed.list()))
    if denied is not None:
        yield _List("claude-code", document, denied, partial(_not_denied, denied.list()))


def _identity(server: DeclaredServer) -> tuple[str, str, str, tuple[str, ...]]:
    return (server.name, url_of(server.node), *command_of(server.node))


def _allowed(entries: tuple[Node, ...], server: DeclaredServer) -> bool:
    deciding = "serverUrl" if url_of(server.node) else "serverCommand"
    of_kind = [entry for entry in entries if entry.child(deciding) is not None]
    return any(_is(entry, server) for entry in of_kind or entries)


def _not_denied(entries: tuple[Node, ...], server: DeclaredServer) -> bool:
    return not any(_is(entry, server) for entry in entries)


def _is(entry: Node, server: DeclaredServer) -> bool:
    """Whether an entry, which has one key, speaks of a server."""
    command, url = entry.child("serverCommand"), entry.text_at("serverUrl")
    if command is not None:
        name, words = command_of(server.node)
        return command.texts() == (name, *words)
    if url:
        return matches(url, url_of(server.node))
    return entry.text_at("serverName") == server.name
