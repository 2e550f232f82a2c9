"""
`agentaudit.yaml` as values: what a team declares because no file can say it.

Read strictly. An entry with a problem declares nothing, and every problem is told with its place.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import date

from msgspec import Struct, field

from agentaudit.errors import Problem
from agentaudit.expressions import regex
from agentaudit.extract.collector import evidence
from agentaudit.extract.credentials.redaction import plain
from agentaudit.model.evidence import Evidence, Truth
from agentaudit.readers.document import Document, Node, NodeKind

EFFECTS = ("read", "write", "delete", "execute", "send")
_QUESTIONS = ("reads_untrusted", "reads_private", "egress")
_WARRANT = ("reason", "owner", "expires")
_BEHAVIOUR = ("effects", *_QUESTIONS)
_TOOL = ("name", "file", *_BEHAVIOUR, *_WARRANT)
_SERVER = ("name", "file", "tools", *_WARRANT)
_SERVED_TOOL = ("name", *_BEHAVIOUR)
_MEMORY = ("stores", *_WARRANT)
_NO_STORES = "none"
_DAY = regex(r"\d{4}-\d{2}-\d{2}")
_LONGEST = 60
MAX_ENTRIES = 1_000
"""Longer lists are an attack on the reader, not declarations."""


class Behaviour(Struct, frozen=True, kw_only=True):
    """What a tool does, as far as it is said."""

    name: str
    effects: tuple[str, ...] | None = None
    reads_untrusted: Truth = Truth.UNKNOWN
    reads_private: Truth = Truth.UNKNOWN
    egress: Truth = Truth.UNKNOWN

    @property
    def complete(self) -> bool:
        """Whether nothing is left open."""
        answers = (self.reads_untrusted, self.reads_private, self.egress)
        return self.effects is not None and Truth.UNKNOWN not in answers


class Declaration(Struct, frozen=True, kw_only=True):
    """One entry without a problem: of a tool, or of a server and all tools that it has."""

    name: str
    file: str
    """Where the subject stands, when its name alone does not say; else empty."""
    behaviours: tuple[Behaviour, ...]
    """Of a tool its own, of a server one for each tool."""
    at: Evidence
    expires: date
    """The last day on which it counts."""


class Declarations(Struct, frozen=True, kw_only=True):
    """Everything that one file declares, and all that is wrong with it."""

    tools: tuple[Declaration, ...] = ()
    servers: tuple[Declaration, ...] = ()
    no_memory: Declaration | None = None
    """That nothing of a conversation outlives its request."""
    problems: tuple[Problem, ...] = ()


def read_declarations(document: Document) -> Declarations:
    """What the document declares; a file without content declares nothing."""
    root = document.root
    reading = _Reading(document)
    if len(document.roots) > 1:
        reading.complain(document.roots[1], "holds more than one YAML document")
    elif root.kind is not NodeKind.NULL and reading.is_mapping(root):
        # Among the keys, lint is its configuration.
        reading.check_names(root, ("tools", "servers", "memory", "lint"))
        tools = tuple(_entries(reading, root, "tools", _own))
        servers = tuple(_entries(reading, root, "servers", _served))
        return Declarations(
            tools=tools,
            servers=servers,
            no_memory=_no_memory(reading, root.child("memory")),
            problems=tuple(reading.problems),
        )
    return Declarations(problems=tuple(reading.problems))


class _Reading(Struct, frozen=True):
    """One document while it is read, and what was wrong with it so far."""

    document: Document
    problems: list[Problem] = field(default_factory=list)

    def complain(self, node: Node, message: str) -> None:
        self.problems.append(
            Problem(file=self.document.file, message=message, line=node.line, column=node.column)
        )

    def is_mapping(self, node: Node) -> bool:
        if node.kind is not NodeKind.MAPPING:
            self.complain(node, "must be a mapping")
        return node.kind is NodeKind.MAPPING

    def check_names(self, node: Node, known: Collection[str]) -> None:
        """No key stands here that nobody reads."""
        for key, _ in node.entries:
            if key.raw not in known:
                self.complain(key, f"`{_short(key.raw)}` is no key here ({', '.join(known)})")

    def text(self, node: Node, name: str, *, required: bool = True) -> str:
        """A text, its line ends made spaces; empty when it is missing."""
        value = node.child(name)
        words = " ".join(((value.text or "") if value is not None else "").split())
        if value is None and required:
            self.complain(node, f"`{name}` is missing")
        elif value is not None and not words:
            self.complain(value, f"`{name}` must be a text")
        return words

    def truth(self, node: Node, name: str) -> Truth:
        value = node.child(name)
        if value is None:
            return Truth.UNKNOWN
        if value.boolean is None:
            self.complain(value, f"`{name}` must be yes or no, or left out when nobody knows")
        return Truth.YES if value.boolean else Truth.NO

    def effects(self, node: Node) -> tuple[str, ...] | None:
        """A list of effects, which may be empty: a tool may compute and do nothing else."""
        value = node.child("effects")
        if value is None:
            return None
        if value.kind is not NodeKind.SEQUENCE:
            self.complain(value, "`effects` must be a list")
            return None
        for element in value.elements:
            if element.text not in EFFECTS:
                said = _short(element.text or element.kind)
                known = ", ".join(EFFECTS)
                self.complain(element, f"`effects` must be of {known}, not '{said}'")
        return tuple(name for name in EFFECTS if name in value.texts())

    def day(self, node: Node, name: str) -> date:
        """A day; the first of all days when there is none to read."""
        value, words = node.child(name), self.text(node, name)
        try:
            return date.fromisoformat(words if _DAY.fullmatch(words) else "")
        except ValueError:
            if value is not None and words:
                said = f"not '{_short(words)}'"
                self.complain(value, f"`{name}` must be a day such as 2027-03-31, {said}")
            return date.min

    def elements(self, node: Node, name: str) -> tuple[Node, ...]:
        """The members of a list that is not empty."""
        value = node.child(name)
        if value is None:
            return ()
        if value.kind is not NodeKind.SEQUENCE or not value.elements:
            self.complain(value, f"`{name}` must be a list with at least one member")
        for element in value.elements[MAX_ENTRIES : MAX_ENTRIES + 1]:
            self.complain(element, f"`{name}` is read up to here: {MAX_ENTRIES:,} members")
        return value.elements[:MAX_ENTRIES]


def _entries(
    reading: _Reading,
    root: Node,
    kind: str,
    behaviours_of: Callable[[_Reading, Node, str], Iterator[Behaviour]],
) -> Iterator[Declaration]:
    """The entries that nothing is wrong with: each says why it holds, by whom, and until when."""
    seen: set[tuple[str, str]] = set()
    for node in reading.elements(root, kind):
        before = len(reading.problems)
        if not reading.is_mapping(node):
            continue
        name = reading.text(node, "name")
        file = reading.text(node, "file", required=False)
        if name and (name, file) in seen:
            reading.complain(node, f"{_short(name)} is declared twice")
        seen.add((name, file))
        behaviours = tuple(behaviours_of(reading, node, name))
        expires = _warranted(reading, node)
        if len(reading.problems) == before:
            at = evidence(reading.document, node.child("name") or node, plain(name))
            yield Declaration(name=name, file=file, behaviours=behaviours, at=at, expires=expires)


def _no_memory(reading: _Reading, node: Node | None) -> Declaration | None:
    """
    That there are no stores; of one that there is, its own file says what bounds it.
    """
    before = len(reading.problems)
    if node is None or not reading.is_mapping(node):
        return None
    reading.check_names(node, _MEMORY)
    stores = node.child("stores")
    if reading.text(node, "stores") not in {"", _NO_STORES}:
        reading.complain(stores or node, f"`stores` must be `{_NO_STORES}`")
    expires = _warranted(reading, node)
    if stores is None or len(reading.problems) > before:
        return None
    at = evidence(reading.document, stores, f"stores: {_NO_STORES}")
    return Declaration(name="memory", file="", behaviours=(), at=at, expires=expires)


def _warranted(reading: _Reading, node: Node) -> date:
    """The last day on which an entry counts, which says why, too, and by whose word."""
    reading.text(node, "reason")
    reading.text(node, "owner")
    return reading.day(node, "expires")


def _own(reading: _Reading, tool: Node, name: str) -> Iterator[Behaviour]:
    """What a tool does."""
    reading.check_names(tool, _TOOL)
    if all(tool.child(question) is None for question in _BEHAVIOUR):
        reading.complain(tool, f"says none of {', '.join(_BEHAVIOUR)}")
    yield _behaviour(reading, tool, name)


def _served(reading: _Reading, server: Node, _: str) -> Iterator[Behaviour]:
    """What each tool of a server does; the list is of all its tools."""
    reading.check_names(server, _SERVER)
    if server.child("tools") is None:
        reading.complain(server, "`tools` is missing")
    names: set[str] = set()
    for tool in reading.elements(server, "tools"):
        if not reading.is_mapping(tool):
            continue
        reading.check_names(tool, _SERVED_TOOL)
        name = reading.text(tool, "name")
        if name and name in names:
            reading.complain(tool, f"the tool {_short(name)} stands here twice")
        names.add(name)
        yield _behaviour(reading, tool, name)


def _behaviour(reading: _Reading, node: Node, name: str) -> Behaviour:
    return Behaviour(
        name=name,
        effects=reading.effects(node),
        reads_untrusted=reading.truth(node, "reads_untrusted"),
        reads_private=reading.truth(node, "reads_private"),
        egress=reading.truth(node, "egress"),
    )


def _short(text: str) -> str:
    """What stands in the file, as a message may show it."""
    return plain(text)[:_LONGEST]
