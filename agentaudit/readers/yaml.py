"""
YAML, composed from libyaml's events, with a place for every node.

Scalars stay raw, so that `on:`, `no` and `12:30:45` mean what they say. Equal keys are refused,
aliases are followed within a limit, merge keys (`<<`) are resolved, and CloudFormation's short tags
become their long forms.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from sys import intern
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from agentaudit.errors import InputError
from agentaudit.readers.document import (
    MAPPING,
    SEQUENCE,
    STRING,
    Document,
    Node,
    NodeKind,
    entries_of,
)
from agentaudit.readers.lines import MAX_DEPTH, MAX_NODES, broken, said_twice
from agentaudit.readers.routes import with_bounded_routes
from agentaudit.readers.yaml_comments import comments_of

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NUMBER = re.compile(r"[-+]?(?:\d[\d_]*(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+|0x[0-9a-fA-F]+|0o[0-7]+)$")
_BOOLEAN = frozenset({"true", "false", "yes", "no", "on", "off"})
_NUMERIC = frozenset("+-.0123456789")
_LONGEST_WORD = 5
"""`false`."""
_NULL = frozenset({"", "~", "null"})
_PLAIN_TAGS = frozenset({"reset", "override", "unsafe", "vault"})
_KEPT_TAGS = frozenset({"secret", "env_var"})
"""By which Home Assistant and ESPHome name what another file, or the environment, has."""
_VALUE = itemgetter(1)
_Event = Any
"""An event of the loader: what it has besides its marks depends on its type."""


def parse_yaml(file: str, text: str) -> Document:
    """The document of a YAML text, one root for each of its documents; InputError if broken."""
    try:
        composing = _Composing(file, _LOADER(text).get_event, commented="#" in text)
        roots = tuple(composing.roots())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise broken(file, *place, error.problem or "this is not YAML") from error
    except (yaml.YAMLError, UnicodeError) as error:
        raise broken(file, 1, 1, "characters that YAML does not allow") from error
    return with_bounded_routes(
        Document(
            file=file,
            syntax="yaml",
            text=text,
            roots=roots or (_null(1, 1),),
            comments=comments_of(file, text, composing.scalars) if composing.commented else (),
        )
    )


class _Composing:
    """Nodes from events; what is done for every node is written out, for there are many."""

    __slots__ = ("anchors", "commented", "file", "following", "nodes", "scalars")

    def __init__(self, file: str, following: Callable[[], _Event], *, commented: bool) -> None:
        self.file, self.following, self.commented = file, following, commented
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.scalars: list[tuple[int, int]] = []
        """Offsets where scalars begin and end, for comments: a `#` inside one begins none."""
        self.nodes = 0

    def roots(self) -> Iterator[Node]:
        while True:
            event = self.following()
            if type(event) is StreamEndEvent:
                return
            if type(event) is DocumentStartEvent:
                self.anchors = {}
                yield self.node(self.following(), 0)

    def node(self, event: _Event, depth: int) -> Node:
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise self.refusal(event)
        kind, before = type(event), self.nodes
        if kind is ScalarEvent:
            node = self.scalar(event)
        elif kind is MappingStartEvent:
            node = self.mapping(event, depth)
        elif kind is AliasEvent:
            return self.alias(event)
        else:
            node = self.sequence(event, depth)
        if event.anchor or event.tag:
            return self.named(node, event, self.nodes - before + 1)
        return node

    def named(self, node: Node, event: _Event, size: int) -> Node:
        """A node under its anchor and its tag, as far as it has them."""
        if event.anchor:
            self.anchors[event.anchor] = (node, size)
        tag = event.tag
        return _tagged(node, tag) if tag else node

    def alias(self, event: _Event) -> Node:
        if event.anchor not in self.anchors:
            raise self.error(event, "an alias to an anchor that is not complete here")
        node, size = self.anchors[event.anchor]
        self.count(event, size)
        return node

    def scalar(self, event: _Event) -> Node:
        start, end, value = event.start_mark, event.end_mark, event.value
        if self.commented:
            self.scalars.append((start.index, end.index))
        line, column, end_line, end_column = start.line + 1, start.column, end.line + 1, end.column
        if end_column == 0 and end_line > line:
            end_line, end_column = end_line - 1, 1
        elif end_line == line and end_column <= column:
            end_column = column + 1
        return Node(
            kind=_plain_kind(value) if event.implicit[0] else STRING,
            line=line,
            column=column + 1,
            end_line=end_line,
            end_column=end_column,
            raw=intern(value),  # a few hundred words make up most files
        )

    def mapping(self, start: _Event, depth: int) -> Node:
        entries: dict[str, tuple[Node, Node]] = {}
        merged: list[Node] = []
        event = self.following()
        while type(event) is not MappingEndEvent:
            key = self.node(event, depth + 1)
            if type(event) is not ScalarEvent or event.tag:
                key = _placed(key)
            name, value = key.raw, self.node(self.following(), depth + 1)
            if name == "<<":
                merged.extend(value.list())
            elif name in entries:
                raise self.error(event, said_twice(name))
            else:
                entries[name] = (key, value)
            event = self.following()
        for base in merged:
            for key, value in base.entries:
                entries.setdefault(key.raw, (key, value))
                self.count(event, 1)
        found = entries_of(entries.values())
        line, column, end_line, end_column = _span(start, event, tuple(map(_VALUE, found)))
        return Node(
            kind=MAPPING,
            line=line,
            column=column,
            end_line=end_line,
            end_column=end_column,
            entries=found,
        )

    def sequence(self, start: _Event, depth: int) -> Node:
        elements: list[Node] = []
        event = self.following()
        while type(event) is not SequenceEndEvent:
            elements.append(self.node(event, depth + 1))
            event = self.following()
        line, column, end_line, end_column = _span(start, event, elements)
        return Node(
            kind=SEQUENCE,
            line=line,
            column=column,
            end_line=end_line,
            end_column=end_column,
            elements=tuple(elements),
        )

    def count(self, event: _Event, more: int) -> None:
        self.nodes += more
        if self.nodes > MAX_NODES:
            raise self.refusal(event)

    def refusal(self, event: _Event) -> InputError:
        many = self.nodes > MAX_NODES
        what = f"more than {MAX_NODES:,} nodes, aliases expanded" if many else ""
        return self.error(event, what or f"nested deeper than {MAX_DEPTH}")

    def error(self, event: _Event, message: str) -> InputError:
        mark = event.start_mark
        return broken(self.file, mark.line + 1, mark.column + 1, message)


def _placed(key: Node) -> Node:
    """The key as a scalar; a key that is a collection is kept as its place only."""
    if key.kind in (MAPPING, SEQUENCE):
        return key.changed(raw=f"?{key.line}:{key.column}", entries=(), elements=())
    return key


def _span(start: _Event, last: _Event, values: Sequence[Node]) -> tuple[int, int, int, int]:
    """From where a collection begins to its last character; a block's end mark is past that."""
    begin = start.start_mark
    line, column = begin.line + 1, begin.column + 1
    if values and not start.flow_style:
        end_line, end_column = line, column
        for value in values:
            if value.end_line >= end_line and (
                value.end_line > end_line or value.end_column > end_column
            ):
                end_line, end_column = value.end_line, value.end_column
        return line, column, end_line, end_column
    end = last.end_mark
    if end.column == 0 and end.line > begin.line:
        return line, column, end.line, 1
    return line, column, end.line + 1, max(end.column, column if end.line == begin.line else 1)


@lru_cache(maxsize=4096)
def _plain_kind(value: str) -> NodeKind:
    if len(value) <= _LONGEST_WORD:
        lower = value.lower()
        if lower in _NULL:
            return NodeKind.NULL
        if lower in _BOOLEAN:
            return NodeKind.BOOLEAN
    number = value[:1] in _NUMERIC and _NUMBER.match(value) is not None
    return NodeKind.NUMBER if number else STRING


def _tagged(node: Node, tag: str) -> Node:
    """A node with a local tag as the mapping that the tag abbreviates: `!Ref x` is `Ref: x`."""
    name = tag.removeprefix("!")
    if tag == name or not name or name in _PLAIN_TAGS or tag.startswith("!!"):
        return node
    if name in _KEPT_TAGS and node.text is not None:
        return node.changed(kind=NodeKind.UNKNOWN, raw="", entries=(), elements=())
    long_form = name if name in {"Ref", "Condition"} else f"Fn::{name}"
    key = node.changed(kind=STRING, raw=long_form, entries=(), elements=())
    return node.changed(kind=MAPPING, raw="", entries=((key, node),), elements=())


def _null(line: int, column: int) -> Node:
    return Node(kind=NodeKind.NULL, line=line, column=column, end_line=line, end_column=column)
