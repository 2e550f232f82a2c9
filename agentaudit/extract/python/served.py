"""
What of a program answers requests: of whoever calls, and not of one person who runs a script.

A function of a path (FastAPI, Flask, Express, Hono, a route of Next.js), an entry point of a
platform (AgentCore, Lambda, Chainlit), a handler of a messenger (Telegram, Discord, Slack), what is
told whose question it answers, and the functions that these call, in their own file or in another
that they import. What such a function reads is there for all who call.
"""

import ast
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct, field

from agentaudit.expressions import regex
from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.bindings import bindings
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.effort import Effort
from agentaudit.extract.programs.imports import defined_at, modules, packages
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import descendants, parameters_of

_ROUTES = frozenset({"get", "post", "put", "patch", "websocket", "route", "api_route"})
"""Decorators and methods by which frameworks hand a path to a function."""
_ENTRIES = frozenset({"entrypoint", "on_message"})
_EXPORTED = frozenset({"GET", "POST", "PUT", "PATCH"})
"""What a route of Next.js exports."""
_LAMBDA = ("event", "context")
_OF_TELEGRAM = ("update", "context")
_MESSENGERS = frozenset({"telegram", "telebot", "aiogram", "pyrogram", "discord", "slack_bolt"})
_HANDLING = frozenset({"message_handler", "on_message", "message", "event", "command"})
"""Decorators by which their libraries hand a message to a function."""
_ASKER = regex(
    r"^(?:user|customer|tenant|account|chat|member|sender|from|session|thread|conversation)_?id$"
    r"|^(?:phone|sender|from)_number$"
)
"""Parameters that say whose question a function answers."""
_PYTHON = "python"


class Served(Struct, dict=True, eq=False):
    """What of one module answers requests, looked for when somebody asks."""

    module: Module
    documents: Documents | None = None
    """Those of the repository, where functions may be called from other files."""
    _effort: Effort = field(default_factory=Effort)

    def serves(self, node: ast.AST) -> bool:
        """Whether something is done for whoever calls: in a function, or once for all that do."""
        if self.is_made_once(node) or getattr(node, "lineno", 0) in self._routes:
            return True
        return any(id(each) in self._answering for each in self.module.functions_around(node))

    def is_made_once(self, node: ast.AST) -> bool:
        """Whether the module itself makes something, once for all who call."""
        if self.module.function_around(node) is not None:
            return False
        return getattr(node, "lineno", 0) in self._shared

    @cached_property
    def _answering(self) -> Mapping[int, FunctionDef]:
        """The functions that answer, and those of the module that they call."""
        named = self._called_elsewhere
        waiting = [each for each in self.module.functions if self._begins(each, named)]
        found: dict[int, FunctionDef] = {}
        while waiting:
            function = waiting.pop()
            if id(function) in found or not self._effort.affords_value(function):
                continue
            found[id(function)] = function
            waiting += self._called_by(function)
        return found

    def _begins(self, function: FunctionDef, named: frozenset[str]) -> bool:
        if function.name in named or any(map(self._hands_over, function.decorator_list)):
            return True
        if self.module.document.syntax != _PYTHON:
            return function.name in _EXPORTED
        taken = tuple(given.arg for given in parameters_of(function))
        if taken in (_LAMBDA, _OF_TELEGRAM):
            return True
        told = any(map(_ASKER.search, taken)) and not function.decorator_list
        return told or self._is_of_messenger(function)

    def _is_of_messenger(self, function: FunctionDef) -> bool:
        """Whether a library of a messenger hands messages of all who write to a function."""
        if self.module.once(packages).isdisjoint(_MESSENGERS):
            return False
        names = map(self.module.dotted, function.decorator_list)
        return any(name.rpartition(".")[2] in _HANDLING for name in names)

    def _hands_over(self, mark: ast.expr) -> bool:
        """Whether a decorator, or a call, hands requests to a function."""
        name = self.module.dotted(mark)
        owner, _, last = name.rpartition(".")
        if last in _ENTRIES:
            return bool(owner) and not owner.startswith("langgraph")
        return isinstance(mark, ast.Call) and self._is_route(mark)

    def _is_route(self, call: ast.Call) -> bool:
        if not call.args or self.module.dotted(call.func).rpartition(".")[2] not in _ROUTES:
            return False
        return self.module.text(call.args[0]).startswith("/")

    def _called_by(self, function: FunctionDef) -> Iterator[FunctionDef]:
        for name in _called_in(self.module, function):
            own = self.module.functions_by_name.get(name.removeprefix("self."))
            if own is not None:
                yield own

    @cached_property
    def _called_elsewhere(self) -> frozenset[str]:
        if self.documents is None or self.module.document.syntax != _PYTHON:
            return frozenset()
        return self.documents.once(_called_by_handlers).get(self.module.document.file, frozenset())

    def called(self) -> Iterator[str]:
        """The full names of what the answering functions call."""
        for function in self._answering.values():
            yield from _called_in(self.module, function)

    @cached_property
    def _routes(self) -> "_Lines":
        """The lines of calls that hand a function to a path where it is written."""
        if self.module.document.syntax == _PYTHON:
            return _Lines(())
        return _Lines(call for call in self.module.of(ast.Call) if self._is_route(call))

    @cached_property
    def _shared(self) -> "_Lines":
        """The lines in which the module makes what answering functions read, once for all."""
        kinds = (ast.Assign, ast.AnnAssign, ast.withitem)
        given = (node for kind in kinds for node in self.module.of(kind))
        made: dict[str, list[ast.expr]] = {}
        for target, value in bindings(given):
            if isinstance(target, ast.Name) and self.module.function_around(target) is None:
                made.setdefault(target.id, []).append(value)
        waiting, found = [*self._read], dict[str, list[ast.expr]]()
        while waiting:
            name = waiting.pop()
            if name in made and name not in found:
                found[name] = made[name]
                waiting += [read for each in made[name] for read in _read_in(each)]
        return _Lines(each for values in found.values() for each in values)

    @cached_property
    def _read(self) -> frozenset[str]:
        """The names that answering functions read."""
        within = (name for each in self._answering.values() for name in _read_in(each))
        routes = self._routes
        handed = (name.id for name in self.module.of(ast.Name) if name.lineno in routes)
        return frozenset((*within, *handed))


class _Lines:
    """Stretches of lines, put together where they overlap."""

    def __init__(self, nodes: Iterable[ast.expr]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted((each.lineno, each.end_lineno or each.lineno) for each in nodes):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(end, self._ends[-1])
            else:
                self._starts.append(start)
                self._ends.append(end)

    def __contains__(self, line: int) -> bool:
        at = bisect_right(self._starts, line) - 1
        return at >= 0 and line <= self._ends[at]


def _called_in(module: Module, function: FunctionDef) -> Iterator[str]:
    """The full names of what a function calls."""
    calls = (node for node in descendants(function) if isinstance(node, ast.Call))
    return (module.dotted(call.func) for call in calls)


def _read_in(node: ast.AST) -> Iterator[str]:
    inner = (each for each in descendants(node) if isinstance(each, ast.Name))
    return (name.id for name in inner if isinstance(name.ctx, ast.Load))


def _called_by_handlers(documents: Documents) -> Mapping[str, frozenset[str]]:
    """By file the functions that handlers of other files call."""
    every = modules(documents)
    found: dict[str, set[str]] = {}
    for file, module in every.items():
        for name in Served(module).called():
            if name.startswith("."):
                target, function = defined_at(every, file, name)
                found.setdefault(target, set()).add(function)
    return {file: frozenset(names) for file, names in found.items()}
