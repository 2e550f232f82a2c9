"""
What is written and what is planned, as one: values of the plan, places of the source.

A value that the plan knows counts; one that it does not know yet, or marks as sensitive, stays what
the source says of it.
"""

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from agentaudit.errors import InputError
from agentaudit.readers.document import Node, NodeKind
from agentaudit.readers.jsonc import parse_json

SENSITIVE = "(sensitive value)"
LATER = "(known after apply)"
"""What Terraform itself shows in the place of a value."""


def withheld(values: Node, marks: Node | None) -> Node:
    """Values without those that the plan marks as sensitive."""
    if marks is None:
        return values
    if marks.boolean:
        return values.changed(kind=NodeKind.UNKNOWN, raw=SENSITIVE, entries=(), elements=())
    if values.kind is NodeKind.MAPPING:
        marked = dict(marks.items())
        entries = ((key, withheld(value, marked.get(key.raw))) for key, value in values.entries)
        return values.changed(entries=tuple(entries))
    if values.kind is NodeKind.SEQUENCE and marks.elements:
        pairs = zip(values.elements, (*marks.elements, *_none(values)), strict=False)
        return values.changed(elements=tuple(withheld(value, mark) for value, mark in pairs))
    return values


def _none(values: Node) -> Iterator[None]:
    yield from (None for _ in values.elements)


class Overlay(Struct, frozen=True):
    """Lays planned values over written ones. `place` is where goes what nobody wrote."""

    place: Node | None
    """None where there is no source: then everything stays where the plan has it."""

    def body(self, base: Node | None, planned: Node) -> Node:
        """A resource's body; attributes that are null or empty in the plan are not there."""
        return self._mapping(base, planned)

    def merged(self, base: Node | None, planned: Node) -> Node | None:
        """A value; None for one that is not set."""
        match planned.kind:
            case NodeKind.NULL:
                return base if base is not None and _is_known(base) else None
            case NodeKind.UNKNOWN:
                return base or self._placed(planned, None)
            case NodeKind.MAPPING:
                merged = self._mapping(base, planned)
                return merged if merged.entries or base is not None else None
            case NodeKind.SEQUENCE:
                return self._sequence(base, planned)
            case _:
                return self._scalar(base, planned)

    def _mapping(self, base: Node | None, planned: Node) -> Node:
        written = dict(base.items()) if base is not None else {}
        names = {key.raw: key for key, _ in (base.entries if base is not None else ())}
        values: dict[str, Node] = {}
        for name, value in planned.items():
            merged = self.merged(written.get(name), value)
            if merged is not None:
                values[name] = merged
        given = {key.raw for key, _ in planned.entries}
        left = {name: value for name, value in written.items() if name not in given}
        keys = {key.raw: self._placed(key, base) for key, _ in planned.entries} | names
        entries = tuple((keys[name], value) for name, value in (left | values).items())
        return self._placed(planned, base).changed(entries=entries)

    def _sequence(self, base: Node | None, planned: Node) -> Node | None:
        """One block stands by itself, as in the source; where none is planned, none is there."""
        elements, written = planned.elements, base.elements if base is not None else ()
        if not elements:
            return None
        texts = _texts(planned)
        if base is not None and texts is not None and texts == _texts(base):
            return base
        if len(elements) == 1 and elements[0].kind is NodeKind.MAPPING:
            one = written[0] if len(written) == 1 else base
            usable = one if one is not None and one.kind is NodeKind.MAPPING else None
            return self._mapping(usable, elements[0])
        bases: tuple[Node | None, ...] = written if len(written) == len(elements) else ()
        later = base if base is not None and base.unknown else None
        merged = tuple(
            self._element(own, later, element)
            for own, element in zip(bases or (None,) * len(elements), elements, strict=True)
        )
        return self._placed(planned, base).changed(elements=merged)

    def _element(self, base: Node | None, later: Node | None, planned: Node) -> Node:
        """An element of a list; null stands in a plan for what is known after it."""
        if planned.kind is NodeKind.NULL:
            unknown = planned.changed(kind=NodeKind.UNKNOWN, raw=later.raw if later else LATER)
            return base or self._placed(unknown, later)
        return self.merged(base, planned) or self._placed(planned, base)

    def _scalar(self, base: Node | None, planned: Node) -> Node:
        """A value; JSON as a text is laid over the structure that `jsonencode` was given."""
        if base is not None and base.kind in (NodeKind.MAPPING, NodeKind.SEQUENCE):
            try:
                inner = parse_json("", planned.raw).root
            except InputError:
                return base
            return Overlay(self.place or base).merged(base, inner) or base
        if base is not None and base.text == planned.raw:
            return base if self.place is not None else planned
        return self._placed(planned, base)

    def _placed(self, node: Node, base: Node | None) -> Node:
        """A planned value where the source has it."""
        at = base or self.place
        if self.place is None or at is None:
            return node
        return node.changed(
            line=at.line,
            column=at.column,
            end_line=at.end_line,
            end_column=at.end_column,
            file=at.file or self.place.file,
            origin=base.origin if base is not None else (),
        )


def _is_known(node: Node) -> bool:
    return not node.unknown and node.kind is not NodeKind.NULL


def _texts(node: Node) -> Counter[str] | None:
    """The texts of a list, in any order: a plan sorts sets; None for any other list."""
    texts = [element.text for element in node.elements]
    if node.kind is not NodeKind.SEQUENCE or any(text is None for text in texts):
        return None
    return Counter(text for text in texts if text is not None)
