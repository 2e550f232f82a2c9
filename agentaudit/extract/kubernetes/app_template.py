"""
Releases of app-template, a chart whose values are pods spelled otherwise: they are pods here, too.

Most clusters at home run most of what they run by it. Its values name controllers, each with its
containers, and what all of them share (https://github.com/bjw-s-labs/helm-charts, `values.yaml` of
`common`). What a release opens to the outside is not read here.
"""

from collections.abc import Iterator, Mapping, Sequence

from agentaudit.extract.made_nodes import made_list, made_mapping, made_text
from agentaudit.readers.document import Node, NodeKind

_KINDS: Mapping[str, str] = {
    "statefulset": "StatefulSet",
    "daemonset": "DaemonSet",
    "cronjob": "CronJob",
    "job": "Job",
}
_VOLUMES: Mapping[str, tuple[str, str, str]] = {
    "hostPath": ("hostPath", "path", "hostPath"),
    "configMap": ("configMap", "name", "name"),
    "secret": ("secret", "secretName", "name"),
}
"""Of what is kept beside a pod: the kind of volume, its key there, and its key in the chart."""
_SHARED = ("command", "args", "resources", "securityContext")
_MOST = 20_000
"""Values that are shared, once for each of the containers of a release."""
_DIGITS = 10
_MOUNTS_NO_TOKEN = 5
"""
Since this version of the chart a pod has a token of the API only where somebody says so, and its
release makes an account for it (issue 687 of the chart), unless `global` says otherwise.
"""


def releases_pods(release: Node) -> bool:
    """Whether a release of Flux has values of this chart: containers of controllers, by name."""
    return any(True for controller in _controllers(release) for _ in _containers(controller[1]))


def outgrows(release: Node) -> bool:
    """Whether it stands for more than is spelled out: every container has what all share."""
    values = release.get("spec", "values") or release
    shared = (values.child("defaultPodOptions"), values.child("persistence"))
    size = sum(1 for block in shared if block is not None for _ in block.walk())
    containers = sum(
        1
        for _, controller in _controllers(release)
        for field in ("containers", "initContainers")
        for _ in _containers(controller, field)
    )
    return containers * size > _MOST


def pods_of(release: Node, version: str) -> Iterator[tuple[str, str, Node]]:
    """The kind, the name and the manifest of each workload of a release."""
    name = release.text_at("metadata", "name")
    controllers = tuple(_controllers(release))
    for called, controller in controllers:
        alone = len(controllers) == 1 or called in {name, "main"}
        kind = _KINDS.get(controller.text_at("type"), "Deployment")
        yield (
            kind,
            name if alone else f"{name}-{called}",
            _manifest(release, (called, controller), version, kind),
        )


def _controllers(release: Node) -> Iterator[tuple[str, Node]]:
    named = release.get("spec", "values", "controllers")
    for called, controller in named.items() if named is not None else ():
        if controller.text_at("enabled") != "false" and any(True for _ in _containers(controller)):
            yield called, controller


def _containers(controller: Node, field: str = "containers") -> Iterator[tuple[str, Node]]:
    named = controller.child(field)
    for called, container in named.items() if named is not None else ():
        if container.get("image", "repository") is not None:
            yield called, container


def _manifest(release: Node, controller: tuple[str, Node], version: str, kind: str) -> Node:
    called, node = controller
    values = release.get("spec", "values") or node
    shared, own = values.child("defaultPodOptions"), node.child("pod")
    volumes = tuple(_volumes(values, called))
    spec = made_mapping(
        node,
        {
            **_options(shared),
            **_options(own),
            "serviceAccountName": _account(release, node, version),
            "automountServiceAccountToken": _token(node, (own, shared), version),
            "initContainers": _listed(node, "initContainers", volumes),
            "containers": _listed(node, "containers", volumes),
            "volumes": made_list(node, tuple(volume for volume, _, _ in volumes)),
        },
    )
    name = made_text(node, release.text_at("metadata", "name"))
    labels = made_mapping(node, {"app.kubernetes.io/name": name})
    template = made_mapping(
        node, {"metadata": made_mapping(node, {"labels": labels}), "spec": spec}
    )
    inner = made_mapping(node, {"template": template, "replicas": node.child("replicas")})
    if kind == "CronJob":
        inner = made_mapping(node, {"jobTemplate": made_mapping(node, {"spec": inner})})
    metadata = made_mapping(node, {"name": release.get("metadata", "name")})
    return made_mapping(node, {"metadata": metadata, "spec": inner})


def _options(node: Node | None) -> dict[str, Node | None]:
    return dict(node.items()) if node is not None else {}


def _account(release: Node, controller: Node, version: str) -> Node | None:
    """
    The account: one by its name, or one of those that the release makes, by its identifier.

    Where it makes one alone, that is the account of all (`lib/pod/fields/_serviceAccountName.tpl`).
    """
    found = _named_account(release, controller)
    made = release.get("spec", "values", "global", "createDefaultServiceAccount")
    if found is not None or not _mounts_no_token(version) or (made and made.boolean is False):
        return found
    return made_text(controller, release.text_at("metadata", "name"))


def _named_account(release: Node, controller: Node) -> Node | None:
    asked = controller.child("serviceAccount")
    named = asked.child("name") if asked is not None else None
    identifier = asked.child("identifier") if asked is not None else None
    made = release.get("spec", "values", "serviceAccount")
    accounts = made.entries if made is not None else ()
    name = release.text_at("metadata", "name")
    if made is not None and made.child("create") is not None:  # as the chart had it before
        own = made.child("name") or made_text(made, name)
        return named or (own if made.text_at("create") == "true" else None)
    if named is not None or (identifier is None and len(accounts) != 1):
        return named
    key = identifier.raw if identifier is not None else accounts[0][0].raw
    alone = len(accounts) == 1 or key in {name, "default"}
    return made_text(identifier or accounts[0][0], name if alone else f"{name}-{key}")


def _token(controller: Node, options: Sequence[Node | None], version: str) -> Node | None:
    """Whether a pod has a token of the cluster's API; open where the chart's version is."""
    key = "automountServiceAccountToken"
    told = next(
        (found for each in options if each is not None and (found := each.child(key))), None
    )
    if told is not None or not _mounts_no_token(version):
        return told
    return made_text(controller, "false").changed(kind=NodeKind.BOOLEAN)


def _mounts_no_token(version: str) -> bool:
    return major_of(version) >= _MOUNTS_NO_TOKEN


def major_of(version: str) -> int:
    """The first number of a version of the chart; zero where it is not known."""
    major = version.partition(".")[0].lstrip("v")
    return int(major) if major.isdecimal() and len(major) < _DIGITS else 0


def _listed(controller: Node, field: str, volumes: Sequence["_Volume"]) -> Node | None:
    found = tuple(_container(name, node, volumes) for name, node in _containers(controller, field))
    return made_list(controller, found) if found else None


def _container(name: str, node: Node, volumes: Sequence["_Volume"]) -> Node:
    mounts = (mount for _, mount, containers in volumes if containers is None or name in containers)
    return made_mapping(
        node,
        {
            "name": made_text(node, name),
            "image": _image(node),
            "env": _environment(node),
            "envFrom": node.child("envFrom"),
            "ports": node.child("ports"),
            "volumeMounts": made_list(node, tuple(mounts)),
            **{field: node.child(field) for field in _SHARED},
        },
    )


def _image(node: Node) -> Node:
    image = node.get("image", "repository") or node
    tag, digest = node.text_at("image", "tag"), node.text_at("image", "digest")
    text = f"{image.raw}:{tag}" if tag else image.raw
    return made_text(image, f"{text}@{digest}" if digest else text)


def _environment(node: Node) -> Node | None:
    """Variables by name, as the chart takes them beside the list of a manifest."""
    block = node.child("env")
    if block is None or not block.entries:
        return block
    return made_list(block, tuple(_variable(key, value) for key, value in block.entries))


def _variable(key: Node, value: Node) -> Node:
    name = made_text(key, key.raw)
    if value.entries:
        return made_mapping(value, {"name": name, **dict(value.items())})
    return made_mapping(value, {"name": name, "value": value})


_Volume = tuple[Node, Node, frozenset[str] | None]
"""A volume, how it is mounted, and the containers that do; None for all."""


def _volumes(values: Node, controller: str) -> Iterator[_Volume]:
    kept = values.child("persistence")
    for name, node in kept.items() if kept is not None else ():
        if node.text_at("type") not in _VOLUMES or node.text_at("enabled") == "false":
            continue
        only = node.child("advancedMounts")
        if only is not None and only.child(controller) is None:
            continue
        kind, field, key = _VOLUMES[node.text_at("type")]
        source = made_mapping(node, {field: node.child(key)})
        named = {"name": made_text(node, name)}
        volume, mount = made_mapping(node, {**named, kind: source}), made_mapping(node, named)
        here = only.child(controller) if only is not None else None
        yield volume, mount, frozenset(key for key, _ in here.items()) if here is not None else None
