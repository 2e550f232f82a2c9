"""JSON and YAML as texts within another file, with the places that their parts have there."""

import re
from collections.abc import Sequence

from msgspec import Struct

from agentaudit.errors import InputError
from agentaudit.extract.documents import Documents
from agentaudit.readers.document import Document, Node, NodeKind
from agentaudit.readers.jsonc import parse_json
from agentaudit.readers.lines import lines_of
from agentaudit.readers.syntax import parse

_INTERPOLATION = re.compile(r"\$\{(?!\w+:)[^{}]*\}")
"""An interpolation that somebody fills in; `${aws:username}` is IAM's own."""


def embedded(node: Node, document: Document, documents: Documents) -> Node | None:
    """A structure: the node itself, or what its text is as JSON; None when it is neither."""
    if node.kind in (NodeKind.MAPPING, NodeKind.SEQUENCE):
        return node
    if not node.raw.lstrip().startswith(("{", "[")):
        return None
    try:
        root = parse_json(document.file, _INTERPOLATION.sub(_quotable, node.raw)).root
    except InputError:
        return None
    return _in_place(root, node, document, documents)


def embedded_yaml(node: Node, document: Document, documents: Documents) -> Node | None:
    """What a text is as YAML, such as a file in a ConfigMap; None when it cannot be read so."""
    return embedded_text(node, document, documents, "yaml")


def embedded_text(node: Node, document: Document, documents: Documents, syntax: str) -> Node | None:
    """What a text within another file is in its own syntax; None when it cannot be read so."""
    roots = embedded_roots(node, document, documents, syntax)
    return roots[0] if roots else None


def embedded_roots(
    node: Node, document: Document, documents: Documents, syntax: str
) -> Sequence[Node] | None:
    """Every document of such a text."""
    try:
        roots = parse(document.file, syntax, node.raw).roots
    except InputError:
        return None
    return [_in_place(root, node, document, documents) for root in roots]


def _in_place(root: Node, node: Node, document: Document, documents: Documents) -> Node:
    file = node.file or document.file
    origin = documents.at(file) or document
    lines = lines_of(origin.text) if node.end_line > node.line else ()
    return _Embedding(node, node.raw.split("\n"), lines).moved(root)


def _quotable(match: re.Match[str]) -> str:
    """An interpolation without the quotes that would end the JSON string around it."""
    return match[0].replace('"', "'")


class _Embedding(Struct, frozen=True):
    """Places in a text that stands in a file: a heredoc keeps its lines, a string has one place."""

    node: Node
    text: list[str]
    lines: Sequence[str]

    def moved(self, inner: Node) -> Node:
        line, end_line = self._line(inner.line), self._line(inner.end_line)
        several = self.node.end_line > self.node.line
        shift = self._shift(inner.line, line) if several else 0
        end_shift = self._shift(inner.end_line, end_line) if several else 0
        return inner.changed(
            line=line,
            column=inner.column + shift if several else self.node.column,
            end_line=end_line,
            end_column=inner.end_column + end_shift if several else self.node.end_column,
            entries=tuple((self.moved(key), self.moved(value)) for key, value in inner.entries),
            elements=tuple(self.moved(element) for element in inner.elements),
            file=self.node.file,
        )

    def _line(self, line: int) -> int:
        """The line in the file: the text begins on the line after its marker."""
        several = self.node.end_line > self.node.line
        return min(self.node.line + line, self.node.end_line) if several else self.node.line

    def _shift(self, inner: int, outer: int) -> int:
        """The indentation that an indented heredoc took away."""
        if outer > len(self.lines):
            return 0
        return _indentation(self.lines[outer - 1]) - _indentation(self.text[inner - 1])


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())


def unresolved(node: Node) -> bool:
    """Whether a value depends on what the files do not say."""
    return node.unknown or _INTERPOLATION.search(node.raw) is not None
