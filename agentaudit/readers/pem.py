"""PEM files: keys and certificates, as one text."""

from agentaudit.readers.document import Document, Node, NodeKind


def parse_pem(file: str, text: str) -> Document:
    """The whole text as one scalar, whatever blocks it holds."""
    lines = text.split("\n")
    root = Node(
        kind=NodeKind.STRING,
        line=1,
        column=1,
        end_line=len(lines),
        end_column=max(len(lines[-1]), 1),
        raw=text,
    )
    return Document(file=file, syntax="pem", text=text, roots=(root,))
