"""The environment of a Kubernetes container, each value where it really stands."""

from collections.abc import Iterator

from msgspec import Struct

from agentaudit.extract.collector import Collector, Setting, evidence
from agentaudit.extract.kubernetes_objects import Cluster, KubernetesObject, settings_of_object
from agentaudit.extract.redaction import plain
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.readers.document import Node


class Pod(Struct, frozen=True, kw_only=True):
    """One pod template, with everything its containers share."""

    owner: KubernetesObject
    template: Node
    spec: Node
    cluster: Cluster


def command_of(container: Node) -> tuple[str, ...]:
    """The words that a container starts with."""
    blocks = (container.child(field) for field in ("command", "args"))
    return tuple(word.text or "" for block in blocks if block is not None for word in block.list())


def environment_of(pod: Pod, node: Node, key: str, collector: Collector) -> Iterator[Setting]:
    """The environment of a container, each value where it really stands."""
    document = pod.owner.document
    block = node.child("env")
    named: set[str] = set()
    for entry in block.list() if block is not None else ():
        name, value = entry.text_at("name"), entry.child("value")
        source = entry.child("valueFrom")
        named.add(name)
        if value is not None:
            yield Setting(key=name, value=value, document=document, route=f"{key}.env")
        elif source is not None and name:
            yield from _from_source(pod, source, name, key)
    block = node.child("envFrom")
    for entry in block.list() if block is not None else ():
        for setting in _all_of_source(pod, entry, collector):
            if setting.key not in named:
                yield setting


def _from_source(pod: Pod, source: Node, name: str, key: str) -> Iterator[Setting]:
    document = pod.owner.document
    for field, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
        reference = source.child(field)
        if reference is None:
            continue
        place = reference.child("name") or reference
        via = evidence(document, place, f"{name} from {kind} {plain(reference.text_at('name'))}")
        target = pod.cluster.at(kind, pod.owner.namespace, reference.text_at("name"))
        for setting in settings_of_object(target) if target is not None else ():
            if setting.key == reference.text_at("key"):
                yield Setting(
                    key=name,
                    value=setting.value,
                    document=setting.document,
                    route=f"{setting.route}.{setting.key}",
                    text=setting.content,
                    via=(via,),
                )
                return
        if kind == "Secret":
            yield Setting(
                key=name,
                value=place,
                document=document,
                route=f"{key}.env",
                form=CredentialForm.SECRET_REF,
            )


def environment_whole(pod: Pod, node: Node) -> bool:
    """Whether all objects that a container takes its environment from are among the files."""
    block = node.child("envFrom")
    return all(
        target is not None
        for entry in (block.list() if block is not None else ())
        for _, _, target in _sources(pod, entry)
    )


def _sources(pod: Pod, entry: Node) -> Iterator[tuple[Node, str, KubernetesObject | None]]:
    """What an entry of `envFrom` names, its kind, and the object where that is among the files."""
    for field, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
        reference = entry.child(field)
        if reference is not None:
            name = reference.text_at("name")
            yield reference, kind, pod.cluster.at(kind, pod.owner.namespace, name)


def _all_of_source(pod: Pod, entry: Node, collector: Collector) -> Iterator[Setting]:
    prefix = entry.text_at("prefix")
    for reference, kind, target in _sources(pod, entry):
        shown = f"{kind} {plain(reference.text_at('name'))}"
        place = evidence(pod.owner.document, reference, shown)
        if target is None:
            collector.leave_open(
                place,
                f"the {shown} is not among the files",
                "which variables the container gets is open",
            )
            continue
        for setting in settings_of_object(target):
            yield Setting(
                key=prefix + setting.key,
                value=setting.value,
                document=setting.document,
                route=setting.route,
                text=setting.content,
                via=(place,),
            )
