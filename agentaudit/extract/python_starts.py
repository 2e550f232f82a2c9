"""
What starts the servers of MCP that Python code builds, in their own file or in another.

A server runs itself (`run`), or gives an application (`http_app`, `streamable_http_app`, `sse_app`)
that uvicorn serves, by itself or within another application: FastMCP 4.2 and the MCP Python SDK
1.30 and 2.3. uvicorn listens on 127.0.0.1 unless `host` says otherwise.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from agentaudit.extract.documents import Documents
from agentaudit.extract.python_code import Call, Module, keyword
from agentaudit.extract.python_imports import defined_at, modules

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
_SERVES = frozenset({"uvicorn.run", "uvicorn.Config"})
_GUARDS = ("middleware", "Depends(", "HTTPBearer", "OAuth2")
"""What an application around a server may ask who calls with."""


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


def _every_start(documents: Documents) -> Mapping[_Key, list[Start]]:
    found: dict[_Key, list[Start]] = {}
    every = modules(documents)
    for file, module in every.items():
        if "mcp" not in module.document.text.lower():
            continue
        calls = tuple(module.calls())
        served = [call for call in calls if call.name in _SERVES]
        for call in calls:
            owner, _, method = call.name.rpartition(".")
            if owner and (method in RUNS or method in APPLICATIONS):
                key = defined_at(every, file, owner)
                found.setdefault(key, []).extend(_starts(module, call, served))
    return found


def _starts(module: Module, call: Call, served: list[Call]) -> Iterator[Start]:
    if call.last in RUNS:
        yield Start(module, call, RUNS[call.last])
        return
    transport = APPLICATIONS[call.last]
    for server in served or [call]:
        plainly = server is not call and _serves(module, server, call)
        guarded = not plainly and any(word in module.document.text for word in _GUARDS)
        own = keyword(call.node, "middleware") is not None
        yield Start(module, server, transport, guarded=guarded or own)


def _serves(module: Module, server: Call, application: Call) -> bool:
    """Whether uvicorn is handed the very application that the server gives."""
    given = server.node.args[0] if server.node.args else keyword(server.node, "app")
    return module.meant(given) is application.node
