"""How many pods of a workload may run: its replicas, or what its autoscaler lets them grow to."""

from collections.abc import Iterator

from agentaudit.extract.kubernetes.environment import Pod
from agentaudit.extract.kubernetes.objects import SCALERS, KubernetesObject
from agentaudit.model.evidence import Known

_KNATIVE = "serving.knative.dev/"
_MOST = ("autoscaling.knative.dev/max-scale", "autoscaling.knative.dev/maxScale")
_BOUNDS = dict(zip(SCALERS, ("maxReplicas", "maxReplicaCount"), strict=True))
"""Under which key what scales a workload says how far."""
_KEDA_DEFAULT = 100


def instances_of(pod: Pod) -> tuple[Known, int | None]:
    """Whether pods are bounded in number, and by how many; Knative scales without end."""
    owner = pod.owner
    if owner.node.text_at("apiVersion").startswith(_KNATIVE):
        annotations = pod.template.get("metadata", "annotations")
        most = next(
            (node for name in _MOST if annotations and (node := annotations.child(name))), None
        )
        count = most.integer if most is not None else 0
        return (Known.SET, count) if count else (Known.NONE, None)
    for item in _scalers(pod):
        node = item.node.get("spec", _BOUNDS[item.kind])
        if node is not None:
            return (Known.SET, node.integer) if node.integer is not None else (Known.UNKNOWN, None)
        if item.kind == "ScaledObject":
            return Known.SET, _KEDA_DEFAULT
    replicas = owner.node.get("spec", "replicas")
    if replicas is not None and replicas.integer is not None:
        return Known.SET, replicas.integer
    return Known.UNKNOWN, None


def _scalers(pod: Pod) -> Iterator[KubernetesObject]:
    owner = pod.owner
    yield from pod.cluster.scaling(owner.kind, owner.namespace, owner.name)
