"""Roles and bindings of Kubernetes in Terraform, in the words of manifests."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.documents import Documents
from agentaudit.extract.kubernetes.objects import KubernetesObject, kubernetes_objects
from agentaudit.extract.kubernetes.rights import add_bindings
from agentaudit.extract.made_nodes import made_list
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.extract.terraform.names import camel
from agentaudit.readers.document import Node, NodeKind

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
_NAMED = (
    *_KINDS,
    *("kubernetes_service_account", "kubernetes_service_account_v1"),
    *("kubernetes_namespace", "kubernetes_namespace_v1"),
)
"""What others refer to by `metadata[0].name`."""
_LISTS: Mapping[str, str] = MappingProxyType({"subject": "subjects", "rule": "rules"})
"""Blocks that stand once for each member of a list."""
_OWN_KEYS = frozenset({"labels", "annotations", "match_labels"})


def add_kubernetes_rights(
    modules: Sequence[Module], documents: Documents, collector: Collector
) -> None:
    """What bindings in Terraform give, of roles there and in manifests."""
    made = [
        _object(declared, collector) for module in modules for declared in module.resources(*_KINDS)
    ]
    if made:
        add_bindings(made, (*made, *kubernetes_objects(documents)), collector)


def _object(declared: Declared, collector: Collector) -> KubernetesObject:
    node = _spelled(declared.module, declared.body)
    name = node.text_at("metadata", "name")
    for rule in declared.body.list_at("rule"):
        if any(word.unknown for _, words in rule.items() for word in words.list()):
            place, what = evidence(declared.document, rule), f"a rule of {declared.shown}"
            collector.leave_open(place, what, "it may allow anything")
    return KubernetesObject(
        document=declared.document,
        node=node,
        kind=_KINDS[declared.type],
        name=name,
        namespace=node.text_at("metadata", "namespace") or "default",
    )


def _spelled(module: Module, node: Node) -> Node:
    """A body as a manifest spells it; a reference to a name is that name."""
    if node.kind is NodeKind.SEQUENCE:
        return node.changed(elements=tuple(_spelled(module, each) for each in node.elements))
    if node.unknown:
        return node.changed(kind=NodeKind.STRING, raw=_name(module, node.raw))
    return node.changed(entries=tuple(_entries(module, node)))


def _entries(module: Module, node: Node) -> Iterator[tuple[Node, Node]]:
    for key, value in node.entries:
        spelled = value if key.raw in _OWN_KEYS else _spelled(module, value)
        if key.raw in _LISTS:
            yield key.changed(raw=_LISTS[key.raw]), made_list(spelled, spelled.list())
        else:
            yield key.changed(raw=camel(key.raw)), spelled


def _name(module: Module, reference: str) -> str:
    """What something is called that a value refers to; what nobody tells is called as written."""
    declared = module.references(*_NAMED).referred(reference)
    return (declared.body.text_at("metadata", "name") if declared else "") or reference
