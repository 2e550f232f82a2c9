"""
The files of one folder of Terraform, with what their variables, locals and outputs stand for.

A variable is what its variable files say, else what all callers pass, else its default.
"""

import posixpath
from collections.abc import Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from agentaudit.extract.credentials.secret_names import secret_name
from agentaudit.extract.terraform.blocks import Blocks, Member
from agentaudit.readers.document import Document, Node, NodeKind
from agentaudit.readers.effort import Effort, depth_of
from agentaudit.readers.hcl.syntax import Body, Expression
from agentaudit.readers.hcl.values import FILE, Folder, Resolved
from agentaudit.readers.places import in_file

_Passed = tuple[Folder, Expression]
"""An expression, and what folds it."""
_DEEPEST_VALUE = 60
_PATHS = ("module", "root", "cwd")
_STRUCTURED = ("json", "yaml")


class Files:
    """What files of JSON or YAML hold, each once: however many modules read it, however often."""

    def __init__(self, documents: Mapping[str, Document]) -> None:
        self._documents = documents
        self._held: dict[str, Node | None] = {}

    def held(self, path: str) -> Node | None:
        """What a file holds; its values stand there, and not where it is read."""
        if path not in self._held:
            found = self._documents.get(path)
            structured = found is not None and found.syntax in _STRUCTURED
            self._held[path] = in_file(found.root, path) if found and structured else None
        return self._held[path]


class Sources(Struct):
    """The files of one folder, the folders that call it, and those that it calls."""

    folder: str
    bodies: list[tuple[Document, Body]]
    callers: list[tuple["Sources", Member]] = field(default_factory=list)
    children: dict[str, "Sources"] = field(default_factory=dict)
    files: Files = field(default_factory=lambda: Files({}))
    """All that are in the audit, for `file` and `templatefile`."""
    effort: Effort = field(default_factory=Effort)
    _known: dict[tuple[str, ...], Resolved | None] = field(default_factory=dict)
    _blocks: dict[str, Blocks] = field(default_factory=dict)

    def blocks(self, kind: str) -> Blocks:
        """The top-level blocks of one kind; asked once all bodies are there."""
        if kind not in self._blocks:
            self._blocks[kind] = Blocks(kind, self.bodies)
        return self._blocks[kind]

    def members(self, kind: str) -> tuple[Member, ...]:
        """The top-level blocks of one kind, in order of files."""
        return self.blocks(kind).all

    def folder_for(self, document: Document) -> Folder:
        """What folds expressions of a file of this module."""
        return Folder(resolve=self.resolve, file=document.file, effort=self.effort)

    def resolve(self, route: tuple[str, ...]) -> Resolved | None:
        """The value of a reference, remembered; None for one that cannot be told or is circular."""
        if route in self._known:
            return self._known[route]
        self._known[route] = None
        before = self.effort.nodes
        found = self._value(route)
        if found is not None and depth_of(found.node, _DEEPEST_VALUE) > _DEEPEST_VALUE:
            found = None
        if found is not None:
            found = replace(found, weight=max(self.effort.nodes - before, 1))
        self._known[route] = found
        return found

    def _value(self, route: tuple[str, ...]) -> Resolved | None:
        match route:
            case ("var", name, *_):
                return resolved(self._variable(name), 2)
            case ("local", name, *_):
                return resolved(self._local(name), 2)
            case ("path", name, *_) if name in _PATHS:
                return resolved(text_of("."), 2)
            case (first, path) if first == FILE:
                named = posixpath.normpath(posixpath.join(self.folder, path))
                return resolved(self.files.held(named), 2)
            case ("module", name, output, *_) if name in self.children:
                return resolved(self.children[name].output(output), 3)
            case _:
                return None

    def _variable(self, name: str) -> Node | None:
        for document, body in self.bodies:
            found = body.attribute(name) if document.file.endswith(".tfvars") else None
            if found is not None:
                return self.folder_for(document).fold(found.value)
        if passed := self._passed(name):
            return self._agreed(passed)
        for member in self.blocks("variable").labelled(name):
            default = member.block.body.attribute("default")
            if default is not None:
                value = self.folder_for(member.document).fold(default.value)
                return None if _waits(name, member, value) else value
        return None

    def _passed(self, name: str) -> Sequence[_Passed]:
        """What the callers of this module pass; nothing where one of them leaves the default."""
        passed: list[_Passed] = []
        for caller, member in self.callers:
            found = member.block.body.attribute(name)
            if found is None:
                return ()
            passed.append((caller.folder_for(member.document), found.value))
        return passed

    @staticmethod
    def _agreed(passed: Sequence[_Passed]) -> Node | None:
        """What all of them pass; unknown where they differ, for then it is not one value."""
        (folder, value), *more = passed
        first = folder.fold(value)
        if not more:
            return first
        same = _plainly(first)
        agreed = same and all(_plainly(each.fold(other)) == same for each, other in more)
        return first if agreed else None

    def _local(self, name: str) -> Node | None:
        found = self.blocks("locals").attribute(name)
        return self.folder_for(found[0]).fold(found[1].value) if found is not None else None

    def output(self, name: str) -> Node | None:
        """The value of an output."""
        for member in self.blocks("output").labelled(name):
            found = member.block.body.attribute("value")
            if found is not None:
                return self.folder_for(member.document).fold(found.value)
        return None


def _plainly(node: Node) -> tuple[str, ...]:
    """A text or a list of texts, to compare it with another; nothing for what is neither."""
    told = [element.text for element in node.list()]
    texts = [text for text in told if text is not None]
    return (node.kind, *texts) if texts and len(texts) == len(told) else ()


def _waits(name: str, member: Member, default: Node) -> bool:
    """
    Whether a variable waits for a secret: `TF_VAR_api_key` gives it, and `""` only lets plans run.
    """
    if default.kind is not NodeKind.NULL and default.text != "":
        return False
    marked = member.block.body.attribute("sensitive")
    return (marked is not None and marked.value.source == "true") or secret_name(name) is not None


def resolved(node: Node | None, parts: int) -> Resolved | None:
    """What so many parts of a reference stand for; None where that is not known."""
    return Resolved(node=node, parts=parts) if node is not None else None


def text_of(value: str) -> Node:
    """A text that stands in no file."""
    return Node(kind=NodeKind.STRING, line=1, column=1, end_line=1, end_column=1, raw=value)
