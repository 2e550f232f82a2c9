"""
Tools that a loop registers, each described by an element of a list: `all.forEach((one) => …)`.

What a tool does stands in its description, or in an object of functions by the names of tools.
"""

import ast
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from operator import attrgetter

from agentaudit.extract.javascript.building import Building
from agentaudit.extract.javascript.doing import told
from agentaudit.extract.javascript.handing import given_first
from agentaudit.extract.javascript.lists import listed
from agentaudit.extract.javascript.methods import function_of
from agentaudit.extract.javascript.modules import Program
from agentaudit.extract.javascript.options import members
from agentaudit.extract.javascript.tools import tool_of
from agentaudit.extract.programs.bindings import place_of
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import descendants, parameters_of
from agentaudit.extract.programs.written import Written
from agentaudit.model.facts.tools import Tool

_EACH = frozenset({"forEach", "map"})
_DEEPEST = 6


def looped_tools(building: Building, call: Call) -> Iterator[Tool]:
    """The tools that a call registers whose name is that of a list's element, if it is one."""
    path = _path(call.node.args[0]) if call.node.args else ()
    found = _list_of(building, call.node, path[0]) if len(path) > 1 else None
    if found is None:
        return
    given, around = found
    tools = [_tool(building.program, each, path[1:-1]) for each in listed(building.program, given)]
    names = {tool.name for tool in tools if tool is not None}
    program, module = building.program, building.module
    read = names and program.may_read(around)
    code = functions_by_name(program, module, around, names) if read else {}
    for tool in tools:
        if tool is not None and tool.name in code and not tool.effects_known:
            yield told(building.program, tool, given_first(*code[tool.name]))
        elif tool is not None:
            yield tool
    if None in tools:
        place = building.module.place(call.node.func, call.last)
        what = "a list of tools that a loop registers does not fold"
        building.collector.leave_open(place, what, "which tools the server offers is open")


def _path(node: ast.expr) -> tuple[str, ...]:
    """The names of `one.schema.name`, from the first on; none of anything else."""
    names: list[str] = []
    for _ in range(_DEEPEST):
        if isinstance(node, ast.Name):
            return (node.id, *reversed(names))
        if not isinstance(node, ast.Attribute):
            break
        names.append(node.attr)
        node = node.value
    return ()


def _list_of(building: Building, call: ast.Call, name: str) -> tuple[Written, ast.stmt] | None:
    """The list that a loop goes through, and the statement that is done for each element."""
    module = building.module
    loops = building.loops.get(name, ())
    before = bisect_right(loops, call.lineno, key=attrgetter("lineno"))
    for loop in reversed(loops[max(before - _DEEPEST, 0) : before]):
        if call.lineno <= (loop.end_lineno or 0):
            return Written(module, loop.iter), loop
    around = islice(module.functions_around(call), _DEEPEST)
    taking = (each for each in around if name in {item.arg for item in parameters_of(each)})
    function = next(taking, None)
    for each in building.handed.get(function.name, ()) if function is not None else ():
        match each.func:
            case ast.Attribute(value=given, attr=method) if method in _EACH and function:
                return Written(module, given), function
            case _:
                pass
    return None


def _tool(program: Program, element: Written | None, path: Sequence[str]) -> Tool | None:
    """The tool that an element describes, in itself or in a member of it."""
    given = element
    for name in path:
        inner = members(program, given)
        given = inner.get(name) if inner is not None else None
    return tool_of(program, given) if given is not None else None


def functions_by_name(
    program: Program, module: Module, around: ast.AST, names: set[str]
) -> Mapping[str, tuple[Module, FunctionDef]]:
    """The functions of an object in which one is looked up by its name: `all[name]`."""
    found: dict[str, tuple[Module, FunctionDef]] = {}
    for held in _looked_up(program, module, around):
        for name in names & held.keys():
            function = function_of(program, held[name])
            if function is not None:
                found.setdefault(name, function)
    return found


def _looked_up(
    program: Program, module: Module, around: ast.AST
) -> Iterator[Mapping[str, Written]]:
    """The objects in which something is looked up, each once."""
    nodes = (node.value for node in descendants(around) if isinstance(node, ast.Subscript))
    for value in {place_of(each): each for each in nodes if place_of(each)}.values():
        held = members(program, Written(module, value))
        if held is not None and module.affords(len(held.given)):
            yield held.given
