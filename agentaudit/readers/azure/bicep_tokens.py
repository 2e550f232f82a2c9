"""
The tokens of Bicep, each with its offsets.

Source: the Bicep language specification (github.com/Azure/bicep, docs/spec) and Microsoft Learn,
"Bicep file structure and syntax" and "Data types in Bicep" (strings, multi-line strings).
"""

import re

import msgspec
from msgspec import Struct, field

from agentaudit.readers.document import Comment
from agentaudit.readers.escapes import character_of
from agentaudit.readers.lines import Lines, broken

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\ufeff]+|\#(?:disable|restore)-[^\n]*|\\\r?\n)
  | (?P<comment>//[^\n]*|/\*(?:[^*]++|\*(?!/))*+\*/)
  | (?P<open>/\*)
  | (?P<line>(?:\r?\n|\r)\s*)
  | (?P<heredoc>\$*''')
  | (?P<string>')
  | (?P<number>\d+)(?![\w])
  | (?P<name>[A-Za-z_]\w*)
  | (?P<mark>=>|==|=~|!=|!~|<=|>=|&&|\|\||\?\?|\.\.\.|::|[{}\[\]().,:?!<>+\-*/%=@|;^])
    """,
    re.VERBOSE | re.ASCII,
)
_QUOTES = re.compile("'+")
_PIECE = re.compile(r"(?:[^'\\$\r\n]++|\\(?:[\\'nrt$]|u\{[0-9a-fA-F]{1,6}\})|\$(?!\{))*+")
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]+)\}|(.))")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
_MOST_TOKENS = 200_000


class Token(msgspec.Struct, frozen=True, gc=False):
    """
    One token. Kinds: name, number, mark, line, end, and four for the pieces of texts.

    `whole` is a text without interpolations; `first`, `middle` and `last` stand around them.
    """

    kind: str
    text: str
    """Of texts, what they stand for."""
    start: int
    end: int


class Tokens(Struct):
    """A text while it is cut up; InputError where a text or a comment does not end."""

    file: str
    text: str
    lines: Lines
    found: list[Token] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)
    """Braces that are open, and the quotes of the texts that interpolations stand in."""

    def read(self) -> list[Token]:
        """All tokens; the last is of the kind `end`."""
        offset, end = 0, len(self.text)
        while offset < end:
            if len(self.found) > _MOST_TOKENS:
                raise broken(self.file, 1, 1, f"more than {_MOST_TOKENS:,} tokens")
            offset = self._next(offset)
        self.found.append(Token("end", "", end, end))
        return self.found

    def _next(self, offset: int) -> int:
        match = _TOKEN.match(self.text, offset)
        if match is None:
            raise self._error(offset, "this is not Bicep")
        kind = str(match.lastgroup)
        if kind == "open":
            raise self._error(offset, "a comment that does not end")
        if kind == "comment":
            line, column = self.lines.place(offset)
            text = match[0].strip("/*").strip()
            self.comments.append(Comment(line=line, column=column, text=text))
        elif kind in {"string", "heredoc"}:
            return self._text(offset, match.end(), match[0], begins=True)
        elif kind == "mark" and match[0] in "{}":
            return self._brace(offset, match[0])
        elif kind != "space":
            self.found.append(Token(kind, match[0], offset, match.end()))
        return match.end()

    def _brace(self, offset: int, mark: str) -> int:
        opened = self._open.pop() if mark == "}" and self._open else "{"
        if opened != "{":
            return self._text(offset, offset + 1, opened, begins=False)
        if mark == "{":
            self._open.append(mark)
        self.found.append(Token("mark", mark, offset, offset + 1))
        return offset + 1

    def _text(self, start: int, offset: int, quote: str, *, begins: bool) -> int:
        """A piece of a text, up to its end or to the next interpolation."""
        if quote == "'":
            end, piece, closed = self._line_piece(start, offset)
        else:
            end, piece, closed = self._block_piece(start, offset, quote)
        if not closed:
            self._open.append(quote)
        kind = {
            (True, True): "whole",
            (True, False): "first",
            (False, False): "middle",
            (False, True): "last",
        }[begins, closed]
        self.found.append(Token(kind, piece, start, end))
        return end

    def _line_piece(self, start: int, offset: int) -> tuple[int, str, bool]:
        match = _PIECE.match(self.text, offset)
        end = match.end() if match is not None else offset
        piece = _ESCAPE.sub(_character, self.text[offset:end])
        if self.text.startswith("'", end):
            return end + 1, piece, True
        if self.text.startswith("${", end):
            return end + 2, piece, False
        raise self._error(start, "a text that does not end, or holds a bad escape")

    def _block_piece(self, start: int, offset: int, quote: str) -> tuple[int, str, bool]:
        """Of a multi-line text; it has interpolations where dollars stand before its quotes."""
        dollars = quote.removesuffix("'''")
        interpolated = rf"|{re.escape(dollars)}\{{" if dollars else ""
        mark = re.compile(f"'''{interpolated}").search(self.text, offset)
        if mark is None:
            raise self._error(start, "a text that does not end")
        piece = self.text[offset : mark.start()]
        if self.text[start] != "}":  # the line break behind the opening quotes is no part of it
            piece = piece[1 + piece.startswith("\r\n") :] if piece[:1] in "\r\n" else piece
        if mark[0] != "'''":
            return mark.end(), piece, False
        quotes = _QUOTES.match(self.text, mark.end())  # those in excess are the text's own
        own = quotes[0] if quotes is not None else ""
        return mark.end() + len(own), piece + own, True

    def _error(self, offset: int, message: str) -> Exception:
        return broken(self.file, *self.lines.place(offset), message)


def _character(match: re.Match[str]) -> str:
    if match[1]:
        return character_of(int(match[1], 16))
    return _ESCAPED.get(match[2], match[2])
