"""The tools that an agent in Python is given: functions, classes of frameworks, what wraps them."""

import ast
from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from agentaudit.extract.collector import fact_id
from agentaudit.extract.mcp.tools import add_ingestion
from agentaudit.extract.programs.bindings import bindings
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import argument, keyword, splatted
from agentaudit.extract.programs.unfolded import leave_tools_open
from agentaudit.extract.python.builders import Builder
from agentaudit.extract.python.building import Building
from agentaudit.extract.python.class_tools import CLASS_TOOLS, class_tool
from agentaudit.extract.python.frameworks import is_foreign
from agentaudit.extract.python.handing import agents_meant
from agentaudit.extract.python.known_runners import is_loaded, loaded_tools, tool_of_agent
from agentaudit.extract.python.named_tools import named_tool
from agentaudit.extract.python.own_tools import own_tool, wrapped
from agentaudit.extract.python.tool_wrappers import handed_on, made_of
from agentaudit.extract.python.tools import approval_of
from agentaudit.model.evidence import Confidence, Truth
from agentaudit.model.facts.tools import Tool

_GIVEN = ("tools", "functions", "plugins")
_OF_SERVERS = frozenset({"McpToolset", "MCPToolset", "MCPTools", "MultiMCPTools"})
_SERVING = ("google.adk.", "agno.")
"""Whose servers of MCP are sets of tools."""
_RUNS_CODE = "code_execute_fn"
"""What LlamaIndex's `CodeActAgent` runs the code with that its model writes."""
_NO_TOOLS = frozenset({"autogen_ext.tools.code_execution.PythonCodeExecutionTool"})
"""What is looked at elsewhere: where the code runs that an agent writes."""


def tools_of(building: Building, call: Call, builder: Builder) -> Iterator[Tool]:
    """Every tool of an agent; what does not fold is left open."""
    own = tool_of_agent(building.module, call)
    if own is not None:
        yield building.collector.add(own)
        return
    runs = keyword(call.node, _RUNS_CODE)
    if runs is not None:
        yield _tool(building, runs)
    given = keyword(call.node, *_GIVEN)
    if given is None and builder.tools_at is not None:
        given = next(iter(call.node.args[builder.tools_at : builder.tools_at + 1]), None)
    if given is None and call.last == "StateGraph":
        yield from _all_tools(building, call)
    elif given is None and splatted(call.node):
        _leave_open(building, call.node.func)
    elif given is not None and building.module.value(given) is not None:
        yield from _listed(building, given, set())


def _all_tools(building: Building, call: Call) -> Iterator[Tool]:
    """The tools of a graph: those of its module, whose nodes may call them, and of their nodes."""
    module, nodes = building.module, building.tool_nodes
    if module.affords(len(building.tools_at)):
        yield from building.tools_at.values()
    else:
        _leave_open(building, call.node.func)
    if not (module.affords(len(nodes)) and all(map(module.affords_within, nodes))):
        _leave_open(building, call.node.func)
        return
    for given in (argument(node, 0, "tools") for node in nodes):
        if given is not None:
            yield from _listed(building, given, set())


def listed_tools(building: Building, given: ast.expr | None) -> Iterator[Tool]:
    """The tools of a list that is handed to something else than an agent."""
    if given is not None:
        yield from _listed(building, given, set())


def _listed(
    building: Building, given: ast.expr, seen: set[ast.expr], depth: int = 0
) -> Iterator[Tool]:
    """The tools of a list, each list once; of one within it, by its star, and of two added ones."""
    written = building.module.meant(given)
    if written in seen:
        return
    seen.add(written)
    elements = building.elements(written)
    if elements is None and _is_tool(building, given):
        elements = (given,)
    parts = _parts(building, written) if elements is None and depth < _DEEPEST else ()
    grows = isinstance(given, ast.Name) and given.id in building.module.constants.grown
    if grows or (elements is None and not parts):
        _leave_open(building, given)
    for other, part in parts:
        yield from _listed(other, part, seen, depth + 1)
    for element in elements or ():
        if isinstance(element, ast.Starred) and depth < _DEEPEST:
            yield from _listed(building, element.value, seen, depth + 1)
        else:
            yield from _tools(building, element)


def _parts(building: Building, written: ast.expr) -> Sequence[tuple[Building, ast.expr]]:
    """The lists that are added to one, or that another module has, or a function returns."""
    match written:
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return ((building, left), (building, right))
        case ast.Call():
            found = building.returned(written)
        case _:
            found = building.elsewhere(written)
    return (found,) if found is not None else ()


_DEEPEST = 20


def _is_tool(building: Building, given: ast.expr) -> bool:
    """Whether one tool stands where a list might: a function, or what is known by its name."""
    path = building.module.dotted(given)
    name = path.rpartition(".")[2]
    known = name in building.tools or name in building.module.functions_by_name
    if isinstance(given, ast.Name) and known:
        return True
    made = building.made_by(given)
    return made is not None and (name in CLASS_TOOLS or is_loaded(building.module, made))


def _leave_open(building: Building, node: ast.AST) -> None:
    leave_tools_open(building.collector, building.module.place(node, "tools"))


def _tools(building: Building, element: ast.expr) -> Iterator[Tool]:
    """One element of a list: a tool, or an object of the module whose methods are tools."""
    made = building.made_by(element)
    if made is not None and is_loaded(building.module, made):
        for each, tool in loaded_tools(building.module, made):
            yield building.collector.add(tool) if tool is not None else _tool(building, each)
        return
    name = building.module.dotted(made) if made is not None else ""
    if _is_read_elsewhere(building, element, name):
        return
    defined = building.classes.get(name, ())
    if not building.module.affords(sum(len(each.body) for each in defined)):
        _leave_open(building, element)
        return
    methods = tuple(_methods(building, defined))
    if methods:
        yield from methods
    else:
        yield _tool(building, element)


def _is_read_elsewhere(building: Building, element: ast.expr, name: str) -> bool:
    """Whether an element is an agent, a server or what runs code, whose tools are read there."""
    if name in _NO_TOOLS or _is_server(building, element, name):
        return True
    delegate = building.agent_in(element)
    if not delegate and any(agents_meant(building, element)):
        return True
    if delegate == "":
        place = building.module.place(element, name)
        what = "an agent that is a tool is built in another file"
        building.collector.leave_open(place, what, "to whom work is handed")
    return delegate is not None


def _is_server(building: Building, element: ast.expr, made: str) -> bool:
    """Whether an element is a set of a server's tools, also one that `with` keeps open."""
    if made.rpartition(".")[2] in _OF_SERVERS:
        return made.startswith(_SERVING)
    module = building.module
    opened = module.once(_opened) if isinstance(element, ast.Name) else {}
    return isinstance(element, ast.Name) and opened.get(element.id, "").startswith(_SERVING)


def _opened(module: Module) -> Mapping[str, str]:
    """The sets of servers' tools that `with` keeps open, by their names."""
    given = bindings(module.of(ast.withitem))
    named = (
        (target.id, module.dotted(value)) for target, value in given if isinstance(target, ast.Name)
    )
    return {name: path for name, path in named if path.rpartition(".")[2] in _OF_SERVERS}


def _methods(building: Building, defined: Sequence[ast.ClassDef]) -> Iterator[Tool]:
    """The methods that decorators make tools, of a class that the module defines itself."""
    for member in (member for each in defined for member in each.body):
        if isinstance(member, FunctionDef):
            tool = building.tools_at.get(member.lineno)
            if tool is not None:
                yield tool


def _tool(building: Building, element: ast.expr, depth: int = 0) -> Tool:
    path = building.module.dotted(element)
    name = path.rpartition(".")[2]
    if name in building.tools:
        return building.tools[name]
    there = building.elsewhere(element) if depth < _DEEPEST else None
    if there is not None:
        return _tool(*there, depth + 1)
    inner = _inner(building, element) if depth < _DEEPEST else None
    if inner is not None:
        return _wrapped(building, element, _tool(building, inner, depth + 1))
    known = _known(building, element, path)
    if known is not None:
        return add_ingestion(building.collector, building.collector.add(known))
    return _unknown(building, element, name)


def _inner(building: Building, element: ast.expr) -> ast.expr | None:
    """What a name stands for, and what a wrapper, or a function with one, makes a tool of."""
    if not isinstance(element, ast.Call):
        return building.made_by(element)
    given = made_of(building.module, element) or handed_on(building, element)
    return None if isinstance(given, ast.Lambda) else given


def _known(building: Building, element: ast.expr, path: str) -> Tool | None:
    """A function of the module, or what a framework has by this name."""
    module = building.module
    name = path.rpartition(".")[2]
    if isinstance(element, ast.Name):
        function = module.functions_by_name.get(name)
        if function is not None:
            return building.as_tool(function)
    if isinstance(element, ast.Call) and name in CLASS_TOOLS and is_foreign(module, path):
        return class_tool(module, element, name)
    own = own_tool(building.documents, module, element) if isinstance(element, ast.Call) else None
    return own or named_tool(building.documents, module, element, path)


def _wrapped(building: Building, element: ast.expr, tool: Tool) -> Tool:
    """A tool with what its wrapper says: what it takes, and whether a person is asked about it."""
    changed = wrapped(building.module, element, tool)
    if approval_of(building.module, element) is Truth.YES:
        changed = replace(changed, approval=Truth.YES)
    if changed != tool:
        building.collector.update(changed)
    return changed


def _unknown(building: Building, element: ast.expr, name: str) -> Tool:
    place = building.module.place(element, name)
    what = f"the tool {name} is not known"
    building.collector.leave_open(place, what, "what it does is open")
    return building.collector.add(
        Tool(
            id=fact_id("tool", name or "tool", f"{building.module.document.file}#tool.{name}"),
            name=name or "tool",
            evidence=(place,),
            confidence=Confidence.POSSIBLE,
        )
    )
