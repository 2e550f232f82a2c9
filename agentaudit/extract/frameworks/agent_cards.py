"""
Agent cards of A2A: where an agent answers, whom it asks for what, and whether its card is signed.

By https://a2a-protocol.org/latest/specification/, sections "Agent Card" and "Security": version
1.0 (`supportedInterfaces`, `securityRequirements`) and 0.3 (`url`, `security`).
"""

import re
from collections.abc import Iterator

from agentaudit.extract.addresses import on_own_machine
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.redaction import bare_url, plain
from agentaudit.extract.documents import Documents
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.agents import PeerAgent
from agentaudit.readers.document import Document, Node, NodeKind

_FILE = re.compile(r"(?:^|/)agent(?:-card)?\.json$")
_INTERFACES = ("supportedInterfaces", "additionalInterfaces")
_REQUIREMENTS = ("securityRequirements", "security")
_PLAIN = ("http://", "ws://", "grpc://")


def extract_agent_cards(documents: Documents, collector: Collector) -> None:
    """Every card, by its file's name or by what only a card has."""
    for document in documents.of("json", "yaml"):
        for root in document.roots:
            if _is_card(document, root):
                collector.add(_peer(document, root))


def _is_card(document: Document, root: Node) -> bool:
    skills = root.child("skills")
    if root.child("name") is None or skills is None or skills.kind is not NodeKind.SEQUENCE:
        return False
    speaks = root.child("protocolVersion") or root.child("supportedInterfaces")
    named = _FILE.search(document.file) is not None and root.child("url") is not None
    return speaks is not None or named


def _peer(document: Document, root: Node) -> PeerAgent:
    name = root.name_at("name")
    urls = tuple(url for url in _urls(root) if url)
    asked, mutual = _security(root)
    place = root.key_of("securitySchemes") or root.key_of("url") or root.child("name") or root
    signatures = root.child("signatures")
    return PeerAgent(
        id=fact_id("peer_agent", name, f"{document.file}#card/{name}"),
        name=plain(name),
        evidence=(evidence(document, place, place.raw),),
        url=bare_url(urls[0]) if urls else "",
        authenticated=asked,
        mutual=mutual,
        signed=Truth.YES if signatures is not None and signatures.elements else Truth.NO,
        tls=_tls(urls),
        on_own_machine=bool(urls) and all(on_own_machine(_whole(url)) for url in urls),
    )


def _whole(url: str) -> str:
    """An address with the scheme that it leaves out: `localhost:8080`."""
    return url if "://" in url else f"http://{url}"


def _urls(root: Node) -> Iterator[str]:
    yield root.text_at("url")
    for name in _INTERFACES:
        yield from (entry.text_at("url") for entry in root.list_at(name))


def _tls(urls: tuple[str, ...]) -> Truth:
    remote = [url for url in urls if not on_own_machine(url)]
    if any(url.startswith(_PLAIN) for url in remote):
        return Truth.NO
    return Truth.YES if remote and all("://" in url for url in remote) else Truth.UNKNOWN


def _security(root: Node) -> tuple[Truth, Truth]:
    """Whether every caller must prove something, and whether a certificate is what is asked."""
    alternatives = tuple(_alternatives(root))
    schemes = root.child("securitySchemes")
    if not alternatives:
        guarded = [bool(tuple(_alternatives(skill))) for skill in root.list_at("skills")]
        return (Truth.UNKNOWN if any(guarded) else Truth.NO), Truth.NO
    if any(not names for names in alternatives):
        return Truth.NO, Truth.NO  # one of the alternatives asks for nothing
    certificates = {
        name
        for name, scheme in (schemes.items() if schemes is not None else ())
        if scheme.text_at("type") == "mutualTLS" or scheme.child("mtlsSecurityScheme") is not None
    }
    mutual = all(names & certificates for names in alternatives)
    return Truth.YES, Truth.YES if mutual else Truth.NO


def _alternatives(node: Node) -> Iterator[frozenset[str]]:
    """The schemes of each alternative by which a caller may come in."""
    for key in _REQUIREMENTS:
        for entry in node.list_at(key):
            yield frozenset(name for name, _ in (entry.child("schemes") or entry).items())
