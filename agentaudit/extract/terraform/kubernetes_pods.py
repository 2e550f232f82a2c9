"""
Workloads of Kubernetes that Terraform declares, with their accounts and what they are given.

Sources: the resources of the provider `hashicorp/kubernetes`, whose blocks are the fields of a
manifest, spelled otherwise; `kubernetes_manifest` has them as they are.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.kubernetes.accounts import add_account_of
from agentaudit.extract.kubernetes.alternatives import alternatives_of
from agentaudit.extract.kubernetes.objects import Cluster, KubernetesObject, kubernetes_objects
from agentaudit.extract.kubernetes.pods import add_workload
from agentaudit.extract.made_nodes import made_text
from agentaudit.extract.terraform.manifests import declared_object, spelled
from agentaudit.extract.terraform.modules import Module
from agentaudit.readers.document import Node

_KINDS: Mapping[str, str] = MappingProxyType(
    {
        f"kubernetes_{name}{version}": kind
        for version in ("", "_v1")
        for name, kind in (
            *(("pod", "Pod"), ("deployment", "Deployment"), ("stateful_set", "StatefulSet")),
            *(("daemonset", "DaemonSet"), ("daemon_set", "DaemonSet"), ("job", "Job")),
            *(("cron_job", "CronJob"), ("replication_controller", "ReplicationController")),
            *(("service_account", "ServiceAccount"), ("config_map", "ConfigMap")),
            *(("secret", "Secret"), ("service", "Service"), ("ingress", "Ingress")),
            ("network_policy", "NetworkPolicy"),
        )
    }
    | {
        f"kubernetes_horizontal_pod_autoscaler{version}": "HorizontalPodAutoscaler"
        for version in ("", "_v1", "_v2", "_v2beta2")
    }
)
_LISTS: Mapping[str, str] = MappingProxyType(
    {
        "container": "containers",
        "init_container": "initContainers",
        "volume": "volumes",
        "volume_mount": "volumeMounts",
        "env": "env",
        "env_from": "envFrom",
        "port": "ports",
        "sources": "sources",
        "toleration": "tolerations",
    }
)
"""Blocks that stand once for each member of a list."""
_LISTS_OF_NETWORK: Mapping[str, str] = MappingProxyType(
    {
        "rule": "rules",
        "path": "paths",
        "port": "ports",
        **{name: name for name in ("ports", "tls", "egress", "ingress", "to", "from")},
    }
)
"""Those of what leads to pods, and of what keeps them apart."""
_OF_NETWORK = frozenset({"Service", "Ingress", "NetworkPolicy"})
_VERSIONS: Mapping[str, str] = MappingProxyType({"Service": "v1"})
"""What a manifest says of itself, where that is asked."""


def add_kubernetes_workloads(
    modules: Sequence[Module],
    manifests: Iterable[KubernetesObject],
    documents: Documents,
    collector: Collector,
) -> None:
    """Every pod that Terraform starts, by itself or as a workload, and its account."""
    made = [*(item for module in modules for item in _objects(module)), *manifests]
    if not made:
        return
    objects = (*made, *kubernetes_objects(documents))
    cluster, alternatives = Cluster(objects), alternatives_of(objects)
    collector.cluster_objects += made
    for item in made:
        add_account_of(collector, item)
        add_workload(item, cluster, alternatives, collector)


def _objects(module: Module) -> Iterator[KubernetesObject]:
    for declared in module.resources(*_KINDS):
        kind = _KINDS[declared.type]
        lists = _LISTS_OF_NETWORK if kind in _OF_NETWORK else _LISTS
        node = _versioned(kind, spelled(module, declared.body, lists))
        yield declared_object(declared, kind, node)


def _versioned(kind: str, node: Node) -> Node:
    if kind not in _VERSIONS:
        return node
    version = (made_text(node, "apiVersion"), made_text(node, _VERSIONS[kind]))
    return node.changed(entries=(version, *node.entries))
