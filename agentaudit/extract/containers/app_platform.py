"""
Apps of DigitalOcean: services, workers and jobs, each a container of its own.

Values of type SECRET are encrypted as soon as the platform has them: `EV[…]`. A size limits memory
and CPU always. Source: DigitalOcean, "Reference for App Specification".
"""

import posixpath
from collections.abc import Iterator

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.containers.container import Container, hosted_runtime
from agentaudit.extract.containers.facts import add_container
from agentaudit.extract.documents import Documents
from agentaudit.extract.platform_files import COMPONENTS, app_specifications
from agentaudit.extract.settings import Setting
from agentaudit.extract.shared_variables import SHARED
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.readers.document import Document, Node

_SERVICES = COMPONENTS[0]
_SECRET, _ENCRYPTED = "SECRET", "EV["
_SHARED = "variables of an app that are given to too many components"
_CHANNEL = "`type: SECRET`"
_BOUND = regex(r"^\$\{[\w-]+\.\w+\}$")
"""What another component has, which the platform puts in when it deploys: `${db.DATABASE_URL}`."""


def extract_app_platform(documents: Documents, collector: Collector) -> None:
    """Every component of every app; variables of the app are given to all of them."""
    for document, spec in app_specifications(documents):
        shared = tuple(_settings(document, spec, "envs"))
        for kind in COMPONENTS:
            for node in spec.list_at(kind):
                end = (evidence(document, node), _SHARED, "which variables it gets is open")
                given = shared if collector.affords(SHARED, len(shared), end) else ()
                add_container(collector, _container(document, kind, node, given))


def _container(document: Document, kind: str, node: Node, shared: tuple[Setting, ...]) -> Container:
    title = node.name_at("name") or kind
    key, place = f"{document.file}#{kind}.{title}", node.child("name") or node
    own = tuple(_settings(document, node, f"{kind}.{title}.envs"))
    named = {setting.key for setting in own}
    image = _image(node)
    public = kind == _SERVICES and (node.get("http_port") or not node.get("internal_ports"))
    return Container(
        document=document,
        place=place,
        key=key,
        runtime=replace(
            hosted_runtime(document, place, title, key),
            image=image,
            published_ports=("443",) if public else (),
        ),
        names=(title,),
        words=tuple(node.text_at("run_command").split()),
        settings=(*own, *(each for each in shared if each.key not in named)),
        build=None if image else _folder(node.text_at("source_dir")),
        dockerfile="" if image else _dockerfile(document, node),
    )


def _dockerfile(document: Document, node: Node) -> str:
    """The Dockerfile that it is built from; a buildpack is none, whatever lies beside it."""
    path = node.text_at("dockerfile_path")
    if path:
        return _folder(path)
    return document.file if node.text_at("environment_slug") else ""


def _image(node: Node) -> str:
    """The image that it runs, where it is not built from sources."""
    declared = node.child("image")
    if declared is None:
        return ""
    parts = (declared.text_at("registry"), declared.text_at("repository"))
    name, tag, digest = "/".join(filter(None, parts)), *map(declared.text_at, ("tag", "digest"))
    return f"{name}@{digest}" if digest else ":".join(filter(None, (name, tag)))


def _folder(path: str) -> str:
    """A path from the root of the repository, which may begin with a slash."""
    found = posixpath.normpath(path.strip("/"))
    return "" if found == "." else found


def _settings(document: Document, owner: Node, route: str) -> Iterator[Setting]:
    for variable in owner.list_at("envs"):
        name, value = variable.child("key"), variable.child("value")
        kept = variable.text_at("type") == _SECRET
        if name is None or (value is None and not kept):
            continue
        held = value is None or value.raw.startswith(_ENCRYPTED)
        yield Setting(
            key=name.raw,
            value=value or name,
            document=document,
            route=route,
            form=CredentialForm.SECRET_REF if held else None,
            channel="" if held or value is None or _BOUND.match(value.raw) else _CHANNEL,
        )
