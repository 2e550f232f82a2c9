"""Which parameters of a function in TypeScript or JavaScript are handed words of the model."""

import ast
from collections.abc import Callable, Iterator

from msgspec import Struct

from agentaudit.extract.python_code import Module
from agentaudit.extract.python_names import FunctionDef


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
    first = [item.arg for item in function.args.posonlyargs]
    others = [item.arg for item in function.args.args]
    for at, value in enumerate(call.args):
        if depends(value):
            yield from first if at == 0 else others[at - 1 : at]
    named = {item.arg for item in call.keywords if depends(item.value)}
    if not named:
        return
    last = others if call.args else first
    by_name = [name for name in last if name in named]
    whole = last if not call.args else others[len(call.args) - 1 : len(call.args)]
    yield from by_name if by_name and None not in named else whole
