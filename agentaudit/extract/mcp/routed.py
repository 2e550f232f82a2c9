"""
Servers to which a gateway passes calls on: targets of agentgateway, and backends of kgateway.

Sources: https://agentgateway.dev/schema/config (August 2026), https://kgateway.dev/docs/agentgateway.
A target is started (`stdio`), called (`mcp`, `sse`) or made of an API (`openapi`). With which
credentials it is called, policies say that may stand anywhere around it.
"""

from collections import deque
from collections.abc import Iterator

from agentaudit.extract.mcp.declared import DeclaredServer
from agentaudit.readers.document import Document, Node, NodeKind, bounded_name

_ROOTS = ("binds", "backends", "gateways", "mcp")
_WITHIN = ("listeners", "routes", "backends")
_KINDS = frozenset({"AgentgatewayBackend", "Backend"})
_CALLED = ("mcp", "sse", "openapi", "static")
_PLAIN = 80
_ENCRYPTED = 443


def routed_servers(document: Document) -> Iterator[DeclaredServer]:
    """The targets of every gateway that a document configures."""
    for number, root in enumerate(document.roots):
        if root.text_at("kind") in _KINDS:
            yield from _targets(root.get("spec", "mcp"), f"{number}.spec.mcp")
        elif any(root.child(name) is not None for name in _ROOTS):
            for index, backend in enumerate(_backends(root)):
                yield from _targets(backend.child("mcp"), f"backends.{index}.mcp")


def _backends(root: Node) -> Iterator[Node]:
    """What holds targets: the file itself, and all that its listeners' routes lead to."""
    yield root
    waiting = deque((*root.list_at("binds"), *root.list_at("backends"), *root.list_at("gateways")))
    while waiting:
        node = waiting.popleft()
        yield node
        waiting += [each for name in _WITHIN for each in node.list_at(name)]


def _targets(mcp: Node | None, route: str) -> Iterator[DeclaredServer]:
    for index, target in enumerate(mcp.list_at("targets") if mcp is not None else ()):
        name, server = target.child("name"), _server(target)
        if name is not None and name.text and server is not None:
            yield DeclaredServer(
                name=bounded_name(name.text), key=name, node=server, route=f"{route}.{index}"
            )


def _server(target: Node) -> Node | None:
    """A target as clients write servers; None of what is found by its labels in the cluster."""
    started = target.child("stdio")
    if started is not None:
        return started
    for kind in _CALLED:
        called = target.child(kind)
        if called is None:
            continue
        host = called.child("host") or called.get("backendRef", "name")
        if host is not None and host.text:
            url = host.changed(raw=_address(called, host.text))
            hidden = host.changed(kind=NodeKind.UNKNOWN, raw="")
            entries = ((host.changed(raw="url"), url), (host.changed(raw="headers"), hidden))
            return called.changed(kind=NodeKind.MAPPING, entries=entries)
    return None


def _address(called: Node, host: str) -> str:
    """An address of what gives a host, a port and a path, each by itself."""
    if "://" in host:
        return host
    port, path = called.child("port"), called.text_at("path")
    number = port.integer if port is not None else None
    encrypted = number == _ENCRYPTED or called.get("policies", "tls") is not None
    beside = "" if number in {None, _PLAIN, _ENCRYPTED} else f":{number}"
    return f"{'https' if encrypted else 'http'}://{host}{beside}/{path.lstrip('/')}"
