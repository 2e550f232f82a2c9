"""
What a function in Python lets through before it goes on: digits and operators, and no names.

A calculator that turns away everything else may evaluate the rest: without a letter, an underscore
or a quote no code names anything.
"""

import ast
import re
import string
import warnings
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from agentaudit.expressions import regex
from agentaudit.extract.programs.allowed import straight
from agentaudit.extract.programs.bindings import bindings, names_in
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import descendants

_NAMING = frozenset(string.ascii_letters + "_'\"\\`")
_ONE_CLASS = regex(r"\^?(?P<characters>\[(?!\^)(?:[^\]\\]|\\.)+\])[+*]?(?P<end>\$|\\Z)?")
ALL_OTHERS = regex(r"\[\^(?P<characters>(?:[^\]\\]|\\.)+)\]\+?")
_LONGEST = 200


def without_names(module: Module, function: FunctionDef) -> frozenset[str]:
    """The variables of a function that hold nothing but numbers and operators, past its checks."""
    changed = _changed(function)
    checked = {
        name: statement.lineno
        for statement in straight(function.body)
        if (name := _let_through(module, statement))
        if changed.get(name, 0) <= statement.lineno
    }
    return frozenset((*checked, *_made_later(function, checked)))


def _made_later(function: FunctionDef, checked: Mapping[str, int]) -> Iterator[str]:
    """Variables that are made of a checked one after its check, wherever they are made at all."""
    first = min(checked, key=checked.__getitem__, default="")
    made: dict[str, bool] = {}
    for target, value in bindings(descendants(function)) if checked else ():
        read = (part.id for part in descendants(value) if isinstance(part, ast.Name))
        one = next(read, first)
        later = target.lineno > checked.get(one, target.lineno) and _made_of(value, one)
        for name in names_in(target):
            made[name] = made.get(name, True) and later
    own = {item.arg for item in ast.walk(function.args) if isinstance(item, ast.arg)}
    yield from (name for name, later in made.items() if later and name not in own)


def _let_through(module: Module, statement: ast.stmt) -> str:
    """The variable that is nothing but numbers and operators after a statement; empty for none."""
    match statement:
        case ast.If(test=test, body=[*_, ast.Return() | ast.Raise()]):
            return _checked(module, test)
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
            return name if _strips_names(module, call) else ""
        case _:
            return ""


def _strips_names(module: Module, call: ast.Call) -> bool:
    """`re.sub(r"[^0-9+*/-]", "", text)`: whether what is left names nothing."""
    match call.args:
        case [pattern, ast.Constant(value=""), _] if module.dotted(call.func) == "re.sub":
            found = ALL_OTHERS.fullmatch(module.text(pattern)[:_LONGEST])
            return found is not None and names_nothing(f"[{found['characters']}]")
        case _:
            return False


def _checked(module: Module, test: ast.expr) -> str:
    """The variable that a condition turns away when a name may stand in it; empty for others."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=ast.Call() as call):
            return _matched(module, call) or _each(module, call, "all", ast.In)
        case ast.Call() as call:
            return _each(module, call, "any", ast.NotIn)
        case (
            ast.UnaryOp(
                op=ast.Not(),
                operand=ast.Compare(left=ast.Call() as given, ops=[ast.LtE()], comparators=[among]),
            )
            | ast.BinOp(left=ast.Call() as given, op=ast.Sub(), right=among)
        ):
            return _within(module, given, among)
        case _:
            return ""


def _within(module: Module, given: ast.Call, among: ast.expr) -> str:
    """`set(text) <= set("0123456789+-*/")`: the variable, where no name is admitted."""
    match given:
        case ast.Call(func=ast.Name(id="set" | "frozenset"), args=[ast.Name(id=variable)]):
            return variable if _nameless(module, among) else ""
        case _:
            return ""


def _matched(module: Module, call: ast.Call) -> str:
    """`re.match(r"^[0-9+*/-]+$", text)`: the variable, where the pattern admits no name."""
    name = module.dotted(call.func)
    match call.args:
        case [pattern, ast.Name(id=variable)] if name in {"re.match", "re.fullmatch"}:
            found = _ONE_CLASS.fullmatch(module.text(pattern)[:_LONGEST])
        case _:
            return ""
    if found is None or (name == "re.match" and found["end"] is None):
        return ""
    return variable if names_nothing(found["characters"]) else ""


def names_nothing(characters: str) -> bool:
    """Whether a class of a pattern admits no character that a name may have."""
    return characters.isascii() and not admits(characters, _NAMING)


def admits(characters: str, any_of: AbstractSet[str]) -> bool:
    """Whether a class of a pattern admits one of these characters, as far as can be told."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what may mean another set one day
            admitted = re.compile(characters, re.ASCII)
    except re.error:
        return True
    return any(map(admitted.match, any_of))


def _each(module: Module, call: ast.Call, function: str, operator: type[ast.cmpop]) -> str:
    """`all(c in "0123456789+-*/" for c in text)`: the variable, where no name is admitted."""
    match call:
        case ast.Call(
            func=ast.Name(id=called),
            args=[
                ast.GeneratorExp(
                    elt=ast.Compare(left=ast.Name(id=one), ops=[op], comparators=[among]),
                    generators=[
                        ast.comprehension(
                            target=ast.Name(id=target), iter=ast.Name(id=variable), ifs=[]
                        )
                    ],
                )
            ],
        ) if called == function and one == target and isinstance(op, operator):
            return variable if _nameless(module, among) else ""
        case _:
            return ""


def _nameless(module: Module, node: ast.expr) -> bool:
    """Whether the characters of a text, or of the set of them, are known, and none may name."""
    node = module.meant(node)
    match node:
        case ast.Call(func=ast.Name(id="set" | "frozenset"), args=[inner]):
            node = inner
        case _:
            pass
    text = module.text(node)
    return bool(text) and text.isascii() and _NAMING.isdisjoint(text)


def _changed(function: FunctionDef) -> Mapping[str, int]:
    """Names, and the last line on which each is given what is not made of itself alone."""
    found: dict[str, int] = {}
    for target, value in bindings(descendants(function)):
        for name in names_in(target):
            if not _made_of(value, name):
                found[name] = max(found.get(name, 0), target.lineno)
    return found


def _made_of(value: ast.expr, name: str) -> bool:
    """Whether an expression holds one variable, its methods, and texts that name nothing."""
    for part in descendants(value):
        if isinstance(part, ast.Name) and part.id != name:
            return False
        if isinstance(part, ast.Constant) and not _NAMING.isdisjoint(str(part.value)):
            return False
    return True
