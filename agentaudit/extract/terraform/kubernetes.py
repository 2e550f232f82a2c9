"""Roles and bindings of Kubernetes in Terraform, in the words of manifests."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from msgspec.structs import replace

from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.documents import Documents
from agentaudit.extract.kubernetes.objects import KubernetesObject, kubernetes_objects
from agentaudit.extract.kubernetes.rights import add_bindings
from agentaudit.extract.terraform.manifests import declared_object, spelled
from agentaudit.extract.terraform.modules import Declared, Module

_KINDS: Mapping[str, str] = MappingProxyType(
    {
        f"kubernetes_{name}{version}": kind
        for version in ("", "_v1")
        for name, kind in (
            ("role", "Role"),
            ("cluster_role", "ClusterRole"),
            ("role_binding", "RoleBinding"),
            ("cluster_role_binding", "ClusterRoleBinding"),
        )
    }
)
_OF_RIGHTS = frozenset(_KINDS.values())
_LISTS: Mapping[str, str] = MappingProxyType({"subject": "subjects", "rule": "rules"})
"""Blocks that stand once for each member of a list."""


def add_kubernetes_rights(
    modules: Sequence[Module],
    manifests: Iterable[KubernetesObject],
    documents: Documents,
    collector: Collector,
) -> None:
    """What bindings in Terraform give, of roles there and in manifests."""
    made = [
        _object(declared, collector) for module in modules for declared in module.resources(*_KINDS)
    ]
    made += [_as_told(item) for item in manifests if item.kind in _OF_RIGHTS]
    if made:
        add_bindings(made, (*made, *kubernetes_objects(documents)), collector)


def _as_told(item: KubernetesObject) -> KubernetesObject:
    """A role by its own name alone: that of a variable, its binding does not tell either."""
    return replace(item, name=item.node.text_at("metadata", "name"))


def _object(declared: Declared, collector: Collector) -> KubernetesObject:
    node = spelled(declared.module, declared.body, _LISTS)
    for rule in declared.body.list_at("rule"):
        if any(word.unknown for _, words in rule.items() for word in words.list()):
            place, what = evidence(declared.document, rule), f"a rule of {declared.shown}"
            collector.leave_open(place, what, "it may allow anything")
    return declared_object(declared, _KINDS[declared.type], node)
