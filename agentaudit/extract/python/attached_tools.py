"""
Tools that a decorator gives an agent of Pydantic AI, and those of its sets of tools.

`@agent.tool` and `@agent.tool_plain` may stand in another file than the agent (ai.pydantic.dev,
"Function Tools"); a `FunctionToolset` has them likewise, or a list, and may stand within others
(the same, "Toolsets").
"""

import ast
from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.mcp.tools import add_ingestion
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.imports import module_defining, modules
from agentaudit.extract.programs.syntax import argument, keyword
from agentaudit.extract.programs.unfolded import leave_tools_open
from agentaudit.extract.python.building import Building, decorated_tools
from agentaudit.extract.python.built_agents import built_agents, named_agent
from agentaudit.extract.python.toolbox import listed_tools
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.tools import Tool

_GIVING = frozenset({"tool", "tool_plain"})
_FRAMEWORK = "pydantic-ai"
_SET = "FunctionToolset"
_OF_SERVERS = ("MCP", "FastMCP")
"""How the names of sets begin that are servers', which are read elsewhere."""
_CHANGING = frozenset({"prefixed", "renamed", "filtered", "prepared"})
"""What makes a set of the same tools of another."""
_ASKING = "approval_required"
_AROUND = frozenset({"CombinedToolset", "PrefixedToolset", "FilteredToolset", "WrapperToolset"})
_DEEPEST = 10


def attached_tools(building: Building, call: Call, framework: str) -> Iterator[Tool]:
    """The tools that an agent has besides those of its list."""
    if framework != _FRAMEWORK:
        return
    if call.variable:
        yield from _decorated(building, call.variable)
    given = keyword(call.node, "toolsets")
    elements = building.elements(given)
    if given is not None and elements is None:
        leave_tools_open(building.collector, building.module.place(given, "toolsets"))
    for element in elements or ():
        yield from _of_set(building, element)


def link_attached(documents: Documents, collector: Collector) -> None:
    """Tools that a decorator gives to an agent which another file builds."""
    for module in modules(documents).values():
        named = {name: lines for name, lines in module.once(_given).items() if name[:1] == "."}
        tools = {tool.evidence[0].line: tool for tool in decorated_tools(documents, module)}
        for path, lines in named.items():
            other, variable = module_defining(documents, module, path)
            built = built_agents(other).by_variable.get(variable)
            agent = named_agent(other, built)[1] if built is not None else None
            if agent is None or agent not in collector.facts:
                continue
            for tool in (tools[line] for line in lines if line in tools):
                collector.link(EdgeKind.INVOKES, agent, tool.id, *tool.evidence[:1])


def _decorated(building: Building, variable: str) -> Iterator[Tool]:
    for line in building.module.once(_given).get(variable, ()):
        if line in building.tools_at:
            yield building.tools_at[line]


def _given(module: Module) -> Mapping[str, Sequence[int]]:
    """By what a decorator gives tools to, the lines of the functions that it gives."""
    found: dict[str, list[int]] = {}
    for function in module.functions:
        for decorator in function.decorator_list:
            owner, _, last = module.dotted(decorator).rpartition(".")
            if owner and last in _GIVING:
                found.setdefault(owner, []).append(function.lineno)
    return found


def _of_set(building: Building, element: ast.expr, depth: int = 0) -> Iterator[Tool]:
    """The tools of one set: its list, what decorators add, and the sets that it is made of."""
    made = building.made_by(element)
    last = building.module.dotted(made.func).rpartition(".")[2] if made is not None else ""
    if last.startswith(_OF_SERVERS):
        return
    inner = _within(building, made, last) if made is not None and depth < _DEEPEST else None
    if made is None or inner is None:
        leave_tools_open(building.collector, building.module.place(element, "toolsets"))
        return
    if last == _SET:
        yield from listed_tools(building, argument(made, 0, "tools"))
        yield from _decorated(building, element.id if isinstance(element, ast.Name) else "")
    always = last == _ASKING and not (made.args or made.keywords)
    for tool in (tool for each in inner for tool in _of_set(building, each, depth + 1)):
        yield _asked(building, tool) if always else tool


def _within(building: Building, made: ast.Call, last: str) -> Sequence[ast.expr] | None:
    """The sets that another one is made of; None of what is no set that is known."""
    if last == _SET:
        return ()
    if isinstance(made.func, ast.Attribute) and (last in _CHANGING or last == _ASKING):
        return (made.func.value,)
    inner = argument(made, 0, "toolsets", "wrapped") if last in _AROUND else None
    return (building.elements(inner) or (inner,)) if inner is not None else None


def _asked(building: Building, tool: Tool) -> Tool:
    asked = replace(add_ingestion(building.collector, tool), approval=Truth.YES)
    building.collector.update(asked)
    return asked
