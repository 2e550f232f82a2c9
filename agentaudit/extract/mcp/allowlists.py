"""
Servers that a client's configuration declares although a managed list does not hold them.

How Claude Code matches: https://code.claude.com/docs/en/managed-mcp. A list with commands decides
by command for local servers, one with URLs by URL for remote ones, and by name where it has
neither; what is denied stays denied. Codex wants name and identity (`requirements.toml`), Gemini
CLI the name (`mcp.allowed`).
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, evidence, with_place
from agentaudit.extract.documents import Documents
from agentaudit.extract.iam.globs import matches
from agentaudit.extract.mcp.clients import REQUIREMENTS, client_of
from agentaudit.extract.mcp.configurations import command_of, server_id, url_of
from agentaudit.extract.mcp.declared import DeclaredServer, declared_servers
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.tools import ToolServer
from agentaudit.readers.document import Document, Node

_WILD = frozenset("*?$")
_MANAGED = regex(r"(?:^|/)managed-mcp\.json$")


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
    for document in documents.of("json", "toml", "markdown"):
        client = client_of(document)
        deciding = [managed for managed in lists if managed.client == client]
        for server in declared_servers(document) if deciding else ():
            for managed in deciding:
                if not managed.admits(server):
                    _mark(collector, server_id(document, server), managed)


def _mark(collector: Collector, name: FactId, managed: _List) -> None:
    server = collector.facts.get(name)
    if isinstance(server, ToolServer):
        places = with_place(server, evidence(managed.document, managed.place))
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
        yield _List("claude-code", document, allowed, _Entries(allowed.list()).allow)
    if denied is not None:
        entries = _Entries(denied.list())
        yield _List("claude-code", document, denied, lambda server: not entries.name(server))


def _identity(server: DeclaredServer) -> tuple[str, str, str, tuple[str, ...]]:
    return (server.name, url_of(server.node), *command_of(server.node))


class _Entries:
    """Entries of a list, each of which has one key: a command, a pattern of URLs, or a name."""

    def __init__(self, entries: tuple[Node, ...]) -> None:
        self._commands: set[tuple[str, ...]] = set()
        self._urls: set[str] = set()
        self._patterns: dict[str, None] = {}
        self._names: set[str] = set()
        self._kinds: set[str] = set()
        for entry in entries:
            self._kinds.update(key.raw for key, _ in entry.entries)
            command, url = entry.child("serverCommand"), entry.text_at("serverUrl")
            if command is not None:
                self._commands.add(command.texts())
            elif url and _WILD.isdisjoint(url):
                self._urls.add(url.lower())
            elif url:
                self._patterns[url] = None
            else:
                self._names.add(entry.text_at("serverName"))

    def allow(self, server: DeclaredServer) -> bool:
        """Whether they admit a server: by what it is, where any says that of its kind."""
        deciding = "serverUrl" if url_of(server.node) else "serverCommand"
        if deciding not in self._kinds:
            return self.name(server)
        return self._reached(server) if deciding == "serverUrl" else self._started(server)

    def name(self, server: DeclaredServer) -> bool:
        """Whether any of them speaks of a server."""
        return server.name in self._names or self._started(server) or self._reached(server)

    def _started(self, server: DeclaredServer) -> bool:
        name, words = command_of(server.node)
        return (name, *words) in self._commands

    def _reached(self, server: DeclaredServer) -> bool:
        url = url_of(server.node)
        return url.lower() in self._urls or any(matches(pattern, url) for pattern in self._patterns)
