"""Loops that go on as a person wants: each round waits for the next line that somebody types."""

import ast

from agentaudit.expressions import regex
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import descendants

_ASKS = regex(
    r"^(?:input|prompt)$|(?:^|\.)(?:Prompt\.ask|console\.input|get_user_input|stdin\.readline"
    r"|\w*session\.prompt(?:_async)?|(?:rl|readline|terminal)\.question)$"
)
"""What waits for the next line of a person."""
_IN_THREADS = frozenset({"to_thread", "run_in_executor", "run_sync"})
_ENDS = (ast.Break, ast.Return, ast.Raise)


def waits_for_person(module: Module, loop: ast.While) -> bool:
    """Whether each round begins with what somebody types, whatever happened before."""
    waiting = list(loop.body)
    for statement in waiting:  # it grows meanwhile
        if isinstance(statement, ast.Try | ast.With | ast.AsyncWith):
            waiting += statement.body
        elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr):
            made = [each for each in descendants(statement) if isinstance(each, ast.Call)]
            if any(_asks_person(module, each) for each in made):
                return True
            if any(_begins_asking(module, module.own_function(each.func)) for each in made):
                return True
    return any(
        isinstance(each, ast.Call) and module.dotted(each.func) == "input"
        for each in descendants(loop.test)
    )


def _asks_person(module: Module, call: ast.Call) -> bool:
    """Whether a call waits for a line, also in another thread: `asyncio.to_thread(input, "> ")`."""
    handed = (each for each in call.args if isinstance(each, ast.Name | ast.Attribute))
    waits = module.dotted(call.func).rpartition(".")[2] in _IN_THREADS
    asked = (call.func, *(handed if waits else ()))
    return any(_ASKS.search(module.dotted(each)) is not None for each in asked)


def _begins_asking(module: Module, function: FunctionDef | None) -> bool:
    """Whether a function asks a person, whatever happens, before it ends."""
    if function is None or not module.affords_within(function):
        return False
    for statement in function.body:
        calls = (each for each in descendants(statement) if isinstance(each, ast.Call))
        simple = isinstance(statement, ast.Return | ast.Assign | ast.AnnAssign | ast.Expr)
        if simple and any(_asks_person(module, each) for each in calls):
            return True
        if any(isinstance(each, _ENDS) for each in descendants(statement)):
            return False
    return False
