"""
Which files define what a key is handed to: a graph is run under it, an agent, a memory is asked.

A server may run a graph of its own under a key, and call another file for other things. Where
nobody can say what is given the key, it may be anything that the program calls.
"""

import ast
import builtins
from collections.abc import Callable, Iterator, Sequence

from agentaudit.extract.programs.bindings import bindings
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import descendants
from agentaudit.extract.programs.written import Written

_MOST = 50
"""Places to which a key goes by its names, and things that what is called is made of."""
_CHANGING = frozenset({"update", "setdefault", "append"})
_BUILT_IN = frozenset(dir(builtins))
_ASSIGNING = (ast.Assign, ast.AnnAssign, ast.NamedExpr)


def files_given(key: Written, defining: Callable[[str], str | None]) -> frozenset[str] | None:
    """
    The other files that define what calls are made of that are given a key; None: nobody knows.

    `defining` says which file defines what a full name begins with.
    """
    calls = _calls_given(key.module, key.node)
    found: set[str] = set()
    for call in calls or ():
        files = _Making(key.module, defining).files(call.func)
        if files is None:
            return None
        found |= files
    return frozenset(found) if calls else None


def _calls_given(module: Module, key: ast.expr) -> Sequence[ast.Call] | None:
    """The calls of methods, and of functions of other files, that are given an expression."""
    places, found = [key], list[ast.Call]()
    for place in places:  # it grows meanwhile
        line = place.lineno
        calls = [
            call
            for call in module.of(ast.Call)
            if call.lineno <= line <= (call.end_lineno or line)  # few do, which is seen at once
            and _is_given(module, call, place)
        ]
        names = None if calls else _names_for(module, place)
        if (names is None and not calls) or len(places) > _MOST:
            return None
        found += calls
        places += names or ()
    changing = (isinstance(f := call.func, ast.Attribute) and f.attr in _CHANGING for call in found)
    return None if any(changing) else found


def _is_given(module: Module, call: ast.Call, place: ast.expr) -> bool:
    """Whether a call is given what stands at a place; what only makes a value of it is not."""
    if not _within(place, call) or _within(place, call.func):
        return False
    return isinstance(call.func, ast.Attribute) or module.dotted(call.func).startswith(".")


def _names_for(module: Module, place: ast.expr) -> Sequence[ast.Name] | None:
    """Where a name is read that stands for what is made at a place; None where nobody can say."""
    for target, value in bindings(each for kind in _ASSIGNING for each in module.of(kind)):
        if place is value or _within(place, value):
            if not isinstance(target, ast.Name) or target.id not in module.constants.values:
                return None
            named = (name for name in module.of(ast.Name) if name.id == target.id)
            return [name for name in named if isinstance(name.ctx, ast.Load)]
    return None


def _within(inner: ast.expr, outer: ast.expr) -> bool:
    """Whether an expression stands in another, by the places where they begin and end."""
    begin, end = _ends(outer)
    first, last = _ends(inner)
    return inner is not outer and begin <= first and last <= end


def _ends(node: ast.expr) -> tuple[tuple[int, int], tuple[int, int]]:
    begin = (node.lineno, node.col_offset)
    return begin, (node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)


class _Making:
    """What something is made of, followed through names and definitions of its module."""

    def __init__(self, module: Module, defining: Callable[[str], str | None]) -> None:
        self._module, self._defining = module, defining
        self._waiting: list[ast.AST] = []

    def files(self, made: ast.expr) -> set[str] | None:
        """The files that define what it is made of, other than its own; None: nobody knows."""
        self._waiting, found = [made], set[str]()
        for node in self._waiting:  # it grows meanwhile
            if len(self._waiting) > _MOST or not self._module.affords_within(node):
                return None
            open_names = isinstance(node, ast.expr)
            for name in (each for each in descendants(node) if isinstance(each, ast.Name)):
                full = self._module.dotted(name)
                if full.startswith("."):
                    file = self._defining(f"{full}.x")
                    if file is None:
                        return None
                    found.add(file)
                elif full == name.id and not self._follows(name) and open_names:
                    return None
        return found

    def _follows(self, name: ast.Name) -> bool:
        """Whether it is known what a name stands for; that is looked into, too."""
        if name.id in _BUILT_IN:
            return True
        more = next(self._meant(name), None)
        if more is not None and all(more is not each for each in self._waiting):
            self._waiting.append(more)
        return more is not None

    def _meant(self, name: ast.Name) -> Iterator[ast.AST]:
        module = self._module
        kinds: tuple[FunctionDef | ast.ClassDef | None, ...] = (
            module.class_around(name) if name.id == "self" else None,
            module.classes.get(name.id),
            module.functions_by_name.get(name.id),
        )
        yield from filter(None, kinds)
        meant = module.meant(name)
        if meant is not name:
            yield meant
