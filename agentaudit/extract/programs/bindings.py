"""What a Python file gives its names: in assignments, loops, patterns and the like."""

import ast
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter

from msgspec import Struct, field

from agentaudit.extract.programs.names import FunctionDef


class Constants(Struct, frozen=True, eq=False):
    """Names that the module assigns exactly once, and where they are something else."""

    values: Mapping[str, ast.expr] = field(default_factory=dict)
    grown: frozenset[str] = frozenset()
    """Names to which something is added later, here or by another name for the same thing."""
    hidden: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)
    """First and last lines of functions that have a parameter of the name, from the top down."""

    def at(self, name: str, line: int) -> ast.expr | None:
        """What a name stands for at a line; None where nobody can say."""
        lines = self.hidden.get(name, ())
        around = bisect_right(lines, line, key=itemgetter(0)) - 1
        return None if around >= 0 and line <= lines[around][1] else self.values.get(name)


def constants(
    nodes: Sequence[ast.AST], calls: Iterable[ast.AST], imported: Iterable[str]
) -> Constants:
    """
    What names stand for, by all that gives them something: statements, and names of imports.

    Variables of comprehensions are names of their own.
    """
    given = Counter(list(imported))
    whole: dict[str, ast.expr] = {}
    changed = {name for call in calls for name in _grown(call)}
    grown: set[str] = set()
    for node in nodes:
        for target, value in bindings((node,)):
            if isinstance(node, ast.AugAssign):
                (grown if isinstance(value, ast.Constant) else changed).update(names_in(target))
                continue
            given.update(names_in(target))
            if isinstance(target, ast.Subscript):
                changed.add(place_of(target.value))
            if isinstance(target, ast.Name) and isinstance(node, _ASSIGNING):
                whole[target.id] = value
    values = {name: value for name, value in whole.items() if given[name] == 1}
    functions = (node for node in nodes if isinstance(node, FunctionDef))
    same = {name for name in also_called(changed, nodes) if _grows(values.get(name))}
    return Constants(values, frozenset(grown | changed | same), _hidden(functions, values))


_ASSIGNING = (ast.Assign, ast.AnnAssign, ast.NamedExpr)


def _grows(value: ast.expr | None) -> bool:
    """Whether a value may become another while its name stays: no number and no text does."""
    return not isinstance(value, ast.Constant | ast.UnaryOp)


def also_called(names: Collection[str], nodes: Iterable[ast.AST]) -> frozenset[str]:
    """Names and members, and all others for what they stand for: `same = tools` is one list."""
    if not names:
        return frozenset()
    beside: dict[str, list[str]] = {}
    for target, value in bindings(node for node in nodes if isinstance(node, _ASSIGNING)):
        one, other = place_of(target), place_of(value)
        if one and other:
            beside.setdefault(one, []).append(other)
            beside.setdefault(other, []).append(one)
    found, waiting = set(names), list(names)
    while waiting:
        more = [name for name in beside.get(waiting.pop(), ()) if name not in found]
        found.update(more)
        waiting += more
    return frozenset(found)


def place_of(node: ast.expr) -> str:
    """A name, or the member of one, as it is written; empty for anything else."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            return f"{owner}.{name}"
        case _:
            return ""


_GROWING = frozenset(
    {
        *("append", "extend", "insert", "add", "update", "setdefault"),
        *("push", "unshift", "splice"),  # of JavaScript, whose tree is the same
    }
)


def _grown(call: ast.AST) -> Iterator[str]:
    function = call.func if isinstance(call, ast.Call) else call
    if isinstance(function, ast.Attribute) and function.attr in _GROWING:
        yield from filter(None, (place_of(function.value),))


def names_in(target: ast.expr) -> Iterator[str]:
    """The names that a target gives something: one, those of a tuple, none for an attribute."""
    for node in (target,) if isinstance(target, ast.Name) else ast.walk(target):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _hidden(
    functions: Iterable[FunctionDef], values: Mapping[str, ast.expr]
) -> Mapping[str, Sequence[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = {}
    for function in sorted(functions, key=lambda function: function.lineno):
        first, last = function.lineno, function.end_lineno or function.lineno
        for name in parameters(function) & values.keys():
            before = found.setdefault(name, [])
            inside = bool(before) and last <= before[-1][1]
            if not inside and not first <= values[name].lineno <= last:
                before.append((first, last))
    return found


def parameters(function: FunctionDef) -> set[str]:
    """The names of all that a function is passed."""
    given = function.args
    every = (*given.posonlyargs, *given.args, given.vararg, *given.kwonlyargs, given.kwarg)
    return {item.arg for item in every if item is not None}


def bindings(nodes: Iterable[ast.AST]) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What gets a value in some statements and expressions, and the value: of a loop, its whole."""
    for node in nodes:
        match node:
            case ast.Assign(targets=targets, value=value):
                yield from ((target, value) for target in targets)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield target, value
            case (
                ast.AugAssign(target=target, value=value)
                | ast.NamedExpr(target=target, value=value)
            ):
                yield target, value
            case (
                ast.For(target=target, iter=value)
                | ast.AsyncFor(target=target, iter=value)
                | ast.comprehension(target=target, iter=value)
            ):
                yield target, value
            case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
                yield target, value
            case ast.Match(subject=value, cases=cases):
                yield from ((name, value) for case in cases for name in _captured(case.pattern))
            case _:
                pass


def _captured(pattern: ast.pattern) -> Iterator[ast.expr]:
    """The names that a pattern gives to what it matches, as targets at its place."""
    for inner in ast.walk(pattern):
        name = inner.name if isinstance(inner, ast.MatchAs | ast.MatchStar) else None
        name = inner.rest if isinstance(inner, ast.MatchMapping) else name
        if name is not None:
            yield ast.copy_location(ast.Name(id=name, ctx=ast.Store()), inner)


def defined_names(tree: ast.Module) -> Iterator[str]:
    """Names of the module's own classes, functions and variables, also under a condition."""
    waiting: list[ast.AST] = [tree]
    for node in waiting:  # it grows meanwhile
        for inner in (each for name in _BLOCKS for each in getattr(node, name, ())):
            if isinstance(inner, ast.ClassDef | FunctionDef):
                yield inner.name
            else:
                waiting.append(inner)
                yield from (name for target, _ in bindings((inner,)) for name in names_in(target))


_BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases", "items")
