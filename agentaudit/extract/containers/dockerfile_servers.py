"""
Servers of MCP in images whose Dockerfile alone says so.

By the package that npx, uvx and their like fetch as it starts, by the name of its program, or by
the image that it is built from. EXPOSE publishes nothing, and says that it listens.
"""

import re
from collections.abc import Container, Sequence

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.containers.callers import asks, may_ask
from agentaudit.extract.containers.dockerfile_instructions import (
    LAST,
    last_stage,
    stages_of,
    started,
)
from agentaudit.extract.containers.facts import tool_server_id
from agentaudit.extract.containers.registries import add_registry
from agentaudit.extract.containers.roles import role_of
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.credentials.redaction import arguments, plain
from agentaudit.extract.documents import folder_of
from agentaudit.extract.mcp.catalogue import known_server
from agentaudit.extract.mcp.launchers import Launch, image_launch, launch_of
from agentaudit.extract.mcp.tools import add_tools
from agentaudit.extract.settings import Setting
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Truth
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.model.facts.tools import ToolServer
from agentaudit.readers.document import Document, Node

_LAUNCHER = regex(r"(?:^|/)(?:npx|bunx|pnpx|pnpm|yarn|npm|bun|uvx|pipx|uv)$")
_MOST_LAUNCHERS = 5
"""Of one command: a proxy starts another program."""
_PACKAGE = regex(r"(?:^|[@/_.-])mcp(?:$|[/_.-])|modelcontextprotocol", re.IGNORECASE)
_PROGRAM = regex(
    r"(?:^|[./_-])mcp[-_]?server(?:$|[./_-])|(?:^|[./_-])server[-_]mcp$|[a-z0-9][-_]mcp$"
)
_FIRST_WORDS = 6
"""Among which the program is: `uv run`, `python -m` and `tini --` stand before it."""
_SPEAKS = regex(r"^(?:--?transport=?)?(?:http|sse|streamable-?http|streamableHttp)$")
_PROOF = regex(r"^--?[\w-]*(?:auth|token|api-?key|jwt|oidc)", re.IGNORECASE)


class _Served(Struct, frozen=True, kw_only=True):
    """What serves, and where the Dockerfile says so."""

    launch: Launch
    place: Node
    command: str = ""
    words: tuple[str, ...] = ()
    confidence: Confidence = Confidence.CERTAIN


def add_image_server(
    document: Document,
    collector: Collector,
    runtimes: Sequence[Runtime],
    settings: Sequence[Setting],
    *,
    coded: Container[str],
) -> None:
    """The server that an image holds, unless code in its folder builds one that is read."""
    served = _served(document)
    if served is None or (not served.launch.registry and folder_of(document.file) in coded):
        return
    ids = {runtime.id for runtime in runtimes}
    workloads = [item for item in collector.workloads if item.runtime_id in ids]
    if any(workload.role == "tool_server" for workload in workloads):
        return
    server = collector.add(
        _server(document, served, runtimes, _asking(served, workloads, settings))
    )
    for runtime in runtimes:
        collector.link(EdgeKind.RUNS_ON, server.id, runtime.id, server.evidence[0])
    add_registry(collector, served.launch, server.evidence[0], server.id)
    if server.transport == "http" and server.authenticated is Truth.UNKNOWN:
        place, what = server.evidence[-1], f"whether {server.name} asks who calls"
        collector.leave_open(place, what, "it may not")
    add_tools(collector, server)


def folders_with_servers(collector: Collector) -> frozenset[str]:
    """The folders around code that builds servers."""
    found: set[str] = set()
    files = {server.evidence[0].file for server in collector.of(ToolServer)}
    for code in (file for file in files if file.endswith(".py")):
        folder = folder_of(code)
        while folder not in found:
            found.add(folder)
            folder = folder_of(folder)
    return frozenset(found)


def _served(document: Document) -> _Served | None:
    start = started(document)
    if start is None:
        return _of_base(document, ())
    place, words = start
    return _fetched(place, words) or _program(place, words) or _of_base(document, words)


def _fetched(place: Node, words: tuple[str, ...]) -> _Served | None:
    """The package of a server that a launcher fetches."""
    starts = [number for number, word in enumerate(words) if _LAUNCHER.search(word)]
    for number in starts[:_MOST_LAUNCHERS]:
        command, rest = words[number], words[number + 1 :]
        launch = launch_of(command, rest)
        if launch.registry and _serves(launch.package):
            return _Served(launch=launch, place=place, command=command, words=rest)
    return None


def _serves(package: str) -> bool:
    speaks = _PACKAGE.search(package) is not None or known_server(package) is not None
    return speaks and not package.endswith("/inspector")


def _program(place: Node, words: tuple[str, ...]) -> _Served | None:
    """A program that is called a server."""
    for number, word in enumerate(words[:_FIRST_WORDS]):
        if _PROGRAM.search(word) and not word.startswith("-") and "=" not in word:
            launch, rest = Launch(package=word, pinned=Truth.YES), words[number + 1 :]
            return _Served(launch=launch, place=place, command=word, words=rest)
    return None


def _of_base(document: Document, words: tuple[str, ...]) -> _Served | None:
    """The image of a server, of which this one is made."""
    base = stages_of(document).get(LAST)
    if base is None or base.stage or role_of(base.image, (), (), ()) != "tool_server":
        return None
    launch, likely = image_launch(base.image), Confidence.LIKELY
    return _Served(launch=launch, place=base.place, words=words, confidence=likely)


def _server(
    document: Document, served: _Served, runtimes: Sequence[Runtime], authenticated: Truth
) -> ToolServer:
    ports = [node for _, node in last_stage(document, "EXPOSE")]
    name = plain(served.launch.package)
    exposed = any(runtime.published for runtime in runtimes)
    listens = exposed or bool(ports) or any(_SPEAKS.match(word) for word in served.words)
    places = (served.place, *ports[:1])
    snippets = (name, *(f"EXPOSE {plain(node.text or '')}" for node in ports[:1]))
    return ToolServer(
        id=tool_server_id(name, f"{document.file}#image"),
        name=name,
        evidence=tuple(
            evidence(document, node, snippet)
            for node, snippet in zip(places, snippets, strict=True)
        ),
        confidence=served.confidence,
        transport="http" if listens else "stdio",
        command=plain(served.command),
        arguments=arguments(served.words),
        package=name,
        pinned=served.launch.pinned,
        authenticated=authenticated if exposed else Truth.UNKNOWN,
        exposed=exposed,
    )


def _asking(served: _Served, workloads: Sequence[Workload], settings: Sequence[Setting]) -> Truth:
    """Whether a setting of every container makes it ask who calls; what a switch does is open."""
    if asks(settings) or (workloads and all(asks(item.settings) for item in workloads)):
        return Truth.YES
    if any(_PROOF.match(word) for word in served.words):
        return Truth.UNKNOWN
    if may_ask(settings) or any(may_ask(item.settings) for item in workloads):
        return Truth.UNKNOWN
    bare = any(item.settings_whole and not asks(item.settings) for item in workloads)
    return Truth.NO if bare else Truth.UNKNOWN
