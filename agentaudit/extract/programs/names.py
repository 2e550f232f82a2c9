"""What names mean in a Python file: what imports and definitions give them."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from msgspec import Struct, field

FunctionDef = ast.FunctionDef | ast.AsyncFunctionDef
DefT = TypeVar("DefT", bound=ast.stmt)


class LocalImports(Struct, frozen=True, eq=False):
    """Names that functions import from different places. Functions go by their first line."""

    meant: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    """By name and by the function that imports it: the full name."""
    innermost: Mapping[int, FunctionDef] = field(default_factory=dict)
    """The function around each line."""
    outer: Mapping[int, FunctionDef] = field(default_factory=dict)
    """The function around each function."""

    def of(self, name: str, line: int) -> str:
        """What the innermost function around a line imports under a name; empty for nothing."""
        by_function = self.meant.get(name)
        if not by_function:
            return ""
        function = self.innermost.get(line)
        while function is not None:
            if function.lineno in by_function:
                return by_function[function.lineno]
            function = self.outer.get(function.lineno)
        return ""


def imported_names(nodes: Sequence[ast.AST]) -> tuple[dict[str, str], LocalImports]:
    """
    The names that imports give, and what each stands for; what functions mean by them instead.

    What a module imports goes before what its functions do, and what is tried before what stands
    in for it (`except ImportError`).
    """
    pairs = [pair for node in nodes for pair in _imported(node)]
    names = dict(pairs)
    several = {name for name, full in pairs if names[name] != full}
    if not several:
        return names, LocalImports()
    innermost, outer = definitions_around(node for node in nodes if isinstance(node, FunctionDef))
    handlers = (node for node in nodes if isinstance(node, ast.ExceptHandler))
    fallbacks = {id(inner) for handler in handlers for inner in handler.body}
    meant: dict[str, dict[int, str]] = {name: {} for name in several}
    for node in sorted(nodes, key=lambda node: getattr(node, "lineno", 0)):
        function = innermost.get(getattr(node, "lineno", 0))
        line = function.lineno if function is not None else 0
        for name, full in _imported(node):
            if name in several and not (id(node) in fallbacks and line in meant[name]):
                meant[name][line] = full
    outside = {name: by_line.pop(0) for name, by_line in meant.items() if 0 in by_line}
    return {**names, **outside}, LocalImports(meant, innermost, outer)


def definitions_around(definitions: Iterable[DefT]) -> tuple[dict[int, DefT], dict[int, DefT]]:
    """The innermost function or class around each line, and around the first line of each."""
    innermost: dict[int, DefT] = {}
    outer: dict[int, DefT] = {}
    around: list[DefT] = []
    line = 0
    starts = sorted(definitions, key=lambda defined: defined.lineno)
    for defined in (*starts, None):  # at last all end
        while around and (defined is None or _last(around[-1]) < defined.lineno):
            ended = around.pop()
            innermost.update(dict.fromkeys(range(line, _last(ended) + 1), ended))
            line = max(line, _last(ended) + 1)
        if defined is None:
            break
        if around and around[-1].lineno != defined.lineno:  # they go by their lines
            innermost.update(dict.fromkeys(range(line, defined.lineno), around[-1]))
            outer[defined.lineno] = around[-1]
        around.append(defined)
        line = defined.lineno
    return innermost, outer


def _last(defined: ast.stmt) -> int:
    return defined.end_lineno or defined.lineno


def stars(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Modules of which all names are imported."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            yield _source(node)


def _imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    """The names that an import gives, and what each stands for."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            yield name, alias.name if alias.asname else name
    elif isinstance(node, ast.ImportFrom):
        module = _source(node)
        for alias in node.names:
            if alias.name != "*":
                yield alias.asname or alias.name, f"{module}.{alias.name}"


def _source(node: ast.ImportFrom) -> str:
    return "." * node.level + (node.module or "")
