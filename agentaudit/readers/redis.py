"""redis.conf: directives with their values, with a place for each. The last of two equals wins."""

import shlex

from agentaudit.readers.document import Comment, Document, Node, NodeKind


def parse_redis(file: str, text: str) -> Document:
    """One mapping of directives, in lower case, to their values as one text."""
    entries: list[tuple[Node, Node]] = []
    comments: list[Comment] = []
    problems: list[tuple[int, int, str]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        column = len(line) - len(line.lstrip()) + 1
        if stripped.startswith("#"):
            comments.append(Comment(line=number, column=column, text=stripped.lstrip("#").strip()))
        elif stripped:
            name, _, rest = stripped.partition(" ")
            at = line.index(name) + len(name) + (len(rest) - len(rest.lstrip())) + 2
            words = _words(rest)
            if words is None:
                problems.append((number, column, "a quote that does not end"))
                continue
            key = _node(number, column, len(name), name.lower())
            entries.append((key, _node(number, at, len(rest.strip()), " ".join(words))))
    root = Node(
        kind=NodeKind.MAPPING,
        line=1,
        column=1,
        end_line=max(text.count("\n"), 0) + 1,
        end_column=1,
        entries=tuple(entries),
    )
    return Document(
        file=file,
        syntax="ini",
        text=text,
        roots=(root,),
        comments=tuple(comments),
        problems=tuple(problems),
    )


def _words(text: str) -> list[str] | None:
    try:
        return shlex.split(text, comments=False)
    except ValueError:
        return None


def _node(line: int, column: int, length: int, raw: str) -> Node:
    return Node(
        kind=NodeKind.STRING,
        line=line,
        column=column,
        end_line=line,
        end_column=column + max(length, 1) - 1,
        raw=raw,
    )
