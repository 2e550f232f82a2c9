"""What frameworks in Python make a tool of a function, and functions of a repository that do so."""

import ast
from collections.abc import Mapping

from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.given import given_by
from agentaudit.extract.programs.syntax import argument, returned_by
from agentaudit.extract.python.building import Building
from agentaudit.extract.python.callees import function_called

_WRAPPERS: Mapping[str, tuple[str, ...]] = {
    "llama_index.core.tools.FunctionTool.from_defaults": ("fn", "async_fn"),
    "llama_index.core.tools.function_tool.FunctionTool.from_defaults": ("fn", "async_fn"),
    "autogen_core.tools.FunctionTool": ("func",),
    "google.adk.tools.FunctionTool": ("func",),
    "google.adk.tools.function_tool.FunctionTool": ("func",),
    "google.adk.tools.LongRunningFunctionTool": ("func",),
    "agents.FunctionTool": ("on_invoke_tool",),
    "dspy.Tool": ("func",),
    "haystack.tools.create_tool_from_function": ("function",),
    "haystack.tools.Tool": ("function",),
    "pydantic_ai.Tool": ("function",),
    "pydantic_ai.Tool.from_schema": ("function",),
    "pydantic_ai.tools.Tool": ("function",),
    **{
        f"{package}.{made}": ("func", "coroutine")
        for package in ("langchain_core.tools", "langchain.tools")
        for made in ("StructuredTool.from_function", "StructuredTool", "Tool.from_function", "Tool")
    },
    "langchain.agents.Tool": ("func", "coroutine"),
    **dict.fromkeys(("agents.function_tool", "agents.tool.function_tool"), ("func",)),
    **dict.fromkeys(("strands.tool", "strands.tools.tool"), ("func",)),
    **dict.fromkeys(("langchain.tools.tool", "langchain_core.tools.tool"), ("name_or_callable",)),
}
"""Calls that make a tool of the function they are given, and under which name."""
_NAMED_FIRST = frozenset(
    f"{package}.Tool" for package in ("langchain_core.tools", "langchain.tools", "langchain.agents")
)
"""Those whose first argument is a name: `Tool("search", look, "looks for it")`."""


def made_of(module: Module, call: ast.Call) -> ast.expr | None:
    """The function that a wrapper makes a tool of; None of any other call."""
    path = module.dotted(call)
    if path not in _WRAPPERS:
        return None
    return argument(call, 1 if path in _NAMED_FIRST else 0, *_WRAPPERS[path])


def handed_on(building: Building, call: ast.Call) -> ast.expr | None:
    """
    The function that a function of the repository is handed, and makes a tool of.

    `define_tool("sh", run)`, where that returns `StructuredTool.from_function(func=fn, …)`.
    """
    found = function_called(building.documents, building.module, call.func)
    if found is None or not found[0].affords_within(found[1]):
        return None
    module, function = found
    returned = list(returned_by(function))
    made = module.meant(returned[0]) if len(returned) == 1 else None
    given = made_of(module, made) if isinstance(made, ast.Call) else None
    return dict(given_by(function, call)).get(given.id) if isinstance(given, ast.Name) else None
