"""
Retries without a library: clients that never give up, and loops that go on until a call succeeds.

The clients of OpenAI and Anthropic, and what is built on them, take `max_retries`: two unless set,
and "`math.inf` or a very high number" for ever (`openai/_base_client.py`, which both generate).
"""

import ast
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.syntax import descendants, keyword, last_name

_CLIENTS = regex(
    r"^(?:openai|anthropic|groq)\.\w+$|^(?:langchain|llama_index)[\w.]*\.\w+$|\.with_options$"
)
_ENDLESS = 1_000
"""Tries from which a number bounds nothing: with the pauses between them they take hours."""
_EXITS = (ast.Raise, ast.Return, ast.Break, ast.Assert)
_HARMLESS = frozenset(
    {
        *("sleep", "print", "debug", "info", "warning", "warn", "error", "exception", "log"),
        *("min", "max", "int", "float", "str", "repr", "uniform", "random", "randint", "append"),
        *("format", "print_exc", "format_exc", "type", "perf_counter", "time"),
    }
)
"""Calls of a handler that end nothing."""


class Retried(Struct, frozen=True):
    """What is tried again: what it is called, where that is said, and what it calls."""

    name: str
    node: ast.AST
    around: str
    """`model`, `agent` or `tool`."""


def endless_clients(module: Module, calls: tuple[Call, ...]) -> Iterator[Retried]:
    """Every client of a model that is told to try for ever."""
    for call in calls if "max_retries" in module.document.text else ():
        given = keyword(call.node, "max_retries")
        if given is not None and _CLIENTS.search(call.name) and _for_ever(module, given):
            yield Retried(call.variable or call.last, call.node, "model")


def endless_loops(module: Module, around: Callable[[Sequence[ast.AST]], str]) -> Iterator[Retried]:
    """
    Every `while True` that is left when a call of a model or an agent succeeds, and only then.

    Loops that talk with somebody are left under a condition, and are none.
    """
    for loop in module.of(ast.While):
        attempt = _attempt(module, loop)
        if attempt is None or not any(_goes_on(handler) for handler in attempt.handlers):
            continue
        called = around(attempt.body)
        if called:
            function = module.function_around(loop)
            yield Retried(function.name if function else "while True", loop, called)


def _for_ever(module: Module, node: ast.expr) -> bool:
    value = module.value(node)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value >= _ENDLESS
    if isinstance(node, ast.Call) and module.dotted(node.func) == "float" and node.args:
        return module.text(node.args[0]).lower().lstrip("+") in {"inf", "infinity"}
    return module.dotted(node) in {"math.inf", "numpy.inf"}


def _attempt(module: Module, loop: ast.While) -> ast.Try | ast.TryStar | None:
    """The one try of a loop without an end, where it is left by success and by nothing else."""
    if module.value(loop.test) not in (True, 1) or loop.orelse:
        return None
    tries = [part for part in loop.body if isinstance(part, ast.Try | ast.TryStar)]
    if len(tries) != 1:
        return None
    after = loop.body[loop.body.index(tries[0]) + 1 :]
    others = [part for part in loop.body if part is not tries[0]]
    if any(isinstance(inner, _EXITS) for part in others for inner in _below(part)):
        return None
    left = (*tries[0].body, *tries[0].orelse, *after)
    return tries[0] if any(isinstance(part, ast.Return | ast.Break) for part in left) else None


def _below(part: ast.stmt) -> list[ast.AST]:
    """What stands in a statement; one that only leaves the loop is no condition to leave it."""
    return [] if isinstance(part, ast.Return | ast.Break) else descendants(part)


def _goes_on(handler: ast.ExceptHandler) -> bool:
    """Whether a handler ends nothing, nor calls what might."""
    for node in descendants(handler):
        if isinstance(node, _EXITS):
            return False
        if isinstance(node, ast.Call) and last_name(node.func) not in _HARMLESS:
            return False
    return True
