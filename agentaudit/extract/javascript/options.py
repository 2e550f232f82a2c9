"""The options of a call in TypeScript or JavaScript: by name, from one object or several."""

import ast
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.javascript.methods import function_of
from agentaudit.extract.javascript.modules import Program
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.syntax import returned_by
from agentaudit.extract.programs.written import Written

_DEEPEST = 10
"""Objects that are spread in objects."""
_MOST_FUNCTIONS = 4
"""Of which each returns what the next one makes."""


class Options(Struct, frozen=True):
    """What is given by name, each with the module where it is written."""

    given: Mapping[str, Written]
    hidden: bool = False
    """Some come from what cannot be read here: what is not given may be given there."""

    def get(self, *names: str) -> Written | None:
        """The first of these that is given."""
        return next((self.given[name] for name in names if name in self.given), None)

    def text(self, *names: str) -> str:
        """The first of these as a text; empty where it is none."""
        found = self.get(*names)
        return found.text if found is not None else ""


def options_of(program: Program, module: Module, call: ast.Call) -> Options:
    """What a call is given in the object that is its last argument, or that its name stands for."""
    pairs = [(item.arg, item.value) for item in call.keywords]
    if pairs:
        return _gathered(program, module, pairs)
    last = Written(module, call.args[-1]) if call.args else None
    found = members(program, last)
    if found is not None or last is None:
        return found or Options({})
    named = isinstance(program.meant(last).node, ast.Name | ast.Call | ast.Attribute)
    return Options({}, hidden=named)


def inner_options(program: Program, options: Options, name: str) -> Options:
    """The options that one of the options holds: none where it is not given."""
    given = options.get(name)
    inner = members(program, given) if given is not None else Options({})
    if inner is None:
        return Options({}, hidden=True)
    return Options(inner.given, hidden=inner.hidden or options.hidden)


def as_object(call: ast.Call) -> ast.Dict:
    """The object that is a call's last argument, as it was written."""
    keys: list[ast.expr | None] = [
        ast.copy_location(ast.Constant(value=item.arg), item.value) if item.arg else None
        for item in call.keywords
    ]
    values = [item.value for item in call.keywords]
    return ast.copy_location(ast.Dict(keys=keys, values=values), call)


def members(program: Program, given: Written | None) -> Options | None:
    """The members of an object, with those that are spread in it; None of what is none."""
    if given is None:
        return None
    meant = _made(program, given)
    if not isinstance(meant.node, ast.Dict):
        return None
    found = _gathered(program, meant.module, _pairs(program, meant.module, meant.node))
    return replace(found, hidden=found.hidden or program.grows(given))


def _made(program: Program, given: Written) -> Written:
    """What a name stands for, also what a function returns to it, where it returns in one place."""
    for _ in range(_MOST_FUNCTIONS):
        given = program.meant(given)
        if not isinstance(given.node, ast.Call):
            break
        found = function_of(program, given.beside(given.node.func))
        if found is None or not program.may_follow(found[1]):
            break
        returned = tuple(returned_by(found[1]))
        if len(returned) != 1:
            break
        given = Written(found[0], returned[0])
    return given


def _pairs(
    program: Program, module: Module, written: ast.Dict
) -> list[tuple[str | None, ast.expr]]:
    """Keys and values; what is spread has no key, and one that does not fold is empty."""
    return [
        (program.text(Written(module, key)) if key is not None else None, value)
        for key, value in zip(written.keys, written.values, strict=True)
    ]


def _gathered(
    program: Program, module: Module, pairs: list[tuple[str | None, ast.expr]], depth: int = 0
) -> Options:
    given: dict[str, Written] = {}
    hidden = False
    for name, value in pairs:
        written = Written(module, value)
        if name is not None:
            hidden |= not name
            given[name] = written
            continue
        for each in map(written.beside, _alternatives(value)):
            spread = _spread(program, each, depth)
            given.update(spread.given)
            hidden |= spread.hidden or program.grows(each)
    return Options(given, hidden)


def _alternatives(value: ast.expr) -> tuple[ast.expr, ...]:
    """What may be spread: `...(remote && {tools})` is that or nothing."""
    if isinstance(value, ast.BoolOp) and isinstance(value.op, ast.And):
        return (value.values[-1],)
    return (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,)


def _spread(program: Program, value: Written, depth: int) -> Options:
    meant = _made(program, value)
    if not isinstance(meant.node, ast.Dict) or depth >= _DEEPEST:
        return Options({}, hidden=True)
    if not meant.module.affords(len(meant.node.keys)):
        return Options({}, hidden=True)
    return _gathered(program, meant.module, _pairs(program, meant.module, meant.node), depth + 1)
