"""What addresses tell: whether calls are encrypted, how far they go, and who reaches a listener."""

import re

from agentaudit.expressions import regex
from agentaudit.model.evidence import Truth

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts by which a machine, or a pod, reaches itself and nobody else does."""
EVERY_INTERFACE = frozenset({"0.0.0.0", "::"})  # noqa: S104, what we look for
_OWN_MACHINE = r"localhost|127\.0\.0\.1|\[::1\]|host\.docker\.internal"
_CALLED_LOCALLY = regex(rf"^\w+://(?:{_OWN_MACHINE}|0\.0\.0\.0)(?=(?::[^/@]*)?(?:/|$))")
_ON_OWN_MACHINE = regex(rf"^\w+://(?:{_OWN_MACHINE})(?=(?::[^/@]*)?(?:/|$))")
_OWN_HOST = regex(rf"{_OWN_MACHINE}|0\.0\.0\.0", re.IGNORECASE)
_OF_OWN_NETWORK = regex(
    r"[a-z_][\w-]*|(?:[\w-]+\.)+(?:svc|localhost|local|lan|home|internal|intranet)",
    re.IGNORECASE,
)
"""A name without a dot is known to those around it; nobody has the endings on the internet."""
_INSIDE = regex(r"https?://(?:[^/?#\\@]*@)?(?P<host>[\w.-]+)(?::[0-9]+)?(?:[/?#]|$)")
_SERVICE_IN_NAMESPACE = regex(r"(?:[a-z0-9-]+\.){1,2}[a-z0-9]+(?:-[a-z0-9]+)+")
"""A Service with its namespace: no top-level domain has words with hyphens."""
_SERVICE_OF_CLUSTER = regex(
    r"https?://[^/?#\\@\s]{1,253}\.svc(?:\.cluster\.local)?(?::[0-9]{1,5})?(?:[/?#]|$)"
)
"""A Service by its whole name, parts of which somebody may have left to fill in."""
_SERVICE_AT_PORT = regex(
    r"http://[a-z0-9-]+\.(?:ai|llms?|mcp|agents?|tools|apps|default|monitoring|observability"
    r"|databases?|storage|networking?|media|home)(?::(?!80\b|443\b)\d{2,5})(?:[/?#]|$)"
)
"""
A Service with its namespace, by a port of its own: `http://mcp.ai:4483`. Who is on the internet
under such an ending answers there at the usual ports.
"""

_ENDING = regex(
    r"[a-z]{2}|agency|apps?|bot|build|chat|cloud|com|dev|digital|engineering|finance|games|group"
    r"|health|info|live|media|net|network|online|org|page|run|sales|security|services|shop|site"
    r"|software|space|store|studio|support|systems|team|tech|tools|works?|world|zone"
)
"""Endings that names on the internet have, and namespaces may."""


def tls_of(url: str) -> Truth:
    """Whether a server is reached over TLS."""
    if url.startswith(("https://", "wss://")):
        return Truth.YES
    return Truth.NO if url.startswith(("http://", "ws://")) else Truth.UNKNOWN


def on_own_machine(url: str) -> bool:
    """Whether whoever calls a server runs on its machine."""
    return _ON_OWN_MACHINE.match(url) is not None


def called_locally(url: str) -> bool:
    """Whether a call stays on its machine: what listens everywhere is called at 0.0.0.0, too."""
    return _CALLED_LOCALLY.match(url) is not None


def is_own_machine(host: str) -> bool:
    """Whether a host is the machine of whoever asks it."""
    return _OWN_HOST.fullmatch(host) is not None


def stays_inside(url: str) -> bool:
    """Whether only one cluster or network knows it: `http://crm.tools.svc.cluster.local/mcp`."""
    found = _INSIDE.match(url)
    host = found["host"] if found is not None else ""
    if is_of_own_network(host) or _SERVICE_IN_NAMESPACE.fullmatch(host) is not None:
        return True
    return any(form.match(url) for form in (_SERVICE_AT_PORT, _SERVICE_OF_CLUSTER))


def is_service_of(url: str, namespace: str) -> bool:
    """
    Whether an address is that of a Service in a namespace: `http://crm.desk:8080/mcp`.

    `http://crm.dev` may be somebody on the internet, also for what is in the namespace `dev`.
    """
    found = _INSIDE.match(url)
    parts = found["host"].split(".") if found is not None else []
    return (
        len(parts) == 2  # noqa: PLR2004, a name and its namespace
        and parts[1] == namespace
        and _ENDING.fullmatch(namespace) is None
    )


def is_of_own_network(host: str) -> bool:
    """Whether only a network of one's own knows a host: `db`, `crm.tools.internal`."""
    return _OF_OWN_NETWORK.fullmatch(host) is not None
