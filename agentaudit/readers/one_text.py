"""Files that are read as one text: what stands in them has a form of its own, or none."""

import re
from collections.abc import Iterable, Iterator

from agentaudit.expressions import regex
from agentaudit.readers.document import COMMENT_MARKS, TO_US, Comment, Document, Node, NodeKind
from agentaudit.readers.lines import Lines

_COMMENT = regex(
    rf"(?:^|(?<=\s))(?:{'|'.join(map(re.escape, COMMENT_MARKS))}|rem\b)[ \t]*"
    rf"(?P<text>{TO_US}[^\n]*)",
    re.MULTILINE | re.IGNORECASE,
)
"""However comments begin in what is not parsed: a string that looks like one is the file's own."""


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
    return Document(
        file=file, syntax=syntax, text=text, roots=(root,), comments=_comments_to_us(text)
    )


def whole_mapping(lines: Lines, text: str, entries: tuple[tuple[Node, Node], ...] = ()) -> Node:
    """A mapping that is a whole text."""
    end_line, end_column = lines.place(max(len(text) - 1, 0))
    return Node(
        kind=NodeKind.MAPPING,
        line=1,
        column=1,
        end_line=end_line,
        end_column=end_column,
        entries=entries,
    )


def searched_text(
    file: str,
    syntax: str,
    text: str,
    *,
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
        file=file,
        syntax=syntax,
        text=text,
        roots=(nothing,),
        comments=_comments_to_us(text),
        problems=problems,
    )


def _comments_to_us(text: str) -> tuple[Comment, ...]:
    return tuple(_found(text)) if TO_US in text else ()


def _found(text: str) -> Iterator[Comment]:
    lines = Lines(text)
    for match in _COMMENT.finditer(text):
        line, column = lines.place(match.start())
        said = match["text"].strip().removesuffix("*/").removesuffix("-->").strip()
        yield Comment(line=line, column=column, text=said)
