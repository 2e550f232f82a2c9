"""
agentgateway in a cluster: a Gateway of its class, with the policies and backends beside it.

https://agentgateway.dev/docs/kubernetes (autumn 2026): a policy names what it is for, and one that
names a Gateway which nobody has, beside one that none names, is for nothing. What asks callers is
below `traffic`; the mode of a proof is `Strict` unless another is written. What a route or a
backend asks by itself is left open.
"""

from collections.abc import Container, Iterator, Sequence

from msgspec import Struct

from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.kubernetes.objects import KubernetesObject, kubernetes_objects
from agentaudit.model.evidence import Evidence, Known, Truth
from agentaudit.model.facts.controls import Gateway
from agentaudit.readers.document import Node

_PRODUCT = "agentgateway"
_POLICIES = frozenset({"AgentgatewayPolicy", "EnterpriseAgentgatewayPolicy"})
_BACKENDS = frozenset({"AgentgatewayBackend", "EnterpriseAgentgatewayBackend"})
_ASKING = (
    *("jwtAuthentication", "apiKeyAuthentication", "basicAuthentication", "extAuth", "entExtAuth"),
)
_STRICT = "strict"
_MOST_PLACES = 10
"""Policies that are shown of one Gateway."""


class _Target(Struct, frozen=True):
    """What a policy that asks callers is for."""

    policy: KubernetesObject
    node: Node
    name: str
    section: str


class _Asked(Struct, frozen=True):
    """What asks the callers of one Gateway."""

    sections: set[str]
    """The listeners that are meant; an empty name means all of them."""
    places: list[Evidence]
    """The first of them."""


class _Kept(Struct, frozen=True):
    """What the backends of a cluster say of all that its Gateways are for."""

    brokers_credentials: Truth
    fronts_tools: Truth


_Groups = dict[tuple[str, str | None], _Asked]


def extract_cluster_gateways(documents: Documents, collector: Collector) -> None:
    """Every Gateway of agentgateway's class that the files declare."""
    objects = kubernetes_objects(documents)
    gateways = [item for item in objects if _is_gateway(item)]
    if not gateways:
        return
    kept = _kept([item.node for item in objects if item.kind in _BACKENDS])
    policies = _Policies({item.name for item in gateways})
    for item in objects:
        for target in _targets(item) if item.kind in _POLICIES else ():
            policies.add(target)
    for item in gateways:
        _add(collector, item, policies, kept)


def _is_gateway(item: KubernetesObject) -> bool:
    of_class = item.node.text_at("spec", "gatewayClassName")
    return item.kind == "Gateway" and _PRODUCT in of_class


def _targets(item: KubernetesObject) -> Iterator[_Target]:
    """The Gateways for which a policy asks callers who they are."""
    traffic = item.node.get("spec", "traffic")
    asked = (traffic.child(name) for name in _ASKING) if traffic is not None else ()
    modes = [(found.text_at("mode") or _STRICT).lower() for found in asked if found is not None]
    spec = item.node.child("spec") if _STRICT in modes else None
    for node in spec.list_at("targetRefs") if spec is not None else ():
        if node.text_at("kind") == "Gateway":
            yield _Target(item, node, node.text_at("name"), node.text_at("sectionName"))


def _namespace(item: KubernetesObject) -> str:
    """The namespace that an object says it is in; something else may say that of others."""
    return item.node.name_at("metadata", "namespace")


class _Policies:
    """Those that ask callers, by the names of Gateways and the namespaces that they are in."""

    def __init__(self, names: Container[str]) -> None:
        self._names = names
        self._named: _Groups = {}
        self._astray: dict[str, _Asked] = {}
        """By their folders those that name no Gateway: one for another's lies elsewhere."""

    def add(self, target: _Target) -> None:
        """Notes a policy at what it is for."""
        place = evidence(target.policy.document, target.node, target.name)
        if target.name not in self._names:
            folder = folder_of(target.policy.document.file)
            groups = [self._astray.setdefault(folder, _Asked(set(), []))]
        else:
            groups = [
                self._named.setdefault((target.name, namespace), _Asked(set(), []))
                for namespace in (_namespace(target.policy), None)
            ]
        for group in groups:
            group.sections.add(target.section)
            group.places.append(place)
            del group.places[_MOST_PLACES:]

    def of(self, item: KubernetesObject) -> Sequence[_Asked]:
        """Those for a Gateway: none in another namespace is."""
        namespace = _namespace(item)
        keys = (namespace, "") if namespace else (None,)
        found = (self._named.get((item.name, key)) for key in keys)
        return [group for group in found if group is not None]

    def astray(self, item: KubernetesObject) -> _Asked | None:
        """Those beside a Gateway that name one which nobody has."""
        return self._astray.get(folder_of(item.document.file))


def _add(collector: Collector, item: KubernetesObject, policies: _Policies, kept: _Kept) -> None:
    place = evidence(item.document, item.place, item.name)
    authorizer, places = _authorizer(item, policies)
    if authorizer is Known.UNKNOWN:
        what = f"whether {item.name} lets in who proves nothing"
        collector.leave_open(place, what, "a route may ask, or a policy elsewhere")
    collector.add(
        Gateway(
            id=fact_id("gateway", item.name, f"Gateway/{item.namespace}/{item.name}"),
            name=item.name,
            evidence=(place, *places),
            product=_PRODUCT,
            authorizer=authorizer,
            brokers_credentials=kept.brokers_credentials,
            fronts_tools=kept.fronts_tools,
        )
    )


def _kept(backends: Sequence[Node]) -> _Kept:
    tools = any(node.get("spec", "mcp") is not None for node in backends)
    models = any(node.get("spec", "ai") is not None for node in backends)
    keyed = any(node.get("spec", "policies", "auth") is not None for node in backends)
    return _Kept(
        brokers_credentials=Truth.YES if keyed else Truth.UNKNOWN,
        fronts_tools=Truth.YES if tools else Truth.NO if models else Truth.UNKNOWN,
    )


def _authorizer(item: KubernetesObject, policies: _Policies) -> tuple[Known, Sequence[Evidence]]:
    """Whether callers of all its listeners are asked; none where what should ask names another."""
    groups, astray = policies.of(item), policies.astray(item)
    if not groups:
        return (Known.NONE, astray.places) if astray is not None else (Known.UNKNOWN, ())
    spec = item.node.child("spec") or item.node
    listeners = {node.text_at("name") for node in spec.list_at("listeners")}
    whole = any("" in group.sections for group in groups) or (
        bool(listeners)
        and all(any(name in group.sections for group in groups) for name in listeners)
    )
    places = [place for group in groups for place in group.places]
    return (Known.SET if whole else Known.UNKNOWN), places
