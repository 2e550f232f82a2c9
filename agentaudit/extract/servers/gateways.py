"""
Which gateway a configuration belongs to, and what agentgateway's own says of it.

By agentgateway's schema (https://agentgateway.dev/schema/config, August 2026) every service that it
asks about a call has a `failureMode`, and refuses the call unless that says otherwise; so does
https://agentgateway.dev/docs/standalone/latest/configuration/traffic-management/extproc/.
"""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from agentaudit.extract.collector import Collector, evidence, fact_id, with_place
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.model.evidence import Evidence, Known, Truth
from agentaudit.model.facts.controls import Gateway
from agentaudit.model.facts.fact import FactId
from agentaudit.readers.document import Document, Node, NodeKind

_ROOTS = ("binds", "gateways", "mcp", "llm")
_SCHEMA = "agentgateway.dev/schema"
_ASKING = ("extAuthz", "networkExtAuthz", "oidc")
_MODES = {
    **dict.fromkeys(("jwtAuth", "apiKey", "basicAuth"), "optional"),
    "mcpAuthentication": "strict",
}
"""
The mode of each proof that is asked for, where none is written.

Only `strict` refuses a call without any: `optional` looks at what there is, `permissive` not even
at that, and a rule of `authorization` may ask for what was proven.
"""
_OPEN_MODES = {
    **dict.fromkeys(("extAuthz", "networkExtAuthz"), "allow"),
    **dict.fromkeys(("extProc", "remoteRateLimit", "webhook", "mcpGuardrails"), "failopen"),
}
"""
The mode, in small letters, in which agentgateway goes on without an answer, by what it asks.

Not among them are `buffer`, which has a size only, and `mcp`, which leaves out the targets that do
not answer.
"""
_LENIENT = ("optional", "permissive")
_RULES = ("mcpAuthorization", "authorization")
_POLICIES = (*_RULES, "extAuthz")


def extract_gateways(documents: Documents, collector: Collector) -> None:
    """Every configuration of agentgateway; the container that runs it becomes the same gateway."""
    gateways = Gateways(collector)
    for document in documents.of("yaml", "json"):
        if _is_agentgateway(document):
            _add_agentgateway(document, collector, gateways)


def _is_agentgateway(document: Document) -> bool:
    """By listeners or targets, which nothing else writes so, or by the schema that it names."""
    root = document.root
    bound = (item.child("listeners") for item in root.list_at("binds"))
    if any(bound) or any(root.list_at("mcp", "targets")):
        return True
    named = any(root.child(name) is not None for name in _ROOTS)
    return named and _SCHEMA in document.text


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
    keys = (document.root.key_of(name) for name in _ROOTS)
    key = next((found for found in keys if found is not None), document.root)
    gateway = gateways.of(document, "agentgateway", key)
    failures = dict(_failing_open(document))
    authorizer, places = _authorizer(document)
    if authorizer is Known.UNKNOWN:
        what = f"whether {gateway.name} lets in who proves nothing"
        collector.leave_open(places[0], what, "only its rules may ask who calls")
    collector.update(
        replace(
            gateway,
            authorizer=authorizer,
            fails_open=tuple(failures),
            evidence=with_place(gateway, *failures.values(), *places),
            policy_enforced=Truth.YES if names & set(_POLICIES) else Truth.NO,
            token_passthrough="backendAuth" in names and "passthrough" in names,
            brokers_credentials=Truth.YES
            if "backendAuth" in names
            else gateway.brokers_credentials,
            logged=Truth.YES if names & {"logging", "tracing"} else gateway.logged,
        )
    )


def _authorizer(document: Document) -> tuple[Known, Sequence[Evidence]]:
    """Whether callers must prove who they are, and where it stands that they need not."""
    lenient: list[Evidence] = []
    unsure = False
    for node in document.root.walk():
        for key, value in node.entries:
            unsure = unsure or key.raw in _RULES
            if key.raw in _ASKING:
                return Known.SET, ()
            if key.raw not in _MODES or value.kind is not NodeKind.MAPPING:
                continue
            if key.raw == "apiKey" and value.child("keys") is None:
                continue  # the gateway's own, for a provider
            mode = value.child("mode")
            written = mode.raw if mode is not None else _MODES[key.raw]
            if written == "strict":
                return Known.SET, ()
            unsure = unsure or written not in _LENIENT
            lenient.append(evidence(document, mode or key, f"{key.raw}.mode: {plain(written)}"))
    return Known.UNKNOWN if lenient and unsure else Known.NONE, lenient


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
