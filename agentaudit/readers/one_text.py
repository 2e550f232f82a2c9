"""Files that are read as one text: what stands in them has a form of its own, or none."""

from agentaudit.readers.document import Document, Node, NodeKind


def one_text(file: str, syntax: str, text: str) -> Document:
    """The whole text as one scalar."""
    lines = text.split("\n")
    root = Node(
        kind=NodeKind.STRING,
        line=1,
        column=1,
        end_line=len(lines),
        end_column=max(len(lines[-1]), 1),
        raw=text,
    )
    return Document(file=file, syntax=syntax, text=text, roots=(root,))
