"""
Servers of MCP that handle its protocol by hand: tools listed by one handler, called by another.

`setRequestHandler(ListToolsRequestSchema, …)` returns descriptions of tools with JSON Schemas, and
`setRequestHandler(CallToolRequestSchema, …)` chooses by the name that the model calls:
https://github.com/modelcontextprotocol/typescript-sdk.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from agentaudit.extract.javascript.building import Building
from agentaudit.extract.javascript.doing import told
from agentaudit.extract.javascript.handing import Given, given_first, handed
from agentaudit.extract.javascript.lists import listed
from agentaudit.extract.javascript.looped import functions_by_name
from agentaudit.extract.javascript.methods import function_of
from agentaudit.extract.javascript.modules import Program
from agentaudit.extract.javascript.options import members
from agentaudit.extract.javascript.tools import tool_of
from agentaudit.extract.mcp.tools import add_ingestion
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import descendants, returned_by, standing_in
from agentaudit.extract.programs.written import Written
from agentaudit.model.facts.tools import Tool

_LISTS = frozenset({"ListToolsRequestSchema", "tools/list"})
_CALLS = frozenset({"CallToolRequestSchema", "tools/call"})
_DEEPEST = 6
_MOST = 20
"""Functions in which it is looked for what is done for a name."""


def handled_tools(building: Building, call: Call) -> Iterator[Tool]:
    """The tools that one handler lists, each with what another does when it is called."""
    lists = _handler(building, call.node) if _handles(building, call.node, _LISTS) else None
    if lists is None:
        return
    tools = list(_listed(building, call, *lists))
    doing = _doing(building, call)
    code = _branches(building.program, doing, {tool.name for tool in tools}) if doing else {}
    for tool in tools:
        known = tool
        if tool.name in code and not tool.effects_known:
            given, within = code[tool.name]
            known = told(building.program, tool, given, within)
        elif not tool.effects_known:
            what = f"what the tool {tool.name} does is not known"
            effect = "what it reads, writes and sends is open"
            building.collector.leave_open(tool.evidence[0], what, effect)
        yield add_ingestion(building.collector, building.collector.add(known))


def _doing(building: Building, call: Call) -> tuple[Module, FunctionDef] | None:
    """
    The function that is called at the server at which a handler lists tools.

    Servers of one file may be called the same: it stands in the innermost function or class around
    in which one is set, and elsewhere only if it is the only one.
    """
    module, at_it = building.module, building.handling.get(call.name, ())
    inner = (standing_in(at_it, each) for each in _around(module, call.node))
    for nodes in (*inner, at_it):
        if not module.affords(len(nodes)):
            return None
        found = [each for each in nodes if _handles(building, each, _CALLS)]
        if found:
            alone = nodes is not at_it or len(found) == 1
            return _handler(building, found[0]) if alone else None
    return None


def _around(module: Module, node: ast.Call) -> Iterator[ast.stmt]:
    """The functions around a call, the innermost first, and the class."""
    yield from islice(module.functions_around(node), _DEEPEST)
    defined = module.class_around(node)
    if defined is not None:
        yield defined


def _handles(building: Building, call: ast.Call, schemas: frozenset[str]) -> bool:
    """Whether a call sets the handler of requests of a kind."""
    schema = Written(building.module, call.args[0]) if call.args else None
    return schema is not None and bool({schema.name.rpartition(".")[2], schema.text} & schemas)


def _handler(building: Building, call: ast.Call) -> tuple[Module, FunctionDef] | None:
    """The function that a call sets as a handler."""
    does = Written(building.module, (*call.args, call, call)[1])
    match does.node:
        case ast.Call(func=ast.Attribute(value=handler, attr="bind")):
            does = does.beside(handler)
        case ast.Call(args=[handler]):  # one that is wrapped
            does = does.beside(handler)
        case _:
            pass
    return function_of(building.program, does)


def _listed(
    building: Building, call: Call, module: Module, function: FunctionDef
) -> Iterator[Tool]:
    """The tools that a handler returns; what does not fold is left open."""
    returned = [Written(module, each) for each in returned_by(function)]
    inner = members(building.program, returned[0]) if len(returned) == 1 else None
    given = inner.get("tools") if inner is not None else None
    found = list(listed(building.program, given)) if given is not None else [None]
    tools = [tool_of(building.program, each) if each is not None else None for each in found]
    yield from (tool for tool in tools if tool is not None)
    if None in tools or (given is not None and building.program.grows(given)):
        place = building.module.place(call.node.func, call.last)
        what = "a list of tools that a handler returns does not fold"
        building.collector.leave_open(place, what, "which tools the server offers is open")


Branch = tuple[Given, Sequence[ast.stmt]]
"""A function with what it is handed, and the statements of it that are meant."""


def _branches(
    program: Program, doing: tuple[Module, FunctionDef], names: set[str]
) -> Mapping[str, Branch]:
    """What is done for each of some names, by the handler or by functions that it hands them to."""
    if not program.may_read(doing[1]):
        return {}
    waiting = [given_first(*doing)]
    read = {id(doing[1])}
    found: dict[str, Branch] = {}
    for given in waiting:  # it grows meanwhile
        for name, branch in _branches_of(program, given, names):
            found.setdefault(name, branch)
        words_of = program.words_in(given)
        for call in (each for each in descendants(given.function) if isinstance(each, ast.Call)):
            further = function_of(program, Written(given.module, call.func))
            if further is None or id(further[1]) in read or len(read) >= _MOST:
                continue
            read.add(id(further[1]))
            if program.may_follow(further[1]):
                waiting.append(handed(*further, call, words_of.depends))
    if not found and len(names) == 1:
        return dict.fromkeys(names, (waiting[0], ()))
    return found


def _branches_of(program: Program, given: Given, names: set[str]) -> Iterator[tuple[str, Branch]]:
    """What one function does for each of some names: under a condition, or by an object of them."""
    for name, body in _chosen(program, given.module, descendants(given.function)):
        if name in names:
            yield name, (given, body)
    held = functions_by_name(program, given.module, given.function, names)
    yield from ((name, (given_first(*each), ())) for name, each in held.items())


def _chosen(
    program: Program, module: Module, nodes: Sequence[ast.AST]
) -> Iterator[tuple[str, Sequence[ast.stmt]]]:
    """The names that conditions compare with, and what is done then; cases may share it."""
    conditions = [node for node in nodes if isinstance(node, ast.If)]
    above: list[str] = []
    for node in sorted(conditions, key=lambda node: (node.lineno, node.col_offset)):
        names = [program.meant(Written(module, each)).text for each in _compared(node.test)]
        names = [name for name in names if name]
        above += names
        if names and node.body:
            yield from ((name, node.body) for name in above)
            above = []


def _compared(test: ast.expr) -> Sequence[ast.expr]:
    """What a name may be for a branch to be taken: a case, or either side of `===`."""
    waiting, found = [test], list[ast.expr]()
    for each in waiting:  # it grows meanwhile: `a || b || …` nests as deep as it is long
        match each:
            case ast.BoolOp(op=ast.Or(), values=values):
                waiting += values
            case ast.Compare(ops=[ast.Eq()], left=left, comparators=others):
                found += [left, *others]
            case ast.Compare():
                pass
            case _:
                found.append(each)
    return found
