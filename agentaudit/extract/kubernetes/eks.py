"""
Who of AWS a cluster of EKS lets in: the ConfigMap `aws-auth`, and clusters that eksctl makes.

https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html and
https://eksctl.io/usage/schema/
"""

from collections.abc import Iterator, Sequence

from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.iam.holders import principal_kind, principal_name
from agentaudit.extract.kubernetes.eks_access import Doors, Entry
from agentaudit.extract.kubernetes.objects import KubernetesObject, kubernetes_objects
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.permissions import Identity
from agentaudit.readers.document import Node

AWS_AUTH = "aws-auth"
MAPPED = ("mapRoles", "mapUsers")
"""Its keys that name single principals; those of whole accounts get no rights by it."""
_NAMESPACES = ("", "kube-system")


def extract_cluster_access(documents: Documents, collector: Collector) -> None:
    """What everybody is that a cluster takes from AWS; identities of AWS are known by then."""
    declared: dict[tuple[str, str], list[FactId]] = {}
    for identity in collector.of(Identity):
        if identity.provider == "aws":
            declared.setdefault((identity.kind, identity.name), []).append(identity.id)

    def known(arn: Node) -> Sequence[FactId]:
        return declared.get((principal_kind(arn.raw), principal_name(arn.text or "")), ())

    for item in kubernetes_objects(documents):
        doors = Doors(collector=collector, documents=documents, document=item.document, known=known)
        if item.kind == "ConfigMap" and item.name == AWS_AUTH:
            _admit_mapped(doors, item)
        elif item.kind == "ClusterConfig":
            key = f"{item.document.file}#{item.name}"
            doors.admit_listed(f"{key}.mappings", item.node.get("iamIdentityMappings"))
            for entry in _entries(item, f"{key}.entries"):
                doors.admit(entry)


def _admit_mapped(doors: Doors, item: KubernetesObject) -> None:
    if item.node.text_at("metadata", "namespace") in _NAMESPACES:
        for name in MAPPED:
            key = f"{item.document.file}#{AWS_AUTH}.{name}"
            doors.admit_listed(key, item.node.get("data", name))


def _entries(item: KubernetesObject, key: str) -> Iterator[Entry]:
    for number, each in enumerate(item.node.list_at("accessConfig", "accessEntries")):
        principal, given = each.get("principalARN"), each.get("accessPolicies")
        if principal is None:
            continue
        policies = (
            (policy.get("policyARN"), policy.get("accessScope"))
            for policy in (given.list() if given is not None else ())
        )
        yield Entry(
            key=f"{key}.{number}",
            principal=principal,
            user=each.get("kubernetesUsername"),
            groups=each.get("kubernetesGroups"),
            policies=tuple((arn, scope) for arn, scope in policies if arn is not None),
        )
