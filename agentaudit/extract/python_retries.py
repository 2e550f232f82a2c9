"""
Retries that Python code puts around calls of models, runs of agents and tools.

Without `stop`, tenacity tries for ever (`stop_never` is its default, and without `wait` it does not
even pause); so does backoff's `on_exception` without `max_tries` and `max_time`. Read in tenacity
9.2 and backoff 2.2. Retries around anything else are no business of an audit of agents.
"""

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from agentaudit.extract.collector import fact_id
from agentaudit.extract.python_builders import RUN_METHODS
from agentaudit.extract.python_code import Call, Module, descendants, keyword, splatted
from agentaudit.extract.python_retry_loops import Retried, endless_clients, endless_loops
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
_MODEL = re.compile(
    r"(?:^|\.)(?:chat\.completions\.(?:create|parse)|ChatCompletion\.a?create"
    r"|generate_content(?:_async|_stream)?|invoke_model(?:_with_response_stream)?)$"
    r"|^litellm\.a?(?:completion|responses|embedding)$|^agents\.Runner\.run(?:_sync|_streamed)?$"
)
_OF_CLIENTS = {
    "openai": re.compile(r"\.(?:completions|responses|embeddings)\.create$"),
    "anthropic": re.compile(r"\.messages\.(?:create|stream)$"),
    "boto3": re.compile(r"\.converse(?:_stream)?$"),
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
            around = "tool" if function.name in tools else reach.of(function)
            if around:
                yield _ended(module, Retried(function.name, decorator, around), (form, call))
    loops: tuple[ast.For | ast.AsyncFor, ...] = (*module.of(ast.For), *module.of(ast.AsyncFor))
    for loop in loops:
        form, call = _form(module, loop.iter)
        around = reach.of(loop) if form is not None else ""
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


class _Reach(Struct, dict=True, eq=False):
    """What calls lead to, also by way of the module's own functions."""

    module: Module
    agents: Collection[str]

    def of(self, node: ast.AST) -> str:
        """`model` or `agent` by the first call below a node that leads to either; else empty."""
        return self._directly(node) or next(
            (self._functions[name] for name in _own_calls(node) if name in self._functions), ""
        )

    def _directly(self, node: ast.AST) -> str:
        for inner in descendants(node):
            if isinstance(inner, ast.Call):
                name = self.module.dotted(inner.func)
                if _calls_model(self.module, name):
                    return "model"
                owner, _, method = name.rpartition(".")
                if method in RUN_METHODS and owner.rpartition(".")[2] in self.agents:
                    return "agent"
        return ""

    @cached_property
    def _functions(self) -> Mapping[str, str]:
        """Functions of the module that lead to a model or an agent, and to which."""
        callers: dict[str, list[str]] = {}
        found: dict[str, str] = {}
        for function in self.module.functions:
            kind = self._directly(function)
            if kind:
                found.setdefault(function.name, kind)
            for called in _own_calls(function):
                callers.setdefault(called, []).append(function.name)
        waiting = list(found)
        for name in waiting:  # it grows meanwhile
            new = [caller for caller in callers.get(name, ()) if caller not in found]
            found.update(dict.fromkeys(new, found[name]))
            waiting.extend(dict.fromkeys(new))
        return found


def _own_calls(node: ast.AST) -> Iterator[str]:
    """Names of functions that are called by their name, or as methods of oneself."""
    for inner in descendants(node):
        if isinstance(inner, ast.Call):
            function = inner.func
            if isinstance(function, ast.Name):
                yield function.id
            elif (
                isinstance(function, ast.Attribute)
                and isinstance(function.value, ast.Name)
                and function.value.id in {"self", "cls"}
            ):
                yield function.attr


def _calls_model(module: Module, name: str) -> bool:
    if _MODEL.search(name):
        return True
    return any(
        pattern.search(name) and _imports(module, package)
        for package, pattern in _OF_CLIENTS.items()
    )


def _imports(module: Module, package: str) -> bool:
    return any(name.partition(".")[0] == package for name in module.imports.values())


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
