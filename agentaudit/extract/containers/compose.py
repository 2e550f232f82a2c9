"""Docker Compose: services as runtimes, with what their environment, files and mounts give them."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from os.path import commonprefix

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.containers.compose_builds import base_of, built_from, dockerfile_of
from agentaudit.extract.containers.compose_environment import environment_of, with_switches
from agentaudit.extract.containers.compose_files import (
    leave_included,
    whole_service,
)
from agentaudit.extract.containers.compose_overlays import (
    compose_documents,
    limited_elsewhere,
    limits_of,
    only_overrides,
    variant_of,
)
from agentaudit.extract.containers.compose_ports import open_ports
from agentaudit.extract.containers.compose_volumes import mounts_of, volumes_of
from agentaudit.extract.containers.container import Container, is_root, place_of, runtime_id
from agentaudit.extract.containers.copied_paths import copied_paths
from agentaudit.extract.containers.engines import engine_host, is_engine_socket
from agentaudit.extract.containers.facts import add_container
from agentaudit.extract.containers.personal import personal_folders
from agentaudit.extract.containers.products import product_in
from agentaudit.extract.containers.roles import only_serves
from agentaudit.extract.credentials.key_addresses import proxies_asked
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.settings import Setting
from agentaudit.extract.sizes import docker_bytes_of
from agentaudit.extract.stages import stage_named, stage_of
from agentaudit.model.evidence import Evidence, Known
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Document, Node, NodeKind
from agentaudit.readers.shell_words import words_of_command

_WIDE_MOUNTS = regex(
    r"^(?:/|~|\$\{?HOME\}?|/(?:etc|root|home|var|proc|sys|var/run|var/lib/docker))/?$"
)
_CONFIGURES = regex(
    r"\.(?:conf|ya?ml|json|toml|acl|cfg|properties)$|/(?:conf|config)(?:\.d)?/?$"
    r"|^/etc/(?!localtime|timezone)"
)
"""Where in a container files lie that say how a program behaves."""
_ON = frozenset({"true", "t", "1", "y", "yes", "on"})
_FEWEST_OF_PROJECT = 3
"""Names that begin alike by a plan, and not by chance."""


def extract_compose(documents: Documents, collector: Collector) -> None:
    """Every service of every compose file."""
    for document in compose_documents(documents, collector):
        leave_included(documents, document, collector)
        services = document.root.child("services") or document.root
        beginning = _shared_beginning(services)
        containers = [
            _container(
                documents,
                document,
                (key, _as_started(documents, document, service, collector)),
                collector,
            )
            for key, service in services.entries
            if service.kind is NodeKind.MAPPING
        ]
        preparing = frozenset(_awaited_ends(services))
        asked = proxies_asked(chain.from_iterable(each.settings for each in containers))
        for each in containers:
            fronts = not asked.isdisjoint(each.names)
            ends = each.names[0] in preparing
            told = replace(each, beginning=beginning, fronts_models=fronts, preparing=ends)
            add_container(collector, told)


def _as_started(
    documents: Documents, document: Document, service: Node, collector: Collector
) -> Node:
    whole = whole_service(documents, document, service, collector)
    return with_switches(documents, document, whole, collector)


def _awaited_ends(services: Node) -> Iterator[str]:
    """The services that end before others start, as init containers of a pod do."""
    for _, service in services.entries:
        needs = service.child("depends_on")
        for name, need in needs.items() if needs is not None else ():
            if need.text_at("condition") == "service_completed_successfully":
                yield name


def _shared_beginning(services: Node) -> str:
    """What the names of all containers begin with, up to a hyphen or the like, where several do."""
    named = [service.text_at("container_name") for _, service in services.entries]
    names = [name for name in named if name]
    if len(names) < _FEWEST_OF_PROJECT:
        return ""
    return re.sub(r"[^-_.]*$", "", commonprefix(names))  # noqa: RUF071, characters are meant


def _container(
    documents: Documents, document: Document, placed: tuple[Node, Node], collector: Collector
) -> Container:
    key, service = placed
    natural = f"{document.file}#services.{key.raw}"
    name = service.name_at("container_name")
    names = (key.raw, name) if name else (key.raw,)
    environment = environment_of(documents, document, placed, collector)
    folder = built_from(document, service)
    runtime = _runtime(documents, document, placed, natural)
    dockerfile = dockerfile_of(document, service, collector)
    stage = service.text_at("build", "target").lower()
    base = base_of(documents, dockerfile, stage)
    words = (*_words(service.child("entrypoint")), *_words(service.child("command")))
    return Container(
        document=document,
        place=key,
        key=natural,
        runtime=limited_elsewhere(
            documents, document, _with_engine(document, environment.settings, runtime), collector
        ),
        names=names,
        hostname=service.name_at("hostname"),
        project=_project(document),
        words=words,
        own_entry=service.child("entrypoint") is not None,
        settings=environment.settings,
        settings_whole=environment.whole,
        build=folder,
        dockerfile=dockerfile,
        stage=stage,
        copied=None if folder is None else copied_paths(documents, dockerfile, folder),
        made_of=product_in(documents, dockerfile, stage, words),
        only_serves=base is not None and only_serves(base.image, names),
        mounts=mounts_of(document, service),
        given_files=service.child("configs") is not None
        or any(_CONFIGURES.search(target) for _, target in volumes_of(document, service)),
        needs=tuple(_needs(service)),
        egress="none" if _isolated(document, service) else "any",
        calls_model=service.child("models") is not None,
    )


def _runtime(
    documents: Documents, document: Document, placed: tuple[Node, Node], natural: str
) -> Runtime:
    key, service = placed
    volumes = tuple(volumes_of(document, service))
    hosts = tuple(source for source, _ in volumes)
    sockets = any(is_engine_socket(path) for each in volumes for path in each)
    memory, cpus, pids = limits_of(service)
    devices = service.get("deploy", "resources", "reservations", "devices")
    absent = Known.UNKNOWN if only_overrides(document, service) else Known.NONE
    return Runtime(
        id=runtime_id(key.raw, natural),
        name=key.raw,
        evidence=(*place_of(document, key, key.raw), *_elsewhere(document, service)),
        environment=_stage_of_profiles(service)
        or variant_of(document)
        or stage_of(service.text_at("build", "target")),
        kind="container",
        image=service.text_at("image"),
        privileged=_true(service.child("privileged")),
        host_mounts=tuple(plain(source) for source in hosts if _WIDE_MOUNTS.match(source)),
        personal_folders=personal_folders(hosts),
        docker_socket=sockets or _true(service.child("use_api_socket")),
        host_network=service.text_at("network_mode") == "host",
        runs_as_root=is_root(service.text_at("user")),
        cpu_limit=_known(cpus, absent),
        memory_limit=_known(memory, absent),
        memory_limit_bytes=docker_bytes_of(memory.text or "") if memory is not None else None,
        pids_limit=_known(pids, absent),
        published_ports=tuple(open_ports(documents, service)),
        gpu=devices is not None or service.child("gpus") is not None,
        network=service.text_at("network_mode"),
    )


def _stage_of_profiles(service: Node) -> str:
    """The stage of a service that only starts in profiles which are all called after stages."""
    stages = [stage_named(each) for each in service.texts_at("profiles")]
    return stages[0] if stages and all(stages) else ""


def _elsewhere(document: Document, service: Node) -> Iterator[Evidence]:
    """Where other files first say something of a service that they are merged into."""
    seen = {"", document.file}
    for key, _ in service.entries:
        if key.file not in seen:
            seen.add(key.file)
            yield evidence(document, key, key.raw)


def _with_engine(document: Document, settings: Iterable[Setting], runtime: Runtime) -> Runtime:
    """An engine beside it that is let do everything is as good as the socket of the host's."""
    host = engine_host(settings)
    engine = document.root.get("services", host) if host else None
    if engine is not None and _true(engine.child("privileged")):
        return replace(runtime, docker_socket=True)
    return runtime


def _words(node: Node | None) -> tuple[str, ...]:
    if node is None:
        return ()
    if node.kind is NodeKind.SEQUENCE:
        return node.texts()
    return tuple(words_of_command(node.text or ""))


def _needs(service: Node) -> Iterator[str]:
    needs = service.child("depends_on")
    if needs is not None:
        yield from (key.raw for key, _ in needs.entries)
        yield from (element.text or "" for element in needs.elements)


def _isolated(document: Document, service: Node) -> bool:
    """Whether every network of the service is internal."""
    if service.text_at("network_mode") == "none":
        return True
    networks = service.child("networks")
    if networks is None:
        return False
    names = [key.raw for key, _ in networks.entries] or [
        item.text or "" for item in networks.list()
    ]
    return bool(names) and all(
        _true(document.root.get("networks", name, "internal")) for name in names
    )


def _project(document: Document) -> str:
    if document.root.child("name") is not None:
        return document.root.name_at("name")
    return folder_of(document.file).rpartition("/")[2]


def _true(node: Node | None) -> bool:
    return node is not None and (node.text or "").lower() in _ON


def _known(node: Node | None, absent: Known) -> Known:
    if node is None:
        return absent
    if node.text in {"0", "-1"}:
        return Known.NONE
    return Known.UNKNOWN if node.unknown else Known.SET
