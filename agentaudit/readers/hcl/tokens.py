"""HCL text as a stream of tokens, of which one is looked at: the commonest kinds and no others."""

import re
from sys import intern

from agentaudit.readers.document import Comment
from agentaudit.readers.hcl.syntax import LONGEST_SOURCE
from agentaudit.readers.places import Place

_WORD = r"[A-Za-z_][A-Za-z0-9_-]*"
_CHARACTER = r'[^"\\$%\x00-\x1f\x7f\ud800-\udfff]|[$%](?![{$%])|\\[nrt"\\]'
_TOKEN = re.compile(
    rf"""([ \t\n]*)(?:
        (?P<name>{_WORD}(?:\.{_WORD})*)
      | (?P<mark>[{{}}()\[\],:]|=(?![=>]))
      | (?P<text>"(?:{_CHARACTER})*")
      | (?P<number>[0-9]+(?:\.[0-9]+)?(?![\w.]))
      | (?P<comment>(?:\#|//)[^\n\r\x00\ud800-\udfff]*)
      | (?P<accessors>(?:\.{_WORD})+)
      | (?P<quote>")
      | (?P<end>\Z)
    )""",
    re.VERBOSE,
)
_KINDS = ("", "", *_TOKEN.groupindex)
"""By the numbers of their groups, of which the first is the gap."""
_PIECE = re.compile(rf"((?:{_CHARACTER})*)(\$\{{|\")")


class UnusualError(Exception):
    """Something that is not read here."""


class Tokens:
    """
    A text, and the token that comes next in it.

    No struct: a token changes ten fields, which takes a struct three times as long.
    """

    __slots__ = (
        *("text", "kind", "word", "start", "at", "line", "line_start"),
        *("end", "end_line", "end_column", "comments"),
    )

    def __init__(self, text: str) -> None:
        self.text = text
        self.kind = self.word = ""
        """The word is empty at the end."""
        self.start = self.at = 0
        """Where the token begins and ends, as offsets."""
        self.line, self.line_start = 1, 0
        self.end, self.end_line, self.end_column = 0, 1, 1
        """Where the token before it ended."""
        self.comments: list[Comment] = []

    def advance(self) -> None:
        """To the next token; comments are noted on the way."""
        self.end, self.end_line, self.end_column = self.at, self.line, self.at - self.line_start
        text, at = self.text, self.at
        while True:
            match = _TOKEN.match(text, at)
            if match is None:
                raise UnusualError
            group, gap = match.lastindex or 0, match[1]
            kind, token = _KINDS[group], intern(match[group])  # a few hundred words make up most
            if "\n" in gap:
                self.line += gap.count("\n")
                self.line_start = at + gap.rfind("\n") + 1
            at = match.end()
            if kind != "comment":
                break
            self._note(at - len(token), token)
        self.kind, self.word, self.start, self.at = kind, token, at - len(token), at

    def piece(self) -> tuple[str, bool]:
        """The text up to the next interpolation, or to the end of a quoted text; which it was."""
        match = _PIECE.match(self.text, self.at)
        if match is None:
            raise UnusualError
        self.at = match.end()
        self.advance()
        return match[1], match[2] == '"'

    def take(self, token: str) -> None:
        """Past a token that has to come here."""
        if self.word != token:
            raise UnusualError
        self.advance()

    def name(self) -> str:
        """Past one word, which has to come here."""
        word = self.word
        if self.kind != "name" or "." in word:
            raise UnusualError
        self.advance()
        return word

    @property
    def adjacent(self) -> bool:
        """Whether nothing stands between the token and the one before it."""
        return self.start == self.end

    @property
    def on_new_line(self) -> bool:
        return self.line > self.end_line

    def place(self) -> Place:
        """That of the token, which stands on one line."""
        column = self.start - self.line_start
        return Place(self.line, column + 1, self.line, column + len(self.word))

    def past(self, first: Place) -> Place:
        """From the beginning of a place to the end of the token before this one."""
        return Place(first.line, first.column, self.end_line, self.end_column)

    def source(self, start: int) -> str:
        """From an offset to the end of the token before this one."""
        return self.text[start : min(self.end, start + LONGEST_SOURCE)]

    def _note(self, start: int, comment: str) -> None:
        said = comment.removesuffix("*/").lstrip("#/*").strip()
        column = start - self.line_start + 1
        self.comments.append(Comment(line=self.line, column=column, text=said))
