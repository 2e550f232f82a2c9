"""
How programs in TypeScript and JavaScript start servers of MCP: where they listen, who is asked.

A server over HTTP listens where the program around it does, in its own file, or in one that it
imports or that imports it. Node, Bun and Deno listen on every interface unless they are given a
host, Fastify and FastMCP on this machine alone: https://nodejs.org/api/net.html#serverlisten,
https://bun.sh/docs/api/http, https://docs.deno.com/api/deno/~/Deno.serve,
https://fastify.dev/docs/latest/Reference/Server/#listen, https://github.com/punkpeye/fastmcp.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.addresses import EVERY_INTERFACE, LOOPBACK
from agentaudit.extract.documents import Documents
from agentaudit.extract.javascript.building import Building
from agentaudit.extract.javascript.methods import function_of
from agentaudit.extract.javascript.modules import defined_at, imported_files, program
from agentaudit.extract.programs.code import Call, written_keys
from agentaudit.extract.programs.syntax import keyword
from agentaudit.extract.programs.written import Written
from agentaudit.model.evidence import Evidence, Truth

_SERVED = regex(r"\bcreate(?:Legacy)?McpHandler\(|\b\w+\.serve\(['\"]/")
"""What answers requests where its platform listens: a Worker, or a route of Next.js."""
_TRANSPORTS = (
    (regex(r"\bStdioServerTransport\b|transportType: ['\"]stdio"), "stdio"),
    (regex(r"\b(?:\w*StreamableHTTP\w*Transport|NodeStreamableHTTP\w*)\b|httpStream"), "http"),
    (_SERVED, "http"),
    (regex(r"\bSSEServerTransport\b"), "sse"),
)
_LISTENS = regex(r"(?:^|\.)listen$|^(?:Bun|Deno)\.serve$|^@hono/node-server\.serve$|(?:^|\.)start$")
_AT_HOME = frozenset({"fastify.default", "fastify.fastify", "fastify"})
"""What makes servers that listen on this machine unless they are told otherwise."""
_ASKS = regex(
    r"auth|bearer|passport|jwt|oauth|api[-_]?key|token|session[-_]?secret|clerk|verif|middleware"
    r"|createMcpExpressApp|hostHeaderValidation|allowedHosts|allowedOrigins",
    re.IGNORECASE,
)
_HOSTS = ("host", "hostname")
_FAR = 2
"""Files that import one, and those that import these."""
_MOST = 20


class Started(Struct, frozen=True):
    """How a program starts the servers of a module, read once for all of them."""

    transport: str
    everywhere: bool
    asks: bool
    open_at: Evidence | None
    """Where a host is named that does not fold."""


def started_by(building: Building) -> Started:
    """How the servers of a module are started, by itself or by files that import it."""
    others = list(_beside(building))
    if not others and not _transports(building):
        others = list(_starters(building))
    starting = [building, *others]
    found = [_listens_everywhere(each) for each in starting]
    transports = {name for each in starting for name in _transports(each)}
    texts = (each.module.document.text for each in (building, *others))
    return Started(
        transport=transports.pop() if len(transports) == 1 else "",
        everywhere=any(everywhere is Truth.YES for everywhere, _ in found),
        asks=any(_ASKS.search(text) is not None for text in texts),
        open_at=next((place for _, place in found if place is not None), None),
    )


def _transports(building: Building) -> frozenset[str]:
    text = building.module.document.text
    return frozenset(name for pattern, name in _TRANSPORTS if pattern.search(text))


def _beside(building: Building) -> Iterator[Building]:
    """The modules that the module imports and that serve by HTTP what they are handed."""
    known = building.module.imports.values()
    files = dict.fromkeys(defined_at(path)[0] for path in known if path.startswith("."))
    for other in (building.peers.get(file) for file in list(files)[: 10 * _MOST]):
        if other is not None and "http" in _transports(other):
            yield other


def _starters(building: Building) -> Iterator[Building]:
    """The modules that name a transport, and import the module or one that does."""
    importers = building.documents.once(_importers)
    waiting, seen = [building.module.document.file], {building.module.document.file}
    for _ in range(_FAR):
        found = [each for file in waiting for each in importers.get(file, ()) if each not in seen]
        found = list(dict.fromkeys(found))[:_MOST]
        seen.update(found)
        for file in found:
            other = building.peers.get(file)
            if other is not None and _transports(other):
                yield other
        waiting = found


def _importers(documents: Documents) -> Mapping[str, Sequence[str]]:
    """The files that import each, in the order of their names."""
    found: dict[str, list[str]] = {}
    for file, imported in sorted(imported_files(program(documents))):
        for other in imported:
            found.setdefault(other, []).append(file)
    return found


def _listens_everywhere(building: Building) -> tuple[Truth, Evidence | None]:
    """Whether the program listens at all of its addresses, and where one is named that is open."""
    module = building.module
    for call in building.calls:
        if not _LISTENS.search(call.name) or not (call.node.args or call.node.keywords):
            continue
        stream = keyword(call.node, "httpStream")
        if call.last == "start" and stream is None:
            continue
        given = _host(building, call, stream)
        if given is None:
            at_home = stream is not None or _stays_at_home(building, call)
            return Truth.NO if at_home else Truth.YES, None
        named = building.program.meant(Written(module, given)).value
        if not isinstance(named, str):
            return Truth.UNKNOWN, module.place(given, call.last)
        if named not in LOOPBACK:
            everywhere = named in EVERY_INTERFACE
            return Truth.YES if everywhere else Truth.NO, None
    served = _SERVED.search(module.document.text) is not None
    return Truth.YES if served else Truth.NO, None


def _host(building: Building, call: Call, stream: ast.expr | None) -> ast.expr | None:
    """What a call says where to listen."""
    if isinstance(stream, ast.Dict):
        return dict(written_keys(building.module, stream)).get("host")
    named = keyword(call.node, *_HOSTS)
    for given in call.node.args if named is None else ():
        said = dict(written_keys(building.module, given)) if isinstance(given, ast.Dict) else {}
        named = next((said[name] for name in _HOSTS if name in said), named)
    if named is not None or call.last == "serve":
        return named
    others = (each for each in call.node.args[1:2] if not _is_function(building, each))
    return next(others, None)


def _stays_at_home(building: Building, call: Call) -> bool:
    """Whether what listens does so on this machine where nobody says otherwise."""
    func = call.node.func
    if not isinstance(func, ast.Attribute):
        return False
    made = building.program.meant(Written(building.module, func.value))
    return isinstance(made.node, ast.Call) and made.name in _AT_HOME


def _is_function(building: Building, given: ast.expr) -> bool:
    return function_of(building.program, Written(building.module, given)) is not None
