"""
agentgateway in a cluster: a Gateway of its class, with the policies and backends beside it.

https://agentgateway.dev/docs/kubernetes (autumn 2026): a policy names what it is for, and one that
names a Gateway which nobody has, beside one that none names, is for nothing. What asks callers is
below `traffic`; the mode of a proof is `Strict` unless another is written. What a route or a
backend asks by itself is left open.
"""

from collections.abc import Iterator, Sequence

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


class _Target(Struct, frozen=True):
    """What a policy that asks callers is for."""

    policy: KubernetesObject
    node: Node
    name: str
    section: str


def extract_cluster_gateways(documents: Documents, collector: Collector) -> None:
    """Every Gateway of agentgateway's class that the files declare."""
    objects = kubernetes_objects(documents)
    gateways = [item for item in objects if _is_gateway(item)]
    if not gateways:
        return
    targets = [target for item in objects if item.kind in _POLICIES for target in _targets(item)]
    backends = [item.node for item in objects if item.kind in _BACKENDS]
    names = {item.name for item in gateways}
    astray = [target for target in targets if target.name not in names]
    for item in gateways:
        own = [each for each in targets if each.name == item.name and _is_near(each, item)]
        _add(collector, item, own or [each for each in astray if _is_beside(each, item)], backends)


def _is_gateway(item: KubernetesObject) -> bool:
    of_class = item.node.text_at("spec", "gatewayClassName")
    return item.kind == "Gateway" and _PRODUCT in of_class


def _is_near(target: _Target, item: KubernetesObject) -> bool:
    """Whether a policy may be in the namespace of a Gateway: it is for none in another."""
    ours, its = (each.node.name_at("metadata", "namespace") for each in (target.policy, item))
    return ours == its or not (ours and its)


def _is_beside(target: _Target, item: KubernetesObject) -> bool:
    """Whether a policy lies in the folder of a Gateway: one for another's lies elsewhere."""
    return folder_of(target.policy.document.file) == folder_of(item.document.file)


def _targets(item: KubernetesObject) -> Iterator[_Target]:
    """The Gateways for which a policy asks callers who they are."""
    traffic = item.node.get("spec", "traffic")
    asked = (traffic.child(name) for name in _ASKING) if traffic is not None else ()
    modes = [(found.text_at("mode") or _STRICT).lower() for found in asked if found is not None]
    spec = item.node.child("spec") if _STRICT in modes else None
    for node in spec.list_at("targetRefs") if spec is not None else ():
        if node.text_at("kind") == "Gateway":
            yield _Target(item, node, node.text_at("name"), node.text_at("sectionName"))


def _add(
    collector: Collector,
    item: KubernetesObject,
    targets: Sequence[_Target],
    backends: Sequence[Node],
) -> None:
    place = evidence(item.document, item.place, item.name)
    authorizer, places = _authorizer(item, targets)
    if authorizer is Known.UNKNOWN:
        what = f"whether {item.name} lets in who proves nothing"
        collector.leave_open(place, what, "a route may ask, or a policy elsewhere")
    tools = any(node.get("spec", "mcp") is not None for node in backends)
    models = any(node.get("spec", "ai") is not None for node in backends)
    keyed = any(node.get("spec", "policies", "auth") is not None for node in backends)
    collector.add(
        Gateway(
            id=fact_id("gateway", item.name, f"Gateway/{item.namespace}/{item.name}"),
            name=item.name,
            evidence=(place, *places),
            product=_PRODUCT,
            authorizer=authorizer,
            brokers_credentials=Truth.YES if keyed else Truth.UNKNOWN,
            fronts_tools=Truth.YES if tools else Truth.NO if models else Truth.UNKNOWN,
        )
    )


def _authorizer(
    item: KubernetesObject, targets: Sequence[_Target]
) -> tuple[Known, tuple[Evidence, ...]]:
    """Whether callers of all its listeners are asked; none where what should ask names another."""
    places = tuple(evidence(each.policy.document, each.node, each.name) for each in targets)
    if not targets:
        return Known.UNKNOWN, ()
    if targets[0].name != item.name:
        return Known.NONE, places
    spec = item.node.child("spec") or item.node
    listeners = {node.text_at("name") for node in spec.list_at("listeners")}
    sections = {each.section for each in targets}
    whole = "" in sections or (listeners and listeners <= sections)
    return Known.SET if whole else Known.UNKNOWN, places
