"""Conversations that a script keeps in lists of its own and hands to a model whole."""

import ast
from collections.abc import Iterator

from agentaudit.extract.javascript.builder_names import builder_name
from agentaudit.extract.javascript.building import Building
from agentaudit.extract.javascript.frameworks import BUILDERS
from agentaudit.extract.javascript.options import options_of
from agentaudit.extract.programs.code import Call
from agentaudit.extract.programs.written import Written
from agentaudit.extract.python.grown_messages import add_asked, parts_of
from agentaudit.readers.model_clients import IN_SCRIPTS, client_asked

_CONVERSATIONS = ("messages", "contents", "input", "history", "prompt")
_ASKED_WITH = frozenset({"generateText", "streamText", "generateObject", "streamObject"})
_CONVERTS = frozenset({"convertToModelMessages", "convertToCoreMessages", "structuredClone"})
_CHAINED = frozenset({"invoke", "stream"})
_RUN = frozenset({"run"})


def add_grown_messages(building: Building) -> None:
    """The conversations that a module keeps and asks models with."""
    for call in building.calls:
        add_asked(building.module, building.collector, call, _asked(building, call))


def _asked(building: Building, call: Call) -> Iterator[ast.expr]:
    """The lists that a call asks a model or an agent with."""
    for each in _given(building, call):
        yield from map(_unconverted, parts_of(_unconverted(each)))


def _unconverted(given: ast.expr) -> ast.expr:
    match given:
        case ast.Await(value=inner):
            return _unconverted(inner)
        case ast.Call(func=ast.Name(id=name), args=[inner, *_]) if name in _CONVERTS:
            return _unconverted(inner)
        case _:
            return given


def _given(building: Building, call: Call) -> Iterator[ast.expr]:
    name = builder_name(building.program, Written(building.module, call.node.func))
    asks = client_asked(IN_SCRIPTS, call.name) or name in BUILDERS or call.last in _ASKED_WITH
    if asks:
        options = options_of(building.program, building.module, call.node)
        found = options.get(*_CONVERSATIONS)
        if found is not None and found.module is building.module:
            yield found.node
    elif call.last in _CHAINED:
        yield from call.node.args[:1]
    elif call.last in _RUN:
        yield from call.node.args[1:2]
