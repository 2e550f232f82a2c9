"""
Servers of MCP that Python code builds: who reaches them, whether they ask who calls, their tools.

FastMCP (2.14 and 4.2) and the MCP Python SDK (1.30: `FastMCP`; 2.3: `MCPServer`) run over stdio
unless `run` names a transport, and listen on 127.0.0.1 unless `host` says otherwise.
"""

import ast
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from msgspec import Struct

from agentaudit.expressions import holds_word
from agentaudit.extract.addresses import EVERY_INTERFACE
from agentaudit.extract.collector import fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.frameworks.agentcore_folders import may_run_on_agentcore
from agentaudit.extract.programs.code import UNFOLDED, Call, Module
from agentaudit.extract.programs.imports import module_defining, modules, packages
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import keyword, splatted
from agentaudit.extract.python.building import Building
from agentaudit.extract.python.given_tools import add_given_tools
from agentaudit.extract.python.starts import RUNS, Start, starts
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence, Truth
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.tools import ToolServer

_CLASSES = frozenset(
    {
        *("fastmcp.FastMCP", "fastmcp.server.FastMCP", "fastmcp.server.server.FastMCP"),
        *("mcp.server.FastMCP", "mcp.server.fastmcp.FastMCP", "mcp.server.fastmcp.server.FastMCP"),
        *("mcp.server.MCPServer", "mcp.server.mcpserver.MCPServer"),
        "mcp.server.mcpserver.server.MCPServer",
    }
)
_PACKAGES = frozenset({"mcp", "fastmcp"})
_PROOFS = ("auth", "auth_server_provider", "token_verifier", "middleware")
"""What may ask who calls; middleware may, by code that is not read."""
_TRANSPORTS = {"stdio": "stdio", "http": "http", "streamable-http": "http", "sse": "sse"}
_SERVERS = ("FastMCP", "MCPServer")
_MOST = 20
_DEEPEST = 4
"""Classes that are made of each other."""
_EVERYWHERE = EVERY_INTERFACE | {""}


class _Reach(Struct, frozen=True):
    """How a server is started."""

    transport: str = ""
    everywhere: bool = False
    open_ends: tuple[tuple[Evidence, str], ...] = ()
    place: Evidence | None = None
    """Where it is started, if that is another file."""


class _Written(Struct, dict=True, eq=False):
    """What a module writes of its names, read once for all of its servers."""

    module: Module

    @cached_property
    def attributes(self) -> frozenset[str]:
        """Those that it names: `server.auth`."""
        return frozenset(map(self.module.dotted, self.module.of(ast.Attribute)))

    @cached_property
    def settings(self) -> Mapping[str, ast.expr]:
        """What is assigned first to each attribute."""
        found: dict[str, ast.expr] = {}
        for assignment in self.module.of(ast.Assign):
            for target in assignment.targets:
                if isinstance(target, ast.Attribute):
                    found.setdefault(self.module.dotted(target), assignment.value)
        return found

    @cached_property
    def decorated(self) -> Mapping[str, Sequence[FunctionDef]]:
        """The functions that each decorator stands at."""
        found: dict[str, list[FunctionDef]] = {}
        for function in self.module.functions:
            for decorator in {self.module.dotted(item) for item in function.decorator_list}:
                found.setdefault(decorator, []).append(function)
        return found


def add_servers(building: Building) -> None:
    """The servers of a module, each with the functions that its decorators make tools."""
    module, written = building.module, _Written(building.module)
    servers = [call for call in building.calls if _is_server(building, call)]
    for call in servers:
        started = starts(building.documents).get((module.document.file, call.variable), [])
        started = started if call.variable else []
        functions = written.decorated.get(f"{call.variable}.tool", ())
        if module.affords(len(started) + len(functions)):
            _add(written, call, started, building)
            _give_tools(building, call, functions)
        else:
            _leave_open(building, call)
    if not module.once(packages).isdisjoint(_PACKAGES):
        add_given_tools(building, {call.variable: _id(module, call) for call in servers})


def _is_server(building: Building, call: Call) -> bool:
    """Whether a call makes a server, also by a class of the repository that is one."""
    if call.name in _CLASSES:
        return True
    derived = building.documents.once(_derived)
    if not any(name == call.last for _, name in derived):
        return False
    other, name = module_defining(building.documents, building.module, call.name)
    return (other.document.file, name) in derived


def _derived(documents: Documents) -> frozenset[tuple[str, str]]:
    """The classes of the repository that are made of a server's, by their files."""
    bases = {
        (file, defined.name): [
            module_defining(documents, module, module.dotted(base))
            for base in defined.bases[:_MOST]
        ]
        for file, module in modules(documents).items()
        if holds_word(module.document.text, _SERVERS)
        for defined in module.of(ast.ClassDef)
    }
    found: set[tuple[str, str]] = set()
    for _ in range(_DEEPEST):
        found |= {
            key
            for key, made_of in bases.items()
            if any(
                name in _CLASSES or (other.document.file, name) in found for other, name in made_of
            )
        }
    return frozenset(found)


def _add(written: _Written, call: Call, started: Sequence[Start], building: Building) -> None:
    module, documents, collector = written.module, building.documents, building.collector
    reaches = [_reach(written, call, start) for start in started]
    reach = next((item for item in reaches if item.everywhere), reaches[0] if reaches else _Reach())
    name = _name(module, call)
    place = module.place(call.node.func, call.last)
    authenticated = _authenticated(written, call, started)
    hosted = (
        reach.everywhere
        and authenticated is Truth.NO
        and may_run_on_agentcore(module.document.file, documents)
    )
    listening = tuple(item.place for item in reaches if item.everywhere and item.place is not None)
    collector.add(
        ToolServer(
            id=_id(module, call),
            name=name,
            evidence=tuple(dict.fromkeys((place, *listening))),
            transport=reach.transport,
            authenticated=Truth.UNKNOWN if hosted else authenticated,
            listens_everywhere=reach.everywhere,
        )
    )
    if hosted:
        what = f"whether AgentCore runs {name}, and asks who calls"
        collector.leave_open(place, what, "run elsewhere, it does not ask")
    for where, what in (end for item in reaches for end in item.open_ends):
        collector.leave_open(
            where,
            f"the {what} of the server {name} does not fold",
            "whether other machines reach it is open",
        )


def _name(module: Module, call: Call) -> str:
    given = call.node.args[0] if call.node.args else keyword(call.node, "name")
    return plain(module.text(given) or call.variable or module.document.file.rpartition("/")[2])


def _id(module: Module, call: Call) -> FactId:
    name = _name(module, call)
    return fact_id("tool_server", name, f"{module.document.file}#{call.variable or name}")


def _reach(written: _Written, server: Call, start: Start) -> _Reach:
    module = written.module
    transport, node = _transport(start)
    if transport == "stdio":
        return _Reach("stdio")
    if transport is None:
        return _Reach(open_ends=((start.module.place(node, server.variable), "transport"),))
    host = keyword(start.call.node, "host")
    value = start.module.value(host) if host is not None else None
    if host is None and start.call.last in RUNS:
        host = written.settings.get(f"{server.variable}.settings.host") or keyword(
            server.node, "host"
        )
        value = module.value(host) if host is not None else None
    place = start.module.place(start.call.node.func, start.call.last)
    if value is UNFOLDED and host is not None:
        return _Reach(transport, open_ends=((start.module.place(host, server.variable), "host"),))
    elsewhere = place if start.module.document.file != module.document.file else None
    return _Reach(transport, everywhere=value in _EVERYWHERE, place=elsewhere)


def _transport(start: Start) -> tuple[str | None, ast.AST]:
    """The transport of a start; None where it does not fold."""
    run = start.call.node
    if start.transport:
        return start.transport, run.func
    given = run.args[0] if run.args else keyword(run, "transport")
    if given is None:
        return (None if splatted(run) else "stdio"), run.func
    return _TRANSPORTS.get(start.module.text(given)), given


def _authenticated(written: _Written, call: Call, started: Sequence[Start]) -> Truth:
    """Whether it asks who calls; what middleware, a mapping or settings do is not known."""
    module = written.module
    runs = [start.call for start in started]
    given = [keyword(item.node, name) for item in (call, *runs) for name in _PROOFS]
    hidden = any(splatted(item.node) for item in (call, *runs))
    proof = keyword(call.node, *_PROOFS[:-1])
    if proof is not None and module.value(proof) is not None:
        return Truth.YES
    asked = any(module.value(item) is not None for item in given if item is not None)
    asked |= any(start.guarded for start in started)
    return Truth.UNKNOWN if asked or hidden or _set_later(written, call) else Truth.NO


def _set_later(written: _Written, call: Call) -> bool:
    """Whether `server.auth = …` or `server.add_middleware(…)` stands in the module."""
    later = {f"{call.variable}.auth", f"{call.variable}.add_middleware"}
    return not later.isdisjoint(written.attributes)


def _leave_open(building: Building, call: Call) -> None:
    """One of very many servers under one name, of which nobody can say what is whose."""
    place = building.module.place(call.node.func, call.last)
    what = f"the server {_name(building.module, call)} is one of too many of its name"
    building.collector.leave_open(place, what, "who reaches it, and what it offers")


def _give_tools(building: Building, call: Call, functions: Iterable[FunctionDef]) -> None:
    server = _id(building.module, call)
    for function in functions:
        tool = building.tools_at.get(function.lineno)
        if tool is not None:
            building.collector.link(EdgeKind.EXPOSES, server, tool.id, *tool.evidence[:1])
