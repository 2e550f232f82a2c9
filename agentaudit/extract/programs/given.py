"""What the parameters of a function in Python are given by a call of it."""

import ast
from collections.abc import Iterator

from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import parameters_of

_OWN = frozenset({"self", "cls"})


def given_by(function: FunctionDef, call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """What each parameter of a function is given by a call; what is spread may be any of them."""
    taken = [each.arg for each in parameters_of(function)]
    taken = taken[1:] if taken[:1] and taken[0] in _OWN else taken
    more = [each.arg for each in (function.args.vararg, function.args.kwarg) if each is not None]
    named = {item.arg: item.value for item in call.keywords if item.arg is not None}
    starred = (at for at, each in enumerate(call.args) if isinstance(each, ast.Starred))
    at = next(starred, len(call.args))
    spread = [each.value for each in call.args[at:] if isinstance(each, ast.Starred)]
    spread += [item.value for item in call.keywords if item.arg is None]
    in_place = taken[: len(taken) - len(function.args.kwonlyargs)]
    yield from zip(in_place, call.args[:at], strict=False)
    rest = call.args[len(in_place) :] if at >= len(in_place) else []
    if rest and more:
        yield more.pop(0), ast.Tuple(elts=rest, ctx=ast.Load())
    left = [name for name in (*in_place[at:], *taken[len(in_place) :]) if name not in named]
    for name, given in named.items():
        yield from ((each, given) for each in ([name] if name in taken else more[-1:]))
    for given in spread[:1]:
        yield from ((name, given) for name in (*left, *more))
