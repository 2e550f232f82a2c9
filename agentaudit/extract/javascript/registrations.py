"""
Tools that TypeScript and JavaScript code registers at servers of MCP, wherever it does.

A server may be handed to functions that register, or imported by files that do. MCP's SDK registers
by `registerTool` and `tool`, FastMCP by `addTool`, and who handles the protocol by hand lists tools
in one handler and calls them in another.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field

from agentaudit.extract.javascript.building import Building
from agentaudit.extract.javascript.handing import parameters_at, parameters_by_name
from agentaudit.extract.javascript.handlers import handled_tools
from agentaudit.extract.javascript.looped import looped_tools
from agentaudit.extract.javascript.methods import function_of
from agentaudit.extract.javascript.options import Options, as_object, members
from agentaudit.extract.javascript.tools import Parts, tool_from, tool_of
from agentaudit.extract.mcp.tools import add_ingestion
from agentaudit.extract.programs.bindings import place_of
from agentaudit.extract.programs.code import Call
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import standing_in
from agentaudit.extract.programs.written import Written
from agentaudit.model.facts.tools import Tool

_REGISTERS = frozenset({"registerTool", "tool", "addTool"})
_HANDLES = "setRequestHandler"
_MOST = 50
"""Functions to which one server is handed, one by the other."""


class Registered(Struct, frozen=True):
    """What is registered at one server under one name in one file, line by line."""

    calls: list[ast.Call] = field(default_factory=list)
    tools: dict[int, Sequence[Tool]] = field(default_factory=dict)
    """By the call that registers them."""

    def made(self, calls: Iterable[ast.Call]) -> Iterator[Tool]:
        """The tools that some of the calls register."""
        for call in calls:
            yield from self.tools[id(call)]


Registry = Mapping[tuple[str, str], Registered]
"""By the file, and what a server is called there; by its full name alone where it is imported."""
_NOTHING = Registered()


def registry(buildings: Sequence[Building]) -> Registry:
    """The tools that all modules register, each read once."""
    found: dict[tuple[str, str], Registered] = {}
    for building in buildings:
        file = building.module.document.file
        for call in building.line_by_line:
            if not isinstance(call.node.func, ast.Attribute):
                continue
            tools = tuple(_made(building, call))
            if tools:
                owner = _owner(building, call)
                key = ("" if owner.startswith(".") else file, owner)
                known = found.setdefault(key, Registered())
                known.calls.append(call.node)
                known.tools[id(call.node)] = tools
    return found


def _owner(building: Building, call: Call) -> str:
    """What a server is called at which something is registered: `own.server` is `own` within."""
    owner = call.name.removeprefix("this.").rpartition(".")[0]
    whole = owner.removesuffix(".server")
    return owner if whole.removeprefix(".") in building.peers else whole


def _made(building: Building, call: Call) -> Iterator[Tool]:
    if call.last in _REGISTERS:
        tool = _added(building, call)
        found = [tool] if tool is not None else looped_tools(building, call)
        yield from (
            add_ingestion(building.collector, building.collector.add(each)) for each in found
        )
    elif call.last == _HANDLES:
        yield from handled_tools(building, call)


def _added(building: Building, call: Call) -> Tool | None:
    """The tool of one registration; None of what registers something else."""
    module, node = building.module, call.node
    if call.last == "addTool":
        last = as_object(node) if node.keywords else next(iter(node.args), node)
        tool = tool_of(building.program, Written(module, last))
    elif not node.args or not building.program.text(Written(module, node.args[0])):
        return None
    else:
        tool = tool_from(building.program, _of_registration(building, call))
    return tool


def _of_registration(building: Building, call: Call) -> Parts:
    """`registerTool(name, {inputSchema}, f)`, or `tool(name, description, schema, f)`."""
    module, program = building.module, building.program
    first, *others = (Written(module, each) for each in call.node.args)
    name = program.text(first)
    does = others[-1] if others else None
    between = [each for each in others[:-1] if not program.text(each)]
    config = between[0] if between else None
    options = members(program, config)
    if call.last == "registerTool":
        given = options or Options({}, hidden=config is not None)
        return Parts(first, name, given, given.get("inputSchema"), does)
    return Parts(first, name, Options({}), config, does)


def tools_at(registry: Registry, building: Building, variable: str) -> Sequence[Tool]:
    """
    The tools of one server: those of its file, and of others that import it or are handed it.

    None are known where more servers than people write are called the same.
    """
    file = building.module.document.file
    found: list[Tool] = []
    registered = len(registry.get((file, variable), _NOTHING).calls)
    if not building.module.affords(registered + len(building.handed.get(variable, ()))):
        return found
    for key in ((file, variable), ("", f".{file}.{variable}")):
        known = registry.get(key, _NOTHING)
        found += known.made(known.calls)
    for there, function, name in _handed_to(building, variable):
        known = registry.get((there, name), _NOTHING)
        found += known.made(standing_in(known.calls, function))
    return found


def registered_in(registry: Registry, building: Building) -> Sequence[Tool]:
    """The tools that a file registers, whatever its server is called there."""
    file = building.module.document.file
    known = (each for key, each in registry.items() if key[0] == file)
    return [tool for each in known for tool in each.made(each.calls)]


def _handed_to(building: Building, variable: str) -> Iterator[tuple[str, FunctionDef, str]]:
    """The files and functions to which a server is handed, and what it is called there."""
    read: set[int] = set()
    waiting = [(call, variable, building) for call in building.handed.get(variable, ())]
    for call, name, here in waiting:  # it grows meanwhile
        found = function_of(here.program, Written(here.module, call.func))
        if found is None or id(found[1]) in read or len(read) >= _MOST:
            continue
        module, function = found
        read.add(id(function))
        other = building.peers.get(module.document.file)
        parameter = _parameter(function, call, name)
        if other is None or not parameter:
            continue
        yield module.document.file, function, parameter
        further = standing_in(other.handed.get(parameter, ()), function)
        waiting += [(each, parameter, other) for each in further]


def _parameter(function: FunctionDef, call: ast.Call, name: str) -> str:
    """The parameter that a value becomes which is called so where it is handed on."""
    given = [place_of(each).removeprefix("this.") for each in call.args]
    by_name = [item.arg for item in call.keywords if place_of(item.value) in {name, f"this.{name}"}]
    if name not in given:
        taken = parameters_by_name(function, call)
        return next((each for each in by_name if each in taken), "") or ""
    return next(iter(parameters_at(function, given.index(name))), "")
