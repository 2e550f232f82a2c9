"""The environment of a service of Compose: its own variables, and those of files beside it."""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.containers.container import Environment
from agentaudit.extract.credentials.holdings import settings_of
from agentaudit.extract.credentials.literals import default_of, variable_of
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents, sibling
from agentaudit.extract.made_nodes import made_text
from agentaudit.extract.settings import Setting
from agentaudit.extract.shared_variables import SHARED
from agentaudit.readers.document import Document, Node, NodeKind, entries_of

_NAME = regex(r"[A-Za-z_]\w*")
_OPEN = "which variables the container gets is open"
_MAY = "whether it can act on its host, or as root, is open"
_SWITCHES = frozenset({"privileged", "network_mode", "use_api_socket", "user"})
_SECRETS = "/run/secrets/"
_INTERPOLATION = regex(r"\$\{?[A-Za-z_]\w*(?::?[-?][^}]*)?\}?")


def environment_of(
    documents: Documents, document: Document, placed: tuple[Node, Node], collector: Collector
) -> Environment:
    """As the container of a service, with its key, sees it: `environment` before `env_file`."""
    key, service = placed
    files, beside = documents.once(_EnvFiles), documents.beside(document, ".env")
    by_name = files.by_name(beside) if beside is not None else {}
    block = service.child("environment")
    settings = [
        _interpolated(setting, by_name)
        for setting in settings_of(document, block, f"services.{key.raw}.environment")
    ]
    if block is not None:
        settings.extend(_passed_through(document, key, block, by_name))
    names, whole = {setting.key for setting in settings}, True
    for path in _environment_files(service):
        found = documents.files.get(sibling(path.file or document.file, path.text or ""))
        if found is None:
            what = f"the file {plain(path.text or '')} is not among the files"
            collector.leave_open(evidence(document, path), what, _OPEN)
        given = _given(document, path, files.settings(found), collector) if found else None
        whole = whole and given is not None
        settings.extend(setting for setting in given or () if setting.key not in names)
    told = {each.key.removesuffix("_FILE") for each in settings if _names_file(each)}
    kept = (each for each in _secret_files(document, service) if _as_variable(each) not in told)
    return Environment((*settings, *kept), whole)


def _given(
    document: Document, path: Node, settings: tuple[Setting, ...], collector: Collector
) -> tuple[Setting, ...] | None:
    """The variables of a file; None where all services together are given too many."""
    what = f"{plain(path.text or '')} is given to too many services"
    if not collector.affords(SHARED, len(settings), (evidence(document, path), what, _OPEN)):
        return None
    place = evidence(document, path, plain(path.text or ""))
    via = () if path.kind is NodeKind.MAPPING else (place,)
    return tuple(replace(item, via=via) for item in settings)


def _interpolated(setting: Setting, by_name: Mapping[str, Setting]) -> Setting:
    """`${NAME}` as the value that `.env` gives it, where that stands in the audit."""
    reference = setting.content
    while name := variable_of(reference):
        given, default = by_name.get(name), default_of(reference)
        if given is not None and (given.content or not default):
            break
        reference = default
    else:
        return setting
    if not (default or _INTERPOLATION.fullmatch(reference)):
        return setting
    via = evidence(setting.document, setting.value, f"{setting.key}=${{{name}}}")
    return replace(given, key=setting.key, kept_as=name, route=given.route, via=(via,))


def _passed_through(
    document: Document, service: Node, block: Node, by_name: Mapping[str, Setting]
) -> Iterator[Setting]:
    """Names without a value: they come from `.env`, or from the shell."""
    names = (key for key, value in block.entries if value.kind is NodeKind.NULL)
    for place in (*names, *block.elements):
        name = place.text or ""
        if name in by_name:
            yield replace(by_name[name], via=(evidence(document, place, name),))
        elif _NAME.fullmatch(name):
            yield Setting(
                key=name,
                value=place,
                document=document,
                route=f"services.{service.raw}.environment",
                text=f"${{{name}}}",
            )


def with_switches(
    documents: Documents, document: Document, service: Node, collector: Collector
) -> Node:
    """A service whose switches are what `.env` or their defaults say; what neither says is open."""
    beside = documents.beside(document, ".env")
    by_name = documents.once(_EnvFiles).by_name(beside) if beside is not None else {}
    entries: list[tuple[Node, Node]] = []
    for key, value in service.entries:
        asked = key.raw in _SWITCHES and _INTERPOLATION.fullmatch(value.text or "") is not None
        entries.append((key, made_text(value, _said(value.raw, by_name)) if asked else value))
        if asked and _INTERPOLATION.fullmatch(entries[-1][1].raw) is not None:
            place = evidence(document, value, plain(value.raw))
            collector.leave_open(place, f"what {key.raw} of a service is", _MAY)
    return service.changed(entries=entries_of(tuple(entries)))


def _said(reference: str, by_name: Mapping[str, Setting]) -> str:
    while name := variable_of(reference):
        given, default = by_name.get(name), default_of(reference)
        if given is not None and (given.content or not default):
            return given.content
        if not default:
            break
        reference = default
    return reference


def _environment_files(service: Node) -> Iterator[Node]:
    """The paths of the files; each may be written as a text, or as a mapping with more."""
    for element in service.list_at("env_file"):
        yield element.child("path") or element


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


def _names_file(setting: Setting) -> bool:
    """Whether a variable says where a secret lies: it is the one of its name, told once."""
    return setting.key.endswith("_FILE") and setting.content.startswith(_SECRETS)


def _as_variable(secret: Setting) -> str:
    return secret.key.upper().replace("-", "_")


def _secret_files(document: Document, service: Node) -> Iterator[Setting]:
    """`secrets:` of a service, which arrive as files below /run/secrets."""
    for element in service.list_at("secrets"):
        node = element.child("source") or element
        if node.text:
            yield Setting(
                key=node.text,
                value=node,
                document=document,
                route="secrets",
                text=f"{_SECRETS}{node.text}",
            )
