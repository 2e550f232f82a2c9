"""
JSON and JSON with comments, with a place for every node.

Comments and trailing commas are read, as agents' own configuration loaders do. Equal keys are
refused: loaders differ in which of the two they take, and an attacker picks the one we do not.
"""

import json
import re
from sys import intern

from agentaudit.errors import InputError
from agentaudit.expressions import regex
from agentaudit.readers.document import (
    MAPPING,
    NUMBER,
    SEQUENCE,
    STRING,
    UNKNOWN,
    Comment,
    Document,
    Node,
    NodeKind,
    entries_of,
)
from agentaudit.readers.lines import (
    MAX_COMMENTS,
    MAX_DEPTH,
    Lines,
    broken,
    said_twice,
    too_many_comments,
)
from agentaudit.readers.routes import with_bounded_routes

_TOKENS = r"""[ \t\r\n\ufeff]*+(?:
    (  [\[\]{}:,]
     | "(?:[^"\\\x00-\x1f]++|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*+"
     | -?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.])
     | (?:true|false|null)\b
    )
    (?:[ \t]*+([:,]))?  # it comes behind most of the others, and takes no turn of its own
  | (//[^\n]*|/\*.*?\*/)
  | \Z
    )"""
_TOKEN = regex(_TOKENS, re.VERBOSE | re.DOTALL)
_OF_TEMPLATE = regex(
    _TOKENS.replace(r"| (?:true", r"| \$\{[^{}\"\n]{1,200}\} | (?:true"), re.VERBOSE | re.DOTALL
)
"""The same where Terraform fills in what stands bare: `"cpu": ${cpu}`."""
_FILLED_IN = (".tpl", ".tftpl")
_BLANK = " \t\r\n\ufeff"
_MOST_TOKENS = 200_000
_WORDS = {"true": NodeKind.BOOLEAN, "false": NodeKind.BOOLEAN, "null": NodeKind.NULL}
_MARKS = frozenset("[]{}:,")
_QUOTE, _OTHER = '"', "0"


def parse_json(file: str, text: str) -> Document:
    """The document of a JSON or JSONC text; InputError where it is broken."""
    reading = _Reading(file, text, 0, len(text))
    reading.tokenise(1, 0)
    root = reading.value(0)
    if reading.marks[reading.at]:
        raise reading.error("there is more after the end of the value")
    comments = tuple(reading.comments)
    return with_bounded_routes(
        Document(file=file, syntax="json", text=text, roots=(root,), comments=comments)
    )


def parse_json_part(file: str, text: str, lines: Lines, *, start: int, end: int) -> Node:
    """The value between two offsets, placed in the whole text; InputError where it is broken."""
    reading = _Reading(file, text, start, end)
    line, column = lines.place(start)
    reading.tokenise(line, start - column + 1)
    return reading.value(0)


class _Reading:
    """Tokens in their order, and which comes next. Only an error asks where a token stands."""

    __slots__ = (
        "at",
        "brackets",
        "comments",
        "end",
        "file",
        "marks",
        "scalars",
        "start",
        "text",
        "token",
    )

    def __init__(self, file: str, text: str, start: int, end: int) -> None:
        self.file, self.text, self.start, self.end = file, text, start, end
        self.token = _OF_TEMPLATE if file.endswith(_FILLED_IN) else _TOKEN
        self.marks: list[str] = []
        """What each token is: a mark, a quote for a string, 0 for another scalar; empty at last."""
        self.scalars: list[Node] = []
        """Strings, numbers and words, the first last when all are told apart."""
        self.brackets: list[tuple[int, int]] = []
        """Lines and columns, in the same order."""
        self.comments: list[Comment] = []
        self.at = 0

    def tokenise(self, line: int, line_start: int) -> None:
        """All tokens; what is done for each is written out, for there are many."""
        text, offset, counted, marks = self.text, self.start, self.start, self.marks
        while len(marks) <= _MOST_TOKENS:
            match = self.token.match(text, offset, self.end)
            if match is None:
                raise self.unreadable(offset)
            said, separator, comment = match.groups()
            offset, start = match.end(), match.start(1 if said else 3)
            between = text[counted : start if start >= 0 else offset]
            if "\n" in between:
                line += between.count("\n")
                line_start = counted + between.rfind("\n") + 1
            counted = start if comment else offset  # a comment may have lines
            if said:
                self.take(said, line, start - line_start + 1)
                if separator:
                    marks.append(separator)
            elif comment:
                self.note(line, start - line_start + 1, comment)
            else:
                marks.append("")
                self.scalars.reverse()
                self.brackets.reverse()
                return
        raise broken(self.file, 1, 1, f"more than {_MOST_TOKENS:,} tokens")

    def take(self, said: str, line: int, column: int) -> None:
        """A mark, a string, a number or a word, which stand on one line."""
        if said in _MARKS:
            self.marks.append(said)
            if said not in ",:":
                self.brackets.append((line, column))
            return
        string = said[0] == _QUOTE
        self.marks.append(_QUOTE if string else _OTHER)
        self.scalars.append(
            Node(
                kind=STRING
                if string
                else _WORDS.get(said) or (UNKNOWN if said[0] == "$" else NUMBER),
                line=line,
                column=column,
                end_line=line,
                end_column=column + len(said) - 1,
                raw=intern(_decoded(said) if string else said),
            )
        )

    def note(self, line: int, column: int, comment: str) -> None:
        if len(self.comments) >= MAX_COMMENTS:
            raise too_many_comments(self.file)
        self.comments.append(Comment(line=line, column=column, text=comment.strip("/*").strip()))

    def unreadable(self, offset: int) -> InputError:
        at = self.end - len(self.text[offset : self.end].lstrip(_BLANK))
        return broken(self.file, *Lines(self.text).place(at), _unexpected(self.text, at))

    def error(self, message: str) -> InputError:
        """What is wrong with the next token, where it stands; where the last one ends, if none."""
        spans = [
            match.span(group)
            for match in self.token.finditer(self.text, self.start, self.end)
            for group in (1, 2)
            if match[group]
        ]
        starts = [start for start, _ in spans]
        offset = [*starts, spans[-1][1] - 1 if spans else 0][self.at]
        return broken(self.file, *Lines(self.text).place(offset), message)

    def value(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self.error(f"nested deeper than {MAX_DEPTH}")
        mark = self.marks[self.at]
        if mark in (_QUOTE, _OTHER):
            self.at += 1
            return self.scalars.pop()
        if mark == "{":
            return self.mapping(depth)
        if mark == "[":
            return self.sequence(depth)
        raise self.error(f"`{mark}` stands where a value belongs" if mark else "a value is missing")

    def mapping(self, depth: int) -> Node:
        marks, begin = self.marks, self.brackets.pop()
        entries: dict[str, tuple[Node, Node]] = {}
        self.at += 1
        while marks[self.at] != "}":
            if marks[self.at] != _QUOTE:
                raise self.error("a key in double quotes, or `}`, belongs here")
            key = self.scalars.pop()
            if key.raw in entries:
                raise self.error(said_twice(key.raw))
            self.at += 1
            if marks[self.at] != ":":
                raise self.error("`:` belongs here")
            self.at += 1
            entries[key.raw] = (key, self.value(depth + 1))
            self.separator("}")
        return self.collection(MAPPING, begin, entries=entries_of(entries.values()))

    def sequence(self, depth: int) -> Node:
        marks, begin = self.marks, self.brackets.pop()
        elements: list[Node] = []
        self.at += 1
        while marks[self.at] != "]":
            elements.append(self.value(depth + 1))
            self.separator("]")
        return self.collection(SEQUENCE, begin, elements=tuple(elements))

    def separator(self, closing: str) -> None:
        mark = self.marks[self.at]
        if mark == ",":
            self.at += 1
        elif mark != closing:
            raise self.error(f"`,` or `{closing}` belongs here")

    def collection(
        self,
        kind: NodeKind,
        begin: tuple[int, int],
        *,
        entries: tuple[tuple[Node, Node], ...] = (),
        elements: tuple[Node, ...] = (),
    ) -> Node:
        """A mapping or a sequence up to its last bracket, which comes next."""
        self.at += 1
        (line, column), (end_line, end_column) = begin, self.brackets.pop()
        return Node(
            kind=kind,
            line=line,
            column=column,
            end_line=end_line,
            end_column=end_column,
            entries=entries,
            elements=elements,
        )


def _decoded(quoted: str) -> str:
    """The text of a JSON string; a surrogate without its other half becomes U+FFFD."""
    if "\\" not in quoted:
        return quoted[1:-1]
    text: str = json.loads(quoted)
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unexpected(text: str, offset: int) -> str:
    if text[offset] == '"':
        return "a string that does not end, or holds a bad escape"
    if text.startswith("/*", offset):
        return "a comment that does not end"
    return "this is not JSON"
