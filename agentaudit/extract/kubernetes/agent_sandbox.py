"""
Agent sandboxes (agents.x-k8s.io): when what an agent left behind goes, and what it may reach.

Their pods are read as any pod is. Keys by https://github.com/kubernetes-sigs/agent-sandbox.
"""

from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.kubernetes.objects import KubernetesObject, kubernetes_objects
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.runtimes import Egress
from agentaudit.readers.document import Node

_API = "agents.x-k8s.io/"
_EVERYWHERE = "0.0.0.0/0"
_ENDS = ("ttlSecondsAfterFinished", "shutdownTime", "ttlSeconds")


def extract_sandboxes(documents: Documents, collector: Collector) -> None:
    """How long every sandbox and claim lives, and the network of every template."""
    runtimes: dict[tuple[str, str], dict[FactId, None]] = {}
    for workload in collector.workloads:
        place = (workload.namespace, next(iter(workload.names), ""))
        runtimes.setdefault(place, {})[workload.runtime_id] = None
    for item in kubernetes_objects(documents):
        if _API not in item.node.text_at("apiVersion"):
            continue
        found = tuple(runtimes.get((item.namespace, item.name), ()))
        if item.kind in {"Sandbox", "SandboxClaim"}:
            _add_lifetime(collector, item, found)
        elif item.kind == "SandboxTemplate":
            _add_network(collector, item, found)


def _add_lifetime(collector: Collector, item: KubernetesObject, pods: tuple[FactId, ...]) -> None:
    """
    A sandbox keeps its volume and its processes, what the agent wrote there among them.

    `shutdownPolicy: Retain` keeps the object alone: what it stood for is torn down either way.
    """
    spec = item.node.child("spec") or item.node
    levels = [level for level in (spec.child("lifecycle"), spec) if level is not None]
    end = _first(levels, *_ENDS)
    node = end or item.place
    store = collector.add(
        MemoryStore(
            id=fact_id("memory_store", item.name, f"{item.kind}/{item.namespace}/{item.name}"),
            name=f"sandbox {item.name}",
            evidence=(evidence(item.document, node, node.text or ""),),
            kind="managed",
            backend="sandbox",
            ttl=Known.NONE if end is None else Known.SET,
            ttl_s=end.integer if end is not None else None,
            persistent=Truth.YES,
            agent_writable=Truth.YES,
            holds_conversation=False,
        )
    )
    for runtime in pods:
        if item.kind == "Sandbox":
            collector.link(EdgeKind.RUNS_ON, store.id, runtime, *store.evidence[:1])


def _first(levels: list[Node], *names: str) -> Node | None:
    found = (level.child(name) for level in levels for name in names)
    return next((node for node in found if node is not None), None)


def _add_network(collector: Collector, item: KubernetesObject, pods: tuple[FactId, ...]) -> None:
    """
    The policy that the controller makes for all sandboxes of a template.

    Without rules of one's own it lets them reach the public internet, and `Unmanaged` means none.
    """
    spec = item.node.child("spec") or item.node
    network = spec.child("networkPolicy")
    if network is None or spec.text_at("networkPolicyManagement") == "Unmanaged":
        return
    listed = network.list_at("egress")
    wide = any(
        rule.child("to") is None
        or any(node.text_at("ipBlock", "cidr") == _EVERYWHERE for node in rule.list_at("to"))
        for rule in listed
    )
    place = evidence(item.document, network)
    egress = collector.add(
        Egress(
            id=fact_id("egress", item.name, f"SandboxTemplate/{item.namespace}/{item.name}"),
            name=f"network policy of {item.name}",
            evidence=(place,),
            policy="any" if wide else "allowlist" if listed else "none",
            runtime_ids=pods,
        )
    )
    for runtime in pods:
        collector.link(EdgeKind.EGRESS_TO, runtime, egress.id, place)
