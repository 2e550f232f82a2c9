"""
The Document: what a file holds, with a place for every node, whatever its syntax.

Scalars keep their raw text, so that YAML 1.1's ideas about `on`, `no` and `12:30:45` never matter;
`boolean`, `integer` and `text` interpret on request.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import overload

import msgspec

from agentaudit.digests import digest_of
from agentaudit.readers.lines import MAX_NAME, said_twice


class NodeKind(StrEnum):
    """What a node is."""

    MAPPING = "mapping"
    SEQUENCE = "sequence"
    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    NULL = "null"
    UNKNOWN = "unknown"
    """An expression that could not be resolved; `raw` is its source text."""


MAPPING, SEQUENCE, STRING = NodeKind.MAPPING, NodeKind.SEQUENCE, NodeKind.STRING
NUMBER, NULL, UNKNOWN = NodeKind.NUMBER, NodeKind.NULL, NodeKind.UNKNOWN
"""What is asked of most nodes: to ask an enumeration for a member takes longer than to make one."""
_SCALARS = (STRING, NUMBER, NodeKind.BOOLEAN)


class Node(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """
    One of the nodes of a document, of which a large repository has millions.

    Lines and columns count from 1, columns in characters; the end is where its last one stands.
    """

    kind: NodeKind
    line: int
    column: int
    end_line: int
    end_column: int
    raw: str = ""
    entries: tuple[tuple["Node", "Node"], ...] = ()
    """Key and value nodes of a mapping, in order of the file."""
    elements: tuple["Node", ...] = ()

    @property
    def origin(self) -> tuple["Node", ...]:
        """Where the value comes from when it was resolved (a variable's default, a local)."""
        return ()

    @property
    def file(self) -> str:
        """The file it stands in, where that may be another than the document's own."""
        return ""

    def changed(self, **fields: object) -> "Node":
        """The node with other values in some fields."""
        if "file" in fields or "origin" in fields:
            return _traced(self, fields)
        return msgspec.structs.replace(self, **fields)

    def get(self, *path: str) -> "Node | None":
        """The node at the end of a route of keys; None as soon as one is missing."""
        node = self
        for key in path:
            below = node.child(key)
            if below is None:
                return None
            node = below
        return node

    def child(self, key: str) -> "Node | None":
        """The value under one key of a mapping."""
        entries = self.entries
        if type(entries) is ManyEntries:
            return entries.by_key.get(key, _NO_ENTRY)[1]
        for name, value in entries:
            if name.raw == key:
                return value
        return None

    def key_of(self, key: str) -> "Node | None":
        """The key node itself, for evidence that points at the name."""
        if type(self.entries) is ManyEntries:
            return self.entries.by_key.get(key, _NO_ENTRY)[0]
        return next((name for name, _ in self.entries if name.raw == key), None)

    def text_at(self, *path: str) -> str:
        """The text of the scalar at the end of a route of keys; empty when there is none."""
        node = self.get(*path)
        return node.raw if node is not None and node.kind in _SCALARS else ""

    def name_at(self, *path: str) -> str:
        """The same of what others are named after, each once more: shortened where it is long."""
        return bounded_name(self.text_at(*path))

    def raw_at(self, *path: str) -> str:
        """What is written at the end of a route of keys, decided or not; empty when nothing is."""
        node = self.get(*path)
        return node.raw if node is not None else ""

    def list_at(self, *path: str) -> tuple["Node", ...]:
        """The elements of the list at the end of a route of keys; none when there is no such."""
        node = self.get(*path)
        return node.list() if node is not None else ()

    def texts_at(self, *path: str) -> tuple[str, ...]:
        """The texts of the list at the end of a route of keys; none when there is no such."""
        node = self.get(*path)
        return node.texts() if node is not None else ()

    def items(self) -> Iterator[tuple[str, "Node"]]:
        """Keys as text, with their values."""
        for name, value in self.entries:
            yield name.raw, value

    def list(self) -> tuple["Node", ...]:
        """The elements of a sequence; a lone scalar or mapping as a sequence of one."""
        if self.kind is SEQUENCE:
            return self.elements
        return () if self.kind is NULL else (self,)

    def texts(self) -> tuple[str, ...]:
        """The texts of the elements of a sequence, or of a lone scalar."""
        return tuple(element.text or "" for element in self.list())

    @property
    def text(self) -> str | None:
        """The raw text of a scalar; None of what is no scalar, is null or is unknown."""
        return self.raw if self.kind in _SCALARS else None

    @property
    def boolean(self) -> bool | None:
        """True or false where the scalar says so in any of the usual spellings."""
        return _BOOLEANS.get((self.text or "").lower())

    @property
    def integer(self) -> int | None:
        """The scalar as a whole number, also when it is quoted."""
        try:
            return int(self.text or "", 10)
        except ValueError:
            return None

    @property
    def unknown(self) -> bool:
        return self.kind is UNKNOWN

    def walk(self) -> Iterator["Node"]:
        """This node and all below it, values only."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed([value for _, value in node.entries] or list(node.elements)))


class TracedNode(Node, frozen=True, kw_only=True, gc=False):
    """A node that comes from elsewhere. Of most none does, and each field takes a tenth of it."""

    origin: tuple[Node, ...] = ()
    file: str = ""


def _traced(node: Node, fields: dict[str, object]) -> Node:
    """The node with other values in some fields, among them where it comes from."""
    traced = bool(fields.get("file", node.file) or fields.get("origin", node.origin))
    if not traced:
        fields = {name: fields[name] for name in fields if name not in ("file", "origin")}
    if traced is isinstance(node, TracedNode):
        return msgspec.structs.replace(node, **fields)
    values = {name: getattr(node, name) for name in Node.__struct_fields__} | fields
    return TracedNode(**values) if traced else Node(**values)


_NO_ENTRY = (None, None)
_MANY = 32


class ManyEntries(tuple[tuple[Node, Node], ...]):  # noqa: SLOT001, it keeps its keys
    """Entries that are found by their keys: one by one, many readers of many would take long."""

    @cached_property
    def by_key(self) -> Mapping[str, tuple[Node, Node]]:
        """Each entry by its key, the first of equal ones."""
        return {pair[0].raw: pair for pair in reversed(self)}


def entries_of(pairs: Collection[tuple[Node, Node]]) -> tuple[tuple[Node, Node], ...]:
    """Entries as a node has them."""
    return ManyEntries(pairs) if len(pairs) > _MANY else tuple(pairs)


_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def bounded_name(text: str) -> str:
    """A name; what is too long for one is told apart by its digest, and no more of it is kept."""
    return text if len(text) <= MAX_NAME else _told_apart(text)


@lru_cache(maxsize=64)
def _told_apart(text: str) -> str:
    digest = digest_of(text)
    return f"… ({len(text)} characters, {digest[:_DIGITS]})"


_DIGITS = 16


TO_US = "agentaudit:"
"""What a comment holds that is meant for us; to find comments may take longer than to parse."""
COMMENT_MARKS = ("//", "/*", "<!--", "#", ";", "--", "*", "::")
"""However comments begin in files of any kind; in those of Windows' shell with `rem`, too."""


class Comment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One comment, without its marker."""

    line: int
    column: int
    text: str


class LateRoot(Sequence[Node]):
    """The one root of a document, made when somebody first asks for it."""

    def __init__(self, make: Callable[[], Node]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> tuple[Node]:
        return (self._make(),)

    @overload
    def __getitem__(self, at: int) -> Node: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Node, ...]: ...
    def __getitem__(self, at: int | slice) -> Node | tuple[Node, ...]:
        return self._made[at]

    def __len__(self) -> int:
        return 1


class Document(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """
    One file, read. `roots` has one node per YAML document, and one for the other syntaxes.

    `problems` are what could not be read although the rest could: (line, column, message).
    """

    file: str
    syntax: str
    """yaml, json, hcl, toml, dotenv, properties, dockerfile, ini (redis.conf), python, javascript,
    markdown, pem, plan, xml (a policy), manifest."""
    text: str
    roots: Sequence[Node]
    comments: tuple[Comment, ...] = ()
    problems: tuple[tuple[int, int, str], ...] = ()
    tree: object = None
    """The syntax's own tree where extractors need it: `ast.Module` for Python and JavaScript."""

    @property
    def root(self) -> Node:
        return self.roots[0]


def text_at(line: int, offset: int, raw: str) -> Node:
    """A part of one line, behind so many characters."""
    return Node(
        kind=NodeKind.STRING,
        line=line,
        column=offset + 1,
        end_line=line,
        end_column=offset + max(len(raw), 1),
        raw=raw,
    )


def text_between(place: Callable[[int], tuple[int, int]], start: int, end: int, raw: str) -> Node:
    """What stands between two offsets; an empty text stands on one character."""
    line, column = place(start)
    end_line, end_column = place(max(start, end - 1))
    return Node(
        kind=STRING, line=line, column=column, end_line=end_line, end_column=end_column, raw=raw
    )


def said_again(entries: Sequence[tuple[Node, Node]]) -> Iterator[tuple[int, int, str]]:
    """Where names stand that stand there already: what reads them differs in which it takes."""
    seen: set[str] = set()
    for name, _ in entries:
        if name.raw in seen:
            yield name.line, name.column, said_twice(name.raw)
        seen.add(name.raw)
