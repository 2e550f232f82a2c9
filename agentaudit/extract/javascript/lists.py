"""Lists of descriptions of tools in TypeScript and JavaScript: followed to what stands in them."""

import ast
from collections.abc import Iterator, Sequence

from agentaudit.extract.javascript.modules import Program
from agentaudit.extract.javascript.options import options_of
from agentaudit.extract.programs.written import Written

_SAME = frozenset({"map", "filter", "slice", "sort", "toSorted"})
"""Methods of a list after which it holds the same tools, or some of them."""
_DEEPEST = 20


def listed(program: Program, given: Written, depth: int = 0) -> Iterator[Written | None]:
    """The elements of a list, also of those spread in it; None for what does not fold."""
    meant = program.meant(given)
    inner = _within(program, meant) if depth < _DEEPEST else None
    if inner is None or not meant.module.affords(len(inner)):
        yield None
        return
    for each, several in inner:
        if several:
            yield from listed(program, each, depth + 1)
        else:
            yield each


def _within(program: Program, meant: Written) -> Sequence[tuple[Written, bool]] | None:
    """What a list holds, and whether each is a list again; None for what does not fold."""
    match meant.node:
        case ast.List(elts=elements):
            return [_element(meant, each) for each in elements]
        case ast.Call(func=ast.Attribute(value=before, attr=name)) if name in _SAME:
            return [(meant.beside(before), True)]
        case ast.IfExp(body=one, orelse=other):
            return [(meant.beside(one), True), (meant.beside(other), True)]
        case ast.Call() as call if meant.name == "Object.values":
            found = options_of(program, meant.module, call)
            return None if found.hidden else [(each, False) for each in found.given.values()]
        case _:
            return None


def _element(meant: Written, element: ast.expr) -> tuple[Written, bool]:
    if isinstance(element, ast.Starred):
        return meant.beside(element.value), True
    return meant.beside(element), False
