"""One HCL text while it is read: the places of tree-sitter's nodes, and what went wrong."""

import tree_sitter
from msgspec import Struct, field

from agentaudit.readers.hcl.syntax import LONGEST_SOURCE, Opaque
from agentaudit.readers.lines import characters_before, lines_of
from agentaudit.readers.places import Place

DEEPEST = 150
"""How deep expressions and blocks may nest; what is deeper is opaque, and said to be."""
_MOST_PROBLEMS = 20


class Reading(Struct):
    """The text, and the problems found so far as (line, column, message)."""

    text: str
    encoded: bytes
    problems: list[tuple[int, int, str]] = field(default_factory=list)

    def place(self, node: tree_sitter.Node, last: tree_sitter.Node | None = None) -> Place:
        """Where a node stands; with `last`, from one node to another."""
        (row, column), (end_row, end_column) = node.start_point, (last or node).end_point
        return Place(
            line=row + 1,
            column=self._characters(row, column) + 1,
            end_line=end_row + 1,
            end_column=max(self._characters(end_row, end_column), 1),
        )

    def source(self, node: tree_sitter.Node) -> str:
        """The text of a node."""
        return self.encoded[node.start_byte : node.end_byte].decode(errors="replace")

    def excerpt(self, node: tree_sitter.Node) -> str:
        """The text of a node, cut where it gets long."""
        return self.source(node)[:LONGEST_SOURCE]

    def opaque(self, node: tree_sitter.Node) -> Opaque:
        """The node as something that has no value."""
        return Opaque(place=self.place(node), source=self.excerpt(node))

    def note(self, place: Place, message: str) -> None:
        """One more problem, unless there are plenty."""
        if not self.has_plenty:
            self.problems.append((place.line, place.column, message))

    @property
    def has_plenty(self) -> bool:
        """Whether no more problems are told."""
        return len(self.problems) >= _MOST_PROBLEMS

    def too_deep(self, node: tree_sitter.Node) -> Opaque:
        """The node as something that has no value, and the problem that it is."""
        self.note(self.place(node), f"nests deeper than {DEEPEST} levels")
        return self.opaque(node)

    def _characters(self, row: int, column: int) -> int:
        """How many characters stand before a column that counts bytes."""
        if self.text.isascii():
            return column
        return characters_before(lines_of(self.text)[row], column)
