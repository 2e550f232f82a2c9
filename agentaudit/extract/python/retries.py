"""
Retries that Python code puts around calls of models, runs of agents and tools.

Without `stop`, tenacity tries for ever (`stop_never` is its default, and without `wait` it does not
even pause); so does backoff's `on_exception` without `max_tries` and `max_time`. Read in tenacity
9.2 and backoff 2.2. Retries around anything else are no business of an audit of agents.
"""

import ast
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.collector import fact_id
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.imports import packages
from agentaudit.extract.programs.syntax import keyword, splatted
from agentaudit.extract.python.builders import RUN_METHODS
from agentaudit.extract.python.retry_loops import Retried, endless_clients, endless_loops
from agentaudit.model.evidence import Known
from agentaudit.model.facts.controls import Retry


class _Form(Struct, frozen=True):
    product: str
    limits: tuple[str, ...]
    stop: int | None = None
    """Which positional argument is a limit too."""
    deciders: tuple[str, ...] = ()
    """Arguments that may give up as well, by code that we cannot read."""


_TENACITY = _Form("tenacity", ("stop",), stop=1)
_FORMS = {
    "tenacity.retry": _TENACITY,
    "tenacity.Retrying": _TENACITY,
    "tenacity.AsyncRetrying": _TENACITY,
    "tenacity.asyncio.AsyncRetrying": _TENACITY,
    "tenacity._asyncio.AsyncRetrying": _TENACITY,
    "backoff.on_exception": _Form("backoff", ("max_tries", "max_time"), deciders=("giveup",)),
}
_MODEL = regex(
    r"(?:^|\.)(?:chat\.completions\.(?:create|parse)|ChatCompletion\.a?create"
    r"|generate_content(?:_async|_stream)?|invoke_model(?:_with_response_stream)?)$"
    r"|^litellm\.a?(?:completion|responses|embedding)$|^agents\.Runner\.run(?:_sync|_streamed)?$"
)
_OF_CLIENTS = {
    "openai": regex(r"\.(?:completions|responses|embeddings)\.create$"),
    "anthropic": regex(r"\.messages\.(?:create|stream)$"),
    "boto3": regex(r"\.converse(?:_stream)?$"),
}
"""Calls that other libraries have too: they count where the model's client is imported."""


def retries(
    module: Module, calls: tuple[Call, ...], agents: Collection[str], tools: Collection[str]
) -> Iterator[Retry]:
    """
    Every retry of the module around a model, an agent or a tool.

    `agents` are the variables that hold agents, `tools` the names of the functions that are tools.
    """
    reach = _Reach(module, agents)
    for endless in (*endless_clients(module, calls), *endless_loops(module, reach.of)):
        line = getattr(endless.node, "lineno", 1)
        yield _retry(module, endless, Known.NONE, f"{endless.name}:{line}")
    if any(name.startswith(("tenacity", "backoff")) for name in module.imports.values()):
        yield from _of_libraries(module, reach, tools)


def _of_libraries(module: Module, reach: "_Reach", tools: Collection[str]) -> Iterator[Retry]:
    for function in module.functions:
        for decorator in function.decorator_list:
            form, call = _form(module, decorator)
            if form is None:
                continue
            around = "tool" if function.name in tools else reach.of([function])
            if around:
                yield _ended(module, Retried(function.name, decorator, around), (form, call))
    loops: tuple[ast.For | ast.AsyncFor, ...] = (*module.of(ast.For), *module.of(ast.AsyncFor))
    for loop in loops:
        form, call = _form(module, loop.iter)
        around = reach.of([loop]) if form is not None else ""
        if form is not None and around:
            yield _ended(module, Retried(form.product, loop.iter, around), (form, call))


def _form(module: Module, node: ast.expr) -> tuple[_Form | None, ast.Call | None]:
    """What retries here: a class or decorator of a library, its call, or a variable with one."""
    node = module.meant(node)
    form = _FORMS.get(module.dotted(node))
    return form, node if isinstance(node, ast.Call) else None


def _limit(module: Module, call: ast.Call | None, form: _Form) -> Known:
    if call is None:
        return Known.NONE  # a bare `@retry`
    given = [keyword(call, name) for name in form.limits]
    if form.stop is not None:
        given += call.args[form.stop : form.stop + 1]
    if any(item is not None and not _never(module, item) for item in given):
        return Known.SET
    hidden = splatted(call) or any(isinstance(item, ast.Starred) for item in call.args)
    decided = keyword(call, *form.deciders) is not None
    return Known.UNKNOWN if hidden or decided else Known.NONE


def _never(module: Module, node: ast.expr) -> bool:
    return module.value(node) is None or module.dotted(node) == "tenacity.stop_never"


_Place = tuple[int, int]
"""A line and a column; what stands within a node stands between its first and its last."""


class _Reach(Struct, dict=True, eq=False):
    """What calls lead to, also by way of the module's own functions."""

    module: Module
    agents: Collection[str]

    def of(self, nodes: Sequence[ast.AST]) -> str:
        """`model` or `agent` by the first call within nodes that leads to either; else empty."""
        return _within(self._leading, nodes) or _within(self._by_functions, nodes)

    @cached_property
    def _leading(self) -> Sequence[tuple[_Place, str]]:
        """The calls that lead to a model or an agent themselves, in the order of the text."""
        found = ((_place(call), self._leads(call)) for call in self.module.of(ast.Call))
        return sorted((place, kind) for place, kind in found if kind)

    @cached_property
    def _by_functions(self) -> Sequence[tuple[_Place, str]]:
        """The calls of functions of the module that do, in the order of the text."""
        found = ((place, self._functions.get(name, "")) for place, name, _ in self._own_calls)
        return sorted((place, kind) for place, kind in found if kind)

    @cached_property
    def _own_calls(self) -> Sequence[tuple[_Place, str, ast.Call]]:
        found = ((_place(call), _own(call.func), call) for call in self.module.of(ast.Call))
        return [(place, name, call) for place, name, call in found if name]

    def _leads(self, call: ast.Call) -> str:
        name = self.module.dotted(call.func)
        if self._calls_model(name):
            return "model"
        owner, _, method = name.rpartition(".")
        known = method in RUN_METHODS and owner.rpartition(".")[2] in self.agents
        return "agent" if known else ""

    def _calls_model(self, name: str) -> bool:
        return _MODEL.search(name) is not None or any(
            package in self.module.once(packages) and pattern.search(name)
            for package, pattern in _OF_CLIENTS.items()
        )

    @cached_property
    def _functions(self) -> Mapping[str, str]:
        """Functions of the module that lead to a model or an agent, and to which."""
        callers: dict[str, list[str]] = {}
        for function in self.module.functions:
            outer = self.module.function_outside(function)
            if outer is not None:
                callers.setdefault(function.name, []).append(outer.name)
        for _, called, call in self._own_calls:
            caller = self.module.function_around(call)
            if caller is not None:
                callers.setdefault(called, []).append(caller.name)
        found: dict[str, str] = {}
        for (line, _), kind in self._leading:
            leading = self.module.function_at(line)
            if leading is not None:
                found.setdefault(leading.name, kind)
        waiting = list(found)
        for name in waiting:  # it grows meanwhile
            new = [caller for caller in callers.get(name, ()) if caller not in found]
            found.update(dict.fromkeys(new, found[name]))
            waiting.extend(dict.fromkeys(new))
        return found


def _place(node: ast.AST) -> _Place:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def _within(places: Sequence[tuple[_Place, str]], nodes: Sequence[ast.AST]) -> str:
    """The first kind between where the first node begins and where the last one ends."""
    number = bisect_left(places, (_place(nodes[0]), ""))
    end = (getattr(nodes[-1], "end_lineno", 0), getattr(nodes[-1], "end_col_offset", 0))
    return places[number][1] if number < len(places) and places[number][0] < end else ""


def _own(function: ast.expr) -> str:
    """The name of a function that is called by it, or as a method of oneself; else empty."""
    if isinstance(function, ast.Name):
        return function.id
    if (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id in {"self", "cls"}
    ):
        return function.attr
    return ""


def _ended(module: Module, retried: Retried, by: tuple[_Form, ast.Call | None]) -> Retry:
    """A retry of a library, which its arguments may end."""
    form, call = by
    limit = _limit(module, call, form)
    return _retry(module, retried, limit, f"{retried.name}:{limit}")


def _retry(module: Module, retried: Retried, limit: Known, key: str) -> Retry:
    return Retry(
        id=fact_id("retry", retried.name, f"{module.document.file}#{key}"),
        name=retried.name,
        evidence=(module.place(retried.node, retried.name),),
        around=retried.around,
        limit=limit,
    )
