"""
Dockerfiles: a sequence of instructions, each a mapping of its name to what follows it.

ENV, ARG and LABEL have a mapping of names to values, ONBUILD that of its instruction; every other
instruction has its text, with continued lines and heredocs joined.
"""

import re
from bisect import bisect_right
from collections import deque

from msgspec import Struct, field

from agentaudit.errors import named
from agentaudit.expressions import regex
from agentaudit.readers.document import Comment, Document, Node, NodeKind, text_between
from agentaudit.readers.shell_words import shell_words

_INSTRUCTION = regex(r"\s*(?P<name>[A-Za-z]+)(?:\s+(?P<rest>.*))?$", re.DOTALL)
_HEREDOC = regex(r"(?<!\S)\d{0,9}<<-?\s*[\"']?(?P<word>\w+)[\"']?")
"""A word of its own, as BuildKit has it: `1<<2` shifts, and `<<<` takes one line."""
_BACKTICK = regex(
    r"\A(?:[ \t]*#[ \t]*\w+[ \t]*=[^\n]*\n)*?[ \t]*#[ \t]*escape[ \t]*=[ \t]*`", re.IGNORECASE
)
"""The directive by which a backtick continues lines, as Dockerfiles for Windows have it."""
_LATER = "ONBUILD"
_PAIRS = frozenset({"ENV", "ARG", "LABEL"})
_PAIR = regex(
    r"(?<![\w.\-/])(?P<name>[\w.\-/]++)=(?P<value>\"(?:[^\"\\]++|\\.)*+\"|'[^']*'|(?:\\.|[^\s\\]++)*+)"
)


class _Logical(Struct):
    """One instruction, and the lines of the file that it is made of."""

    text: str = ""
    """All of its parts, once they are there."""
    parts: list[str] = field(default_factory=list)
    length: int = 0
    starts: list[int] = field(default_factory=list)
    """Where in the text each line begins."""
    lines: list[tuple[int, int]] = field(default_factory=list)
    """The number of each, and the column of its first character."""
    ends_with: deque[str] = field(default_factory=deque)
    """The words that end its heredocs, in order, while they do not come."""

    def append(self, text: str, line: int, column: int) -> None:
        self.starts.append(self.length)
        self.lines.append((line, column))
        self.parts.append(text)
        self.length += len(text)

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of a character; of the last one, for what stands behind it."""
        offset = max(min(offset, len(self.text) - 1), 0)
        at = bisect_right(self.starts, offset) - 1
        line, column = self.lines[at]
        return line, column + offset - self.starts[at]

    def node(self, start: int, end: int, raw: str) -> Node:
        return text_between(self.place, start, end, raw)


def parse_dockerfile(file: str, text: str) -> Document:
    """The instructions in order; a line that begins none is a problem."""
    comments: list[Comment] = []
    elements: list[Node] = []
    problems: list[tuple[int, int, str]] = []
    for logical in _logical_lines(text, comments):
        if logical.ends_with:
            what = f"the end of a text that begins here, {named(logical.ends_with[0])}, is missing"
            problems.append((*logical.place(0), what))
        match = _INSTRUCTION.match(logical.text)
        if match is None:
            problems.append((*logical.place(0), "no instruction begins here"))
            continue
        elements.append(_instruction(logical, match))
    end = text.count("\n") + 1
    root = Node(
        kind=NodeKind.SEQUENCE,
        line=1,
        column=1,
        end_line=end,
        end_column=1,
        elements=tuple(elements),
    )
    return Document(
        file=file,
        syntax="dockerfile",
        text=text,
        roots=(root,),
        comments=tuple(comments),
        problems=tuple(problems),
    )


def _logical_lines(text: str, comments: list[Comment]) -> list[_Logical]:
    found: list[_Logical] = []
    current: _Logical | None = None
    escape = "`" if _BACKTICK.match(text) else "\\"
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        if current is not None and current.ends_with:
            current.append("\n" + line, number, 0)
            if stripped == current.ends_with[0]:
                current.ends_with.popleft()
            current = current if current.ends_with else None
            continue
        if stripped.startswith("#"):
            column = line.index("#") + 1
            comments.append(Comment(line=number, column=column, text=stripped.lstrip("#").strip()))
            continue
        if not stripped:
            continue
        if current is None:
            current = _Logical()
            found.append(current)
        continued = stripped.endswith(escape)
        current.append(line.rstrip().removesuffix(escape) + " " * continued, number, 1)
        current.ends_with = deque(opening["word"] for opening in _HEREDOC.finditer(line))
        current = current if continued or current.ends_with else None
    for logical in found:
        logical.text = "".join(logical.parts)
    return found


def _instruction(logical: _Logical, match: re.Match[str]) -> Node:
    name = match["name"].upper()
    rest = match["rest"] or ""
    start = match.start("rest") if rest else match.end("name")
    key = logical.node(match.start("name"), match.end("name"), name)
    value = logical.node(start, start + len(rest.rstrip()), rest.strip())
    if name in _PAIRS:
        value = _mapping(value, _pairs(logical, name, start, rest))
    elif name == _LATER and (inner := _INSTRUCTION.match(logical.text, start)) is not None:
        value = _instruction(logical, inner) if inner["name"].upper() != _LATER else value
    return _mapping(logical.node(match.start("name"), len(logical.text), ""), ((key, value),))


def _mapping(place: Node, entries: tuple[tuple[Node, Node], ...]) -> Node:
    return Node(
        kind=NodeKind.MAPPING,
        line=place.line,
        column=place.column,
        end_line=place.end_line,
        end_column=place.end_column,
        entries=entries,
    )


def _pairs(logical: _Logical, name: str, start: int, rest: str) -> tuple[tuple[Node, Node], ...]:
    first = rest.split(maxsplit=1)
    if first and "=" not in first[0]:
        return _old_form(logical, name, start, rest)
    return tuple(
        (
            logical.node(start + pair.start("name"), start + pair.end("name"), pair["name"]),
            logical.node(
                start + pair.start("value"), start + pair.end("value"), _unquoted(pair["value"])
            ),
        )
        for pair in _PAIR.finditer(rest)
    )


def _old_form(logical: _Logical, name: str, start: int, rest: str) -> tuple[tuple[Node, Node], ...]:
    """`ENV NAME value` and `ARG NAME`, the forms without an equals sign."""
    words = rest.split(maxsplit=1)
    key = logical.node(start, start + len(words[0]), words[0])
    value = words[1].strip() if len(words) > 1 and name != "ARG" else ""
    at = start + (rest.index(value, len(words[0])) if value else len(words[0]) + 1)
    return ((key, logical.node(at, at + len(value), _unquoted(value))),)


def _unquoted(value: str) -> str:
    try:
        return " ".join(shell_words(value))
    except ValueError:
        return value
