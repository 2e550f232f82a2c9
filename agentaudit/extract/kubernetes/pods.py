"""Kubernetes workloads: containers of pods as runtimes, with their environment and privileges."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.addresses import LOOPBACK
from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.containers.container import Container, command_of, place_of, runtime_id
from agentaudit.extract.containers.engines import engine_host, is_engine_socket
from agentaudit.extract.containers.facts import add_container
from agentaudit.extract.containers.personal import personal_folders
from agentaudit.extract.containers.products import product_named, products_by_image
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.kubernetes.accounts import account_named, add_account
from agentaudit.extract.kubernetes.alternatives import (
    alternatives_for,
    alternatives_of,
    alternatives_within,
)
from agentaudit.extract.kubernetes.environment import Pod, environment_of
from agentaudit.extract.kubernetes.kustomize_images import applied_images
from agentaudit.extract.kubernetes.objects import (
    Cluster,
    KubernetesObject,
    is_of_cloud_run,
    kubernetes_objects,
    labels_of,
)
from agentaudit.extract.kubernetes.scaling import instances_of
from agentaudit.extract.kubernetes.tokens import add_projected_tokens, longest, tokens_of
from agentaudit.extract.settings import Setting
from agentaudit.extract.sizes import bytes_of
from agentaudit.extract.stages import stage_in, stage_named
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence, Known, Truth
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Document, Node

_TEMPLATES = {
    "Pod": (),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    **dict.fromkeys(
        ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "ReplicationController"),
        ("spec", "template"),
    ),
    **dict.fromkeys(("Rollout", "Service"), ("spec", "template")),  # Argo, Knative
    **dict.fromkeys(("Sandbox", "SandboxTemplate"), ("spec", "podTemplate")),
}
_GIVING_FILES = ("configMap", "secret", "projected", "csi")
"""Volumes with files that may say how a program behaves."""
_RUNTIME_CLASS = "runtimeClassName"
_OF_ITS_OWN = regex(r"gvisor|runsc|kata|firecracker")
"""Runtimes that put a kernel or a machine of its own around a pod."""
_CONFIGURATIONS = Budget("mounted configurations", 20_000, free=4, whole=True)
"""Of ConfigMaps, each as often as there are containers that mount it."""


def extract_kubernetes(documents: Documents, collector: Collector) -> None:
    """The workloads of every manifest, with the accounts they run under."""
    objects = kubernetes_objects(documents)
    applied = documents.once(applied_images)
    cluster = Cluster(objects, documents.once(products_by_image), applied)
    alternatives = alternatives_of(objects)
    for owner in objects:
        add_workload(owner, cluster, alternatives, collector)


def add_workload(
    owner: KubernetesObject, cluster: Cluster, alternatives: dict[str, str], collector: Collector
) -> None:
    """The containers of one object, where it is one that starts pods."""
    route = None if is_of_cloud_run(owner) else _TEMPLATES.get(owner.kind)
    template = owner.node.get(*route) if route is not None else None
    spec = template.child("spec") if template is not None else None
    if template is None or spec is None:
        return
    volumes = _volumes(spec)
    tokens = tuple(tokens_of(volume for _, volume in volumes.values()))
    containers = tuple(node for node, _ in _containers(spec))
    pod = Pod(
        owner=owner,
        template=template,
        spec=spec,
        cluster=cluster,
        volumes=volumes,
        config_maps=_config_maps(volume for _, volume in volumes.values()),
        own_kernel=_own_kernel(owner, spec),
        tokens=tokens,
        token_ttl_s=longest(tokens),
        labels=labels_of(template.get("metadata", "labels")),
        alternatives=alternatives_for(owner, alternatives),
        ports=frozenset(port for node in containers for port in _ports(node)),
        privileged=tuple(
            node for node in containers if _first_true("privileged", node.child("securityContext"))
        ),
    )
    _add_pod(replace(pod, instances=instances_of(pod)), collector)


def _containers(spec: Node) -> Iterator[tuple[Node, bool]]:
    """The containers of a pod, and of each whether it ends before the others start."""
    for field in ("containers", "initContainers"):
        for node in spec.list_at(field):
            yield node, field == "initContainers" and node.text_at("restartPolicy") != "Always"


def _volumes(spec: Node) -> Mapping[str, tuple[int, Node]]:
    found: dict[str, tuple[int, Node]] = {}
    for place, volume in enumerate(spec.list_at("volumes")):
        found.setdefault(volume.text_at("name"), (place, volume))
    return found


def _add_pod(pod: Pod, collector: Collector) -> None:
    """Its containers, with the account that they act as, but for a default one without a token."""
    for node, preparing in _containers(pod.spec):
        container = replace(_container(pod, node, collector), preparing=preparing)
        runtime = add_container(collector, container)
        account = add_account(collector, pod.owner, pod.spec, runtime)
        if not account.default_account or runtime.automount_token is not Truth.NO:
            collector.link(EdgeKind.AUTHENTICATES_AS, runtime.id, account.id, *runtime.evidence[:1])
        add_projected_tokens(pod, collector, runtime)


def _container(pod: Pod, node: Node, collector: Collector) -> Container:
    name = node.name_at("name") or pod.owner.name
    owner = pod.owner
    key = f"{owner.kind}/{owner.namespace}/{owner.name}/{name}"
    document = owner.document
    environment = environment_of(pod, node, key, collector)
    words, volumes = command_of(node), pod.mounted(node)
    runtime = _runtime(pod, node, key, volumes)
    return Container(
        document=document,
        place=node.child("name") or node,
        key=key,
        runtime=_with_engine(pod, node, environment.settings, runtime),
        names=tuple(dict.fromkeys((owner.name, name))),
        made_of=product_named(pod.cluster.products, node.text_at("image")),
        words=words,
        settings=environment.settings,
        settings_whole=environment.whole,
        config_maps=pod.config_maps,
        own_kernel=pod.own_kernel,
        configurations=_configurations(pod, node, volumes, collector),
        given_files=any(
            volume.child(kind) is not None for volume in volumes for kind in _GIVING_FILES
        ),
        labels=pod.labels,
        namespace=owner.namespace,
        ports=frozenset(_ports(node)),
        ports_of_pod=pod.ports,
        on_every_node=owner.kind == "DaemonSet",
        short_alternative=alternatives_within(pod.alternatives, words),
    )


def _runtime(pod: Pod, node: Node, key: str, volumes: Iterable[Node]) -> Runtime:
    name = node.name_at("name") or pod.owner.name
    limits = node.get("resources", "limits")
    memory = limits.child("memory") if limits is not None else None
    cpu = limits.child("cpu") if limits is not None else None
    security = (node.child("securityContext"), pod.spec.child("securityContext"))
    hosts = tuple(_host_paths(volumes))
    place = node.child("name") or node
    return Runtime(
        id=runtime_id(f"{pod.owner.name}/{name}", key),
        name=f"{pod.owner.name}/{name}" if name != pod.owner.name else name,
        evidence=place_of(pod.owner.document, place, name),
        environment=_stage(pod.owner.namespace),
        kind="pod",
        image=pod.cluster.images.image(pod.owner.document.file, node.text_at("image")),
        privileged=_first_true("privileged", *security)
        or _first_true("allowPrivilegeEscalation", security[0]),
        host_mounts=tuple(plain(path) for path in hosts),
        personal_folders=personal_folders(hosts),
        docker_socket=any(map(is_engine_socket, hosts)),
        host_network=_first_true("hostNetwork", pod.spec),
        runs_as_root=_root(*security),
        cpu_limit=Known.SET if cpu is not None else Known.NONE,
        memory_limit=Known.SET if memory is not None else Known.NONE,
        memory_limit_bytes=bytes_of(memory.text or "") if memory is not None else None,
        pids_limit=Known.UNKNOWN,
        instances=pod.instances[0],
        instances_count=pod.instances[1],
        published_ports=tuple(_host_ports(node)),
        gpu=limits is not None and any("gpu" in name for name, _ in limits.items()),
        service_account=account_named(pod.spec),
        automount_token=_automount(pod),
        token_ttl_s=pod.token_ttl_s,
    )


def _with_engine(pod: Pod, node: Node, settings: Iterable[Setting], runtime: Runtime) -> Runtime:
    """An engine beside it that is let do everything is as good as the socket of the host's."""
    if engine_host(settings) not in LOOPBACK:
        return runtime
    let = any(each is not node for each in pod.privileged)
    return replace(runtime, docker_socket=True) if let else runtime


def _host_paths(volumes: Iterable[Node]) -> Iterator[str]:
    for volume in volumes:
        path = volume.get("hostPath", "path")
        if path is not None:
            yield path.text or ""


def _config_maps(volumes: Iterable[Node]) -> tuple[str, ...]:
    names = (volume.text_at("configMap", "name") for volume in volumes)
    return tuple(dict.fromkeys(filter(None, names)))


def _own_kernel(owner: KubernetesObject, spec: Node) -> Evidence | None:
    node = spec.child(_RUNTIME_CLASS)
    if node is None or not _OF_ITS_OWN.search(node.text or ""):
        return None
    return evidence(owner.document, node, f"{_RUNTIME_CLASS}: {plain(node.text or '')}")


def _configurations(
    pod: Pod, node: Node, volumes: Iterable[Node], collector: Collector
) -> tuple[tuple[Document, Node], ...]:
    """The configuration of a Redis in the ConfigMaps that a container mounts."""
    names = _config_maps(volumes)
    if not names:
        return ()
    mounted = (pod.cluster.values("ConfigMap", pod.owner.namespace, name) for name in names)
    groups = [values.redis for values in mounted if values is not None]
    place = evidence(pod.owner.document, node.child("name") or node)
    end = (place, "the configurations of Redis that a container mounts", "what bounds it is open")
    if not collector.affords(_CONFIGURATIONS, sum(map(len, groups)), end):
        return ()
    return tuple((item.document, item.value) for group in groups for item in group)


def _ports(container: Node) -> Iterator[str]:
    """Numbers and names of the ports that a container declares."""
    for port in container.list_at("ports"):
        yield from filter(None, (port.text_at("containerPort"), port.text_at("name")))


def _host_ports(node: Node) -> Iterator[str]:
    for port in node.list_at("ports"):
        if port.child("hostPort") is not None:
            yield port.text_at("hostPort")


def _root(*contexts: Node | None) -> Truth:
    """The container's own context goes before the pod's."""
    for context in contexts:
        user = context.child("runAsUser") if context is not None else None
        guard = context.child("runAsNonRoot") if context is not None else None
        if guard is not None and guard.boolean is True:
            return Truth.NO
        if user is not None and user.integer is not None:
            return Truth.YES if user.integer == 0 else Truth.NO
    return Truth.UNKNOWN


def _automount(pod: Pod) -> Truth:
    """Whether a token is mounted; what a pod does not say, its account may."""
    node = pod.spec.child("automountServiceAccountToken")
    if node is None and pod.owner.kind == "SandboxTemplate":
        return Truth.NO  # the controller switches it off where nobody says
    if node is None:
        name = account_named(pod.spec)
        account = pod.cluster.at("ServiceAccount", pod.owner.namespace, name)
        node = account.node.child("automountServiceAccountToken") if account is not None else None
    if node is None or node.boolean is None:
        return Truth.UNKNOWN
    return Truth.YES if node.boolean else Truth.NO


def _stage(namespace: str) -> str:
    """The stage of a namespace; `agent-sandbox-system` is where agents run code, and none."""
    words = (word for word in namespace.split("-") if word != "sandbox")
    return stage_in(words) or stage_named(namespace)


def _first_true(key: str, *nodes: Node | None) -> bool:
    found = (node.child(key) for node in nodes if node is not None)
    return next((node.boolean is True for node in found if node is not None), False)
