"""What the function of a tool in TypeScript or JavaScript does, and what those do that it calls."""

import ast
from collections.abc import Iterable

from agentaudit.extract.javascript.effects import Body
from agentaudit.extract.javascript.handing import Given
from agentaudit.extract.javascript.modules import Program
from agentaudit.extract.javascript.words import Does
from agentaudit.extract.python.effects import Effects
from agentaudit.model.facts.tools import Tool

UNREAD = "calls what is not read", "what else it does is open"
UNKNOWN = "does something that is not known", "what it reads, writes and sends is open"
_MOST = 60
"""Functions that are read for one tool because they are handed words, and for what else it does."""


def effects_of(program: Program, given: Given, within: Iterable[ast.stmt] = ()) -> Effects:
    """
    What a tool's function or a part of it, and what it calls, does with the model's words.

    What is handed words is read first, the nearest before what that calls.
    """
    found = Effects(set())
    waiting, others = [given], list[Given]()
    read = {_as_read(given)}
    for first in (True, False):
        for at, each in enumerate(waiting):  # it grows meanwhile
            if at == _MOST:
                found.cut |= first
                break
            does, further = _does(program, each, within if each is given else ())
            found.add(does)
            for called in further:
                if _as_read(called) not in read:
                    read.add(_as_read(called))
                    (waiting if called.parameters or not first else others).append(called)
        waiting = others
    return found


def told(program: Program, tool: Tool, given: Given, within: Iterable[ast.stmt] = ()) -> Tool:
    """A tool whose function is given; whether that is read to its end is told later."""
    found = effects_of(program, given, within)
    program.open_doing.pop(tool.id, None)
    if found.cut:
        program.open_doing[tool.id] = UNREAD
    return found.told_of(tool)


def _as_read(given: Given) -> tuple[int, frozenset[str]]:
    return id(given.function), given.parameters


def _does(program: Program, given: Given, within: Iterable[ast.stmt]) -> Does:
    """What a function does by itself, read once for all that call it so."""
    if within:
        return Body(program, given, within).read()
    known = program.words_in(given).does
    if not known:
        afforded = program.may_follow(given.function)
        unread = Effects(set(), cut=bool(given.parameters)), ()
        known.append(Body(program, given).read() if afforded else unread)
    return known[0]
