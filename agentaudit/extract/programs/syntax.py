"""Parts of Python's syntax trees: what stands within a node, and what a call is given by name."""

import ast
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import TypeVar

ExprT = TypeVar("ExprT", bound=ast.expr)
_LINE = attrgetter("lineno")


def descendants(top: ast.AST) -> list[ast.AST]:
    """A node and all below it that say something, level by level: a faster `ast.walk`."""
    found = [top]
    for node in found:  # it grows meanwhile
        for name in _FIELDS[type(node)]:
            value = getattr(node, name, None)
            if type(value) is list:
                found.extend(filter(None, value))  # of a mapping, a key may be missing
            elif isinstance(value, ast.AST):
                found.append(value)
    return found


def standing_in(nodes: Sequence[ExprT], around: ast.stmt) -> Sequence[ExprT]:
    """Of nodes that are sorted by their lines, those on the lines of a function or a class."""
    first = bisect_left(nodes, around.lineno, key=_LINE)
    return nodes[first : bisect_right(nodes, around.end_lineno or around.lineno, key=_LINE)]


def returned_by(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    """What a function may return, without what functions within it do."""
    return (end.value for end in ends_of(function) if end.value is not None)


def ends_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.Return]:
    """Where a function itself returns, also nothing."""
    waiting: list[ast.AST] = list(function.body)
    for node in waiting:  # it grows meanwhile
        if isinstance(node, ast.Return):
            yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            waiting += (each for name in _BLOCKS for each in getattr(node, name, ()))


_BLOCKS = ("body", "orelse", "handlers", "finalbody", "cases")


def words_in(top: ast.AST) -> Iterator[str]:
    """The names, attributes, arguments and texts within a node."""
    for node in descendants(top):
        match node:
            case ast.Name(id=str(word)) | ast.Attribute(attr=str(word)):
                yield word
            case (
                ast.keyword(arg=str(word)) | ast.arg(arg=str(word)) | ast.Constant(value=str(word))
            ):
                yield word
            case _:
                pass


_SCALAR = frozenset(
    {
        *("ctx", "op", "ops", "id", "attr", "kind", "type_comment", "module", "level"),
        "kwd_attrs",
    }
)
_LEAVES = (ast.Constant, ast.Global, ast.Nonlocal)


_FIELDS: Mapping[type[ast.AST], tuple[str, ...]] = {
    type_: tuple(name for name in type_._fields if name not in _SCALAR)
    for type_ in vars(ast).values()
    if isinstance(type_, type) and issubclass(type_, ast.AST)
} | dict.fromkeys(_LEAVES, ())
"""The fields in which others may stand; contexts and operators are no more than their names."""


def parameters_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[ast.arg, ...]:
    """What a function takes by a position or a name."""
    given = function.args
    return (*given.posonlyargs, *given.args, *given.kwonlyargs)


def defaults_of(given: ast.arguments) -> Iterator[tuple[str, ast.expr]]:
    """The names of what may be left out, and what counts then."""
    named = (*given.posonlyargs, *given.args)
    last = named[len(named) - len(given.defaults) :]
    yield from ((each.arg, value) for each, value in zip(last, given.defaults, strict=True))
    for each, value in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        if value is not None:
            yield each.arg, value


def keyword(call: ast.Call, *names: str) -> ast.expr | None:
    """The value of the first of these keyword arguments that is given."""
    given = call.keywords
    for name in names if given else ():
        for item in given:
            if item.arg == name:
                return item.value
    return None


def last_name(expression: ast.expr) -> str:
    """What a name is called, or a member by itself: `b` of `a.b`; empty for anything else."""
    match expression:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def argument(call: ast.Call, at: int, *names: str) -> ast.expr | None:
    """What a call is given by one of these names, or at a position."""
    return keyword(call, *names) or next(iter(call.args[at : at + 1]), None)


def splatted(call: ast.Call) -> bool:
    """Whether arguments come from a mapping we cannot see: what is not given may be given there."""
    return any(item.arg is None for item in call.keywords)
