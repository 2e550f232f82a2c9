"""Instructions for agents (CLAUDE.md, skills, prompts): front matter, and the text itself."""

import re
from collections.abc import Iterator

from agentaudit.errors import InputError
from agentaudit.readers.document import Comment, Document, Node, said_again, text_at
from agentaudit.readers.lines import Lines
from agentaudit.readers.one_text import whole_mapping
from agentaudit.readers.yaml import parse_yaml

_FRONT = re.compile(r"\A---[ \t]*\r?\n(?P<yaml>.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_LINE = re.compile(
    r"^(?P<name>[\w-]+):[ \t]*(?P<value>\S(?:[^ \t\r\n]++|[ \t\r]++(?!$))*+)[ \t\r]*$"
)
_SAYS = re.compile(r"\s*[^\s#]")
_COMMENT = re.compile(r"<!--(?P<text>.*?)-->", re.DOTALL)
_CLOSED = "-->"
_MOST_LOOSE = 20
"""Lines of front matter that are no YAML, before all of it is taken line by line."""
_Entries = tuple[tuple[Node, Node], ...]
_Problems = tuple[tuple[int, int, str], ...]
_UNREAD = "front matter that is no YAML: of its lines only names with a value are read"


def parse_markdown(file: str, text: str) -> Document:
    """The front matter as root (an empty mapping without one); `text` is the whole file."""
    lines = Lines(text)
    root = whole_mapping(lines, text)
    front = _FRONT.match(text)
    unread: _Problems = ()
    if front is not None:
        entries, unread = _front_matter(file, front["yaml"])
        root = root.changed(entries=entries)
    return Document(
        file=file,
        syntax="markdown",
        text=text,
        roots=(root,),
        comments=tuple(_comments(text, lines)),
        problems=(*said_again(root.entries), *unread),
    )


def _comments(text: str, lines: Lines) -> Iterator[Comment]:
    """Behind the last one's end no other is sought: each would be, to the end of the file."""
    for found in _COMMENT.finditer(text, 0, text.rfind(_CLOSED) + len(_CLOSED)):
        line, column = lines.place(found.start())
        yield Comment(line=line, column=column, text=found["text"].strip())


def _front_matter(file: str, text: str) -> tuple[_Entries, _Problems]:
    """
    The entries as YAML; of a line that is none, its name and what follows.

    The agents that read these files take `description: use it when: …`, which is no YAML. Where
    all is taken line by line, the first line that says nothing so is told: a hook may stand there.
    """
    lines = ["", *text.split("\n")]  # the first stands for the fence, and the others where they are
    loose: list[tuple[Node, Node]] = []
    for _ in range(_MOST_LOOSE):
        try:
            entries = parse_yaml(file, "\n".join(lines)).root.entries
        except InputError as error:
            number = error.problems[0].line or 1
            entry = _loose(lines, number)
            if entry is None:
                break
            loose.append(entry)
            lines[number - 1] = ""
        else:
            return tuple(sorted((*entries, *loose), key=lambda pair: pair[0].line)), ()
    lines = ["", *text.split("\n")]
    found = {number: _loose(lines, number) for number in range(1, len(lines) + 1)}
    entries = tuple(entry for entry in found.values() if entry is not None)
    unread = [
        number for number in found if found[number] is None and _SAYS.match(lines[number - 1])
    ]
    return entries, tuple((number, 1, _UNREAD) for number in unread[:1])


def _loose(lines: list[str], number: int) -> tuple[Node, Node] | None:
    """What a line says as a name and a value; None where it is no such line."""
    match = _LINE.match(lines[number - 1]) if number <= len(lines) else None
    if match is None:
        return None
    name, value = (text_at(number, match.start(part), match[part]) for part in ("name", "value"))
    return name, value
