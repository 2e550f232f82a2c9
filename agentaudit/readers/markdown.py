"""Instructions for agents (CLAUDE.md, skills, prompts): front matter, and the text itself."""

import re

from agentaudit.errors import InputError
from agentaudit.readers.document import Comment, Document, Node, NodeKind, text_at
from agentaudit.readers.lines import Lines
from agentaudit.readers.yaml import parse_yaml

_FRONT = re.compile(r"\A---[ \t]*\r?\n(?P<yaml>.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_LINE = re.compile(r"^(?P<name>[\w-]+):[ \t]*(?P<value>\S.*?)[ \t\r]*$")
_COMMENT = re.compile(r"<!--(?P<text>.*?)-->", re.DOTALL)


def parse_markdown(file: str, text: str) -> Document:
    """The front matter as root (an empty mapping without one); `text` is the whole file."""
    lines = Lines(text)
    end_line, end_column = lines.place(max(len(text) - 1, 0))
    root = Node(kind=NodeKind.MAPPING, line=1, column=1, end_line=end_line, end_column=end_column)
    front = _FRONT.match(text)
    if front is not None:
        entries = _front_matter(file, front["yaml"])
        root = root.changed(entries=entries)
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
    )


def _front_matter(file: str, text: str) -> tuple[tuple[Node, Node], ...]:
    """
    The entries as YAML, or else line by line.

    The agents that read these files take `description: use it when: …`, which is no YAML.
    """
    try:
        # A newline in place of the fence keeps every line where it is.
        return parse_yaml(file, "\n" + text).root.entries
    except InputError:
        lines = enumerate(text.split("\n"), start=2)
        found = ((number, _LINE.match(line)) for number, line in lines)
        return tuple(
            (
                text_at(number, match.start("name"), match["name"]),
                text_at(number, match.start("value"), match["value"]),
            )
            for number, match in found
            if match is not None
        )
