"""Which parameters of a function in TypeScript or JavaScript are handed words of the model."""

import ast
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.names import FunctionDef


class Given(Struct, frozen=True):
    """A function, its module, and the parameters that words of the model come in by."""

    module: Module
    function: FunctionDef
    parameters: frozenset[str]


def given_first(module: Module, function: FunctionDef) -> Given:
    """A function that a model calls: its words are what the first parameter holds."""
    return Given(module, function, frozenset(item.arg for item in function.args.posonlyargs))


def handed(
    module: Module, function: FunctionDef, call: ast.Call, depends: Callable[[ast.expr], bool]
) -> Given:
    """A function as a call hands it words: by position, or by name in its last object."""
    return Given(module, function, frozenset(_names(function, call, depends)))


def _names(
    function: FunctionDef, call: ast.Call, depends: Callable[[ast.expr], bool]
) -> Iterator[str]:
    for at, value in enumerate(call.args):
        if depends(value):
            yield from parameters_at(function, at)
    named = {item.arg for item in call.keywords if depends(item.value)}
    if not named:
        return
    by_name = [name for name in parameters_by_name(function, call) if name in named]
    whole = parameters_at(function, len(call.args))
    yield from by_name if by_name and None not in named else whole


def parameters_at(function: FunctionDef, at: int) -> Sequence[str]:
    """What an argument becomes by its position: the first, also of several names it is taken by."""
    if at == 0:
        return [item.arg for item in function.args.posonlyargs]
    return [item.arg for item in function.args.args[at - 1 : at]]


def parameters_by_name(function: FunctionDef, call: ast.Call) -> Sequence[str]:
    """The names by which the members of a call's last object may be taken."""
    taken = function.args.args if call.args else function.args.posonlyargs
    return [item.arg for item in taken]
