"""Instructions for agents (CLAUDE.md, skills, prompts): front matter, and the text itself."""

import re
from dataclasses import replace

from agentaudit.errors import InputError
from agentaudit.readers.document import Comment, Document, Node, NodeKind
from agentaudit.readers.lines import Lines
from agentaudit.readers.yaml import parse_yaml

_FRONT = re.compile(r"\A---[ \t]*\r?\n(?P<yaml>.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_COMMENT = re.compile(r"<!--(?P<text>.*?)-->", re.DOTALL)


def parse_markdown(file: str, text: str) -> Document:
    """The front matter as root (an empty mapping without one); `text` is the whole file."""
    lines = Lines(text)
    end_line, end_column = lines.place(max(len(text) - 1, 0))
    root = Node(kind=NodeKind.MAPPING, line=1, column=1, end_line=end_line, end_column=end_column)
    problems: tuple[tuple[int, int, str], ...] = ()
    front = _FRONT.match(text)
    if front is not None:
        try:
            # A newline in place of the fence keeps every line where it is.
            parsed = parse_yaml(file, "\n" + front["yaml"]).root
            if parsed.kind is NodeKind.MAPPING:
                root = replace(parsed, line=1, column=1, end_line=end_line, end_column=end_column)
        except InputError as error:
            problem = error.problems[0]
            problems = ((problem.line or 1, problem.column or 1, problem.message),)
    comments = tuple(
        Comment(
            line=lines.place(found.start())[0],
            column=lines.place(found.start())[1],
            text=found["text"].strip(),
        )
        for found in _COMMENT.finditer(text)
    )
    return Document(
        file=file,
        syntax="markdown",
        text=text,
        roots=(root,),
        comments=comments,
        problems=problems,
    )
