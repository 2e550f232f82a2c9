"""Kubernetes manifests as objects, and the settings that Secrets and ConfigMaps hold."""

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector
from agentaudit.extract.containers.registry_logins import SECRET_KEYS, kept_logins
from agentaudit.extract.documents import Documents
from agentaudit.extract.kubernetes.kustomize import patch_files
from agentaudit.extract.kubernetes.kustomize_images import AppliedImages
from agentaudit.extract.kubernetes.made_secrets import MadeSecret, made_secrets
from agentaudit.extract.late_extractors import function_of
from agentaudit.extract.settings import Setting
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.readers.document import Document, Node

RELEASE = "HelmRelease"
_REDIS_FILE = regex(r"(?:redis|valkey)[\w.-]{0,250}(?:\.conf|-config)$")
Label = tuple[str, str]
SCALERS = ("HorizontalPodAutoscaler", "ScaledObject")
_NOTED = ("annotations", "labels")


class KubernetesObject(Struct, frozen=True, kw_only=True):
    """One object of a manifest."""

    document: Document
    node: Node
    kind: str
    name: str
    namespace: str
    account_namespace: str = ""
    """That of its account, where who applies it names another than the object itself."""

    @property
    def place(self) -> Node:
        """The node that names it."""
        return self.node.get("metadata", "name") or self.node


class Values(Struct, frozen=True, eq=False):
    """The values of a Secret or ConfigMap."""

    settings: tuple[Setting, ...]
    by_key: Mapping[str, Setting]
    """The first under each key."""
    redis: tuple[Setting, ...]
    """Configurations of a Redis, as files that containers mount."""
    whole: bool
    """Whether it has no other keys."""


class Cluster:
    """The objects of all manifests, as those that refer to each other by kind and name do."""

    def __init__(
        self,
        objects: Iterable[KubernetesObject],
        products: Mapping[str, str] = MappingProxyType({}),
        images: AppliedImages | None = None,
    ) -> None:
        self.products = products
        """By the names of images of the repository what they extend."""
        self.images = images or AppliedImages()
        self._objects: dict[tuple[str, str, str], KubernetesObject] = {}
        self._scaling: dict[tuple[str, str, str], list[KubernetesObject]] = {}
        self._values: dict[tuple[str, str, str], Values] = {}
        self._made: dict[str, dict[str, tuple[KubernetesObject, MadeSecret]]] = {}
        for item in objects:
            self._objects.setdefault((item.kind, item.namespace, item.name), item)
            for made in made_secrets(item.kind, item.name, item.node):
                self._made.setdefault(item.namespace, {}).setdefault(made.name, (item, made))
            target = item.node.get("spec", "scaleTargetRef") if item.kind in SCALERS else None
            if target is not None:
                kind = target.text_at("kind") or "Deployment"
                scaled = (kind, item.namespace, target.text_at("name"))
                self._scaling.setdefault(scaled, []).append(item)

    def at(self, kind: str, namespace: str, name: str) -> KubernetesObject | None:
        """The first object with this name."""
        return self._objects.get((kind, namespace, name))

    def values(self, kind: str, namespace: str, name: str) -> "Values | None":
        """What the first Secret or ConfigMap with this name holds, read once."""
        place = (kind, namespace, name)
        if place not in self._values:
            item = self.at(*place)
            made = self._made.get(namespace, {}).get(name) if kind == "Secret" else None
            if item is not None:
                self._values[place] = _values(settings_of_object(item))
            elif made is not None:
                self._values[place] = _values(tuple(_settings_made(*made)), whole=made[1].whole)
        return self._values.get(place)

    def scaling(self, kind: str, namespace: str, name: str) -> Sequence[KubernetesObject]:
        """What scales a workload, by kind."""
        found = self._scaling.get((kind, namespace, name), ())
        return sorted(found, key=lambda item: SCALERS.index(item.kind))


def _values(settings: tuple[Setting, ...], *, whole: bool = True) -> Values:
    by_key = {setting.key: setting for setting in reversed(settings)}
    redis = tuple(each for each in settings if _REDIS_FILE.search(each.key))
    return Values(settings, by_key, redis, whole)


def _settings_made(item: KubernetesObject, made: MadeSecret) -> Iterator[Setting]:
    for key in made.keys:
        name = key.text or ""
        written = made.written.get(name)
        yield Setting(
            key=name,
            value=written or key,
            document=item.document,
            route=f"Secret/{item.namespace}/{made.name}",
            text=made.sources.get(name) if written is None else written.text,
            form=CredentialForm.SECRET_REF if written is None else None,
        )


def is_of_cloud_run(item: KubernetesObject) -> bool:
    """Whether an object is for Cloud Run, which takes Knative's services and jobs of its own."""
    if item.node.text_at("apiVersion").startswith("run.googleapis.com/"):
        return True
    if not item.node.text_at("apiVersion").startswith("serving.knative.dev/"):
        return False
    places = (item.node, item.node.get("spec", "template"))
    found = (place.get("metadata", name) for place in places if place for name in _NOTED)
    return any(
        key.startswith(("run.googleapis.com/", "cloud.googleapis.com/"))
        for noted in found
        if noted is not None
        for key, _ in noted.items()
    )


def kubernetes_objects(documents: Documents) -> tuple[KubernetesObject, ...]:
    """Every object, those inside a List too; a patch of Kustomize is none."""
    return documents.once(_every_object)


def cluster_objects(documents: Documents, collector: Collector) -> tuple[KubernetesObject, ...]:
    """Those, and what other formats declare of a cluster, once all of them were read."""
    return (*kubernetes_objects(documents), *collector.cluster_objects)


def _every_object(documents: Documents) -> tuple[KubernetesObject, ...]:
    patches = patch_files(documents)
    found = tuple(
        item
        for document in documents.of("yaml", "json")
        if document.file not in patches
        for root in document.roots
        for item in _objects(document, root)
    )
    if not any(each.kind == RELEASE for each in found):
        return found
    released = function_of("kubernetes.releases:released")
    return (*found, *released(found, documents))


def _objects(document: Document, node: Node) -> Iterator[KubernetesObject]:
    kind = node.child("kind")
    if node.child("apiVersion") is None or kind is None:
        return
    items = node.child("items")
    if (kind.text or "").endswith("List") and items is not None:
        for item in items.list():
            yield from _objects(document, item)
        return
    yield KubernetesObject(
        document=document,
        node=node,
        kind=kind.text or "",
        name=node.name_at("metadata", "name"),
        namespace=node.name_at("metadata", "namespace") or "default",
    )


def settings_of_object(item: KubernetesObject) -> tuple[Setting, ...]:
    """The values of a Secret or ConfigMap; `data` of a Secret is decoded."""
    route = f"{item.kind}/{item.namespace}/{item.name}"
    found: list[Setting] = []
    for field in ("data", "stringData"):
        block = item.node.child(field)
        for key, value in block.items() if block is not None else ():
            text = value.text or ""
            if item.kind == "Secret" and field == "data":
                text = _decoded(text)
            if item.kind == "Secret" and key in SECRET_KEYS:
                found += kept_logins(item.document, value, text, route)
            elif value.text is not None:
                found.append(
                    Setting(key=key, value=value, document=item.document, route=route, text=text)
                )
    return tuple(found)


def _decoded(text: str) -> str:
    """The text behind base64; what is no base64 (a template, say) stays as it is."""
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return text


def labels_of(node: Node | None) -> tuple[Label, ...]:
    """Labels as an object has them, or as a selector asks for them."""
    items = node.items() if node is not None else ()
    return tuple((key, value.text or "") for key, value in items)
