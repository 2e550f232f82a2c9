"""
One program in TypeScript or JavaScript while it becomes a tree: places, limits, what went wrong.

The tree is the one that Python has (`ast`), so that names, values, places and what flows where are
asked of one kind of tree, whatever the language: `new Agent({name: "a"})` is the call
`Agent(name="a")` in both. Columns count bytes in `ast` and in tree-sitter alike.
"""

import ast
from collections.abc import Callable
from typing import TypeVar

import tree_sitter
from msgspec import Struct, field

from agentaudit.readers.lines import MAX_DEPTH, MAX_NODES, characters_before, lines_of

_Placed = ast.expr | ast.stmt | ast.keyword | ast.arg | ast.excepthandler
PlacedT = TypeVar("PlacedT", bound=_Placed)
_MOST_PROBLEMS = 20
_LOAD, _STORE = ast.Load(), ast.Store()


class Reading(Struct):
    """The text, the problems found so far, and what waits to be put before a statement."""

    text: str
    encoded: bytes
    block: "Callable[[Reading, tree_sitter.Node | None], list[ast.stmt]]"
    """What reads the statements of a block: functions have blocks, and stand in expressions."""
    problems: list[tuple[int, int, str]] = field(default_factory=list)
    before: list[ast.stmt] = field(default_factory=list)
    """Functions, classes and assignments that stand within the statement being read."""
    _nodes: int = 0
    _depth: int = 0
    _deep: bool = False
    """Whether it was said already that something nests too deep."""

    def source(self, node: tree_sitter.Node) -> str:
        """The text of a node."""
        return self.encoded[node.start_byte : node.end_byte].decode(errors="replace")

    def source_of(self, node: tree_sitter.Node, name: str) -> str:
        """The text of the child in a field; empty where there is none."""
        child = node.child_by_field_name(name)
        return self.source(child) if child is not None else ""

    def at(self, made: PlacedT, node: tree_sitter.Node) -> PlacedT:
        """What was made of a node, at its place."""
        (row, column), (end_row, end_column) = node.start_point, node.end_point
        made.lineno, made.col_offset = row + 1, column
        made.end_lineno, made.end_col_offset = end_row + 1, end_column
        return made

    def name(self, node: tree_sitter.Node, name: str) -> ast.Name:
        """A name at the place of a node."""
        return self.at(ast.Name(id=name, ctx=_LOAD), node)

    def assigned(self, node: tree_sitter.Node, name: str, value: ast.expr) -> ast.stmt:
        """A name that gets a value, at the place of a node."""
        to = self.at(ast.Name(id=name, ctx=_STORE), node)
        return self.at(ast.Assign(targets=[to], value=value), node)

    def unknown(self, node: tree_sitter.Node) -> ast.expr:
        """An expression that says nothing: a name that nobody gives, and nothing is called by."""
        return self.name(node, "")

    def enters(self, node: tree_sitter.Node) -> bool:
        """Whether a node is read: not one too deep, and none after too many."""
        self._nodes += 1
        if self._nodes > MAX_NODES:
            if self._nodes == MAX_NODES + 1:
                self.note(node, f"more than {MAX_NODES:,} expressions and statements")
            return False
        if self._depth >= MAX_DEPTH:
            if not self._deep:
                self.note(node, f"nests deeper than {MAX_DEPTH} levels")
            self._deep = True
            return False
        self._depth += 1
        return True

    def leaves(self) -> None:
        """A node was read that was entered before."""
        self._depth -= 1

    def note(self, node: tree_sitter.Node, message: str) -> None:
        """One more problem, unless there are plenty; the text around a column is read once."""
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append((*self.place(node), message))

    def place(self, node: tree_sitter.Node) -> tuple[int, int]:
        """The line and the column of a node as people count them: by characters, from one."""
        row, column = node.start_point
        return row + 1, characters_before(lines_of(self.text)[row], column) + 1


def parts(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    """The named children of a node, without comments."""
    return [child for child in node.named_children if child.type != "comment"]


def first(node: tree_sitter.Node) -> tree_sitter.Node | None:
    """The first of these, such as what stands within brackets."""
    return next(iter(parts(node)), None)


def part(node: tree_sitter.Node, *fields: str) -> tree_sitter.Node | None:
    """The child in the first of these fields that has one."""
    found = (node.child_by_field_name(name) for name in fields)
    return next((child for child in found if child is not None), None)
