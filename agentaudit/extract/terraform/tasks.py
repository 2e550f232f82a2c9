"""The containers of a task of ECS, which its definition holds as a list or as a text of JSON."""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.collector import evidence
from agentaudit.extract.containers.container import (
    Container,
    command_of,
    is_root,
    place_of,
    runtime_id,
)
from agentaudit.extract.containers.engines import is_engine_socket
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.embedded import embedded
from agentaudit.extract.settings import Setting
from agentaudit.extract.terraform.iam import Principals
from agentaudit.extract.terraform.logs import retention
from agentaudit.extract.terraform.modules import Declared
from agentaudit.extract.terraform.open_values import leave_value_open
from agentaudit.extract.terraform.settings import form_of, led_by
from agentaudit.model.evidence import Known
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Node

_ROLE_FOR_TASKS = {"aws": "the task role"}
_HOST_PATHS = (("host_path",), ("host", "source_path"), ("host", "sourcePath"))
"""Where a volume names a path of the host: in Terraform, in CloudFormation, in a file of ECS."""


class _Definition(Struct, frozen=True):
    """One container of a task, as it stands in the list."""

    task: Declared
    node: Node
    number: int

    @property
    def name(self) -> str:
        return self.node.text_at("name") or f"{self.task.title}-{self.number}"

    @property
    def key(self) -> str:
        return f"{self.task.key}.{self.number}"


def task_containers(task: Declared, principals: Principals) -> Iterator[Container]:
    """Every container of a task; what cannot be read of them stays open."""
    found = _definitions(task, principals.documents)
    node = task.body.get("container_definitions")
    if found is None and node is not None:
        what, effect = f"the containers of {task.shown}", "what its containers hold is not known"
        principals.collector.leave_open(evidence(task.document, node), what, effect)
    for item in found or ():
        for file in item.node.list_at("environmentFiles"):
            what = f"the environment file {plain(file.text_at('value'))} is not among the files"
            effect = "which variables the container gets is open"
            principals.collector.leave_open(evidence(task.document, file), what, effect)
        for key in ("image", "privileged"):
            value = item.node.get(key)
            if value is not None:
                route = ("container_definitions", key)
                leave_value_open(task, value, route, principals.collector)
        yield _container(item)


def task_runtimes(task: Declared, documents: Documents) -> Iterator[tuple[str, FactId]]:
    """The names by which listeners lead to the containers of a task, and their runtimes."""
    for item in _definitions(task, documents) or ():
        yield item.name, runtime_id(item.name, item.key)


def _definitions(task: Declared, documents: Documents) -> tuple[_Definition, ...] | None:
    node = task.body.get("container_definitions")
    listed = embedded(node, task.document, documents) if node else None
    if listed is None:
        return None
    return tuple(_Definition(task, item, number) for number, item in enumerate(listed.list()))


def _container(item: _Definition) -> Container:
    task, node, name = item.task, item.node, item.name
    image, privileged = node.get("image"), node.get("privileged")
    hosts, user = tuple(_host_paths(item)), node.child("user")
    limited = node.get("memory") is not None or task.body.get("memory") is not None
    group = node.get("logConfiguration", "options", "awslogs-group")
    runtime = Runtime(
        id=runtime_id(name, item.key),
        name=name,
        evidence=place_of(task.document, node, name),
        kind="container",
        image=(image.text or "") if image else "",
        memory_limit=Known.SET if limited else Known.NONE,
        privileged=bool(privileged and privileged.boolean),
        host_mounts=tuple(map(plain, hosts)),
        docker_socket=any(map(is_engine_socket, hosts)),
        host_network=task.body.text_at("network_mode") == "host",
        runs_as_root=is_root(user.raw if user is not None and not user.unknown else ""),
        log_retention=retention(group.raw if group is not None else "", task.module),
    )
    return Container(
        document=task.document,
        place=node,
        key=item.key,
        runtime=runtime,
        names=(name, task.title),
        words=command_of(node, "entryPoint", "command"),
        settings=(*_environment(item), *_secrets(item)),
        settings_whole=node.child("environmentFiles") is None,
        short_alternative=_ROLE_FOR_TASKS,
    )


def _host_paths(item: _Definition) -> Iterator[str]:
    """What a container mounts of its host, by the volumes of its task."""
    body = item.task.body
    mounted = {each.text_at("sourceVolume") for each in item.node.list_at("mountPoints")}
    for volume in (*body.list_at("volume"), *body.list_at("volumes")):
        path = next(filter(None, (volume.text_at(*route) for route in _HOST_PATHS)), "")
        if path and volume.text_at("name") in mounted:
            yield path


def _environment(item: _Definition) -> Iterator[Setting]:
    """`environment` as a task definition writes it: a list of names and values."""
    for setting in _listed(item, "environment", "value"):
        value = setting.value
        yield replace(
            setting,
            text=value.raw if value.unknown else None,
            form=form_of(value),
            channel="`secrets` of the container definition",
        )


def _secrets(item: _Definition) -> Iterator[Setting]:
    """`secrets`: the platform fetches them when the task starts."""
    for setting in _listed(item, "secrets", "valueFrom"):
        yield replace(setting, form=CredentialForm.SECRET_REF)


def _listed(item: _Definition, block: str, content: str) -> Iterator[Setting]:
    """What a list of a container gives names."""
    for pair in item.node.list_at(block):
        key, value = pair.text_at("name"), pair.get(content)
        if key and value is not None:
            yield Setting(
                key=key,
                value=value,
                document=item.task.document,
                route=f"{item.task.shown}.{item.number}.{block}",
                via=led_by(item.task, value),
            )
