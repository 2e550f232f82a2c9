"""
Variables that a function lets hold no more than one word of a line, whatever the model passes.

`if not re.match(r"^[a-z0-9-]+$", name): return` turns away what a shell would read as more than one
argument: spaces, quotes and signs.
"""

import ast
import string
from collections.abc import Callable, Iterator
from functools import partial

from agentaudit.expressions import regex
from agentaudit.extract.programs.allowed import turning_away
from agentaudit.extract.programs.bindings import bindings, names_in
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import descendants
from agentaudit.extract.python.filters import ALL_OTHERS, admits

_CLASS = r"\[(?!\^)(?:[^\]\\]|\\.)+\]"
_EACH_CLASS = regex(_CLASS)
_CLASSES = regex(
    rf"\^{{1,2}}(?:{_CLASS}(?:[+*?]|\{{\d{{1,4}}(?:,\d{{0,4}})?\}})?){{1,9}}(?:\$|\\Z){{1,2}}"
)
_UNSAFE = frozenset(string.printable) - frozenset(
    string.ascii_letters + string.digits + "_@%+=:,./-"
)
"""What a shell may take for more than a part of a word, as `shlex.quote` has it."""
_OF_WORDS = frozenset({"isalnum", "isalpha", "isdecimal", "isdigit", "isidentifier", "isnumeric"})
_LONGEST = 200


def single_words(module: Module, function: FunctionDef) -> frozenset[str]:
    """The variables of a function that hold one word of a line at most, past its checks."""
    return past_checks(function, partial(_more_words, module))


def past_checks(
    function: FunctionDef, turned_away: Callable[[ast.expr], Iterator[str]]
) -> frozenset[str]:
    """
    The variables of which a function turns some values away, and that nothing is given later.

    `turned_away` says of which variables a condition does.
    """
    checked = {
        name: line for line, test in turning_away(function) for name in turned_away(test) if name
    }
    if not checked:
        return frozenset()
    given = bindings(descendants(function))
    later = {
        name
        for target, _ in given
        for name in names_in(target)
        if target.lineno > checked.get(name, target.lineno)
    }
    return frozenset(checked.keys() - later)


def _more_words(module: Module, test: ast.expr) -> Iterator[str]:
    """The variable that a condition turns away when it holds more than one word."""
    match test:
        case ast.UnaryOp(
            op=ast.Not(), operand=ast.Call(func=ast.Attribute(value=value, attr=attr), args=[])
        ) if attr in _OF_WORDS:
            yield _parted(value)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Call() as call):
            yield _matched_word(module, call)
        case ast.Call(func=func, args=[pattern, ast.Name(id=variable)]) if (
            module.dotted(func) == "re.search"
        ):
            found = ALL_OTHERS.fullmatch(module.text(pattern)[:_LONGEST])
            if found is not None and _is_of_words(f"[{found['characters']}]"):
                yield variable
        case _:
            pass


def _parted(value: ast.expr) -> str:
    """`name.replace("-", "")`: the variable, where no more is taken from it than parts words."""
    for _ in range(_LONGEST):
        match value:
            case ast.Name(id=variable):
                return variable
            case ast.Call(
                func=ast.Attribute(value=inner, attr="replace"),
                args=[ast.Constant(value=str(part)), ast.Constant(value=str())],
            ) if _UNSAFE.isdisjoint(part):
                value = inner
            case _:
                break
    return ""


def _matched_word(module: Module, call: ast.Call) -> str:
    """`re.match(r"^[a-z0-9-]+$", name)`: the variable, where the pattern admits one word alone."""
    name, pattern = module.dotted(call.func), ""
    match call:
        case ast.Call(args=[written, ast.Name(id=variable)]) if name.startswith("re."):
            pattern, way = module.text(written), name.removeprefix("re.")
        case ast.Call(func=ast.Attribute(value=compiled, attr=way), args=[ast.Name(id=variable)]):
            match module.meant(compiled):
                case ast.Call(func=func, args=[written]) if module.dotted(func) == "re.compile":
                    pattern = module.text(written)
                case _:
                    return ""
        case _:
            return ""
    whole = f"^{pattern}$" if way == "fullmatch" else pattern
    return variable if way in {"match", "fullmatch"} and is_single_word(whole) else ""


def is_single_word(pattern: str) -> bool:
    """Whether a pattern is for whole texts, and admits none but one word of a line."""
    classes = _CLASSES.fullmatch(pattern[:_LONGEST]) is not None
    return classes and all(map(_is_of_words, _EACH_CLASS.findall(pattern)))


def _is_of_words(characters: str) -> bool:
    """Whether a class of a pattern admits none but what a word of a line is made of."""
    return characters.isascii() and not admits(characters, _UNSAFE)
