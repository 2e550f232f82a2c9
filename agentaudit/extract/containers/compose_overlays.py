"""
Which files of Compose are one: those that it lays over one another by itself, when nobody says.

Of a folder it takes the first of the names below, and the first of the overrides over that, unless
the `.env` beside them lists files as COMPOSE_FILE (Docker, "Merge Compose files"). Others are laid
over by whoever names them: such a file is read by itself, and what it alone limits is open.
"""

import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import reduce

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.containers.compose_files import is_compose, laid_over
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents, folder_of, sibling
from agentaudit.extract.stages import PRODUCTION, stage_in
from agentaudit.model.evidence import Known
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Document, Node

_BASES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_OVERRIDES = (
    *("compose.override.yml", "compose.override.yaml"),
    *("docker-compose.override.yml", "docker-compose.override.yaml"),
)
_TOLD = "COMPOSE_FILE"
_SEPARATOR = regex(r"[:;]")
_MOST = 20
"""Files, and documents of one, that are laid over one another."""
_VARIANT = regex(r"compose[.-]([\w-]{1,100})\.ya?ml$")
"""`compose.production.yaml`, which may be laid over another file."""
_LIMITS = ("memory_limit", "cpu_limit", "pids_limit")
Limits = tuple[Node | None, Node | None, Node | None]


def compose_documents(documents: Documents, collector: Collector) -> Iterator[Document]:
    """Every file of Compose, with what Compose lays over it by itself."""
    read = (_whole(document, collector) for document in documents.of("yaml"))
    files = {document.file: document for document in read if is_compose(document)}
    stacks = {stack[0]: stack[1:] for stack in _stacks(documents, files)}
    above = {file for stack in stacks.values() for file in stack}
    for file, document in files.items():
        if file in stacks or file not in above:
            others = (files[each] for each in stacks.get(file, ()))
            yield reduce(laid_over, others, document)


def _whole(document: Document, collector: Collector) -> Document:
    """A file with several documents, of which Compose lays each over those before it."""
    roots = document.roots
    if len(roots) == 1 or all(root.child("services") is None for root in roots):
        return document
    whole = reduce(laid_over, (replace(document, roots=(root,)) for root in roots[:_MOST]))
    if len(roots) > _MOST and is_compose(whole):
        what = f"the documents after the first {_MOST}"
        collector.leave_unread(evidence(document, roots[_MOST]), what, "what they run is open")
    return whole


def _stacks(documents: Documents, files: Collection[str]) -> Iterator[Sequence[str]]:
    """Files that are one, of each folder, the lowest first; some may not be in the audit."""
    for folder in dict.fromkeys(map(folder_of, files)):
        beside = posixpath.join(folder, "x")
        variables = documents.at(sibling(beside, ".env"))
        told = variables.root.text_at(_TOLD) if variables is not None else ""
        if told:
            listed = [sibling(beside, each) for each in _SEPARATOR.split(told)[:_MOST]]
            stack = [each for each in dict.fromkeys(listed) if each in files]
        else:
            firsts = (_first(folder, names, files) for names in (_BASES, _OVERRIDES))
            stack = [each for each in firsts if each]
        if stack and (told or stack[0].endswith(_BASES)):
            yield stack


def _first(folder: str, names: Sequence[str], files: Collection[str]) -> str:
    paths = (posixpath.join(folder, name) for name in names)
    return next((path for path in paths if path in files), "")


def variant_of(document: Document) -> str:
    """`production` of `compose.production.yaml`."""
    found = _VARIANT.search(document.file)
    return found[1] if found and found[1] != "override" else ""


def only_overrides(document: Document, service: Node) -> bool:
    """Whether another file says what the service runs, and so may limit it as well."""
    if service.child("extends") is not None:
        return True
    if service.child("image") is not None or _VARIANT.search(document.file) is None:
        return False
    build = service.child("build")
    return build is None or not any((build.text, *map(build.child, ("context", "dockerfile"))))


def limits_of(service: Node) -> Limits:
    """What limits the memory, the processors and the processes of a service."""
    limits = service.get("deploy", "resources", "limits")
    memory, cpus, pids = (
        limits.child(name) if limits is not None else None for name in ("memory", "cpus", "pids")
    )
    return (
        service.child("mem_limit") or memory,
        service.child("cpus") or service.child("cpu_quota") or cpus,
        service.child("pids_limit") or pids,
    )


def limited_elsewhere(
    documents: Documents, document: Document, runtime: Runtime, collector: Collector
) -> Runtime:
    """A service without limits that a file for production gives some, where it is laid over."""
    absent = [name for name in _LIMITS if getattr(runtime, name) is Known.NONE]
    if not absent or variant_of(document):
        return runtime
    for other in documents.once(_for_production).get(folder_of(document.file), ()):
        service = other.root.get("services", runtime.name)
        if service is None or not only_overrides(other, service):
            continue
        given = dict(zip(_LIMITS, limits_of(service), strict=True))
        found = [name for name in absent if given[name] is not None]
        if found:
            name = other.file.rpartition("/")[2]
            what = f"{name} limits {plain(runtime.name)} where somebody lays it over this file"
            collector.leave_open(runtime.evidence[0], what, "whether it has limits is open")
            return replace(runtime, **dict.fromkeys(found, Known.UNKNOWN))
    return runtime


def _for_production(documents: Documents) -> Mapping[str, Sequence[Document]]:
    """Files of Compose that are called after production, by their folders."""
    found: dict[str, list[Document]] = {}
    for document in documents.of("yaml"):
        if is_compose(document) and stage_in(variant_of(document).split("-")) == PRODUCTION:
            found.setdefault(folder_of(document.file), []).append(document)
    return found
