"""
What starts the servers of MCP that Python code builds, in their own file or in another.

A server runs itself (`run`), or gives an application (`http_app`, `streamable_http_app`, `sse_app`)
that uvicorn serves, by itself or within another application: FastMCP 4.2 and the MCP Python SDK
1.30 and 2.3. uvicorn listens on 127.0.0.1 unless `host` says otherwise.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from msgspec import Struct

from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.imports import defined_at, let_go, modules
from agentaudit.extract.programs.syntax import keyword

RUNS: Mapping[str, str] = {
    "run": "",
    "run_async": "",
    "run_http_async": "http",
    "run_streamable_http_async": "http",
    "run_sse_async": "sse",
}
"""Methods that start a server, and the transport of those that have but one."""
APPLICATIONS: Mapping[str, str] = {
    "http_app": "http",
    "streamable_http_app": "http",
    "sse_app": "sse",
}
"""Methods that give an application, and its transport."""
SERVES = frozenset({"uvicorn.run", "uvicorn.Config"})
_ADDING = "add_middleware"
_GUARDS = ("middleware", "Depends(", "HTTPBearer", "OAuth2")
"""What an application around a server may ask who calls with."""

_MOST = 20
"""Calls that serve one cannot say what: more of them in a file are an attack on the reader."""


class Start(Struct, frozen=True):
    """A call that starts a server, in the module where it stands."""

    module: Module
    call: Call
    """`run` of the server, or uvicorn's that serves its application; that where nobody does."""
    transport: str
    """Empty where the call says it itself."""
    guarded: bool = False
    """An application around it may ask who calls."""


_Key = tuple[str, str]
"""The file of a server, and its variable there."""


def starts(documents: Documents) -> Mapping[_Key, list[Start]]:
    """Every start of a server, by the file and the variable of the server."""
    return documents.once(_every_start)


def let_go_of_code(documents: Documents) -> None:
    """Lets go of all modules, and of the starts in them."""
    documents.close(_every_start)
    let_go(documents)


def _every_start(documents: Documents) -> Mapping[_Key, list[Start]]:
    found: dict[_Key, list[Start]] = {}
    every = modules(documents)
    for file, module in every.items():
        if "mcp" not in module.document.text.lower():
            continue
        served = _Served(module, tuple(module.calls()))
        for call in served.calls:
            owner, _, method = call.name.rpartition(".")
            if owner and (method in RUNS or method in APPLICATIONS):
                key = defined_at(every, file, owner)
                found.setdefault(key, []).extend(served.starts(call))
    return found


class _Served(Struct, dict=True, eq=False):
    """What uvicorn serves in one module."""

    module: Module
    calls: tuple[Call, ...]

    def starts(self, call: Call) -> Iterator[Start]:
        """What a call starts: a server by itself, or its application by way of uvicorn."""
        if call.last in RUNS:
            yield Start(self.module, call, RUNS[call.last])
            return
        transport = APPLICATIONS[call.last]
        own = keyword(call.node, "middleware") is not None or call.variable in self._surrounded
        plainly = self._by_application.get(id(call.node), ())
        for server in plainly:
            yield Start(self.module, server, transport, guarded=own)
        for server in () if plainly else self._others[:_MOST] or [call]:
            yield Start(self.module, server, transport, guarded=own or self._guards)

    @cached_property
    def _by_application(self) -> Mapping[int, list[Call]]:
        """What serves the very value of an expression, by its identity."""
        found: dict[int, list[Call]] = {}
        for call in self.calls:
            if call.name in SERVES:
                given = call.node.args[0] if call.node.args else keyword(call.node, "app")
                found.setdefault(id(self.module.meant(given)), []).append(call)
        return found

    @cached_property
    def _others(self) -> Sequence[Call]:
        """What may serve any application, for it is handed none of a server's own."""
        own = {id(call.node) for call in self.calls if call.last in APPLICATIONS}
        groups = self._by_application.items()
        return [call for application, calls in groups if application not in own for call in calls]

    @cached_property
    def _surrounded(self) -> frozenset[str]:
        """The applications to which middleware is added."""
        owners = (call.name.rpartition(".")[0] for call in self.calls if call.last == _ADDING)
        return frozenset(filter(None, owners))

    @cached_property
    def _guards(self) -> bool:
        return any(word in self.module.document.text for word in _GUARDS)
