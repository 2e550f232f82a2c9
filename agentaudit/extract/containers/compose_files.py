"""
What compose files take from one another: services that others extend, and files they include.

How values are laid over each other: https://docs.docker.com/reference/compose-file/extension/ and
https://docs.docker.com/reference/compose-file/merge/.
"""

from collections.abc import Collection, Iterator

from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.credentials.holdings import part_of
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents, sibling
from agentaudit.extract.made_nodes import made_text
from agentaudit.model.evidence import Evidence
from agentaudit.readers.document import Document, Node, NodeKind, entries_of
from agentaudit.readers.places import in_file

_EXTENDED = Budget("extended services", 100_000, free=1_000, whole=True)
"""Values of services, each as often as it is extended."""
_DEEPEST = 20
_OPEN = "what else is set there is open"
_NAMED_VALUES = frozenset({"environment", "labels"})
"""Written as a mapping, or as a list of `NAME=value`."""
_REPLACED = frozenset({"command", "entrypoint"})
_OWN = frozenset({"extends"})


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


def _laid_over(below: Node, above: Node, *, apart: Collection[str] = ()) -> Node:
    """
    One mapping over another: what both have is joined where it is a list or a mapping.

    What stands apart is of the lower one alone: `extends` of a service that is extended leads on.
    """
    entries = {key.raw: (key, value) for key, value in below.entries}
    for key, value in above.entries:
        lower = entries.get(key.raw)
        if key.raw not in apart:
            entries[key.raw] = (key, value if lower is None else _merged(key.raw, lower[1], value))
    return above.changed(entries=entries_of(tuple(entries.values())))


def _merged(name: str, below: Node, above: Node) -> Node:
    if name not in _REPLACED and below.kind is above.kind:
        if above.kind is NodeKind.SEQUENCE:
            return above.changed(elements=(*below.elements, *above.elements))
        if above.kind is NodeKind.MAPPING:
            return _laid_over(below, above)
    return above


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
