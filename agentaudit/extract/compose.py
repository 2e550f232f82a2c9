"""Docker Compose: services as runtimes, with what their environment, files and mounts give them."""

import re
import shlex
from collections.abc import Iterator, Mapping
from os.path import commonprefix

from msgspec.structs import replace

from agentaudit.extract.collector import Collector, Setting, evidence
from agentaudit.extract.containers import Container, add_container, place_of, runtime_id
from agentaudit.extract.credentials import settings_of
from agentaudit.extract.documents import Documents, folder_of, sibling
from agentaudit.extract.literals import default_of, variable_of
from agentaudit.extract.redaction import plain
from agentaudit.extract.shared_variables import SHARED
from agentaudit.extract.sizes import bytes_of
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Document, Node, NodeKind

_SOCKETS = ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock")
_WIDE_MOUNTS = re.compile(
    r"^(?:/|~|\$\{?HOME\}?|/(?:etc|root|home|var|proc|sys|var/run|var/lib/docker))/?$"
)
_FEWEST_OF_PROJECT = 3
"""Names that begin alike by a plan, and not by chance."""
_INTERPOLATION = re.compile(r"\$\{?[A-Za-z_]\w*(?::?[-?][^}]*)?\}?")


def extract_compose(documents: Documents, collector: Collector) -> None:
    """Every service of every compose file."""
    for document in documents.of("yaml"):
        if is_compose(document):
            services = document.root.child("services") or document.root
            beginning = _shared_beginning(services)
            for key, service in services.entries:
                if service.kind is NodeKind.MAPPING:
                    container = _container(documents, document, (key, service), collector)
                    add_container(collector, replace(container, beginning=beginning))


def is_compose(document: Document) -> bool:
    """Whether a YAML document is a compose file: services that have an image, or are built."""
    services = document.root.child("services")
    if services is None or document.root.child("apiVersion") is not None:
        return False
    named = re.search(r"compose[^/]*\.ya?ml$", document.file) is not None
    return named or any(
        value.child("image") or value.child("build") for _, value in services.entries
    )


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
    name = service.text_at("container_name")
    return Container(
        document=document,
        place=key,
        key=natural,
        runtime=_runtime(document, key, service, natural),
        names=(key.raw, name) if name else (key.raw,),
        project=_project(document),
        words=(*_words(service.child("entrypoint")), *_words(service.child("command"))),
        settings=tuple(_settings(documents, document, (key, service), collector)),
        settings_whole=_whole(documents, document, service),
        build=_build(document, service),
        mounts=_mounts(document, service),
        egress="none" if _isolated(document, service) else "any",
    )


def _runtime(document: Document, key: Node, service: Node, natural: str) -> Runtime:
    hosts = tuple(source for source, _ in _volumes(service))
    sockets = any(source in _SOCKETS for source in hosts)
    limits = service.get("deploy", "resources", "limits")
    memory = service.child("mem_limit") or (limits.child("memory") if limits else None)
    cpus = service.child("cpus") or service.child("cpu_quota")
    cpus = cpus or (limits.child("cpus") if limits else None)
    pids = service.child("pids_limit") or (limits.child("pids") if limits else None)
    devices = service.get("deploy", "resources", "reservations", "devices")
    return Runtime(
        id=runtime_id(key.raw, natural),
        name=key.raw,
        evidence=place_of(document, key, key.raw),
        environment=_environment(document),
        kind="container",
        image=service.text_at("image"),
        privileged=_true(service.child("privileged")),
        host_mounts=tuple(plain(source) for source in hosts if _WIDE_MOUNTS.match(source)),
        docker_socket=sockets,
        host_network=service.text_at("network_mode") == "host",
        runs_as_root=_root_user(service),
        cpu_limit=_known(cpus),
        memory_limit=_known(memory),
        memory_limit_bytes=bytes_of(memory.text or "") if memory is not None else None,
        pids_limit=_known(pids),
        published_ports=tuple(_ports(service)),
        gpu=devices is not None or service.child("gpus") is not None,
        network=service.text_at("network_mode"),
    )


def _root_user(service: Node) -> Truth:
    user = service.text_at("user")
    if not user:
        return Truth.UNKNOWN
    return Truth.YES if user.partition(":")[0] in {"0", "root"} else Truth.NO


def _settings(
    documents: Documents, document: Document, placed: tuple[Node, Node], collector: Collector
) -> Iterator[Setting]:
    """The environment as the container sees it: `environment` goes before `env_file`."""
    key, service = placed
    beside = documents.beside(document, ".env")
    by_name = documents.once(_EnvFiles).by_name(beside) if beside is not None else {}
    block = service.child("environment")
    own = [
        _interpolated(setting, by_name)
        for setting in settings_of(document, block, f"services.{key.raw}.environment")
    ]
    if block is not None:
        own.extend(_passed_through(document, block, by_name))
    yield from own
    names = {setting.key for setting in own}
    for path in _readable(documents, document, service, collector):
        for setting in _env_file_settings(documents, document, path.text or "", path):
            if setting.key not in names:
                yield setting
    yield from _secret_files(document, service)


def _interpolated(setting: Setting, by_name: Mapping[str, Setting]) -> Setting:
    """`${NAME}` as the value that `.env` gives it, where that stands in the audit."""
    name = variable_of(setting.content)
    given = by_name.get(name)
    if given is None or (default_of(setting.content) and not given.content):
        return setting
    if not _INTERPOLATION.fullmatch(setting.content):
        return setting
    via = evidence(setting.document, setting.value, f"{setting.key}=${{{name}}}")
    return replace(given, key=setting.key, route=given.route, via=(via,))


def _passed_through(
    document: Document, block: Node, by_name: Mapping[str, Setting]
) -> Iterator[Setting]:
    """Names without a value: they come from the shell, or from `.env`."""
    for element in block.elements:
        name = element.text or ""
        if name in by_name:
            yield replace(by_name[name], via=(evidence(document, element, name),))


def _whole(documents: Documents, document: Document, service: Node) -> bool:
    """Whether all files that a service takes its environment from are among the documents."""
    paths = _environment_files(service)
    return all(documents.beside(document, path.text or "") is not None for path in paths)


def _environment_files(service: Node) -> Iterator[Node]:
    """The paths of the files; each may be written as a text, or as a mapping with more."""
    files = service.child("env_file")
    for element in files.list() if files is not None else ():
        yield element.child("path") or element


def _env_file_settings(
    documents: Documents, document: Document, path: str, node: Node
) -> tuple[Setting, ...]:
    found = documents.beside(document, path) if path else None
    if found is None or found.syntax != "dotenv":
        return ()
    via = () if node.kind is NodeKind.MAPPING else (evidence(document, node, plain(path)),)
    settings = documents.once(_EnvFiles).settings(found)
    return tuple(replace(item, via=via) for item in settings)


def _readable(
    documents: Documents, document: Document, service: Node, collector: Collector
) -> Iterator[Node]:
    """The files of an environment, as long as all services together are not given too much."""
    for path in _environment_files(service):
        found = documents.beside(document, path.text or "")
        many = len(documents.once(_EnvFiles).settings(found)) if found is not None else 0
        what = f"{plain(path.text or '')} is given to too many services"
        effect = "which variables the container gets is open"
        if collector.affords(SHARED, many, (evidence(document, path), what, effect)):
            yield path


class _EnvFiles:
    """The settings of environment files, each read once."""

    def __init__(self, _: Documents) -> None:
        self._settings: dict[str, tuple[Setting, ...]] = {}
        self._by_name: dict[str, Mapping[str, Setting]] = {}

    def settings(self, found: Document) -> tuple[Setting, ...]:
        """Of a file; none of one that holds no environment."""
        if found.file not in self._settings:
            read = found.syntax == "dotenv"
            self._settings[found.file] = settings_of(found, found.root, "env") if read else ()
        return self._settings[found.file]

    def by_name(self, found: Document) -> Mapping[str, Setting]:
        """The last of each name."""
        if found.file not in self._by_name:
            settings = self.settings(found)
            self._by_name[found.file] = {setting.key: setting for setting in settings}
        return self._by_name[found.file]


def _secret_files(document: Document, service: Node) -> Iterator[Setting]:
    """`secrets:` of a service, which arrive as files below /run/secrets."""
    secrets = service.child("secrets")
    for element in secrets.list() if secrets is not None else ():
        node = element.child("source") or element
        if node.text:
            yield Setting(
                key=node.text,
                value=node,
                document=document,
                route="secrets",
                text=f"/run/secrets/{node.text}",
            )


def _words(node: Node | None) -> tuple[str, ...]:
    if node is None:
        return ()
    if node.kind is NodeKind.SEQUENCE:
        return tuple(element.text or "" for element in node.elements)
    try:
        return tuple(shlex.split(node.text or ""))
    except ValueError:
        return tuple((node.text or "").split())


def _volumes(service: Node) -> Iterator[tuple[str, str]]:
    """Sources on the host, and where they are mounted. Named volumes are no host paths."""
    volumes = service.child("volumes")
    for element in volumes.list() if volumes is not None else ():
        source, target = element.text_at("source"), element.text_at("target")
        if element.text:
            source, _, rest = element.text.partition(":")
            target = rest.partition(":")[0]
        if source.startswith(("/", ".", "~", "$")):
            yield source, target


def _mounts(document: Document, service: Node) -> tuple[tuple[str, str], ...]:
    return tuple(
        (sibling(document.file, source), target)
        for source, target in _volumes(service)
        if source.startswith(".")
    )


def _build(document: Document, service: Node) -> str | None:
    build = service.child("build")
    if build is None:
        return None
    context = build.text or build.text_at("context") or "."
    if "://" in context or context.startswith("/"):
        return None
    folder = sibling(document.file, context)
    return "" if folder == "." else folder


def _ports(service: Node) -> Iterator[str]:
    ports = service.child("ports")
    for element in ports.list() if ports is not None else ():
        published, address = element.text_at("published"), element.text_at("host_ip")
        text = element.text or ":".join(part for part in (address, published) if part)
        if text and not text.startswith(("127.0.0.1:", "localhost:", "[::1]:")):
            yield plain(text)


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


def _environment(document: Document) -> str:
    """`production` of `compose.production.yaml`."""
    found = re.search(r"compose[.-](\w+)\.ya?ml$", document.file)
    return found[1] if found and found[1] != "override" else ""


def _project(document: Document) -> str:
    name = document.root.child("name")
    return (name.text or "") if name is not None else folder_of(document.file).rpartition("/")[2]


def _true(node: Node | None) -> bool:
    return node is not None and node.boolean is True


def _known(node: Node | None) -> Known:
    if node is None or node.text in {"0", "-1"}:
        return Known.NONE
    return Known.UNKNOWN if node.unknown else Known.SET
