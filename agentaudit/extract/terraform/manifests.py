"""What Terraform declares of Kubernetes, spelled as manifests are: `roleRef` of `role_ref`."""

from collections.abc import Iterator, Mapping

from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.embedded import embedded_yaml
from agentaudit.extract.kubernetes.objects import KubernetesObject
from agentaudit.extract.made_nodes import made_list
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.extract.terraform.names import camel
from agentaudit.readers.document import Node, NodeKind

_NAMED = tuple(
    f"kubernetes_{name}{version}"
    for version in ("", "_v1")
    for name in (
        *("role", "cluster_role", "role_binding", "cluster_role_binding"),
        *("service", "service_account", "namespace", "secret", "config_map"),
    )
)
"""What others refer to by `metadata[0].name`."""
_WHOLE = ("kubernetes_manifest", "kubectl_manifest")
"""The latter of the provider `kubectl`."""
_OWN_KEYS = frozenset(
    {
        *("labels", "annotations", "match_labels", "node_selector"),
        *("limits", "requests", "image", "command", "args"),
    }
)
"""What has names of its own, and what a pod starts: an expression there names no program."""
_SELECTOR, _MATCHES = "selector", frozenset({"match_labels", "match_expressions"})
"""Of a Service the labels themselves, of all else what holds them."""
_TEXTS = frozenset({"data", "binary_data"})
"""What a Secret or a ConfigMap holds, under names of its own."""


def spelled(module: Module, node: Node, lists: Mapping[str, str]) -> Node:
    """
    A body as a manifest spells it, with blocks that stand once for each member of a list.

    A reference to a name is that name. Any other is called as it is written where a name is asked
    for, or where it is what a variable holds.
    """
    if node.kind is NodeKind.SEQUENCE:
        members = tuple(spelled(module, each, lists) for each in node.elements)
        return node.changed(elements=members)
    if node.unknown:
        return node.changed(kind=NodeKind.STRING, raw=_name(module, node.raw))
    return node.changed(entries=tuple(_entries(module, node, lists)))


def whole_manifests(
    module: Module, documents: Documents, collector: Collector
) -> Iterator[KubernetesObject]:
    """Objects that Terraform is given as manifests: as values, or as a text of YAML."""
    for declared in module.resources(*_WHOLE):
        node = declared.body.get("manifest") or declared.body.get("yaml_body")
        if node is not None and node.kind is NodeKind.STRING:
            node = embedded_yaml(node, declared.document, documents)
        elif node is not None and node.unknown:
            what = f"the manifest of {declared.shown}"
            collector.leave_open(declared.place(node), what, "what it deploys is open")
        if node is not None and node.text_at("kind"):
            yield declared_object(declared, node.text_at("kind"), node)


def declared_object(declared: Declared, kind: str, node: Node) -> KubernetesObject:
    """What a resource declares, called as that where its manifest does not say how."""
    return KubernetesObject(
        document=declared.document,
        node=node,
        kind=kind,
        name=node.text_at("metadata", "name") or declared.name,
        namespace=node.text_at("metadata", "namespace") or "default",
    )


def _entries(module: Module, node: Node, lists: Mapping[str, str]) -> Iterator[tuple[Node, Node]]:
    for key, value in node.entries:
        if key.raw in _TEXTS:
            texts = ((name, spelled(module, text, lists)) for name, text in value.entries)
            yield key, value.changed(entries=tuple(texts))
            continue
        own = key.raw in _OWN_KEYS or (key.raw == _SELECTOR and not _picks(value))
        inner = value if own else spelled(module, value, lists)
        if key.raw in lists:
            yield key.changed(raw=lists[key.raw]), made_list(inner, inner.list())
        else:
            yield key.changed(raw=camel(key.raw)), inner


def _picks(selector: Node) -> bool:
    return any(key.raw in _MATCHES for key, _ in selector.entries)


def _name(module: Module, reference: str) -> str:
    """What something is called that a value refers to; what nobody tells is called as written."""
    declared = module.references(*_NAMED).referred(reference)
    return (declared.body.text_at("metadata", "name") if declared else "") or reference
