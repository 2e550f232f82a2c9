"""
redis.conf: directives with their values, with a place for each.

Blanks of every kind part a name from its value, as they do for Redis. The last of two equals wins.
"""

import re

from agentaudit.readers.document import Comment, Document, Node, NodeKind
from agentaudit.readers.shell_words import shell_words

_DIRECTIVE = re.compile(r"\s*(?P<name>\S+)\s*(?P<rest>.*)", re.DOTALL)


def parse_redis(file: str, text: str) -> Document:
    """One mapping of directives, in lower case, to their values as one text."""
    entries: list[tuple[Node, Node]] = []
    comments: list[Comment] = []
    problems: list[tuple[int, int, str]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        directive = _DIRECTIVE.match(line)
        if directive is None:
            continue
        column, (name, rest) = directive.start("name") + 1, directive.groups()
        if name.startswith("#"):
            note = line.strip().lstrip("#").strip()
            comments.append(Comment(line=number, column=column, text=note))
            continue
        words = _words(rest)
        if words is None:
            problems.append((number, column, "a quote that does not end"))
            continue
        if not words:
            problems.append((number, column, "this directive has no value"))
            continue
        known = name.lower() if name.replace("-", "").isalpha() else name
        key = _node(number, column, len(name), known)
        at = directive.start("rest") + 1
        entries.append((key, _node(number, at, len(rest.rstrip()), " ".join(words))))
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
        return shell_words(text)
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
