"""
JSON and JSON with comments, with a place for every node.

Comments and trailing commas are read, as agents' own configuration loaders do. Equal keys are
refused: loaders differ in which of the two they take, and an attacker picks the one we do not.
"""

import json
import re
from sys import intern

import msgspec
from msgspec import Struct, field

from agentaudit.expressions import regex
from agentaudit.readers.document import Comment, Document, Node, NodeKind, entries_of
from agentaudit.readers.lines import (
    MAX_COMMENTS,
    MAX_DEPTH,
    Lines,
    broken,
    too_many_comments,
)
from agentaudit.readers.routes import with_bounded_routes

_TOKEN = regex(
    r"""[ \t\r\n\ufeff]*+(?:
    (?P<mark>[\[\]{}:,])
  | (?P<string>"(?:[^"\\\x00-\x1f]++|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*+")
  | (?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.]))
  | (?P<word>true\b|false\b|null\b)
  | (?P<comment>//[^\n]*|/\*.*?\*/)
  | (?P<end>\Z)
    )""",
    re.VERBOSE | re.DOTALL,
)
_BLANK = " \t\r\n\ufeff"
_MOST_TOKENS = 200_000
_WORDS = {"true": NodeKind.BOOLEAN, "false": NodeKind.BOOLEAN, "null": NodeKind.NULL}


class _Token(msgspec.Struct, frozen=True, gc=False):
    kind: str
    text: str
    start: int
    end: int


def parse_json(file: str, text: str) -> Document:
    """The document of a JSON or JSONC text; InputError where it is broken."""
    reading = _Reading(file, text, Lines(text))
    reading.tokenise()
    root = reading.value(0)
    if reading.at < len(reading.tokens):
        raise reading.error("there is more after the end of the value")
    comments = tuple(reading.comments)
    return with_bounded_routes(
        Document(file=file, syntax="json", text=text, roots=(root,), comments=comments)
    )


def parse_json_part(file: str, text: str, lines: Lines, *, start: int, end: int) -> Node:
    """The value between two offsets, placed in the whole text; InputError where it is broken."""
    reading = _Reading(file, text, lines)
    reading.tokenise(start, end)
    return reading.value(0)


class _Reading(Struct):
    file: str
    text: str
    lines: Lines
    tokens: list[_Token] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    at: int = 0

    def tokenise(self, offset: int = 0, end: int | None = None) -> None:
        text, tokens, end = self.text, self.tokens, len(self.text) if end is None else end
        while True:
            match = _TOKEN.match(text, offset, end)
            if match is None:
                offset = end - len(text[offset:end].lstrip(_BLANK))
                raise broken(self.file, *self.lines.place(offset), _unexpected(text, offset))
            kind = match.lastgroup or ""
            token, offset = match[kind], match.end()
            if kind == "comment":
                line, column = self.lines.place(offset - len(token))
                said = token.strip("/*").strip()
                if len(self.comments) >= MAX_COMMENTS:
                    raise too_many_comments(self.file)
                self.comments.append(Comment(line=line, column=column, text=said))
            elif kind == "end":
                return
            else:
                tokens.append(_Token(kind, token, offset - len(token), offset))
            if len(tokens) > _MOST_TOKENS:
                raise broken(self.file, 1, 1, f"more than {_MOST_TOKENS:,} tokens")

    def error(self, message: str) -> Exception:
        end = self.tokens[-1].end - 1 if self.tokens else 0
        offset = self.tokens[self.at].start if self.at < len(self.tokens) else end
        return broken(self.file, *self.lines.place(offset), message)

    def value(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self.error(f"nested deeper than {MAX_DEPTH}")
        if self.at >= len(self.tokens):
            raise self.error("a value is missing")
        token = self.tokens[self.at]
        if token.text == "{":
            return self.mapping(depth)
        if token.text == "[":
            return self.sequence(depth)
        if token.kind == "mark":
            raise self.error(f"`{token.text}` stands where a value belongs")
        self.at += 1
        return self.scalar(token)

    def scalar(self, token: _Token) -> Node:
        if token.kind == "string":
            kind, raw = NodeKind.STRING, _decoded(token.text)
        elif token.kind == "number":
            kind, raw = NodeKind.NUMBER, token.text
        else:
            kind, raw = _WORDS[token.text], token.text
        return self.node(kind, token.start, token.end, raw=raw)

    def mapping(self, depth: int) -> Node:
        start = self.tokens[self.at].start
        entries: dict[str, tuple[Node, Node]] = {}
        self.at += 1
        while not self.taken("}"):
            if self.at >= len(self.tokens) or self.tokens[self.at].kind != "string":
                raise self.error("a key in double quotes, or `}`, belongs here")
            key = self.scalar(self.tokens[self.at])
            if key.raw in entries:
                raise self.error(f"the key `{key.raw[:40]}` stands here twice")
            self.at += 1
            if not self.taken(":"):
                raise self.error("`:` belongs here")
            entries[key.raw] = (key, self.value(depth + 1))
            self.separator("}")
        end = self.tokens[self.at - 1].end
        return self.node(NodeKind.MAPPING, start, end, entries=entries_of(entries.values()))

    def sequence(self, depth: int) -> Node:
        start = self.tokens[self.at].start
        elements: list[Node] = []
        self.at += 1
        while not self.taken("]"):
            elements.append(self.value(depth + 1))
            self.separator("]")
        end = self.tokens[self.at - 1].end
        return self.node(NodeKind.SEQUENCE, start, end, elements=tuple(elements))

    def taken(self, mark: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at].text == mark:
            self.at += 1
            return True
        return False

    def separator(self, closing: str) -> None:
        if self.at < len(self.tokens) and self.tokens[self.at].text == closing:
            return
        if not self.taken(","):
            raise self.error(f"`,` or `{closing}` belongs here")

    def node(
        self,
        kind: NodeKind,
        start: int,
        end: int,
        *,
        raw: str = "",
        entries: tuple[tuple[Node, Node], ...] = (),
        elements: tuple[Node, ...] = (),
    ) -> Node:
        line, column = self.lines.place(start)
        end_line, end_column = self.lines.place(end - 1)
        return Node(
            kind=kind,
            line=line,
            column=column,
            end_line=end_line,
            end_column=end_column,
            raw=intern(raw),
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
