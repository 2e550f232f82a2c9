"""Tool servers that a Service, an Ingress or a route opens to machines outside of the cluster."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec.structs import replace

from agentaudit.extract.collector import Collector, evidence, with_place
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.documents import Documents
from agentaudit.extract.kubernetes.objects import (
    KubernetesObject,
    cluster_objects,
    kubernetes_objects,
    labels_of,
)
from agentaudit.extract.kubernetes.policies import Pods
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.tools import ToolServer
from agentaudit.readers.document import Node

_OUTWARD = frozenset({"LoadBalancer", "NodePort"})


def extract_exposure(documents: Documents, collector: Collector) -> None:
    """Marks the servers behind every Service that answers to the outside."""
    reached = exposed_runtimes(documents, collector, "tool_server")
    for edge in collector.edges_of(EdgeKind.RUNS_ON) if reached else ():
        server = collector.facts.get(edge.src)
        if edge.dst in reached and isinstance(server, ToolServer):
            places = with_place(server, *map(place_of_service, reached[edge.dst]))
            collector.update(replace(server, exposed=True, evidence=places))


def _outward_services(documents: Documents, collector: Collector) -> tuple[KubernetesObject, ...]:
    """Every Service that machines outside of the cluster reach."""
    if collector.cluster_objects:
        return _outward_among(cluster_objects(documents, collector))
    return documents.once(_outward_in_manifests)


def _outward_in_manifests(documents: Documents) -> tuple[KubernetesObject, ...]:
    return _outward_among(kubernetes_objects(documents))


def _outward_among(objects: tuple[KubernetesObject, ...]) -> tuple[KubernetesObject, ...]:
    named = {
        (item.namespace, name)
        for item in objects
        if item.kind in _LEADING
        for name in _LEADING[item.kind](item.node)
    }
    return tuple(
        item
        for item in objects
        if item.kind == "Service"
        and item.node.text_at("apiVersion") == "v1"
        and (item.node.text_at("spec", "type") in _OUTWARD or (item.namespace, item.name) in named)
    )


def backends(ingress: Node) -> Iterator[str]:
    """Services that an Ingress names, wherever in it."""
    for node in ingress.walk():
        name = node.text_at("service", "name") or node.text_at("serviceName")
        if name:
            yield name


def _referred(route: Node) -> Iterator[str]:
    """Services to which a route of a Gateway leads, in its own namespace."""
    for node in route.walk():
        for backend in node.list_at("backendRefs"):
            if backend.text_at("kind") in {"", "Service"}:
                yield backend.text_at("name")


def _balanced(route: Node) -> Iterator[str]:
    """Services of an `IngressRoute` of Traefik."""
    for node in route.walk():
        for service in node.list_at("services"):
            yield service.text_at("name")


def served(route: Node) -> Iterator[str]:
    """The Service of a `Route` of OpenShift."""
    yield route.text_at("spec", "to", "name")


_LEADING: Mapping[str, Callable[[Node], Iterator[str]]] = {
    "Ingress": backends,
    **dict.fromkeys(("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute"), _referred),
    **dict.fromkeys(("IngressRoute", "IngressRouteTCP"), _balanced),
    "Route": served,
}
"""How each kind names the Services that it opens to the outside."""


def place_of_service(service: KubernetesObject) -> Evidence:
    """Where a Service stands that opens something, with its name."""
    return evidence(service.document, service.place, service.name)


def exposed_runtimes(
    documents: Documents, collector: Collector, role: str
) -> Mapping[FactId, tuple[KubernetesObject, ...]]:
    """The runtimes of one role to which Services lead that the outside reaches, and by which."""
    pods = Pods(item for item in collector.workloads if item.role == role)
    return runtimes_behind(_outward_services(documents, collector), pods, collector)


def runtimes_behind(
    services: Iterable[KubernetesObject], pods: Pods, collector: Collector
) -> Mapping[FactId, tuple[KubernetesObject, ...]]:
    """The runtimes to which Services lead, and by which."""
    found: dict[FactId, dict[int, KubernetesObject]] = {}
    for number, service in enumerate(services):
        labels = frozenset(labels_of(service.node.get("spec", "selector")))
        selected = pods.selected(collector, service, labels) if labels else None
        targets = frozenset(_targets(service.node))
        for workload in selected or ():
            if _answers(workload, targets):
                found.setdefault(workload.runtime_id, {})[number] = service
    return {runtime: tuple(leading.values()) for runtime, leading in found.items()}


def _targets(service: Node) -> Iterator[str]:
    """The ports of pods that a Service leads to, by number or name."""
    for port in service.list_at("spec", "ports"):
        yield port.text_at("targetPort") or port.text_at("port")


def _answers(workload: Workload, targets: frozenset[str]) -> bool:
    """Whether a container is who answers in its pod, as far as the pod declares its ports."""
    declared = targets & workload.ports_of_pod
    return not declared or not declared.isdisjoint(workload.ports)
