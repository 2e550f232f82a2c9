"""Where a secret stands within a text of many lines, such as a heredoc, and what is around it."""

from collections.abc import Iterator

from agentaudit.extract.settings import Setting
from agentaudit.readers.document import Document, Node
from agentaudit.readers.lines import lines_of

TEXTS_OF_LINES = frozenset({"yaml", "toml", "hcl", "dockerfile"})
"""Syntaxes in which a value has as many lines as it likes, and no comments between them."""
_FAR = 2_000
"""Lines of a text in which it is looked for."""


def own_place(setting: Setting, secret: str) -> Node:
    """The secret's first line as a node; the whole text where it is written in another way."""
    node, first = setting.value, secret.partition("\n")[0]
    document = setting.document
    here = document.syntax in TEXTS_OF_LINES and node.file in ("", document.file)
    if node.line == node.end_line or not first or not here:
        return node
    for line, column in places_within(document, node, first, (node.line, node.column)):
        return on_line(node, line, column, first)
    return node


def places_within(
    document: Document, node: Node, words: str, begin: tuple[int, int]
) -> Iterator[tuple[int, int]]:
    """The lines of a node's text, from a place on, in which words stand, and where."""
    first, column = begin
    lines = lines_of(document.text)[first - 1 : min(node.end_line, first + _FAR)]
    for number, line in enumerate(lines, first):
        at = line.find(words, column - 1 if number == first else 0)
        if at >= 0:
            yield number, at + 1


def lines_around(setting: Setting, near: int, far: int) -> Iterator[str]:
    """So many lines before and behind a value; of each what is no farther, in characters."""
    line, lines = setting.value.line, lines_of(setting.document.text)
    for number in range(max(line - 1 - near, 0), min(line + near, len(lines))):
        start = max(setting.value.column - far, 0) if number == line - 1 else 0
        yield lines[number][start : start + 2 * far]


def on_line(node: Node, line: int, column: int, words: str) -> Node:
    """A node where words stand on one line."""
    return node.changed(line=line, column=column, end_line=line, end_column=column + len(words) - 1)
