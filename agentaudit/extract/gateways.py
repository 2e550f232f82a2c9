"""
Which gateway a configuration belongs to, and what agentgateway's own says of it.

By agentgateway's schema (https://agentgateway.dev/schema/config, August 2026) every service that it
asks about a call has a `failureMode`, and refuses the call unless that says otherwise; so does
https://agentgateway.dev/docs/standalone/latest/configuration/traffic-management/extproc/.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from agentaudit.extract.collector import Collector, evidence, fact_id, with_place
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.model.evidence import Evidence, Known, Truth
from agentaudit.model.facts.controls import Gateway
from agentaudit.model.facts.fact import FactId
from agentaudit.readers.document import Document, Node

_AUTHORIZERS = ("jwtAuth", "apiKey", "basicAuth", "extAuthz", "mcpAuthentication")
_OPEN_MODES = {
    **dict.fromkeys(("extAuthz", "networkExtAuthz"), "allow"),
    **dict.fromkeys(("extProc", "remoteRateLimit", "webhook", "mcpGuardrails"), "failopen"),
}
"""
The mode, in small letters, in which agentgateway goes on without an answer, by what it asks.

Not among them are `buffer`, which has a size only, and `mcp`, which leaves out the targets that do
not answer.
"""
_POLICIES = ("mcpAuthorization", "authorization", "extAuthz")


def extract_gateways(documents: Documents, collector: Collector) -> None:
    """Every configuration of agentgateway; the container that runs it becomes the same gateway."""
    gateways = Gateways(collector)
    for document in documents.of("yaml", "json"):
        if document.root.child("binds") is not None:
            _add_agentgateway(document, collector, gateways)


class Gateways:
    """The gateways that containers run, by product and folder: there lie their configurations."""

    def __init__(self, collector: Collector) -> None:
        self._facts = collector.facts
        self._ids: dict[tuple[str, str], FactId] = {}
        for gateway in collector.of(Gateway):
            place = (gateway.product, folder_of(gateway.evidence[0].file))
            self._ids.setdefault(place, gateway.id)

    def of(self, document: Document, product: str, key: Node) -> Gateway:
        """The one in the same folder, or one known by its file alone."""
        place = evidence(document, key, key.raw)
        made = fact_id("gateway", product, f"{document.file}#gateway")
        known = self._facts.get(self._ids.setdefault((product, folder_of(document.file)), made))
        if isinstance(known, Gateway):
            return replace(known, evidence=with_place(known, place))
        return Gateway(id=made, name=product, evidence=(place,), product=product)


def _add_agentgateway(document: Document, collector: Collector, gateways: Gateways) -> None:
    names = set(_keys(document.root))
    gateway = gateways.of(document, "agentgateway", document.root.key_of("binds") or document.root)
    guarded = bool(names & set(_AUTHORIZERS))
    failures = dict(_failing_open(document))
    collector.update(
        replace(
            gateway,
            authorizer=Known.SET if guarded else Known.NONE,
            fails_open=tuple(failures),
            evidence=with_place(gateway, *failures.values()),
            policy_enforced=Truth.YES if names & set(_POLICIES) else Truth.NO,
            token_passthrough="backendAuth" in names and "passthrough" in names,
            brokers_credentials=Truth.YES
            if "backendAuth" in names
            else gateway.brokers_credentials,
            logged=Truth.YES if names & {"logging", "tracing"} else gateway.logged,
        )
    )


def _failing_open(document: Document) -> Iterator[tuple[str, Evidence]]:
    """Where a service that should allow or change calls is passed by when it does not answer."""
    for node in document.root.walk():
        for key, value in node.entries:
            for mode in _modes(value) if key.raw in _OPEN_MODES else ():
                if (mode.text or "").lower() == _OPEN_MODES[key.raw]:
                    told = f"{key.raw}.failureMode: {mode.text}"
                    yield told, evidence(document, mode, told)


def _modes(policy: Node) -> Iterator[Node]:
    """The modes of a policy: its own, or of each of the services among which it chooses."""
    for asked in (policy, *policy.list_at("conditional"), *policy.list_at("processors")):
        mode = asked.child("failureMode")
        if mode is not None:
            yield mode


def _keys(root: Node) -> Iterator[str]:
    for node in root.walk():
        for key, _ in node.entries:
            yield key.raw
