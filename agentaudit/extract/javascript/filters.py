"""
What a function in TypeScript or JavaScript leaves of a text, or lets through: no names.

`text.replace(/[^0-9+*/-]/g, "")` holds numbers and operators alone, and so does what a check that
ends the function turned everything else away from.
"""

import ast
from collections.abc import Callable, Iterator
from functools import partial

from agentaudit.expressions import regex
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import descendants
from agentaudit.extract.python.filters import names_nothing
from agentaudit.extract.python.single_words import is_single_word, past_checks

_LONGEST = 200
_ADMITTED = regex(r"\^(?P<characters>\[(?!\^)(?:[^\]\\]|\\.)+\])[+*]\$")
_REMOVED = regex(r"\[\^(?P<characters>(?:[^\]\\]|\\.)+)\][+*]?")


def without_names(module: Module, function: FunctionDef) -> frozenset[str]:
    """The variables of a function that hold nothing but numbers and operators."""
    return frozenset(_harmless(module, descendants(function)))


def single_words(module: Module, function: FunctionDef) -> frozenset[str]:
    """The variables of a function that hold one word of a line at most, past its checks."""
    return past_checks(function, partial(_more_words, module))


def _more_words(module: Module, test: ast.expr) -> Iterator[str]:
    """The variable that a condition turns away when it holds more than one word."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=ast.Call() as call):
            yield from _tested(module, call, is_single_word)
        case _:
            pass


def _harmless(module: Module, nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                if _leaves_nothing(module, call):
                    yield name
            case ast.If(test=ast.UnaryOp(op=ast.Not(), operand=ast.Call() as call), body=[*_, end]):
                if isinstance(end, ast.Return | ast.Raise):
                    yield from _tested(module, call, _names_nothing)
            case _:
                pass


def _leaves_nothing(module: Module, call: ast.Call) -> bool:
    """Whether everything is removed that a name may have."""
    func = call.func
    if not isinstance(func, ast.Attribute) or func.attr not in {"replace", "replaceAll"}:
        return False
    match call.args:
        case [pattern, ast.Constant(value="")]:
            found = _REMOVED.fullmatch(_pattern(module, pattern))
        case _:
            return False
    return found is not None and names_nothing(f"[{found['characters']}]")


def _tested(module: Module, call: ast.Call, is_harmless: Callable[[str], bool]) -> Iterator[str]:
    """The variable that `/^[0-9]+$/.test(text)` looks at, where the pattern does no harm."""
    match call:
        case ast.Call(func=ast.Attribute(value=pattern, attr="test"), args=[ast.Name(id=name)]):
            if is_harmless(_pattern(module, pattern)):
                yield name
        case _:
            pass


def _names_nothing(pattern: str) -> bool:
    found = _ADMITTED.fullmatch(pattern)
    return found is not None and names_nothing(found["characters"])


def _pattern(module: Module, given: ast.expr) -> str:
    """The pattern of a regular expression; empty for anything else."""
    meant = module.meant(given)
    if isinstance(meant, ast.Call) and module.dotted(meant.func) == "RegExp" and meant.args:
        return module.text(meant.args[0])[:_LONGEST]
    return ""
