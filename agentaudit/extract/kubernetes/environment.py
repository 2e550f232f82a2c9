"""The environment of a Kubernetes container, each value where it really stands."""

from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.containers.container import Environment
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.kubernetes.objects import Cluster, KubernetesObject
from agentaudit.extract.settings import Setting
from agentaudit.extract.shared_variables import SHARED
from agentaudit.model.evidence import Evidence, Known
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.readers.document import Node


class Pod(Struct, frozen=True, kw_only=True):
    """One pod template, with everything its containers share."""

    owner: KubernetesObject
    template: Node
    spec: Node
    cluster: Cluster
    volumes: Mapping[str, tuple[int, Node]] = field(default_factory=dict)
    """By their names, each with its place among them."""
    config_maps: tuple[str, ...] = ()
    """Names of those among its volumes."""
    own_kernel: Evidence | None = None
    """Where it says that another kernel than that of its machine runs it."""
    tokens: tuple[Node, ...] = ()
    """Of the service account, as its volumes hold them."""
    token_ttl_s: int | None = None
    """Of the one that lives longest."""
    alternatives: dict[str, str] = field(default_factory=dict)
    """By provider, what the cluster would hand out in place of its keys."""
    labels: tuple[tuple[str, str], ...] = ()
    ports: frozenset[str] = frozenset()
    """Numbers and names of those that its containers declare."""
    privileged: tuple[Node, ...] = ()
    """Those of its containers that are let do everything."""
    instances: tuple[Known, int | None] = (Known.UNKNOWN, None)
    """Whether they are bounded in number, and by how many."""

    def mounted(self, container: Node) -> tuple[Node, ...]:
        """The volumes that a container mounts, in their order."""
        names = {mount.text_at("name") for mount in container.list_at("volumeMounts")}
        found = sorted((self.volumes[name][0], name) for name in names if name in self.volumes)
        return tuple(self.volumes[name][1] for _, name in found)


def environment_of(pod: Pod, node: Node, key: str, collector: Collector) -> Environment:
    """The environment of a container."""
    settings = list(_named(pod, node, key, collector))
    own, block, whole = node.child("env"), node.child("envFrom"), True
    named = {entry.text_at("name") for entry in (own.list() if own is not None else ())}
    for entry in block.list() if block is not None else ():
        for shared in _all_of_source(pod, entry, collector):
            whole = whole and shared is not None
            settings.extend(item for item in shared or () if item.key not in named)
    return Environment(tuple(settings), whole)


def _named(pod: Pod, node: Node, key: str, collector: Collector) -> Iterator[Setting]:
    """The variables that a container names itself."""
    for entry in node.list_at("env"):
        name, value = entry.text_at("name"), entry.child("value")
        source = entry.child("valueFrom")
        if value is not None:
            yield Setting(key=name, value=value, document=pod.owner.document, route=f"{key}.env")
        elif source is not None and name:
            yield from _from_source(pod, source, name, key)
            _leave_named_open(pod, source, name, collector)


def _from_source(pod: Pod, source: Node, name: str, key: str) -> Iterator[Setting]:
    document = pod.owner.document
    for word, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
        reference = source.child(word)
        if reference is None:
            continue
        place = reference.child("name") or reference
        via = evidence(document, place, f"{name} from {kind} {plain(reference.text_at('name'))}")
        values = pod.cluster.values(kind, pod.owner.namespace, reference.text_at("name"))
        setting = values.by_key.get(reference.text_at("key")) if values is not None else None
        if setting is not None:
            yield Setting(
                key=name,
                value=setting.value,
                document=setting.document,
                route=f"{setting.route}.{setting.key}",
                text=setting.content,
                kept_as=reference.text_at("key"),
                via=(via,),
                form=setting.form,
            )
            return
        if kind == "Secret":
            yield Setting(
                key=name,
                value=place,
                document=document,
                route=f"{key}.env",
                text=f"${{{reference.text_at('key')}}}",
                form=CredentialForm.SECRET_REF,
            )


def _leave_named_open(pod: Pod, source: Node, name: str, collector: Collector) -> None:
    """A variable of a ConfigMap that is not there; of a Secret it is a secret all the same."""
    reference = source.child("configMapKeyRef")
    if reference is None:
        return
    named = reference.text_at("name")
    if pod.cluster.at("ConfigMap", pod.owner.namespace, named) is None:
        place = evidence(pod.owner.document, reference.child("name") or reference, plain(named))
        what = f"the ConfigMap {plain(named)} is not among the files"
        collector.leave_open(place, what, f"what {plain(name)} is set to is open")


def _all_of_source(
    pod: Pod, entry: Node, collector: Collector
) -> Iterator[tuple[Setting, ...] | None]:
    """All variables of an object that `envFrom` names; None where they were not read."""
    prefix = entry.text_at("prefix")
    for word, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
        reference = entry.child(word)
        if reference is None:
            continue
        name = reference.text_at("name")
        place = evidence(pod.owner.document, reference, f"{kind} {plain(name)}")
        values = pod.cluster.values(kind, pod.owner.namespace, name)
        what, effect = f"the {kind} {plain(name)}", "which variables the container gets is open"
        if values is None:
            collector.leave_open(place, f"{what} is not among the files", effect)
            yield None
            continue
        if not values.whole:
            collector.leave_open(place, f"{what} has more keys than the files say", effect)
            yield None
        if collector.affords(
            SHARED, len(values.settings), (place, f"{what} is given to too many", effect)
        ):
            yield tuple(_through(setting, prefix, place) for setting in values.settings)
        else:
            yield None


def _through(setting: Setting, prefix: str, place: Evidence) -> Setting:
    return Setting(
        key=prefix + setting.key,
        value=setting.value,
        document=setting.document,
        route=setting.route,
        text=setting.content,
        via=(place,),
        form=setting.form,
    )
