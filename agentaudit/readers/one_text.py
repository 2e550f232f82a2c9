"""Files that are read as one text: what stands in them has a form of its own, or none."""

from collections.abc import Iterable

from agentaudit.readers.document import Comment, Document, Node, NodeKind


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


def searched_text(
    file: str,
    syntax: str,
    text: str,
    *,
    comments: tuple[Comment, ...] = (),
    unread: Iterable[tuple[int | None, str]] = (),
) -> Document:
    """The text alone, with nothing below it; what is not read of it is told where that begins."""
    nothing = Node(kind=NodeKind.NULL, line=1, column=1, end_line=1, end_column=1)
    problems = tuple(
        (text.count("\n", 0, place) + 1, 1, message)
        for place, message in unread
        if place is not None
    )
    return Document(
        file=file, syntax=syntax, text=text, roots=(nothing,), comments=comments, problems=problems
    )
