"""Where a secret stands within a text of many lines: a heredoc, a block of YAML, a script."""

from agentaudit.extract.settings import Setting
from agentaudit.readers.document import Node
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
    lines = lines_of(document.text)[node.line - 1 : min(node.end_line, node.line + _FAR)]
    for number, line in enumerate(lines, node.line):
        at = line.find(first, node.column - 1 if number == node.line else 0)
        if at >= 0:
            column = at + 1
            return node.changed(
                line=number, column=column, end_line=number, end_column=at + len(first)
            )
    return node
