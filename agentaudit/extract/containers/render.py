"""
Blueprints of Render: web services, private ones, workers and jobs, each a container of its own.

`fromService`, `fromDatabase` and `sync: false` are values that Render holds; `generateValue` is one
that it makes up. A plan limits memory and CPU always. Source: Render, "Blueprint YAML Reference".
"""

import posixpath
from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.containers.container import Container, hosted_runtime
from agentaudit.extract.containers.facts import add_container
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.platform_files import render_blueprints
from agentaudit.extract.settings import Setting
from agentaudit.extract.shared_variables import SHARED
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.readers.document import Document, Node

_STORES = frozenset({"redis", "keyvalue"})
_WEB, _DOCKER = "web", "docker"
_OF_IMAGES = frozenset({_DOCKER, "image"})
_HELD = ("sync", "fromService", "fromDatabase", "generateValue")


def extract_render(documents: Documents, collector: Collector) -> None:
    """Every service of every blueprint; groups of variables are joined to who names them."""
    for document in render_blueprints(documents):
        root = document.root
        groups = {group.text_at("name"): group for group in root.list_at("envVarGroups")}
        for service in root.list_at("services"):
            if service.text_at("type") not in _STORES:
                add_container(collector, _container(document, service, groups, collector))


def _container(
    document: Document, service: Node, groups: Mapping[str, Node], collector: Collector
) -> Container:
    name, key = service.child("name") or service, f"{document.file}#{service.text_at('name')}"
    title = service.name_at("name") or "service"
    command = service.text_at("dockerCommand") or service.text_at("startCommand")
    return Container(
        document=document,
        place=name,
        key=key,
        runtime=replace(
            hosted_runtime(document, name, title, key),
            image=service.text_at("image", "url"),
            published_ports=("443",) if service.text_at("type") == _WEB else (),
        ),
        names=(title,),
        words=tuple(command.split()),
        settings=tuple(_settings(document, service, groups, collector)),
        settings_whole=_named_groups(service) <= groups.keys(),
        build=_build(document, service),
        dockerfile=_dockerfile(document, service),
    )


def _build(document: Document, service: Node) -> str | None:
    """The folder that it is built from, which stands from the root of the repository."""
    if service.text_at("image", "url"):
        return None
    folder = service.text_at("rootDir") or folder_of(document.file)
    found = posixpath.normpath(folder.strip("/"))
    return "" if found == "." else found


def _dockerfile(document: Document, service: Node) -> str:
    """
    What builds its image where that is said.

    Render itself builds what is written in one of its languages, whatever Dockerfile lies beside:
    as the blueprint says.
    """
    runtime = service.text_at("runtime") or service.text_at("env") or _DOCKER
    if runtime not in _OF_IMAGES:
        return document.file
    path = service.text_at("dockerfilePath")
    return posixpath.normpath(path) if path and not service.text_at("rootDir") else ""


def _settings(
    document: Document, service: Node, groups: Mapping[str, Node], collector: Collector
) -> Iterator[Setting]:
    for variable in service.list_at("envVars"):
        group = groups.get(variable.text_at("fromGroup"))
        given = (variable,) if group is None else _given(document, variable, group, collector)
        for each in given:
            name, value = each.child("key"), each.child("value")
            held = any(each.child(word) is not None for word in _HELD)
            if name is None or (value is None and not held):
                continue
            yield Setting(
                key=name.raw,
                value=value or name,
                document=document,
                route=f"services.{service.text_at('name')}.envVars",
                form=None if value is not None else CredentialForm.SECRET_REF,
            )


def _named_groups(service: Node) -> set[str]:
    """Groups of variables that a service is given; some are made by hand, outside of any file."""
    return {each.text_at("fromGroup") for each in service.list_at("envVars")} - {""}


def _given(
    document: Document, variable: Node, group: Node, collector: Collector
) -> tuple[Node, ...]:
    """The variables of a group; none where all services together are given too many."""
    listed, place = group.list_at("envVars"), evidence(document, variable)
    what = f"{plain(group.text_at('name'))} is given to too many services"
    end = (place, what, "which variables the container gets is open")
    return listed if collector.affords(SHARED, len(listed), end) else ()
