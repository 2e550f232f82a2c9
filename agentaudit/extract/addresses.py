"""What addresses tell: whether calls are encrypted, how far they go, and who reaches a listener."""

import re

from agentaudit.expressions import regex
from agentaudit.model.evidence import Truth

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts by which a machine, or a pod, reaches itself and nobody else does."""
EVERY_INTERFACE = frozenset({"0.0.0.0", "::"})  # noqa: S104, what we look for
_OWN_MACHINE = r"localhost|127\.0\.0\.1|\[::1\]|host\.docker\.internal"
_ON_OWN_MACHINE = regex(rf"^\w+://(?:{_OWN_MACHINE})(?=[:/]|$)")
_OWN_HOST = regex(rf"{_OWN_MACHINE}|0\.0\.0\.0", re.IGNORECASE)
_INSIDE = regex(
    r"^https?://(?:[^/@]*@)?(?:"
    r"(?:[a-z0-9-]+\.){1,2}(?:svc(?:\.cluster\.local)?|[a-z0-9]+(?:-[a-z0-9]+)+)"
    r"|[a-z][a-z0-9-]*)(?::[0-9]+)?(?:[/?#]|$)"
)
"""
A Service, alone or with its namespace: no top-level domain is called `svc`, or has words with
hyphens, and a name without a dot is known to those around it alone.
"""


def tls_of(url: str) -> Truth:
    """Whether a server is reached over TLS."""
    if url.startswith("https://"):
        return Truth.YES
    return Truth.NO if url.startswith("http://") else Truth.UNKNOWN


def on_own_machine(url: str) -> bool:
    """Whether whoever calls a server runs on its machine."""
    return _ON_OWN_MACHINE.match(url) is not None


def is_own_machine(host: str) -> bool:
    """Whether a host is the machine of whoever asks it."""
    return _OWN_HOST.fullmatch(host) is not None


def stays_inside(url: str) -> bool:
    """Whether only one cluster or network knows it: `http://crm.tools.svc.cluster.local/mcp`."""
    return _INSIDE.match(url) is not None
