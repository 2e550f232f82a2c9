"""
YAML, composed from libyaml's events, with a place for every node.

Scalars stay raw, so that `on:`, `no` and `12:30:45` mean what they say. Equal keys are refused,
aliases are followed within a limit, merge keys (`<<`) are resolved, and CloudFormation's short tags
become their long forms.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

import yaml
from yaml.error import Mark
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from agentaudit.errors import InputError
from agentaudit.readers.document import Comment, Document, Node, NodeKind
from agentaudit.readers.lines import MAX_DEPTH, MAX_NODES, broken

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NUMBER = re.compile(r"[-+]?(?:\d[\d_]*(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+|0x[0-9a-fA-F]+|0o[0-7]+)$")
_BOOLEAN = frozenset({"true", "false", "yes", "no", "on", "off"})
_NULL = frozenset({"", "~", "null"})
_PLAIN_TAGS = frozenset({"reset", "override", "unsafe", "vault"})


def parse_yaml(file: str, text: str) -> Document:
    """The document of a YAML text, one root for each of its documents; InputError if broken."""
    composing = _Composing(file, _events(file, text))
    roots = tuple(composing.roots())
    return Document(
        file=file,
        syntax="yaml",
        text=text,
        roots=roots or (_null(1, 1),),
        comments=tuple(_comments(text, composing.scalars)),
    )


def _events(file: str, text: str) -> Iterator[Event]:
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise broken(file, *place, error.problem or "this is not YAML") from error
    except (yaml.YAMLError, UnicodeError) as error:
        raise broken(file, 1, 1, "characters that YAML does not allow") from error


@dataclass(slots=True)
class _Composing:
    file: str
    events: Iterator[Event]
    anchors: dict[str, tuple[Node, int]] = field(default_factory=dict)
    scalars: list[tuple[int, int]] = field(default_factory=list)
    """Offsets where scalars begin and end: a `#` inside one begins no comment."""
    nodes: int = 0

    def roots(self) -> Iterator[Node]:
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                self.anchors = {}
                yield self.node(next(self.events), 0)

    def node(self, event: Event, depth: int) -> Node:
        self.count(event, 1)
        if depth > MAX_DEPTH:
            raise self.error(event, f"nested deeper than {MAX_DEPTH}")
        if isinstance(event, AliasEvent):
            return self.alias(event)
        before = self.nodes
        if isinstance(event, ScalarEvent):
            node = self.scalar(event)
        elif isinstance(event, MappingStartEvent):
            node = self.mapping(event, depth)
        else:
            node = self.sequence(event, depth)
        anchor = event.anchor if isinstance(event, NodeEvent) else None
        if anchor:
            self.anchors[anchor] = (node, self.nodes - before + 1)
        return _tagged(node, event)

    def alias(self, event: AliasEvent) -> Node:
        if event.anchor not in self.anchors:
            raise self.error(event, "an alias to an anchor that is not complete here")
        node, size = self.anchors[event.anchor]
        self.count(event, size)
        return node

    def scalar(self, event: ScalarEvent) -> Node:
        self.scalars.append((_mark(event.start_mark).index, _mark(event.end_mark).index))
        kind = NodeKind.STRING
        if event.implicit[0]:
            kind = _plain_kind(event.value)
        return _placed(event, kind, raw=event.value)

    def mapping(self, start: Event, depth: int) -> Node:
        entries: dict[str, tuple[Node, Node]] = {}
        merged: list[Node] = []
        event = next(self.events)
        while not isinstance(event, MappingEndEvent):
            key = self.key(event, depth)
            value = self.node(next(self.events), depth + 1)
            if key.raw == "<<":
                merged.extend(value.list())
            elif key.raw in entries:
                raise self.error(event, f"the key `{key.raw[:40]}` stands here twice")
            else:
                entries[key.raw] = (key, value)
            event = next(self.events)
        for base in merged:
            for key, value in base.entries:
                entries.setdefault(key.raw, (key, value))
                self.count(event, 1)
        found = tuple(entries.values())
        return _placed(start, NodeKind.MAPPING, last=event, entries=found)

    def key(self, event: Event, depth: int) -> Node:
        """The key as a scalar; a key that is a collection is kept as its place only."""
        node = self.node(event, depth + 1)
        if node.kind in (NodeKind.MAPPING, NodeKind.SEQUENCE):
            return node.changed(raw=f"?{node.line}:{node.column}", entries=(), elements=())
        return node

    def sequence(self, start: Event, depth: int) -> Node:
        elements: list[Node] = []
        event = next(self.events)
        while not isinstance(event, SequenceEndEvent):
            elements.append(self.node(event, depth + 1))
            event = next(self.events)
        return _placed(start, NodeKind.SEQUENCE, last=event, elements=tuple(elements))

    def count(self, event: Event, more: int) -> None:
        self.nodes += more
        if self.nodes > MAX_NODES:
            raise self.error(event, f"more than {MAX_NODES:,} nodes, aliases expanded")

    def error(self, event: Event, message: str) -> InputError:
        mark = _mark(event.start_mark)
        return broken(self.file, mark.line + 1, mark.column + 1, message)


def _placed(
    event: Event,
    kind: NodeKind,
    *,
    last: Event | None = None,
    raw: str = "",
    entries: tuple[tuple[Node, Node], ...] = (),
    elements: tuple[Node, ...] = (),
) -> Node:
    start = _mark(event.start_mark)
    end_line, end_column = _end(event, last, entries, elements)
    return Node(
        kind=kind,
        line=start.line + 1,
        column=start.column + 1,
        end_line=end_line,
        end_column=end_column,
        raw=raw,
        entries=entries,
        elements=elements,
    )


def _end(
    event: Event,
    last: Event | None,
    entries: tuple[tuple[Node, Node], ...],
    elements: tuple[Node, ...],
) -> tuple[int, int]:
    """Where the node's last character stands; a block's end mark is already past it."""
    start, end = _mark(event.start_mark), _mark((last or event).end_mark)
    flow = isinstance(event, CollectionStartEvent) and event.flow_style
    values = [value for _, value in entries] or list(elements)
    if values and not flow:
        below = [(node.end_line, node.end_column) for node in values]
        return max(*below, (start.line + 1, start.column + 1))
    if end.column == 0 and end.line > start.line:
        return end.line, 1
    return end.line + 1, max(end.column, start.column + 1 if end.line == start.line else 1)


def _plain_kind(value: str) -> NodeKind:
    lower = value.lower()
    if lower in _NULL:
        return NodeKind.NULL
    if lower in _BOOLEAN:
        return NodeKind.BOOLEAN
    return NodeKind.NUMBER if _NUMBER.match(value) else NodeKind.STRING


def _tagged(node: Node, event: Event) -> Node:
    """A node with a local tag as the mapping that the tag abbreviates: `!Ref x` is `Ref: x`."""
    tag = getattr(event, "tag", None) or ""
    name = tag.removeprefix("!")
    if tag == name or not name or name in _PLAIN_TAGS or tag.startswith("!!"):
        return node
    long_form = name if name in {"Ref", "Condition"} else f"Fn::{name}"
    key = node.changed(kind=NodeKind.STRING, raw=long_form, entries=(), elements=())
    return node.changed(kind=NodeKind.MAPPING, raw="", entries=((key, node),), elements=())


def _comments(text: str, scalars: list[tuple[int, int]]) -> Iterator[Comment]:
    if "#" not in text:
        return
    inside = iter(sorted(scalars))
    span = next(inside, None)
    offset = 0
    for number, line in enumerate(text.split("\n"), start=1):
        mark = line.find("#")
        while mark >= 0:
            at = offset + mark
            while span is not None and span[1] <= at:
                span = next(inside, None)
            if (span is None or at < span[0]) and (mark == 0 or line[mark - 1] in " \t"):
                yield Comment(line=number, column=mark + 1, text=line[mark + 1 :].strip())
                break
            mark = line.find("#", mark + 1)
        offset += len(line) + 1


def _mark(mark: object) -> Mark:
    """A mark of an event. The stubs allow for its absence, which no loader makes use of."""
    return cast("Mark", mark)


def _null(line: int, column: int) -> Node:
    return Node(kind=NodeKind.NULL, line=line, column=column, end_line=line, end_column=column)
