"""What the address of a server tells: whether its calls are encrypted, and how far they go."""

from agentaudit.expressions import regex
from agentaudit.model.evidence import Truth

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


def stays_inside(url: str) -> bool:
    """Whether only one cluster or network knows it: `http://crm.tools.svc.cluster.local/mcp`."""
    return _INSIDE.match(url) is not None
