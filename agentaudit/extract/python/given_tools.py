"""
Functions that a program gives a server of MCP by a call: `mcp.add_tool(look)`, `mcp.tool()(look)`.

FastMCP and the MCP Python SDK make a tool of the function as a decorator would; what is made of one
before, `Tool.from_function(look)`, is given alike. A loop may go through several.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence

from agentaudit.extract.mcp.tools import add_ingestion
from agentaudit.extract.programs.code import Call
from agentaudit.extract.programs.syntax import argument
from agentaudit.extract.programs.unfolded import leave_tools_open
from agentaudit.extract.python.building import Building
from agentaudit.extract.python.callees import function_called
from agentaudit.extract.python.tools import function_tool
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.tools import Tool

_GIVES = frozenset({"add_tool", "tool"})
_OWN = frozenset({"self", "super"})
_MAKES = "from_function"


def add_given_tools(building: Building, servers: Mapping[str, FactId]) -> None:
    """The functions that a module gives servers, which it builds itself or is handed."""
    for call in building.calls:
        owner, _, last = call.name.rpartition(".")
        given = argument(call.node, 0, "fn", "tool") if owner and last in _GIVES else None
        if given is None or isinstance(given, ast.Constant | ast.JoinedStr):
            continue
        if owner in _OWN:
            continue  # a class that is a server hands on what it is given
        for each in _each(building, call, given):
            tool = _tool(building, each)
            place = building.module.place(each, last)
            if tool is None:
                leave_tools_open(building.collector, place)
                continue
            add_ingestion(building.collector, tool)
            if owner in servers:
                building.collector.link(EdgeKind.EXPOSES, servers[owner], tool.id, place)


def _each(building: Building, call: Call, given: ast.expr) -> Sequence[ast.expr]:
    """What a call is given, in every round of a loop around it."""
    module = building.module
    if not isinstance(given, ast.Name) or not module.affords(len(module.of(ast.For))):
        return (given,)
    for loop in module.of(ast.For):
        around = loop.lineno <= call.node.lineno <= (loop.end_lineno or loop.lineno)
        if around and isinstance(loop.target, ast.Name) and loop.target.id == given.id:
            elements = building.elements(loop.iter)
            if elements is not None and module.affords(len(elements)):
                return elements
    return (given,)


def _tool(building: Building, given: ast.expr) -> Tool | None:
    """The tool that a function or a method is; None of what is not found."""
    for each in _unwrapped(building, given):
        found = function_called(building.documents, building.module, each)
        if found is not None:
            return building.collector.add(function_tool(building.documents, *found))
    return None


def _unwrapped(building: Building, given: ast.expr) -> Iterator[ast.expr]:
    """A function, or what a call makes a tool of."""
    made = building.made_by(given)
    if made is None:
        yield given
    elif building.module.dotted(made.func).rpartition(".")[2] == _MAKES:
        yield from filter(None, (argument(made, 0, "fn"),))
