"""
Models of LangChain that a program binds tools to and asks in a loop of its own, without a graph.

`model.bind_tools([…])` hands tools over once for all questions that follow; who calls them is the
program (LangChain, "Tool calling").
"""

import ast
from collections.abc import Iterator, Mapping
from typing import TypeGuard

from agentaudit.extract.programs.bindings import bindings, place_of
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.syntax import argument
from agentaudit.extract.python.building import Building
from agentaudit.extract.python.model_calls import Asked

_BINDING = "bind_tools"
_ASKING = frozenset({"invoke", "ainvoke", "stream", "astream"})
_GRAPHS = ("langgraph.func", "langgraph.graph")
"""What asks again by itself: its functions and nodes are no loops of a program's own."""
_ASSIGNING = (ast.Assign, ast.AnnAssign, ast.NamedExpr)


def bound_models(building: Building) -> Iterator[Asked]:
    """Every question to a model that tools were bound to before, in a module without a graph."""
    module = building.module
    if _BINDING not in module.document.text or building.agents:
        return
    if any(path.startswith(_GRAPHS) for path in module.imports.values()):
        return
    bound = _bound(module)
    for call in building.calls:
        if call.last in _ASKING and isinstance(call.node.func, ast.Attribute):
            made = _made(call, bound)
            tools = argument(made, 0, "tools") if made is not None else None
            if tools is not None:
                yield Asked(call, "langchain", tools)


def _made(call: Call, bound: Mapping[str, ast.Call]) -> ast.Call | None:
    """The call that bound tools to what is asked, at once or before."""
    asked = call.node.func.value if isinstance(call.node.func, ast.Attribute) else call.node
    if _binds(asked):
        return asked
    return bound.get(place_of(asked))


def _binds(node: ast.AST) -> TypeGuard[ast.Call]:
    """Whether a node is a call that binds tools."""
    match node:
        case ast.Call(func=ast.Attribute(attr=name)):
            return name == _BINDING
        case _:
            return False


def _bound(module: Module) -> Mapping[str, ast.Call]:
    """By the name or the member that gets it, what binds tools."""
    found: dict[str, ast.Call] = {}
    for target, value in bindings(node for kind in _ASSIGNING for node in module.of(kind)):
        if isinstance(value, ast.Call) and _binds(value) and (place := place_of(target)):
            found.setdefault(place, value)
    return found
