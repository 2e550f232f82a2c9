"""
What compose files take from one another: services that others extend, and files they include.

How values are laid over each other: https://docs.docker.com/reference/compose-file/extension/ and
https://docs.docker.com/reference/compose-file/merge/.
"""

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

import msgspec

from agentaudit.expressions import regex
from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.credentials.holdings import part_of
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents, sibling
from agentaudit.extract.made_nodes import made_text
from agentaudit.model.evidence import Evidence
from agentaudit.readers.document import Document, Node, NodeKind, entries_of
from agentaudit.readers.lines import lines_of
from agentaudit.readers.places import in_file

_EXTENDED = Budget("extended services", 100_000, free=1_000, whole=True)
"""Values of services, each as often as it is extended."""
_COMPOSE = regex(r"compose[^/]*\.ya?ml$")
_PART = regex(r"(?:\$\{(?:[^{}]|\{[^{}]*\})*\}|[^:])+")
"""Of a volume, between its colons; those of `${NAME:-default}` are not meant."""
_DEEPEST = 20
_OPEN = "what else is set there is open"
_NAMED_VALUES = frozenset({"environment", "labels", "networks", "depends_on"})
"""Written as a mapping, or as a list of `NAME=value` or of names."""
_SEVERAL = frozenset({"env_file", "dns", "dns_search", "tmpfs"})
"""Written as a list, or as the one that would be in it."""
_REPLACED = frozenset({"command", "entrypoint"})
_OWN = frozenset({"extends"})
_VOLUMES = "volumes"
_TAG = regex(r"!(reset|override)\b")
_RESET = "reset"
"""By which a file takes something away from the one below it, or puts its own in its place."""
_Tags = Mapping[tuple[int, int], str]
"""By line and column, where what is tagged begins."""
_NO_TAGS: _Tags = MappingProxyType({})


def is_compose(document: Document) -> bool:
    """
    Whether a YAML document is a compose file: services that have an image, or are built.

    The Azure Developer CLI calls what it deploys services, too, each with the host it goes to.
    """
    services = document.root.child("services")
    if services is None or document.root.child("apiVersion") is not None:
        return False
    if _COMPOSE.search(document.file) is not None:
        return True
    if any(value.child("host") and value.child("project") for _, value in services.entries):
        return False
    return any(value.child("image") or value.child("build") for _, value in services.entries)


def ends_of_volume(volume: Node) -> tuple[str, str]:
    """What is mounted, and where; either may be empty."""
    source, target = volume.text_at("source"), volume.text_at("target")
    if volume.text:
        source, target, *_ = (*_PART.findall(volume.text), "", "")
    return source, target


def laid_over(below: Document, above: Document) -> Document:
    """A file of Compose with another that is merged over it, each value where it stands."""
    lines = lines_of(above.text) if "!" in above.text else ()
    tags = {
        (number, found.start() + 1): found[1]
        for number, line in enumerate(lines, 1)
        for found in _TAG.finditer(line)
    }
    lower = _with_all_names(below)
    upper = in_file(_with_all_names(above), above.file)
    return msgspec.structs.replace(below, roots=(_laid_over(lower, upper, tags=tags),))


def _with_all_names(document: Document) -> Node:
    services = document.root.child("services")
    if services is None:
        return document.root
    named = services.changed(
        entries=entries_of(
            tuple((key, _with_names(document, service)) for key, service in services.entries)
        )
    )
    entries = (
        (key, named if key.raw == "services" else value) for key, value in document.root.entries
    )
    return document.root.changed(entries=entries_of(tuple(entries)))


def whole_service(
    documents: Documents, document: Document, service: Node, collector: Collector
) -> Node:
    """A service with what it takes from those it extends; what is not found is left open."""
    file = document.file
    service = _with_names(document, service) if service.child("extends") is not None else service
    for _ in range(_DEEPEST):
        extended = service.child("extends")
        if extended is None:
            return service
        base = _base(documents, file, extended)
        place, what = _end(document, extended)
        if base is None:
            collector.leave_open(place, f"{what} is not among the files", _OPEN)
            return service
        file, below = base
        if not collector.affords(_EXTENDED, sum(1 for _ in below.walk()), (place, what, _OPEN)):
            return service
        lower = in_file(_with_names(documents.files[file], below), file)
        service = _laid_over(lower, service, apart=_OWN)
    if (extended := service.child("extends")) is not None:
        collector.leave_unread(*_end(document, extended), _OPEN)
    return service


def _end(document: Document, extended: Node) -> tuple[Evidence, str]:
    """Where a service is extended, and in words."""
    name = plain(extended.text or extended.text_at("service"))
    return evidence(document, extended), f"the service {name} that is extended"


def leave_included(documents: Documents, document: Document, collector: Collector) -> None:
    """The files that a compose file includes and that are not in the audit."""
    for entry in document.root.list_at("include"):
        for path in (entry.child("path") or entry).list():
            if path.text and documents.beside(document, path.text) is None:
                what = f"the compose file {plain(path.text)} is not among the files"
                collector.leave_open(evidence(document, path), what, "what it starts is open")


def _base(documents: Documents, file: str, extended: Node) -> tuple[str, Node] | None:
    """The service that is extended, with its file, which is the same one if none is named."""
    other = extended.text_at("file")
    found = documents.files.get(sibling(file, other) if other else file)
    name = extended.text or extended.text_at("service")
    base = found.root.get("services", name) if found is not None and found.roots else None
    if found is None or base is None or base.kind is not NodeKind.MAPPING:
        return None
    return found.file, base


def _laid_over(
    below: Node, above: Node, *, apart: Collection[str] = (), tags: _Tags = _NO_TAGS
) -> Node:
    """
    One mapping over another: what both have is joined where it is a list or a mapping.

    What stands apart is of the lower one alone: `extends` of a service that is extended leads on.
    """
    entries = {key.raw: (key, value) for key, value in below.entries}
    for key, value in above.entries:
        tag, lower = tags.get((value.line, value.column), ""), entries.get(key.raw)
        if key.raw in apart:
            continue
        if tag == _RESET:
            entries.pop(key.raw, None)
        elif lower is None or tag:
            entries[key.raw] = key, value
        else:
            kept = lower[0] if value.kind is NodeKind.MAPPING else key
            entries[key.raw] = kept, _merged(key.raw, lower[1], value, tags)
    return above.changed(entries=entries_of(tuple(entries.values())))


def _merged(name: str, below: Node, above: Node, tags: _Tags) -> Node:
    if name in _SEVERAL:
        return above.changed(
            kind=NodeKind.SEQUENCE, raw="", elements=(*below.list(), *above.list())
        )
    if name not in _REPLACED and below.kind is above.kind:
        if above.kind is NodeKind.SEQUENCE:
            kept = _others(below, above) if name == _VOLUMES else below.elements
            return above.changed(elements=(*kept, *above.elements))
        if above.kind is NodeKind.MAPPING:
            return _laid_over(below, above, tags=tags)
    return above


def _others(below: Node, above: Node) -> Iterator[Node]:
    """The volumes that are mounted where none of those above is."""
    taken = {ends_of_volume(each)[1] for each in above.elements}
    return (each for each in below.elements if ends_of_volume(each)[1] not in taken)


def _with_names(document: Document, service: Node) -> Node:
    """A service whose lists of `NAME=value` are mappings; a name alone has no value."""
    entries = tuple(
        (
            key,
            value.changed(
                kind=NodeKind.MAPPING,
                elements=(),
                entries=entries_of(tuple(_pairs(document, value))),
            )
            if key.raw in _NAMED_VALUES and value.kind is NodeKind.SEQUENCE
            else value,
        )
        for key, value in service.entries
    )
    return service.changed(entries=entries_of(entries))


def _pairs(document: Document, block: Node) -> Iterator[tuple[Node, Node]]:
    for element in block.elements:
        name, mark, value = (element.text or "").partition("=")
        key = made_text(element, name)
        given = part_of(document, element, name, value) if mark else None
        yield key, given or element.changed(kind=NodeKind.NULL, raw="")
