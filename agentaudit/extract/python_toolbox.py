"""The tools that an agent in Python is given: functions, classes of frameworks, what wraps them."""

import ast
from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.mcp_tools import add_source
from agentaudit.extract.python_builders import Builder
from agentaudit.extract.python_building import Building
from agentaudit.extract.python_class_tools import CLASS_TOOLS, class_tool
from agentaudit.extract.python_code import Call, keyword, splatted
from agentaudit.extract.python_frameworks import is_foreign
from agentaudit.extract.python_named_tools import named_tool
from agentaudit.extract.python_tools import approval_of, function_tool
from agentaudit.model.evidence import Confidence, Truth
from agentaudit.model.facts.tools import Tool

_GIVEN = ("tools", "functions", "plugins")
_WRAPPERS: Mapping[str, tuple[str, ...]] = {
    "llama_index.core.tools.FunctionTool.from_defaults": ("fn", "async_fn"),
    "llama_index.core.tools.function_tool.FunctionTool.from_defaults": ("fn", "async_fn"),
    "autogen_core.tools.FunctionTool": ("func",),
    "google.adk.tools.FunctionTool": ("func",),
    "google.adk.tools.function_tool.FunctionTool": ("func",),
    "google.adk.tools.LongRunningFunctionTool": ("func",),
    "dspy.Tool": ("func",),
    "haystack.tools.create_tool_from_function": ("function",),
    "haystack.tools.Tool": ("function",),
    "langchain_core.tools.StructuredTool.from_function": ("func", "coroutine"),
}
"""Calls that make a tool of the function they are given, and under which name."""
_NO_TOOLS = frozenset({"autogen_ext.tools.code_execution.PythonCodeExecutionTool"})
"""What is looked at elsewhere: where the code runs that an agent writes."""


def tools_of(building: Building, call: Call, builder: Builder) -> Iterator[Tool]:
    """Every tool of an agent; what does not fold is left open."""
    given = keyword(call.node, *_GIVEN)
    if given is None and builder.tools_at is not None:
        given = next(iter(call.node.args[builder.tools_at : builder.tools_at + 1]), None)
    if given is None and call.last == "StateGraph":
        yield from building.tools.values()
    elif given is None and splatted(call.node):
        _leave_open(building, call.node.func)
    elif given is not None and building.module.value(given) is not None:
        yield from _listed(building, given)


def listed_tools(building: Building, given: ast.expr | None) -> Iterator[Tool]:
    """The tools of a list that is handed to something else than an agent."""
    if given is not None:
        yield from _listed(building, given)


def _listed(building: Building, given: ast.expr, depth: int = 0) -> Iterator[Tool]:
    """The tools of a list; of one within it, by its star, and of two that are added."""
    elements = building.elements(given)
    if isinstance(given, ast.BinOp) and isinstance(given.op, ast.Add) and depth < _DEEPEST:
        yield from _listed(building, given.left, depth + 1)
        yield from _listed(building, given.right, depth + 1)
    elif elements is None and _is_tool(building, given):
        elements = (given,)
    elif elements is None:
        _leave_open(building, given)
    for element in elements or ():
        if isinstance(element, ast.Starred) and depth < _DEEPEST:
            yield from _listed(building, element.value, depth + 1)
        else:
            yield from _tools(building, element)


_DEEPEST = 20


def _is_tool(building: Building, given: ast.expr) -> bool:
    """Whether one tool stands where a list might: a function, or what is known by its name."""
    path = building.module.dotted(given)
    name = path.rpartition(".")[2]
    functions = (function.name for function in building.module.functions)
    if isinstance(given, ast.Name) and (name in building.tools or name in functions):
        return True
    return building.made_by(given) is not None and name in CLASS_TOOLS


def _leave_open(building: Building, node: ast.AST) -> None:
    place = building.module.place(node, "tools")
    building.collector.leave_open(
        place, "the list of tools does not fold", "which tools the agent has is open"
    )


def _tools(building: Building, element: ast.expr) -> Iterator[Tool]:
    """One element of a list: a tool, or an object of the module whose methods are tools."""
    made = building.made_by(element)
    name = building.module.dotted(made) if made is not None else ""
    delegate = building.agent_in(element)
    if delegate == "":
        place = building.module.place(element, name)
        what = "an agent that is a tool is built in another file"
        building.collector.leave_open(place, what, "to whom work is handed")
    if name in _NO_TOOLS or delegate is not None:
        return
    methods = tuple(_methods(building, name))
    if methods:
        yield from methods
    else:
        yield _tool(building, element)


def _methods(building: Building, name: str) -> Iterator[Tool]:
    """The methods that decorators make tools, of a class that the module defines itself."""
    for defined in building.module.of(ast.ClassDef) if name else ():
        for member in defined.body if defined.name == name else ():
            if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
                tool = building.tools.get(member.name)
                if tool is not None and tool.evidence[0].line == member.lineno:
                    yield tool


def _tool(building: Building, element: ast.expr, depth: int = 0) -> Tool:
    module, collector = building.module, building.collector
    path = module.dotted(element)
    name = path.rpartition(".")[2]
    if name in building.tools:
        return building.tools[name]
    inner = _inner(building, element, path) if depth < _DEEPEST else None
    if inner is not None:
        tool = _tool(building, inner, depth + 1)
        asks = approval_of(module, element) is Truth.YES
        return _gated(collector, tool) if asks else tool
    known = _known(building, element, path)
    if known is not None:
        return add_ingestion(collector, collector.add(known))
    return _unknown(building, element, name)


def _inner(building: Building, element: ast.expr, path: str) -> ast.expr | None:
    """What a name stands for, and what a wrapper makes a tool of."""
    if not isinstance(element, ast.Call):
        return building.made_by(element)
    if path not in _WRAPPERS:
        return None
    return keyword(element, *_WRAPPERS[path]) or next(iter(element.args), None)


def _known(building: Building, element: ast.expr, path: str) -> Tool | None:
    """A function of the module, or what a framework has by this name."""
    module = building.module
    name = path.rpartition(".")[2]
    if isinstance(element, ast.Name):
        function = next((node for node in module.functions if node.name == name), None)
        if function is not None:
            return function_tool(module, function)
    if isinstance(element, ast.Call) and name in CLASS_TOOLS and is_foreign(module, path):
        return class_tool(module, element, name)
    return named_tool(building.documents, module, element, path)


def _gated(collector: Collector, tool: Tool) -> Tool:
    """A tool that a person is asked about, by the switch of what wraps it."""
    changed = replace(tool, approval=Truth.YES)
    collector.update(changed)
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


def add_ingestion(collector: Collector, tool: Tool) -> Tool:
    """A tool, with the content of strangers that it brings in, where it does."""
    if tool.reads_untrusted is Truth.YES:
        add_source(collector, tool.id, "web pages", tool.evidence[0])
    return tool
