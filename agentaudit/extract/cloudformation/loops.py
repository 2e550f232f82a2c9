"""
Loops of CloudFormation's language extensions, written out.

`Fn::ForEach::Name: [Variable, values, template]` stands for the template once for each value, with
`${Variable}` and `&{Variable}` filled in (AWS CloudFormation User Guide, "Fn::ForEach"). Values
that no file decides leave open what the loop makes.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.made_nodes import made_text
from agentaudit.readers.document import Document, Node, NodeKind, entries_of

LOOP = "Fn::ForEach::"
_MOST_VALUES = 100
_LONGEST = 200
_WRITTEN = Budget("values that loops of templates make", 100_000)
_WORTH = 100
"""Characters that are filled in, as many as one more value costs."""
_DEEPEST = 5
"""Loops within loops, as many as CloudFormation takes."""
_OPEN = "what it makes is open"


def unrolled(document: Document, collector: Collector) -> Document:
    """The template with the loops of its resources, and of what is set there, written out."""
    listed = document.root.get("Resources")
    if listed is None or LOOP not in document.text:
        return document
    entries = tuple(_Loops(document, collector).written(listed, 0))
    kept = tuple(pair for pair in document.root.entries if pair[0].raw != "Resources")
    key = document.root.key_of("Resources") or listed
    resources = listed.changed(entries=entries_of(entries))
    root = document.root.changed(entries=(*kept, (key, resources)))
    return replace(document, roots=(root, *document.roots[1:]))


class _Loops:
    """The loops of one template."""

    def __init__(self, document: Document, collector: Collector) -> None:
        self._document, self._collector = document, collector

    def written(self, mapping: Node, depth: int) -> Iterator[tuple[Node, Node]]:
        """The entries of a mapping, each loop among them as what it makes."""
        for key, value in mapping.entries:
            if not key.raw.startswith(LOOP):
                yield key, self._within(value, depth)
                continue
            values = self._values(value)
            place = evidence(self._document, key)
            what = f"the loop {plain(key.raw.removeprefix(LOOP))}"
            if values is None:
                self._collector.leave_open(place, what, _OPEN)
                continue
            long = len(values) > _MOST_VALUES or any(len(text) > _LONGEST for text in values)
            if long or depth >= _DEEPEST:
                self._collector.leave_unread(place, what, _OPEN)
                continue
            variable, body = value.elements[0].raw, value.elements[2]
            size = _size(body, variable, values)
            if self._collector.affords(_WRITTEN, size, (place, what, _OPEN)):
                for each in values:
                    yield from self.written(_filled(body, variable, each), depth + 1)

    def _within(self, node: Node, depth: int) -> Node:
        """A value with the loops in it written out."""
        if node.kind is NodeKind.SEQUENCE:
            members = tuple(self._within(each, depth) for each in node.elements)
            return node.changed(elements=members)
        if node.kind is not NodeKind.MAPPING:
            return node
        return node.changed(entries=entries_of(tuple(self.written(node, depth))))

    def _values(self, loop: Node) -> tuple[str, ...] | None:
        """What a loop goes through: a list, or the default of a parameter that is one."""
        if len(loop.elements) != 3:  # noqa: PLR2004 - variable, values, template
            return None
        listed = loop.elements[1]
        texts = listed.texts() if listed.kind is NodeKind.SEQUENCE else None
        parameter = listed.text_at("Ref")
        if parameter:
            default = self._document.root.get("Parameters", parameter, "Default")
            named = default.raw.split(",") if default is not None else ()
            texts = tuple(name.strip() for name in named) or None
        return texts if texts is not None and all(texts) else None


def _size(body: Node, variable: str, values: tuple[str, ...]) -> int:
    """How much a loop makes: values, and the characters that are filled in to them."""
    mark, filled = f"{{{variable}}}", sum(map(len, values))
    texts = (text.raw for node in body.walk() for text in (node, *(key for key, _ in node.entries)))
    marks = sum(text.count(mark) for text in texts)
    return len(values) * sum(1 for _ in body.walk()) + marks * filled // _WORTH


def _filled(node: Node, variable: str, value: str) -> Node:
    """A template with the variable filled in, in keys too."""
    if node.kind is NodeKind.MAPPING:
        if len(node.entries) == 1 and node.text_at("Ref") == variable:
            return made_text(node, value)
        entries = tuple(
            (_filled(key, variable, value), _filled(inner, variable, value))
            for key, inner in node.entries
        )
        return node.changed(entries=entries_of(entries))
    if node.kind is NodeKind.SEQUENCE:
        return node.changed(
            elements=tuple(_filled(each, variable, value) for each in node.elements)
        )
    raw = node.raw
    for mark in ("$", "&"):
        raw = raw.replace(f"{mark}{{{variable}}}", value)
    return node if raw == node.raw else node.changed(raw=raw)
