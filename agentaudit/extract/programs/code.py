"""A Python file as extractors ask for it: calls by their full names, values that fold, places."""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import TypeVar

from msgspec import Struct, field

from agentaudit.extract.collector import evidence
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.programs.bindings import Constants, bindings
from agentaudit.extract.programs.effort import Effort
from agentaudit.extract.programs.names import FunctionDef, LocalImports, definitions_around
from agentaudit.extract.programs.stand_ins import by_name
from agentaudit.model.evidence import Evidence
from agentaudit.readers.document import Document, Node, NodeKind
from agentaudit.readers.lines import characters_before, lines_of

AnswerT = TypeVar("AnswerT")
NodeT = TypeVar("NodeT", bound=ast.AST)
MaybeT = TypeVar("MaybeT", ast.expr, ast.expr | None)
Value = str | int | float | bool | None
_DEEPEST = 20
_MOST_OUTER = 5
_LONGEST = 50
"""Attributes and calls in a chain, each of the one before."""
_LARGEST = 10**12
UNFOLDED = object()
"""The value of an expression that does not fold: unknown, which is not the same as absent."""


class Call(Struct, frozen=True):
    """A call whose function is known by its full name, and the variable its result goes to."""

    name: str
    node: ast.Call
    variable: str

    @property
    def last(self) -> str:
        """The last part of the name."""
        return self.name.rpartition(".")[2]


class Module(Struct, frozen=True, eq=False, dict=True):
    """One parsed file, with its imports and its constants."""

    document: Document
    tree: ast.Module
    imports: dict[str, str]
    constants: Constants
    nodes: Mapping[type[ast.AST], Sequence[ast.AST]]
    """Every node of the tree by its type, from the top down: it is walked once."""

    functions: tuple[FunctionDef, ...]
    defined: frozenset[str]
    """Names of the module's own classes, functions and variables."""
    stars: tuple[str, ...] = ()
    """Modules of which all names are imported."""
    passed_on: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What modules of the repository pass on: by the module and the name there, its origin."""
    local: LocalImports = field(default_factory=LocalImports)
    _folded: dict[int, object] = field(default_factory=dict)
    """The values of what names stand for, each folded once: sums of names of sums multiply."""
    _effort: Effort = field(default_factory=Effort)
    _answers: dict[object, object] = field(default_factory=dict)

    def once(self, ask: Callable[["Module"], AnswerT]) -> AnswerT:
        """What several extractors ask of a module: answered once, and kept."""
        if ask not in self._answers:
            self._answers[ask] = ask(self)
        return self._answers[ask]  # type: ignore[return-value]  # kept under the question

    def of(self, type_: type[NodeT]) -> Sequence[NodeT]:
        """The nodes of one type, from the top down."""
        return self.nodes.get(type_, ())  # type: ignore[return-value]  # kept under their type

    def dotted(self, node: ast.expr) -> str:
        """
        The full name of a name, an attribute, or what is called; empty for anything else.

        What stands after anything else is called by its attributes alone (`found[0].run` is `run`);
        so is a chain that goes on for longer than people write. A class with types is that class.
        """
        if isinstance(node, ast.Name):
            return self._meant_by(node)
        if isinstance(node, ast.Subscript):
            node = _typed(node)
        attributes: list[str] = []
        for _ in range(_LONGEST):
            if isinstance(node, ast.Attribute):
                attributes.append(node.attr)
                node = node.value
            elif isinstance(node, ast.Call):
                node = _typed(node.func) if isinstance(node.func, ast.Subscript) else node.func
            else:
                break
        name = self._meant_by(node) if isinstance(node, ast.Name) else ""
        for attribute in reversed(attributes):
            own = self.passed_on.get(name)
            full = f"{name}.{attribute}" if name else attribute
            name = full if own is None else own.get(attribute, full)
        return name

    def _meant_by(self, name: ast.Name) -> str:
        """What was imported under a name, or the name itself."""
        return self.local.of(name.id, name.lineno) or self.imports.get(name.id, name.id)

    @cached_property
    def classes(self) -> Mapping[str, ast.ClassDef]:
        """The first class of each name."""
        return by_name(self.of(ast.ClassDef), self.of(ast.ExceptHandler), self.imports)

    @cached_property
    def functions_by_name(self) -> Mapping[str, FunctionDef]:
        """The first function of each name."""
        return by_name(self.functions, self.of(ast.ExceptHandler), self.imports)

    def own_function(self, named: ast.expr) -> FunctionDef | None:
        """The function of the file that a name means: of `self.name` that of the class around."""
        match named:
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                around = self.class_around(named)
                body = around.body if around is not None else ()
                own = (each for each in body if isinstance(each, FunctionDef))
                found = next((each for each in own if each.name == name), None)
                return found or self.functions_by_name.get(name)
            case ast.Name(id=name):
                return self.functions_by_name.get(name)
            case _:
                return None

    def calls(self) -> Iterator[Call]:
        """Every call of the file, from the top down: those within others come after all of them."""
        targets = self._targets()
        for node in self.of(ast.Call):
            name = self.dotted(node.func)
            if name:
                yield Call(name, node, targets.get(id(node), ""))

    def meant(self, node: MaybeT) -> MaybeT:
        """
        What a name stands for that is assigned once; anything else stands for itself.

        So does a name when more was read through names than people write.
        """
        if not isinstance(node, ast.Name):
            return node
        value = self.constants.at(node.id, node.lineno)
        return value if value is not None and self._effort.affords_value(value) else node

    def affords(self, count: int) -> bool:
        """Whether so many things may be gone through again; beyond that, what they say is open."""
        return self._effort.affords(count)

    @property
    def spent(self) -> bool:
        """Whether something was not gone through again because it was too much."""
        return self._effort.left < 0

    def affords_within(self, node: ast.AST) -> bool:
        """Whether all that stands within a node may be gone through again."""
        return self._effort.affords_value(node)

    def function_around(self, node: ast.AST) -> FunctionDef | None:
        """The innermost function that a node stands in; None of what the module itself does."""
        return self.function_at(getattr(node, "lineno", 0))

    def function_at(self, line: int) -> FunctionDef | None:
        """The innermost function that a line stands in."""
        return self._around[0].get(line)

    def functions_around(self, node: ast.AST) -> Iterator[FunctionDef]:
        """The functions that a node stands in, the innermost first."""
        function = self.function_around(node)
        if function is not None:
            yield function
            yield from self._outwards(function)

    def may_be_read(self, function: FunctionDef) -> bool:
        """Whether a function stands in no more others than people write: it is read with them."""
        return next(islice(self._outwards(function), _MOST_OUTER, None), None) is None

    def _outwards(self, function: FunctionDef) -> Iterator[FunctionDef]:
        outer = self.function_outside(function)
        while outer is not None:
            yield outer
            outer = self.function_outside(outer)

    def function_outside(self, function: FunctionDef) -> FunctionDef | None:
        """The function that another stands in, if there is one."""
        return self._around[1].get(function.lineno)

    @cached_property
    def _around(self) -> tuple[Mapping[int, FunctionDef], Mapping[int, FunctionDef]]:
        return definitions_around(self.functions)

    def class_around(self, node: ast.AST) -> ast.ClassDef | None:
        """The innermost class that a node stands in; None of what stands in none."""
        return self._classes_around.get(getattr(node, "lineno", 0))

    @cached_property
    def _classes_around(self) -> Mapping[int, ast.ClassDef]:
        return definitions_around(self.of(ast.ClassDef))[0]

    def value(self, node: ast.expr | None, depth: int = 0) -> object:
        """A constant, also through names that are assigned once; UNFOLDED for anything else."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value.encode(errors="replace").decode()  # a lone surrogate is no character
        if isinstance(node, ast.Constant):
            return _held(node.value) if isinstance(node.value, int | float) else node.value
        if depth > _DEEPEST or node is None:
            return UNFOLDED
        if isinstance(node, ast.Name):
            return self._named(node, depth + 1)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            inner = self.value(node.operand, depth + 1)
            return -inner if isinstance(inner, int | float) else UNFOLDED
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Add):
            left, right = self.value(node.left, depth + 1), self.value(node.right, depth + 1)
            if isinstance(left, int | float) and isinstance(right, int | float):
                return _held(left * right if isinstance(node.op, ast.Mult) else left + right)
        return UNFOLDED

    def _named(self, name: ast.Name, depth: int) -> object:
        meant = self.constants.at(name.id, name.lineno)
        if meant is None or name.id in self.constants.grown:
            return UNFOLDED
        if id(meant) not in self._folded:
            self._folded[id(meant)] = UNFOLDED  # what leads back here does not fold
            self._folded[id(meant)] = self.value(meant, depth)
        return self._folded[id(meant)]

    def text(self, node: ast.expr | None) -> str:
        """A constant text; empty for anything else."""
        value = self.value(node)
        return value if isinstance(value, str) else ""

    def place(self, node: ast.AST, snippet: str = "") -> Evidence:
        """Where a node of the tree stands."""
        return evidence(self.document, self.node(node), plain(snippet))

    def node(self, node: ast.AST, raw: str = "") -> Node:
        """A node of the tree as a scalar of the document, with its columns in characters."""
        line, end = getattr(node, "lineno", 1), getattr(node, "end_lineno", 1) or 1
        column = self._column(line, getattr(node, "col_offset", 0))
        end_column = self._column(end, getattr(node, "end_col_offset", 1) or 1)
        return Node(
            kind=NodeKind.STRING,
            line=line,
            column=column + 1,
            end_line=end,
            end_column=max(end_column, 1),
            raw=raw,
        )

    def _column(self, line: int, offset: int) -> int:
        """The tree counts bytes; people count characters."""
        if self.document.text.isascii():
            return offset
        lines = lines_of(self.document.text)
        return characters_before(lines[line - 1], offset) if line <= len(lines) else offset

    def _targets(self) -> Mapping[int, str]:
        """The first name that each value gets, also where the value is awaited."""
        kinds = (ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.withitem)
        found: dict[int, str] = {}
        for target, value in bindings(node for kind in kinds for node in self.of(kind)):
            if isinstance(target, ast.Name):
                given = value.value if isinstance(value, ast.Await) else value
                found.setdefault(id(given), target.id)
        return found


def _held(number: float) -> float:
    """A number, no larger than counts and seconds are; `1e999` would end the whole run."""
    return max(-_LARGEST, min(number, _LARGEST))


def _typed(node: ast.Subscript) -> ast.expr:
    """The class that is given types, `Agent[Context]`; what is taken out of a table is itself."""
    match node.value:
        case ast.Name(id=name) | ast.Attribute(attr=name) if name[:1].isupper() and (
            not name.isupper()
        ):
            return node.value
        case _:
            return node


def written_keys(module: Module, mapping: ast.Dict) -> Iterator[tuple[str, ast.expr]]:
    """Keys and values of a mapping that is written out; a key that does not fold is empty."""
    for key, value in zip(mapping.keys, mapping.values, strict=True):
        if key is not None:
            yield module.text(key), value
