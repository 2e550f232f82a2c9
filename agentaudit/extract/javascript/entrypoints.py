"""
Agents of LangGraph.js' functional API, as `python.entrypoints` has them: `entrypoint('desk', run)`.

What goes round is a loop of the function itself, which no recursion limit bounds; its tools are
those that the module binds to a model. Tasks are followed: `task('call', async (said) => …)`. One
that asks no model, as far as these say, is a workflow of something else.
"""

import ast
from collections.abc import Iterator

from agentaudit.expressions import regex
from agentaudit.extract.bounds import Bound
from agentaudit.extract.collector import fact_id
from agentaudit.extract.javascript.building import Building
from agentaudit.extract.javascript.built import Built
from agentaudit.extract.javascript.frameworks import Builder
from agentaudit.extract.javascript.limits import budget, timeout
from agentaudit.extract.javascript.methods import handler_of
from agentaudit.extract.javascript.options import Options, members
from agentaudit.extract.programs.asking import speaks_of_asking
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.loops import Rounds, openness, rounds
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import descendants, last_name
from agentaudit.extract.programs.written import Written
from agentaudit.model.evidence import Known
from agentaudit.model.facts.agents import Agent

ENTRYPOINTS = frozenset({"@langchain/langgraph.entrypoint", "@langchain/langgraph/web.entrypoint"})
_BUILDER = Builder("langgraph-js")
_BINDING = "bindTools"
_CALLS_MODEL = regex(r"(?i)^(?:call|ask|invoke)\w{0,20}(?:model|llm)$")
_MOST = 200
"""Functions that one entry point leads to."""


def add_entrypoints(building: Building) -> Iterator[Built]:
    """The agents that entry points of a module are."""
    for call in building.calls:
        if call.name not in ENTRYPOINTS or not call.node.args:
            continue
        function = handler_of(building.program, Written(building.module, call.node.args[-1]))
        if function is None:
            place = building.module.place(call.node.func, call.last)
            what = "what an entry point of LangGraph does is not known"
            building.collector.leave_open(place, what, "whether it is an agent, and with what")
        elif _asks(building, *function):
            yield _built(building, call, function)


def _built(building: Building, call: Call, function: tuple[Module, FunctionDef]) -> Built:
    module = building.module
    first = Written(module, call.node.args[0])
    options = members(building.program, first) or Options({})
    longest = max(_repeated(building, *function), key=openness, default=None)
    bound: Bound = longest.bound if longest is not None else (Known.SET, 1)
    name = options.text("name") or building.program.text(first) or call.variable
    name = name or module.document.file.rpartition("/")[2]
    times, seconds = timeout(building, options)
    agent = building.collector.add(
        Agent(
            id=fact_id("agent", name, f"{module.document.file}#{call.node.lineno}.{name}"),
            name=name,
            evidence=(module.place(call.node.func, call.last),),
            framework=_BUILDER.framework,
            max_iterations=bound[0],
            max_iterations_count=bound[1],
            paced_by_person=longest is not None and longest.paced_by_person,
            timeout=Known.SET if longest is not None and longest.ends_in_time else times,
            timeout_s=seconds,
            budget=budget(building, options),
            never_repeats=longest is None,
        )
    )
    building.agents[id(call.node)] = agent
    return Built(building, call, _BUILDER, _with_tools(building, options), agent)


def _with_tools(building: Building, options: Options) -> Options:
    """Its options, with all that the module binds to models."""
    bound = [call.node for call in building.calls if call.last == _BINDING and call.node.args]
    if not bound:
        return options
    spread = [
        ast.copy_location(ast.Starred(value=each.args[0], ctx=ast.Load()), each) for each in bound
    ]
    tools = ast.copy_location(ast.List(elts=list(spread), ctx=ast.Load()), bound[0])
    return Options({**options.given, "tools": Written(building.module, tools)}, options.hidden)


def _repeated(building: Building, module: Module, function: FunctionDef) -> Iterator[Rounds]:
    """What repeats each call of a function that asks a model."""
    for node in descendants(function):
        if isinstance(node, ast.Call) and _leads_to_model(building, module, node):
            found = rounds(module, node)
            if found is not None:
                yield found


def _leads_to_model(building: Building, module: Module, call: ast.Call) -> bool:
    function = handler_of(building.program, Written(module, call.func))
    return _asks(building, *function) if function is not None else _says(call)


def _asks(building: Building, module: Module, function: FunctionDef) -> bool:
    """Whether a function or one that it calls asks a model, or is too much to read."""
    waiting, seen = [(module, function)], set[int]()
    while waiting:
        module, function = waiting.pop()
        if id(function) in seen:
            continue
        seen.add(id(function))
        if len(seen) > _MOST or not building.program.may_follow(function):
            return True
        for call in (node for node in descendants(function) if isinstance(node, ast.Call)):
            further = handler_of(building.program, Written(module, call.func))
            if further is not None:
                waiting.append(further)
            elif _says(call):
                return True
    return False


def _says(call: ast.Call) -> bool:
    """Whether a call of what is not read asks a model, by its name."""
    named = _CALLS_MODEL.match(last_name(call.func)) is not None
    return named or speaks_of_asking(descendants(call.func))
