"""
Files of rules, read strictly: what is asked of a field, and every problem with its place.

A loader that warns and skips is a security tool that silently checks less, so nothing here
guesses: problems gather while a file is read, and end the run together.
"""

from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from msgspec import Struct, field

from agentaudit.errors import InputError, Problem
from agentaudit.lists import MOST_HELPED, meant
from agentaudit.readers.document import Node, NodeKind
from agentaudit.readers.yaml import parse_yaml
from agentaudit.rules.folders import rule_paths

WordT = TypeVar("WordT", bound=StrEnum)
_NOTHING = Node(kind=NodeKind.MAPPING, line=1, column=1, end_line=1, end_column=1)


class Problems(Struct):
    """What is wrong with the files of one load."""

    found: list[Problem] = field(default_factory=list)

    def add(self, file: str, message: str, *, line: int | None = None, column: int = 1) -> None:
        self.found.append(
            Problem(file=file, message=message, line=line, column=column if line else None)
        )

    def end_the_run(self) -> None:
        """All problems at once, when there are any."""
        if self.found:
            order = sorted(
                self.found, key=lambda item: (item.file, item.line or 0, item.column or 0)
            )
            raise InputError(*order)


class Fields(Struct):
    """A mapping of a rule file, asked field by field."""

    file: str
    text: str
    node: Node
    problems: Problems

    def complain(self, node: Node, message: str) -> None:
        self.problems.add(self.file, message, line=node.line, column=node.column)

    def check_names(self, *known: str, besides: Collection[str] = ()) -> None:
        """No field stands here that nobody reads; of those besides somebody else speaks."""
        expected, listed = {*known, *besides}, f"; known: {', '.join(known)}"
        unknown = (name for name, _ in self.node.entries if name.raw not in expected)
        for number, name in enumerate(unknown):
            near = meant(name.raw, known, listed) if number < MOST_HELPED else listed
            self.complain(name, f"`{name.raw}` is not a field here{near}")

    def words(self, name: str, *, required: bool = True) -> str:
        """A text, its line ends made spaces; empty when it is missing."""
        return " ".join(self.raw(name, required=required).split())

    def raw(self, name: str, *, required: bool = True) -> str:
        node = self.node.child(name)
        if node is None:
            if required:
                self.complain(self.node, f"`{name}` is missing")
            return ""
        if not (node.text or "").strip():
            self.complain(node, f"`{name}` must be a text")
        return node.text or ""

    def choice(self, name: str, words: type[WordT]) -> WordT:
        """One of some words; the first of them when the file has none of them."""
        said = self.raw(name)
        known = tuple(words)
        if said in known:
            return words(said)
        node = self.node.child(name)
        if node is not None and said:
            self.complain(node, f"`{name}` must be one of {', '.join(known)}, not '{said}'")
        return known[0]

    def flag(self, name: str) -> bool:
        """True or false; false when it is missing."""
        node = self.node.child(name)
        if node is not None and node.raw not in ("true", "false"):
            self.complain(node, f"`{name}` must be true or false")
        return node is not None and node.raw == "true"

    def elements(self, name: str, *, required: bool = True, such_as: str = "") -> tuple[Node, ...]:
        """The members of a list that is not empty."""
        node = self.node.child(name)
        if node is None:
            if required:
                self.complain(self.node, f"`{name}` is missing")
            return ()
        if node.kind is not NodeKind.SEQUENCE or not node.elements:
            shown = f", such as {such_as}" if such_as else ""
            self.complain(node, f"`{name}` must be a list with at least one member{shown}")
            return ()
        return node.elements

    def within(self, node: Node) -> "Fields":
        """A mapping inside this one."""
        if node.kind is not NodeKind.MAPPING:
            self.complain(node, "must be a mapping")
            return Fields(self.file, self.text, _NOTHING, Problems())
        return Fields(self.file, self.text, node, self.problems)

    def place_in(self, name: str, line: int, column: int) -> tuple[int, int]:
        """
        Where a place in the text of a field stands in the file.

        A folded scalar has other line ends than its source, so characters are counted without
        white space, which both have in common.
        """
        node = self.node.child(name) or self.node
        value = node.text or ""
        offset = sum(len(part) + 1 for part in value.split("\n")[: line - 1]) + column - 1
        ink = sum(not letter.isspace() for letter in value[:offset])
        return self._after_ink(node, ink)

    def _after_ink(self, node: Node, ink: int) -> tuple[int, int]:
        lines = self.text.split("\n")
        column = node.column + (lines[node.line - 1][node.column - 1 : node.column] in ("'", '"'))
        row = node.line
        if lines[row - 1][column - 1 : column] in (">", "|"):
            row, column = row + 1, 1
        while row <= len(lines):
            for at, letter in enumerate(lines[row - 1][column - 1 :], start=column):
                if not letter.isspace():
                    if ink == 0:
                        return row, at
                    ink -= 1
            row, column = row + 1, 1
        return node.line, node.column


def why_unread(error: OSError | UnicodeError) -> str:
    """Why a file could not be read, in words of people."""
    if isinstance(error, UnicodeError):
        return "it is no text in UTF-8"
    return (error.strerror or type(error).__name__).lower()


def rule_files(folders: Sequence[Path], problems: Problems) -> Iterator[Fields]:
    """The mapping of every file of rules in the folders, sorted by name within each."""
    for folder in folders:
        for path in rule_paths(folder, problems.found):
            fields = fields_of(path, problems)
            if fields is not None:
                yield fields


def fields_of(path: Path, problems: Problems) -> Fields | None:
    """The one mapping of a YAML file; None, and a problem more, where there is none."""
    try:
        text = path.read_text(encoding="utf-8")
        document = parse_yaml(str(path), text)
    except (OSError, UnicodeError) as error:
        problems.add(str(path), f"cannot be read: {why_unread(error)}")
        return None
    except InputError as error:
        problems.found.extend(error.problems)
        return None
    if document.root.kind is not NodeKind.MAPPING or len(document.roots) > 1:
        problems.add(str(path), "must hold one mapping", line=1)
        return None
    return Fields(str(path), text, document.root, problems)
