"""
Loops in which a program talks to somebody: it waits for a line, and answers it, until he is gone.

A list that is made before such a loop, and gets more within it, has all that was said. Who is only
asked whether a step may go on says nothing that a model is told.
"""

import ast
from collections.abc import Container, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.programs.bindings import bindings
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.syntax import descendants, last_name
from agentaudit.extract.python.builders import RUN_METHODS

_HEARD = frozenset(
    {
        *("input", "prompt", "prompt_async", "ask", "question", "readline", "listen", "recv"),
        *("receive_text", "receive_json"),
    }
)
"""What waits for a line: of a terminal, of Rich, of prompt_toolkit, of a socket."""
_ONLY_OF = {
    "ask": frozenset({"Prompt", "text"}),
    "prompt": frozenset({"", "session", "prompt_session", "click", "typer", "prompt_toolkit"}),
    "readline": frozenset({"stdin"}),
}
"""Whose method it is, where others have one of that name that asks a model or reads a file."""
_ADDS = frozenset({"append", "extend", "insert", "push"})
_ASSIGNING = (ast.Assign, ast.AnnAssign, ast.NamedExpr)


class _Dialogue(Struct, frozen=True):
    """One loop by its lines, and the names of what is heard in it."""

    first: int
    last: int
    function: int
    heard: frozenset[str] = frozenset()

    def holds(self, line: int, function: int) -> bool:
        """Whether a line of a function stands in the loop, and in no function within it."""
        return function == self.function and self.first <= line <= self.last


def is_of_dialogue(module: Module, name: str, at: ast.AST) -> bool:
    """Whether a name at a place is a list that has what was said in all rounds of a dialogue."""
    function, line = id(module.function_around(at)), getattr(at, "lineno", 0)
    loops = module.once(_dialogues)
    outermost = next((each for each in loops if each.holds(line, function)), None)
    if outermost is None:
        return False
    given = module.once(_given).get((function, name), ())
    if not module.affords(len(given)):
        return False
    before = [value for target, value in given if target.lineno < outermost.first]
    rounds = [
        _stays(name, value, again=not _is_asked_for(module, outermost, target.lineno))
        for target, value in given
        if outermost.first <= target.lineno <= outermost.last
    ]
    return bool(before) and _is_list(before[-1]) and all(rounds)


def _stays(name: str, value: ast.expr, *, again: bool) -> bool:
    """Whether what a name is given in a round is what it had, unless somebody asked to begin."""
    if _is_list(value):
        own = isinstance(value, ast.List) and value.elts and isinstance(value.elts[0], ast.Starred)
        return not again or bool(own)
    match value:
        case (
            ast.BinOp(op=ast.Add(), left=ast.Name(id=same))
            | ast.Subscript(value=ast.Name(id=same), slice=ast.Slice())
        ):
            return same == name
        case _:
            return False


def _is_asked_for(module: Module, loop: _Dialogue, line: int) -> bool:
    """Whether a line is reached only if what was heard says so: `if text == "/clear":`."""
    asked: list[tuple[ast.stmt, ast.expr]] = [(each, each.test) for each in module.of(ast.If)]
    asked += [(each, each.subject) for each in module.of(ast.Match)]
    return module.affords(len(asked)) and any(
        isinstance(each, ast.Name) and each.id in loop.heard
        for choice, by in asked
        if loop.first <= choice.lineno <= line <= (choice.end_lineno or choice.lineno)
        for each in descendants(by)
    )


def _is_list(value: ast.expr) -> bool:
    return isinstance(value, ast.List) or (
        isinstance(value, ast.Call) and last_name(value.func) in {"list", "deque"}
    )


def _dialogues(module: Module) -> Sequence[_Dialogue]:
    """The loops of a module that wait for a line in each round, from the top down."""
    loops = module.of(ast.While)
    lines = [call for call in module.of(ast.Call) if _hears(module, call)] if loops else []
    waiting = [(call.lineno, id(module.function_around(call))) for call in lines]
    if not module.affords(len(loops) * len(lines)):
        return ()
    found = (
        _Dialogue(
            first=loop.lineno,
            last=loop.end_lineno or loop.lineno,
            function=id(module.function_around(loop)),
        )
        for loop in loops
    )
    waits = (each for each in found if any(each.holds(*place) for place in waiting))
    heard = {id(line) for line in lines}
    named = (replace(each, heard=_names_heard(module, each, heard)) for each in waits)
    return [each for each in named if _tells(module, each, heard)]


def _names_heard(module: Module, loop: _Dialogue, heard: Container[int]) -> frozenset[str]:
    every = (ast.Dict, ast.Call, ast.Assign, ast.AugAssign)
    if not module.affords(sum(len(module.of(kind)) for kind in every)):
        return frozenset()
    return frozenset(
        target.id
        for (function, _), values in module.once(_given).items()
        for target, value in (values if function == loop.function else ())
        if isinstance(target, ast.Name)
        and loop.holds(target.lineno, function)
        and any(id(each) in heard for each in descendants(value))
    )


def _tells(module: Module, loop: _Dialogue, heard: Container[int]) -> bool:
    """Whether what is heard in a loop goes into a message, a list or a run within it."""
    return any(
        (isinstance(each, ast.Name) and each.id in loop.heard) or id(each) in heard
        for told in _told(module)
        if loop.holds(told.lineno, id(module.function_around(told))) and module.affords_within(told)
        for each in _said(told)
    )


def _said(told: ast.expr) -> Iterator[ast.AST]:
    """All of an expression but what it compares: whether the answer was yes is not the answer."""
    waiting: list[ast.AST] = [told]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.Compare):
            waiting += ast.iter_child_nodes(node)


def _told(module: Module) -> Iterator[ast.expr]:
    """What is put into messages and lists, or handed to what runs an agent."""
    yield from (value for each in module.of(ast.Dict) for value in each.values)
    yield from (added.value for added in module.of(ast.AugAssign))
    for call in module.of(ast.Call):
        if last_name(call.func) in _ADDS | RUN_METHODS:
            yield from (*call.args, *(item.value for item in call.keywords))


def _hears(module: Module, call: ast.Call) -> bool:
    last = last_name(call.func)
    if last not in _HEARD:
        return False
    owners = _ONLY_OF.get(last)
    owner = module.dotted(call.func).rpartition(".")[0].rpartition(".")[2]
    return owners is None or owner in owners


def _given(
    module: Module,
) -> Mapping[tuple[int, str], Sequence[tuple[ast.expr, ast.expr]]]:
    """By function and name what a name is given, and where, from the top down."""
    found: dict[tuple[int, str], list[tuple[ast.expr, ast.expr]]] = {}
    for target, value in bindings(node for kind in _ASSIGNING for node in module.of(kind)):
        if isinstance(target, ast.Name):
            key = (id(module.function_around(target)), target.id)
            found.setdefault(key, []).append((target, value))
    for values in found.values():
        values.sort(key=lambda each: each[0].lineno)
    return found
