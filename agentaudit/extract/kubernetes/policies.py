"""
Network policies of Kubernetes and of Cilium: which pods they select, and what those may reach.

One of Cilium for the whole cluster selects pods of all namespaces, unless a label names theirs.

A rule of Kubernetes without `to` lets everything through. One of Cilium without any `to…` does so
only where it has ports, since `{}` denies by itself (Cilium, "Layer 3" and "Layer 4 Policies").
"""

from collections.abc import Collection, Iterable, Iterator
from itertools import chain

from msgspec import Struct

from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.credentials.redaction import cleaned
from agentaudit.extract.documents import Documents
from agentaudit.extract.kubernetes.objects import (
    KubernetesObject,
    Label,
    cluster_objects,
    labels_of,
)
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.runtimes import Egress
from agentaudit.readers.document import Node

_LOOKS = 100
_SELECTED = Budget("selected pods", 20_000 * _LOOKS, whole=True)
"""Pods that selectors look at; one that they name once more counts as many looks."""
_OWN_LABELS = "k8s:"
_CLUSTERWIDE = "CiliumClusterwideNetworkPolicy"
_OF_CILIUM = frozenset({"CiliumNetworkPolicy", _CLUSTERWIDE})
_NAMESPACE = "io.kubernetes.pod.namespace"
"""The label by which policies of Cilium pick pods of one namespace."""
_EVERYWHERE = frozenset({"0.0.0.0/0", "::/0", "world", "all", "*"})


class _Alike(Struct, frozen=True):
    """The containers of one pod: they have its labels."""

    labels: frozenset[Label]
    workloads: list[Workload]


class Pods:
    """Workloads by their labels, as selectors ask for them."""

    def __init__(self, workloads: Iterable[Workload]) -> None:
        self._all: dict[str, list[_Alike]] = {}
        self._labelled: dict[tuple[str, Label], list[_Alike]] = {}
        self._spaces: dict[Label, dict[str, None]] = {}
        self._seen: set[FactId] = set()
        known: dict[tuple[str, int], _Alike] = {}
        for workload in workloads:
            key = (workload.namespace, id(workload.labels))
            if key not in known:
                alike = known[key] = _Alike(frozenset(workload.labels), [])
                self._all.setdefault(workload.namespace, []).append(alike)
                for label in dict.fromkeys(workload.labels):
                    self._spaces.setdefault(label, {})[workload.namespace] = None
                    self._labelled.setdefault((workload.namespace, label), []).append(alike)
            known[key].workloads.append(workload)

    def namespaces(self, labels: frozenset[Label]) -> Collection[str]:
        """Those with pods of the rarest of some labels."""
        return min((self._spaces.get(label, {}) for label in labels), key=len, default=self._all)

    def selected(
        self,
        collector: Collector,
        item: KubernetesObject,
        labels: frozenset[Label],
        namespaces: Collection[str] = (),
    ) -> list[Workload] | None:
        """
        Those with all labels in its namespace, or in others.

        None, and left open, where they are too many.
        """
        alike: list[_Alike] = []
        if namespaces and not _affordable(collector, item, len(namespaces)):
            return None
        for namespace in namespaces or (item.namespace,):
            groups = [self._labelled.get((namespace, label), []) for label in labels]
            nearest = min(groups, key=len, default=self._all.get(namespace, []))
            if len(labels) > 1 and nearest and not _affordable(collector, item, len(nearest)):
                return None
            alike += [each for each in nearest if labels <= each.labels]
        found = {each.runtime_id: each for group in alike for each in group.workloads}
        again = sum(name in self._seen for name in found)
        if not _affordable(collector, item, again * _LOOKS):
            return None
        self._seen.update(found)
        return list(found.values())


def _affordable(collector: Collector, item: KubernetesObject, looks: int) -> bool:
    place = evidence(item.document, item.place, item.name)
    what = f"the pods that {item.kind} {item.name} selects"
    return collector.affords(_SELECTED, looks, (place, what, "they are many"))


def extract_policies(documents: Documents, collector: Collector) -> None:
    """What the network policies of a cluster let pods reach."""
    pods = Pods(collector.workloads)
    for item in cluster_objects(documents, collector):
        if item.kind == "NetworkPolicy":
            _add_policy(collector, item, pods, _of_kubernetes(item))
        elif item.kind in _OF_CILIUM:
            _add_policy(collector, item, pods, _of_cilium(item))


class _Allowed(Struct, frozen=True):
    """What the egress of a policy lets the pods with its labels reach."""

    labels: frozenset[Label]
    destinations: tuple[str, ...]
    wide: bool
    everywhere: bool = False
    """Whether it selects in all namespaces, where no label of it names one."""


def _of_kubernetes(policy: KubernetesObject) -> _Allowed | None:
    """None where a policy says nothing of egress."""
    types = (policy.node.child("spec") or policy.node).texts_at("policyTypes")
    rules = policy.node.get("spec", "egress")
    if "Egress" not in types and rules is None:
        return None
    labels = labels_of(policy.node.get("spec", "podSelector", "matchLabels"))
    listed = rules.list() if rules is not None else ()
    reached = [tuple(_destinations(rule)) for rule in listed]
    destinations = tuple(chain.from_iterable(reached))
    wide = not all(reached) or not _EVERYWHERE.isdisjoint(destinations)
    return _Allowed(frozenset(labels), destinations, wide)


def _of_cilium(policy: KubernetesObject) -> _Allowed | None:
    """None where it says nothing of egress, or selects pods by more than their labels."""
    rules = policy.node.get("spec", "egress")
    selector = policy.node.get("spec", "endpointSelector")
    denies = policy.node.get("spec", "enableDefaultDeny", "egress")
    if rules is None or selector is None or selector.child("matchExpressions") is not None:
        return None
    if denies is not None and denies.boolean is False:
        return None  # it lets more through, and forbids nothing
    written = labels_of(selector.child("matchLabels"))
    labels = frozenset((key.removeprefix(_OWN_LABELS), value) for key, value in written)
    reached = [(rule, tuple(_reached_by_cilium(rule))) for rule in rules.list()]
    destinations = tuple(name for _, names in reached for name in names)
    open_rule = any(not names and rule.child("toPorts") is not None for rule, names in reached)
    wide = open_rule or not _EVERYWHERE.isdisjoint(destinations)
    return _Allowed(labels, destinations, wide, everywhere=policy.kind == _CLUSTERWIDE)


def _reached_by_cilium(rule: Node) -> Iterator[str]:
    for key, value in rule.items():
        if key == "toCIDRSet":
            yield from (each.text_at("cidr") for each in value.list())
        elif key == "toFQDNs":
            yield from (
                each.text_at("matchName") or each.text_at("matchPattern") for each in value.list()
            )
        elif key in {"toCIDR", "toEntities"}:
            yield from (each.text or "" for each in value.list())
        elif key.startswith("to") and key != "toPorts":
            yield "selected pods"


def _add_policy(
    collector: Collector, policy: KubernetesObject, pods: Pods, allowed: _Allowed | None
) -> None:
    """A policy that names egress replaces the open network of the pods it selects."""
    if allowed is None:
        return
    place = evidence(policy.document, policy.place, policy.name)
    named = [value for key, value in allowed.labels if key == _NAMESPACE]
    labels = frozenset(label for label in allowed.labels if label[0] != _NAMESPACE)
    spaces = (named or pods.namespaces(labels)) if allowed.everywhere else (policy.namespace,)
    selected = pods.selected(collector, policy, labels, spaces)
    if selected is None:
        return
    destinations, listed = allowed.destinations, bool(allowed.destinations)
    egress = collector.add(
        Egress(
            id=fact_id("egress", policy.name, f"{policy.kind}/{policy.namespace}/{policy.name}"),
            name=policy.name,
            evidence=(place,),
            policy="any" if allowed.wide else "allowlist" if listed else "none",
            destinations=tuple(map(cleaned, destinations)),
            runtime_ids=tuple(item.runtime_id for item in selected),
        )
    )
    for item in selected:
        _replace_open_network(collector, item)
        collector.link(EdgeKind.EGRESS_TO, item.runtime_id, egress.id, place)


def _replace_open_network(collector: Collector, item: Workload) -> None:
    """Takes away the egress that stood for the absence of a policy."""
    runtime = collector.facts[item.runtime_id]
    absent = fact_id("egress", runtime.name, f"{runtime.id}/egress")
    collector.remove(absent)


def _destinations(rule: Node) -> Iterator[str]:
    for target in rule.list_at("to"):
        block = target.get("ipBlock", "cidr")
        yield (block.text or "") if block is not None else "selected pods"
