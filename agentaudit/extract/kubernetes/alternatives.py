"""What a cluster would hand out in place of a key of a cloud, by whose machines it runs on."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from agentaudit.expressions import holds_word, regex
from agentaudit.extract.credentials.key_addresses import without_sessions
from agentaudit.extract.kubernetes.objects import KubernetesObject

_ROLES_ANYWHERE = "IAM Roles Anywhere"
_OF_A_CLOUD: Mapping[str, str] = MappingProxyType(
    {
        "aws": "IRSA or EKS Pod Identity",
        "google": "workload identity federation",
        "azure": "Azure workload identity",
    }
)
_OF_ONES_OWN: Mapping[str, str] = MappingProxyType({**_OF_A_CLOUD, "aws": _ROLES_ANYWHERE})
"""
EKS issues sessions to the pods of EKS; AWS takes certificates of others.

https://docs.aws.amazon.com/rolesanywhere/latest/userguide/introduction.html
"""
_OWN_GROUP = regex(
    r"(?:^|[./])(?:cattle\.io|metallb\.io|metallb\.universe\.tf|talos\.dev|longhorn\.io|rook\.io"
    r"|openebs\.io|kube-vip\.io|linstor\.linbit\.com)/"
)
"""Groups of the API that come with distributions for one's own machines, and with their disks."""
_OWN_DISKS = regex(r"^(?:longhorn|local-path|microk8s-|openebs|rook-|ceph|topolvm|synology)")
_TRIED = regex(
    r"(?:^|/)(?:[\w.]{1,40}[-_])?(?:minikube|k3d|kind|microk8s|docker-desktop)(?:[-_][\w.-]{1,40})?/"
)
"""Folders of what a developer starts in a cluster on his own machine."""
_DESCRIPTION = "CustomResourceDefinition"
"""Describes fields for every cloud, with examples of them: no sign of the cluster's own."""
_OTHER_STORE = regex(r"\bmc alias set\b|--endpoint-url(?:=|\s|$)")
"""How clients of S3 are told the address of another store, which knows no sessions of AWS."""
_EKS = ("eks.amazonaws.com", "k8s.aws/", "eksctl.io", "ebs.csi.aws.com", "efs.csi.aws.com")


def alternatives_of(objects: Sequence[KubernetesObject]) -> dict[str, str]:
    """By provider, what would do without its keys here; EKS unless its machines are one's own."""
    own = any(map(_runs_on_own_machines, objects))
    texts = {item.document.file: item.document.text for item in objects} if own else {}
    described = {item.document.file for item in objects if item.kind == _DESCRIPTION}
    on_eks = any(holds_word(texts[file], _EKS) for file in texts.keys() - described)
    return dict(_OF_ONES_OWN if own and not on_eks else _OF_A_CLOUD)


def alternatives_for(owner: KubernetesObject, alternatives: dict[str, str]) -> dict[str, str]:
    """The same for one object: no cloud issues sessions to a cluster on a developer's machine."""
    return {} if _TRIED.search(owner.document.file) else alternatives


def alternatives_within(alternatives: dict[str, str], words: Sequence[str]) -> dict[str, str]:
    """The same for one container: none to keys of AWS where its command names another store."""
    other_store = any(map(_OTHER_STORE.search, words))
    return without_sessions(alternatives) if other_store else alternatives


def _runs_on_own_machines(item: KubernetesObject) -> bool:
    if _OWN_GROUP.search(item.node.text_at("apiVersion")):
        return True
    asked = (item.node, *item.node.list_at("spec", "volumeClaimTemplates"))
    return any(_OWN_DISKS.match(each.text_at("spec", "storageClassName")) for each in asked)
