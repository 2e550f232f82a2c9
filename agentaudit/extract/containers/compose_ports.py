"""
Ports of a service of Compose that other machines reach: published ones, and where Traefik leads.

Traefik, "Docker provider": labels name a router with a rule; what asks who calls is a middleware of
it, or of the entry point. Whatever else that may be, a router that has one is taken for guarded.
"""

from collections.abc import Iterator

from agentaudit.expressions import regex
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents
from agentaudit.readers.document import Document, Node

_OWN_MACHINE = regex(r"(?:\$\{\w+:?-)?(?:127\.0\.0\.1|localhost|\[?::1\]?)\}?:")
"""How a port begins that only this machine reaches, be it by the default of a variable."""
_HTTPS = "443"
"""The port at which others come in, whichever it has itself."""
_RULE = regex(r"^traefik\.http\.routers\.(?P<router>[^.]{1,100})\.rule$")
_ENABLE = "traefik.enable"
_OF_ENTRIES = regex(r"(?i)entrypoints\.[\w-]{1,60}\.http\.middlewares")


def open_ports(documents: Documents, service: Node) -> Iterator[str]:
    """Those ports, as they are written."""
    for element in service.list_at("ports"):
        published, address = element.text_at("published"), element.text_at("host_ip")
        text = element.text or ":".join(part for part in (address, published) if part)
        if text and not _OWN_MACHINE.match(text):
            yield plain(text)
    yield from _routed_ports(documents, service)


def _routed_ports(documents: Documents, service: Node) -> Iterator[str]:
    """The port at which Traefik takes calls for a service of Compose, and asks nobody who calls."""
    labels = dict(_labels(service))
    if labels.get(_ENABLE, "").lower() != "true":
        return
    routers = [found["router"] for key in labels if (found := _RULE.match(key)) is not None]
    free = any(f"traefik.http.routers.{name}.middlewares" not in labels for name in routers)
    if free and not documents.once(_guards_entries):
        yield _HTTPS


def _labels(service: Node) -> Iterator[tuple[str, str]]:
    for element in service.list_at("labels"):
        name, _, written = (element.text or "").partition("=")
        yield name.strip().lower(), written.strip()
    block = service.child("labels")
    for key, value in block.entries if block is not None else ():
        yield key.raw.lower(), value.text or value.raw


def _guards_entries(documents: Documents) -> bool:
    """Whether a Traefik among the files has middlewares for all that comes in somewhere."""
    return any(map(_has_guarded_entry, documents.of("yaml", "toml")))


def _has_guarded_entry(document: Document) -> bool:
    entries = document.root.child("entryPoints")
    listed = entries.entries if entries is not None else ()
    inside = any(each.get("http", "middlewares") is not None for _, each in listed)
    return inside or _OF_ENTRIES.search(document.text) is not None
