"""The tokens of one Bicep file while they are read: what comes next, and where it stands."""

from msgspec import Struct

from agentaudit.readers.azure.bicep_tokens import Token
from agentaudit.readers.azure.syntax import Literal
from agentaudit.readers.document import NodeKind
from agentaudit.readers.lines import MAX_DEPTH, Lines, broken
from agentaudit.readers.places import Place


class Reading(Struct):
    """The tokens of a file, and how many of them are read."""

    file: str
    lines: Lines
    tokens: list[Token]
    at: int = 0
    depth: int = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def place(self, start: int, end: int) -> Place:
        """From one offset to another; the end is the last character."""
        line, column = self.lines.place(start)
        end_line, end_column = self.lines.place(max(end - 1, start))
        return Place(line=line, column=column, end_line=end_line, end_column=end_column)

    def since(self, start: int) -> Place:
        """From an offset to the last token that was read."""
        return self.place(start, max(self.tokens[self.at - 1].end, start + 1))

    def error(self, message: str) -> Exception:
        """The error of whoever finds something else here."""
        return broken(self.file, *self.lines.place(self.token.start), message)

    def sees(self, *marks: str) -> bool:
        """Whether the next token is one of these marks."""
        return self.token.kind == "mark" and self.token.text in marks

    def sees_word(self, *words: str) -> bool:
        """Whether the next token is one of these words."""
        return self.token.kind == "name" and self.token.text in words

    def taken(self, mark: str) -> bool:
        """Whether a mark stood here; it is read then."""
        found = self.sees(mark)
        self.at += found
        return found

    def expect(self, mark: str) -> None:
        """A mark that has to stand here."""
        if not self.taken(mark):
            raise self.error(f"`{mark}` belongs here")

    def expect_behind(self, mark: str) -> None:
        """A mark that has to stand here, or behind line breaks."""
        self.skip_lines()
        self.expect(mark)

    def advance(self) -> Token:
        """The next token, which is read then."""
        self.at += 1
        return self.tokens[self.at - 1]

    def literal(self, token: Token, kind: NodeKind = NodeKind.STRING) -> Literal:
        """What a token says, where it stands."""
        return Literal(place=self.place(token.start, token.end), kind=kind, raw=token.text)

    def name(self) -> str:
        """A name that has to stand here."""
        if self.token.kind != "name":
            raise self.error("a name belongs here")
        return self.advance().text

    def skip_lines(self, *, commas: bool = False) -> None:
        """Line breaks are passed over, and commas where they separate."""
        while self.token.kind == "line" or (commas and self.sees(",")):
            self.at += 1

    def deeper(self) -> None:
        """One level deeper; whoever says so comes back by `depth -= 1`."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(f"nested deeper than {MAX_DEPTH}")
