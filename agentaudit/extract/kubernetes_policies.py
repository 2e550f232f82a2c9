"""Network policies of Kubernetes as egress: which pods they select, and what those may reach."""

from collections.abc import Iterable, Iterator

from agentaudit.extract.collector import Collector, Workload, evidence, fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.kubernetes_objects import KubernetesObject, kubernetes_objects
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.runtimes import Egress
from agentaudit.readers.document import Node

_Label = tuple[str, str]

_MOST_SELECTED = 20_000
"""Pods that selectors name once more, and a hundred times as many that are looked at for it."""
_LOOKS = 100


class Pods:
    """Workloads by their labels, as selectors ask for them."""

    def __init__(self, workloads: Iterable[Workload]) -> None:
        self._all: dict[str, list[Workload]] = {}
        self._labelled: dict[tuple[str, _Label], list[Workload]] = {}
        self._seen: set[FactId] = set()
        once = {(item.runtime_id, item.labels): item for item in workloads}
        for workload in once.values():
            self._all.setdefault(workload.namespace, []).append(workload)
            for label in dict.fromkeys(workload.labels):
                self._labelled.setdefault((workload.namespace, label), []).append(workload)

    def selected(
        self, collector: Collector, namespace: str, labels: frozenset[_Label]
    ) -> list[Workload] | None:
        """Those with all labels; None where selectors name more pods than anybody reads."""
        groups = [self._labelled.get((namespace, label), []) for label in labels]
        nearest = min(groups, key=len, default=self._all.get(namespace, []))
        found = nearest
        if len(labels) > 1 and nearest:
            if not _affordable(collector, len(nearest)):
                return None
            found = [item for item in nearest if labels <= set(item.labels)]
        again = sum(item.runtime_id in self._seen for item in found)
        if again and not _affordable(collector, again * _LOOKS):
            return None
        self._seen.update(item.runtime_id for item in found)
        return found


def _affordable(collector: Collector, looks: int) -> bool:
    return collector.affords("", "selected pods", looks, most=_MOST_SELECTED * _LOOKS)


def labels_of(selector: Node | None) -> frozenset[_Label]:
    """The labels that a selector asks for."""
    items = selector.items() if selector is not None else ()
    return frozenset((key, value.text or "") for key, value in items)


def leave_selection_open(collector: Collector, item: KubernetesObject, place: Evidence) -> None:
    """Says which object's pods were not looked at."""
    collector.leave_open(place, f"the pods that {item.kind} {item.name} selects", "they are many")


def extract_policies(documents: Documents, collector: Collector) -> None:
    """What the network policies of all manifests let pods reach."""
    pods = Pods(collector.workloads)
    for item in kubernetes_objects(documents):
        if item.kind == "NetworkPolicy":
            _add_policy(collector, item, pods)


def _add_policy(collector: Collector, policy: KubernetesObject, pods: Pods) -> None:
    """A policy that names egress replaces the open network of the pods it selects."""
    types = _words(policy.node.child("spec") or policy.node, "policyTypes")
    rules = policy.node.get("spec", "egress")
    if "Egress" not in types and rules is None:
        return
    place = evidence(policy.document, policy.place, policy.name)
    labels = labels_of(policy.node.get("spec", "podSelector", "matchLabels"))
    selected = pods.selected(collector, policy.namespace, labels)
    if selected is None:
        leave_selection_open(collector, policy, place)
        return
    listed = rules.list() if rules is not None else ()
    open_rule = any(rule.child("to") is None for rule in listed)
    destinations = tuple(_destinations(listed))
    wide = open_rule or "0.0.0.0/0" in destinations
    egress = collector.add(
        Egress(
            id=fact_id("egress", policy.name, f"NetworkPolicy/{policy.namespace}/{policy.name}"),
            name=policy.name,
            evidence=(place,),
            policy="any" if wide else "allowlist" if listed else "none",
            destinations=destinations,
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
    collector.forget(absent)
    collector.edges.pop((EdgeKind.EGRESS_TO, runtime.id, absent), None)


def _destinations(rules: tuple[Node, ...]) -> Iterator[str]:
    for rule in rules:
        targets = rule.child("to")
        for target in targets.list() if targets is not None else ():
            block = target.get("ipBlock", "cidr")
            yield (block.text or "") if block is not None else "selected pods"


def _words(node: Node, key: str) -> tuple[str, ...]:
    found = node.child(key)
    return tuple(item.text or "" for item in found.list()) if found is not None else ()
