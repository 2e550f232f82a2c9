"""
Tools that apps of Azure Functions give by calls: `app.mcpTool("name", {toolProperties, handler})`.

Properties are a list, or an object of `arg.string().describe(…)`; what a function is bound to reads
and writes as well: https://learn.microsoft.com/azure/azure-functions/functions-bindings-mcp-trigger.
"""

import ast

from msgspec.structs import replace

from agentaudit.extract.azure.functions import add_function_server
from agentaudit.extract.collector import fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import folder_of
from agentaudit.extract.javascript.building import Building
from agentaudit.extract.javascript.doing import UNREAD, effects_of
from agentaudit.extract.javascript.handing import Given
from agentaudit.extract.javascript.methods import function_of
from agentaudit.extract.javascript.modules import Program
from agentaudit.extract.javascript.options import Options, members, options_of
from agentaudit.extract.mcp.tools import add_ingestion
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.nodes import node_of
from agentaudit.extract.programs.syntax import parameters_of
from agentaudit.extract.programs.written import Written
from agentaudit.extract.python.effects import Effects
from agentaudit.extract.schemas import Taken, as_taking, taken_by_properties, taken_of
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.facts.tools import Tool
from agentaudit.readers.document import Node, NodeKind

_TOOL = "@azure/functions.app.mcpTool"
_TYPES = frozenset(
    {"string", "double", "long", "number", "boolean", "object", "integer", "datetime"}
)
_ARG = "@azure/functions.arg."
_LONGEST = 10


def add_functions(building: Building) -> None:
    """The tools of a module, at the server that its app is."""
    for call in building.calls:
        if call.name == _TOOL and call.node.args:
            _add(building, call)


def _add(building: Building, call: Call) -> None:
    module, collector = building.module, building.collector
    options = options_of(building.program, module, call.node)
    given = (options.get("toolName"), Written(module, call.node.args[0]))
    names = (building.program.text(each) for each in given)
    name = plain(next(filter(None, names), "tool"))
    place = module.place(call.node.func, name)
    tool = Tool(
        id=fact_id("tool", name, f"{module.document.file}#{call.node.lineno}.{name}"),
        name=name,
        evidence=(place,),
    )
    handler = options.get("handler")
    function = function_of(building.program, handler) if handler is not None else None
    does = _effects(building.program, options, function)
    if does.cut:
        building.program.open_doing[tool.id] = UNREAD
    if does.names:
        tool = does.told_of(tool)
    elif function is None or options.hidden:
        effect = "what it reads, writes and sends is open"
        collector.leave_open(place, f"what the tool {name} does is not known", effect)
    tool = add_ingestion(collector, collector.add(as_taking(tool, _taken(building, options))))
    folder = folder_of(module.document.file)
    server = add_function_server(building.documents, collector, folder, place)
    collector.link(EdgeKind.EXPOSES, server.id, tool.id, place)


def _effects(
    program: Program, options: Options, function: tuple[Module, FunctionDef] | None
) -> Effects:
    """What the function does with words of the model, by any parameter, and what it is bound to."""
    found, names = Effects(set()), set[str]()
    if function is not None:
        words = frozenset(item.arg for item in parameters_of(function[1]))
        found = effects_of(program, Given(*function, words))
    if options.get("extraInputs") is not None:
        names.add("read")
    if options.get("extraOutputs", "return") is not None:
        names.add("write")
    private = found.private or "read" in names
    return replace(found, names=found.names | names, private=private)


def _taken(building: Building, options: Options) -> Taken:
    """What a tool takes, by the properties that it is given."""
    given = options.get("toolProperties")
    if given is None:
        return Taken()
    meant = building.program.meant(given)
    if isinstance(meant.node, ast.List):
        return taken_by_properties(node_of(meant.module, meant.node))
    inner = members(building.program, given)
    if inner is None or inner.hidden:
        return Taken()
    return taken_of((name, _type(building.program, each)) for name, each in inner.given.items())


def _type(program: Program, given: Written) -> Node:
    """The type of one property, by the calls that build it: `arg.string().asArray()`."""
    meant = program.meant(given)
    node, several = meant.node, False
    for _ in range(_LONGEST):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            break
        name = meant.module.dotted(node.func)
        if name.removeprefix(_ARG) in _TYPES:
            raw = "array" if several else name.removeprefix(_ARG)
            return meant.module.node(node, raw)
        several |= node.func.attr == "asArray"
        node = node.func.value
    return meant.module.node(meant.node).changed(kind=NodeKind.UNKNOWN)
