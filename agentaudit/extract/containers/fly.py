"""
Apps of Fly.io: each group of processes runs in machines of its own, from the image of the app.

Secrets are set beside the file, never in it; each machine has a size, which limits memory and CPU
always. Source: Fly.io, "App configuration (fly.toml)" and "Run multiple process groups in an app".
"""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.containers.container import Container, hosted_runtime
from agentaudit.extract.containers.facts import add_container
from agentaudit.extract.credentials.holdings import settings_of
from agentaudit.extract.documents import Documents, folder_of, sibling
from agentaudit.extract.platform_files import fly_apps
from agentaudit.extract.shared_variables import SHARED
from agentaudit.readers.document import Document, Node

_ONLY = "app"
"""The group of an app that names none."""
_HTTPS = "443"
_CHANNEL = "`fly secrets`"


class _Group(Struct, frozen=True):
    """One group of processes, and whether what names no group is meant for it."""

    document: Document
    name: str
    command: Node | None = None
    default: bool = True
    alone: bool = True

    def has(self, service: Node) -> bool:
        """Whether requests to a service come to it."""
        named = service.texts_at("processes")
        return self.name in named if named else self.default


def extract_fly(documents: Documents, collector: Collector) -> None:
    """Every group of processes of every app."""
    for document in fly_apps(documents):
        for group in _groups(document):
            shared = _is_affordable(group, collector)
            add_container(collector, _container(group, shared=shared))


def _groups(document: Document) -> Iterator[_Group]:
    declared = document.root.child("processes")
    listed = sorted(declared.items()) if declared is not None else ()
    if not listed:
        yield _Group(document, _ONLY)
    for number, (name, command) in enumerate(listed):
        yield _Group(document, name, command, number == 0, len(listed) == 1)


def _is_affordable(group: _Group, collector: Collector) -> bool:
    """Whether a group may be told with all that it shares with the other groups of its app."""
    root = group.document.root
    env = root.child("env")
    shared = (*(env.entries if env is not None else ()), *root.list_at("services"))
    what = "variables and services of more groups of processes than are followed"
    end = (evidence(group.document, group.command or root), what, "what the group gets is open")
    return group.alone or collector.affords(SHARED, len(shared), end)


def _container(group: _Group, *, shared: bool) -> Container:
    document, root, command = group.document, group.document.root, group.command
    app = root.name_at("app")
    title = "-".join(filter(None, (app, "" if group.alone else group.name))) or group.name
    key, image = f"{document.file}#{group.name}", root.text_at("build", "image")
    place = command or root.child("app") or root
    variables = root.child("env") if shared else None
    named = root.text_at("build", "dockerfile")
    return Container(
        document=document,
        place=place,
        key=key,
        runtime=replace(
            hosted_runtime(document, place, title, key),
            image=image,
            published_ports=tuple(dict.fromkeys(_ports(group))) if shared else (),
        ),
        names=(title,),
        beginning="" if group.alone else f"{app}-",
        words=tuple(command.raw.split() if command is not None else _started(root)),
        settings=settings_of(document, variables, "env", channel=_CHANNEL),
        settings_whole=False,
        build=None if image else folder_of(document.file),
        dockerfile=sibling(document.file, named) if named and not image else "",
        stage=root.text_at("build", "build-target").lower(),
        given_files=bool(root.list_at("files")),
    )


def _started(root: Node) -> Iterator[str]:
    """What an app without groups runs instead of what its image does."""
    for key in ("entrypoint", "cmd"):
        given = root.get("experimental", key)
        if given is not None:
            yield from given.texts() if given.elements else given.raw.split()


def _ports(group: _Group) -> Iterator[str]:
    """Those on which the world reaches it; a service that names no group is of the first."""
    root = group.document.root
    http = root.child("http_service")
    if http is not None and group.has(http):
        yield _HTTPS
    for service in root.list_at("services"):
        if group.has(service):
            yield from (port.text_at("port") or _HTTPS for port in service.list_at("ports"))
