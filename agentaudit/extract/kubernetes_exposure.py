"""Tool servers that a Service or an Ingress opens to machines outside of the cluster."""

from collections.abc import Iterator

from msgspec.structs import replace

from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.documents import Documents
from agentaudit.extract.kubernetes_objects import KubernetesObject, kubernetes_objects
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.tools import ToolServer
from agentaudit.readers.document import Node

_OUTWARD = frozenset({"LoadBalancer", "NodePort"})


def extract_exposure(documents: Documents, collector: Collector) -> None:
    """Marks the servers behind every Service that answers to the outside."""
    for service in outward_services(documents):
        _mark(collector, service)


def outward_services(documents: Documents) -> Iterator[KubernetesObject]:
    """Every Service that machines outside of the cluster reach."""
    objects = kubernetes_objects(documents)
    named = {
        (item.namespace, name)
        for item in objects
        if item.kind == "Ingress"
        for name in _backends(item.node)
    }
    for item in objects:
        if item.kind != "Service" or item.node.text_at("apiVersion") != "v1":
            continue
        outward = item.node.text_at("spec", "type") in _OUTWARD
        if outward or (item.namespace, item.name) in named:
            yield item


def _backends(ingress: Node) -> Iterator[str]:
    """Services that an Ingress names, wherever in it."""
    for node in ingress.walk():
        name = node.text_at("service", "name") or node.text_at("serviceName")
        if name:
            yield name


def behind(collector: Collector, service: KubernetesObject, role: str) -> set[FactId]:
    """The runtimes of one role to which a Service leads."""
    selector = service.node.get("spec", "selector")
    wanted = {(key, value.text or "") for key, value in selector.items()} if selector else set()
    return {
        workload.runtime_id
        for workload in collector.workloads
        if workload.role == role
        and workload.namespace == service.namespace
        and wanted
        and wanted <= set(workload.labels)
    }


def _mark(collector: Collector, service: KubernetesObject) -> None:
    runtimes = behind(collector, service, "tool_server")
    for edge in list(collector.edges.values()):
        server = collector.facts.get(edge.src)
        if (
            edge.kind is EdgeKind.RUNS_ON
            and edge.dst in runtimes
            and isinstance(server, ToolServer)
        ):
            place = evidence(service.document, service.place, service.name)
            places = tuple(dict.fromkeys((*server.evidence, place)))
            collector.update(replace(server, exposed=True, evidence=places))
