"""
The functions of TypeScript and JavaScript that expressions stand for, among them methods.

Whose method it is says what `new` makes, the class itself, or the type of a parameter or a field:
`this.terminals.run(command)` is the `run` of the class of which `terminals` is made.
"""

import ast
from collections.abc import Iterator, Mapping

from agentaudit.expressions import regex
from agentaudit.extract.javascript.classes import class_named, lineage_of
from agentaudit.extract.javascript.modules import Program
from agentaudit.extract.programs.bindings import bindings
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import descendants, parameters_of, returned_by
from agentaudit.extract.programs.written import Written

_ITSELF = regex(r"(?i)^(?:get|create|shared|default)?_?(?:instance|default|shared|create)$")
"""What gives the one object of a class, or another: `Terminals.getInstance()`."""
_DEEPEST = 6
"""Members of members, and functions that return what others make."""


def function_of(program: Program, given: Written) -> tuple[Module, FunctionDef] | None:
    """The function that an expression stands for, be it a method of a class of the repository."""
    return _function(program, given, 0)


def handler_of(
    program: Program, given: Written, depth: int = 0
) -> tuple[Module, FunctionDef] | None:
    """
    The function that is set as a handler, also wrapped in another or made by one.

    `safely(async (args) => …)` does what it is handed, and `searching(database)` what it returns.
    """
    found = function_of(program, given)
    meant = program.meant(given)
    call = meant.node
    if found is not None or not isinstance(call, ast.Call) or depth > _DEEPEST:
        return found
    if not meant.module.affords(len(call.args)):
        return None
    wrapped = (handler_of(program, meant.beside(each), depth + 1) for each in reversed(call.args))
    inner = next((each for each in wrapped if each is not None), None)
    maker = function_of(program, meant.beside(call.func)) if inner is None else None
    if maker is None or not program.may_follow(maker[1]):
        return inner
    returned = next(returned_by(maker[1]), None)
    return handler_of(program, Written(maker[0], returned), depth + 1) if returned else None


def _function(program: Program, given: Written, depth: int) -> tuple[Module, FunctionDef] | None:
    node = given.node
    if isinstance(node, ast.Attribute) and depth < _DEEPEST:
        member = _member(program, given.beside(node.value), node.attr, depth + 1)
        if isinstance(member, tuple):
            return member
        given = member or given
    meant = program.meant(given)
    if not isinstance(meant.node, ast.Name):
        return None
    found = meant.module.functions_by_name.get(meant.node.id)
    return (meant.module, found) if found is not None else None


def _member(
    program: Program, owner: Written, name: str, depth: int
) -> tuple[Module, FunctionDef] | Written | None:
    """A method of what is made of a class, by it or by those that it extends; or a field of it."""
    known = _class_of(program, owner, depth)
    lineage = lineage_of(program, *known) if known is not None else None
    for each in lineage.classes if lineage is not None else ():
        found = program.members_of(each.module, each.defined).get(name)
        if isinstance(found, FunctionDef):
            return each.module, found
        if found is not None:
            return Written(each.module, found)
    return None


def _class_of(program: Program, given: Written, depth: int) -> tuple[Module, ast.ClassDef] | None:
    """The class of the repository that a value is an object of, or that it is itself."""
    if isinstance(given.node, ast.Name) and given.node.id == "this":
        around = given.module.class_around(given.node)
        return (given.module, around) if around is not None else None
    if depth > _DEEPEST or (depth > 1 and not given.module.affords(1)):
        return None
    if isinstance(given.node, ast.Attribute):
        member = _member(program, given.beside(given.node.value), given.node.attr, depth + 1)
        given = member if isinstance(member, Written) else given
    meant = program.meant(given)
    match meant.node:
        case ast.Name() as name:
            return _named(program, meant, name, depth)
        case ast.Call() as call:
            return _made(program, meant, call, depth)
        case ast.IfExp(body=one, orelse=other):
            either = [one, other]
        case ast.BoolOp(values=values):
            either = values
        case _:
            return None
    found = (_class_of(program, meant.beside(each), depth + 1) for each in either)
    return next((each for each in found if each is not None), None)


def _named(
    program: Program, meant: Written, name: ast.Name, depth: int
) -> tuple[Module, ast.ClassDef] | None:
    """The class that a name is, or of which a parameter or a variable of a function is made."""
    known = class_named(program, meant)
    if known is not None:
        return meant.module, known
    for function in meant.module.functions_around(name):
        types = {each.arg: each.type_comment for each in parameters_of(function)}
        if name.id in types:
            type_ = ast.copy_location(ast.Name(id=types[name.id] or "", ctx=ast.Load()), name)
            return _typed(program, meant.beside(type_))
        value = _variables(meant.module, function).get(name.id)
        if value is not None:
            return _class_of(program, meant.beside(value), depth + 1)
    return None


def _typed(program: Program, type_: Written) -> tuple[Module, ast.ClassDef] | None:
    meant = program.meant(type_)
    known = class_named(program, meant)
    return (meant.module, known) if known is not None else None


def _made(
    program: Program, meant: Written, call: ast.Call, depth: int
) -> tuple[Module, ast.ClassDef] | None:
    """The class that `new` makes something of, or a function of the repository."""
    made = _typed(program, meant.beside(call.func))
    if made is not None:
        return made
    if isinstance(call.func, ast.Attribute) and _ITSELF.search(call.func.attr):
        return _class_of(program, meant.beside(call.func.value), depth + 1)
    found = _function(program, meant.beside(call.func), depth + 1)
    if found is None or not program.may_follow(found[1]):
        return None
    returned = (Written(found[0], each) for each in returned_by(found[1]))
    classes = (_class_of(program, each, depth + 1) for each in returned)
    return next((each for each in classes if each is not None), None)


def _variables(module: Module, function: FunctionDef) -> Mapping[str, ast.expr]:
    """What the variables of a function are given that one statement of it gives something."""
    known = module.once(_by_function)
    if id(function) not in known:
        known[id(function)] = dict(_given_once(function)) if module.affords_within(function) else {}
    return known[id(function)]


def _by_function(_module: Module) -> dict[int, Mapping[str, ast.expr]]:
    return {}


def _given_once(function: FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    given: dict[str, list[ast.expr]] = {}
    for target, value in bindings(descendants(function)):
        if isinstance(target, ast.Name):
            given.setdefault(target.id, []).append(value)
    yield from ((name, values[0]) for name, values in given.items() if len(values) == 1)
