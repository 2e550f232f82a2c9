"""Which gateway a configuration belongs to, and what agentgateway's own says of it."""

from collections.abc import Iterator

from msgspec.structs import replace

from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.controls import Gateway
from agentaudit.readers.document import Document, Node

_AUTHORIZERS = ("jwtAuth", "apiKey", "basicAuth", "extAuthz", "mcpAuthentication")
_POLICIES = ("mcpAuthorization", "authorization", "extAuthz")


def extract_gateways(documents: Documents, collector: Collector) -> None:
    """Every configuration of agentgateway; the container that runs it becomes the same gateway."""
    for document in documents.of("yaml", "json"):
        if document.root.child("binds") is not None:
            _add_agentgateway(document, collector)


def gateway_of(document: Document, collector: Collector, product: str, key: Node) -> Gateway:
    """The gateway that a container in the same folder runs, or one known by its file alone."""
    place = evidence(document, key, key.raw)
    for gateway in collector.of(Gateway):
        same = folder_of(gateway.evidence[0].file) == folder_of(document.file)
        if gateway.product == product and same:
            places = tuple(dict.fromkeys((*gateway.evidence, place)))
            return replace(gateway, evidence=places)
    return Gateway(
        id=fact_id("gateway", product, f"{document.file}#gateway"),
        name=product,
        evidence=(place,),
        product=product,
    )


def _add_agentgateway(document: Document, collector: Collector) -> None:
    names = set(_keys(document.root))
    gateway = gateway_of(
        document, collector, "agentgateway", document.root.key_of("binds") or document.root
    )
    guarded = bool(names & set(_AUTHORIZERS))
    collector.update(
        replace(
            gateway,
            authorizer=Known.SET if guarded else Known.NONE,
            policy_enforced=Truth.YES if names & set(_POLICIES) else Truth.NO,
            token_passthrough="backendAuth" in names and "passthrough" in names,
            brokers_credentials=Truth.YES
            if "backendAuth" in names
            else gateway.brokers_credentials,
            logged=Truth.YES if names & {"logging", "tracing"} else gateway.logged,
        )
    )


def _keys(root: Node) -> Iterator[str]:
    for node in root.walk():
        for key, _ in node.entries:
            yield key.raw
