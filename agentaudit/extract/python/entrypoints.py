"""
Agents of LangGraph's functional API: functions that `@entrypoint` makes graphs of.

What goes round is a loop of the function itself, which no recursion limit bounds (LangGraph,
`langgraph.func`); its tools are those that the module binds to a model or names for calls. One that
asks no model, as far as its tasks say, is a workflow of something else.
"""

import ast
from collections.abc import Iterator, Sequence

from agentaudit.extract.bounds import Bound
from agentaudit.extract.collector import fact_id
from agentaudit.extract.programs.code import Call
from agentaudit.extract.programs.loops import Rounds, openness, rounds
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import argument, descendants
from agentaudit.extract.python.building import Building
from agentaudit.extract.python.limits import budget, timeout
from agentaudit.extract.python.steps import asks, leads_to_model
from agentaudit.extract.python.toolbox import listed_tools
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.tools import Tool

_ENTRYPOINT = "langgraph.func.entrypoint"
_BINDING = "bind_tools"


def add_entrypoints(building: Building) -> Iterator[tuple[Agent, Call]]:
    """The agents that entry points of a module are, each with the call that makes it one."""
    module = building.module
    if _ENTRYPOINT.rpartition(".")[0] not in module.document.text:
        return
    for function in module.functions:
        for decorator in function.decorator_list:
            if module.dotted(decorator) != _ENTRYPOINT or not asks(building, [(module, function)]):
                continue
            call = _made(decorator, function)
            yield _add(building, function, call), call


def _made(decorator: ast.expr, function: FunctionDef) -> Call:
    """The call that makes a graph of a function, which may stand there without parentheses."""
    node = decorator
    if not isinstance(node, ast.Call):
        node = ast.copy_location(ast.Call(func=decorator, args=[], keywords=[]), decorator)
    return Call(_ENTRYPOINT, node, function.name)


def _add(building: Building, function: FunctionDef, call: Call) -> Agent:
    module, collector = building.module, building.collector
    longest = max(_repeated(building, function), key=openness, default=None)
    bound: Bound = longest.bound if longest is not None else (Known.SET, 1)
    place = module.place(call.node.func, call.last)
    ends = longest is not None and longest.ends_in_time
    agent = collector.add(
        Agent(
            id=fact_id("agent", function.name, f"{module.document.file}#{function.name}"),
            name=function.name,
            evidence=(place,),
            framework="langgraph",
            max_iterations=bound[0],
            max_iterations_count=bound[1],
            paced_by_person=longest is not None and longest.paced_by_person,
            timeout=Known.SET if ends else timeout(building, call),
            budget=budget(building, call),
            never_repeats=longest is None,
        )
    )
    for tool in _tools(building):
        collector.link(EdgeKind.INVOKES, agent.id, tool.id, place)
    return agent


def _repeated(building: Building, function: FunctionDef) -> Iterator[Rounds]:
    """What repeats each call of a function that asks a model."""
    module = building.module
    for node in descendants(function):
        if isinstance(node, ast.Call) and leads_to_model(building, node):
            found = rounds(module, node)
            if found is not None:
                yield found


def _tools(building: Building) -> Sequence[Tool]:
    """The tools that a module binds to models, each once."""
    bound = (call for call in building.calls if call.last == _BINDING)
    found = (
        tool
        for call in bound
        if (given := argument(call.node, 0, "tools")) is not None
        for tool in listed_tools(building, given)
    )
    return tuple({tool.id: tool for tool in found}.values())
