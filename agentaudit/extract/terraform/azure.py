"""
What runs on Azure, in Terraform: container apps, web and function apps, groups, and machines.

Each with the managed identities that it acts as. Attributes are those of the provider `azurerm`,
versions 3 and 4: https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs. A container
app runs ten replicas at most unless it says otherwise.
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from agentaudit.extract.azure.identities import act_as
from agentaudit.extract.azure.runtimes import DEFAULT_REPLICAS, MANAGED
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.containers.container import (
    Container,
    command_of,
    place_of,
    runtime_id,
    with_instances,
)
from agentaudit.extract.containers.facts import add_container
from agentaudit.extract.plaintext import served_in_plaintext
from agentaudit.extract.settings import Setting
from agentaudit.extract.terraform.azure_identities import (
    AZURE_RUNTIMES,
    identity_block,
    system_assigned,
    user_assigned,
)
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.extract.terraform.settings import setting, settings
from agentaudit.model.evidence import Evidence, Known
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.model.facts.fact import Fact
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Node

_APPS = frozenset({"azurerm_container_app", "azurerm_container_app_job"})
_GROUP = "azurerm_container_group"
_MACHINES = frozenset({"azurerm_linux_virtual_machine", "azurerm_windows_virtual_machine"})


def add_azure(module: Module, collector: Collector) -> None:
    """Every runtime of Azure in a module, its settings, and the identities that it has."""
    for declared in module.resources(*AZURE_RUNTIMES):
        runtimes = [add_container(collector, container) for container in _containers(declared)]
        place = _insecure(declared)
        if place is not None:
            runtimes = [served_in_plaintext(collector, item, place) for item in runtimes]
        if runtimes:
            act_assigned(declared, runtimes, collector)


def _containers(declared: Declared) -> Iterator[Container]:
    """What a resource runs; of a machine only one that has an identity is told."""
    body = declared.body
    if declared.type in _APPS:
        kept = {each.text_at("name"): each for each in body.list_at("secret")}
        listed = body.list_at("template", "container")
        reached = _reached(declared) if len(listed) == 1 else None
        for node in listed:
            app = _container(declared, node, tuple(_environment(declared, node, kept)))
            yield replace(_with_ends(declared, app), passed_on=reached)
    elif declared.type == _GROUP:
        for node in body.list_at("container"):
            yield _container(declared, node, tuple(_variables(declared, node)))
    elif declared.type not in _MACHINES:
        image = body.get("site_config", "application_stack", "docker_image_name")
        found = (*settings(declared, body.get("app_settings"), "app_settings"), *_strings(declared))
        yield _whole(declared, "container", image, found)
    elif body.get("identity") is not None:
        yield _whole(declared, "vm", None, ())


def _container(declared: Declared, node: Node, found: tuple[Setting, ...]) -> Container:
    name = node.text_at("name") or declared.title
    whole = _whole(declared, "container", node.get("image"), found)
    key = f"{declared.key}.{name}"
    place = place_of(declared.document, node.get("name") or node, name)
    runtime = replace(whole.runtime, id=runtime_id(name, key), name=name, evidence=place)
    return replace(
        whole,
        place=node,
        key=key,
        runtime=runtime,
        names=(name, declared.title, declared.name),
        words=command_of(node, "command", "commands", "args"),
    )


def _whole(
    declared: Declared, kind: str, image: Node | None, found: tuple[Setting, ...]
) -> Container:
    """What a resource as a whole runs; memory and processors are limited by what it is put on."""
    name, limit = declared.title, Known.UNKNOWN if kind == "vm" else Known.SET
    return Container(
        document=declared.document,
        place=declared.header,
        key=declared.key,
        runtime=Runtime(
            id=runtime_id(name, declared.key),
            name=name,
            evidence=place_of(declared.document, declared.header, declared.shown),
            kind=kind,
            image=(image.text or "") if image is not None else "",
            memory_limit=limit,
            cpu_limit=limit,
        ),
        names=(name, declared.name),
        settings=found,
        short_alternative=MANAGED,
    )


def _with_ends(declared: Declared, app: Container) -> Container:
    """A container of an app, with how many run at once, or of a job, with when it is ended."""
    if declared.type == "azurerm_container_app_job":
        timeout = declared.body.get("replica_timeout_in_seconds")
        return replace(app, timeout_s=timeout.integer if timeout is not None else None)
    most = declared.body.get("template", "max_replicas")
    return replace(app, runtime=with_instances(app.runtime, most, DEFAULT_REPLICAS))


def _reached(declared: Declared) -> Evidence | None:
    """Where an app is open to the outside, from whatever address."""
    ingress = declared.body.get("ingress")
    outside = ingress.get("external_enabled") if ingress is not None else None
    if ingress is None or outside is None or not outside.boolean:
        return None
    return None if ingress.get("ip_security_restriction") else declared.place(outside)


def _insecure(declared: Declared) -> Evidence | None:
    """Where something that the outside reaches answers over HTTP as well, and does not redirect."""
    ingress, only = declared.body.get("ingress"), declared.body.get("https_only")
    if ingress is not None:
        outside = ingress.get("external_enabled")
        plain = ingress.get("allow_insecure_connections")
        both = outside is not None and plain is not None and outside.boolean and plain.boolean
        return declared.place(plain) if both else None
    return declared.place(only) if only is not None and only.boolean is False else None


def _environment(declared: Declared, node: Node, kept: Mapping[str, Node]) -> Iterator[Setting]:
    """Variables of a container app; `secret_name` leads to its secrets, and to their vault."""
    for pair in node.list_at("env"):
        name, value, stored = pair.get("name"), pair.get("value"), pair.get("secret_name")
        if name is None or not name.text:
            continue
        key = name.raw
        secret = kept.get(stored.raw) if stored is not None else None
        written = secret.get("value") if secret is not None else None
        if written is not None and written.text is not None:
            yield setting(declared, key, written, key)
        elif stored is not None:
            hidden = setting(declared, key, stored, key)
            yield replace(hidden, form=CredentialForm.SECRET_REF)
        elif value is not None:
            channel = "`secret_name` of the container app"
            yield replace(setting(declared, key, value, key), channel=channel)


def _variables(declared: Declared, node: Node) -> Iterator[Setting]:
    """What a container of a group finds, in plain view or shown to nobody again."""
    channel = "`secure_environment_variables`"
    for shown in settings(declared, node.get("environment_variables"), "environment"):
        yield replace(shown, channel=channel)
    yield from settings(declared, node.get("secure_environment_variables"), "environment")


def _strings(declared: Declared) -> Iterator[Setting]:
    for block in declared.body.list_at("connection_string"):
        name, value = block.get("name"), block.get("value")
        if name is not None and value is not None:
            key = f"{name.raw}ConnectionString"
            yield setting(declared, key, value, key)


def act_assigned(declared: Declared, runtimes: Sequence[Fact], collector: Collector) -> None:
    """The identities that a resource is assigned, and the one that the system makes for it."""
    block = identity_block(declared)
    if block is None:
        return
    own = system_assigned(declared, collector)
    if own:
        act_as(collector, runtimes, own, evidence(declared.document, block.get("type") or block))
    keys = block.get("userAssignedIdentities")
    written = [key for key, _ in keys.entries] if keys is not None else []
    for named in (*block.list_at("identity_ids"), *written):
        place = evidence(declared.document, named)
        identity = user_assigned(declared.module, declared.document, named, collector)
        if identity:
            act_as(collector, runtimes, identity, place)
        else:
            effect = "what it may do is not known"
            collector.leave_open(place, f"an identity of {declared.shown}", effect)
