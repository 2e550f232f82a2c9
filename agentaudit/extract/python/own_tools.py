"""
Tools that are classes of the repository itself, and what wrappers add to functions.

A class of CrewAI or LangChain runs in `_run` and names its types in `args_schema` (CrewAI, "Create
Custom Tools"; LangChain, `BaseTool`); one of smolagents runs in `forward` and names them in
`inputs` and `output_type` (its guide "Tools").
"""

import ast
from collections.abc import Iterator

from msgspec.structs import replace

from agentaudit.extract.collector import fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.imports import module_defining
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import keyword
from agentaudit.extract.python.schemas import schema_in
from agentaudit.extract.python.tools import function_tool
from agentaudit.extract.schemas import Taken, as_taking
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.tools import Tool

_BASES = frozenset(
    {
        *("crewai.tools.BaseTool", "crewai.tools.base_tool.BaseTool", "crewai_tools.BaseTool"),
        *("langchain.tools.BaseTool", "langchain.tools.base.BaseTool"),
        *("langchain_core.tools.BaseTool", "langchain_core.tools.base.BaseTool"),
        *("smolagents.Tool", "smolagents.tools.Tool"),
    }
)
_NODES = 10
"""In a line, about: a class is read again for each list that it stands in."""
_RUNS = ("_run", "forward", "_arun")
_SCHEMAS = ("args_schema", "inputs")
_OF_WRAPPERS = ("args_schema", "params_json_schema", "parameters", "fn_schema", "json_schema")
"""LangChain's, the OpenAI Agents SDK's, Haystack's, LlamaIndex's and Pydantic AI's."""
_OF_ONE_TEXT = frozenset(
    f"{package}.Tool{made}"
    for package in ("langchain.tools", "langchain.agents", "langchain_core.tools")
    for made in ("", ".from_function")
)
"""Wrappers that hand a function one text, whatever its signature says (LangChain's `Tool`)."""


def own_tool(documents: Documents, module: Module, made: ast.Call) -> Tool | None:
    """The tool that an object is whose class stands among the files; None of any other object."""
    other, name = module_defining(documents, module, module.dotted(made.func))
    defined = other.classes.get(name)
    if defined is None:
        return None
    lines = (defined.end_lineno or defined.lineno) - defined.lineno
    if not other.affords(_NODES * lines + len(defined.bases)):
        return None
    if not any(other.dotted(base) in _BASES for base in defined.bases):
        return None
    methods = {each.name: each for each in defined.body if isinstance(each, FunctionDef)}
    runs = next((methods[each] for each in _RUNS if each in methods), None)
    return _tool(documents, other, defined, runs) if runs is not None else None


def _tool(documents: Documents, module: Module, defined: ast.ClassDef, runs: FunctionDef) -> Tool:
    said = dict(_said(defined))
    function = function_tool(documents, module, runs)
    name = module.text(said.get("name")) or defined.name
    typed = Truth.YES if "output_type" in said else function.output_typed
    tool = replace(
        function,
        id=fact_id("tool", name, f"{module.document.file}#{defined.name}"),
        name=name,
        output_typed=typed,
    )
    given = next((said[each] for each in _SCHEMAS if each in said), None)
    return _with_schema(module, tool, given)


def _said(defined: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """What a class says of itself by name."""
    for member in defined.body:
        if not isinstance(member, ast.Assign | ast.AnnAssign) or member.value is None:
            continue
        targets = member.targets if isinstance(member, ast.Assign) else [member.target]
        for target in targets:
            if isinstance(target, ast.Name):
                yield target.id, member.value


def wrapped(module: Module, wrapper: ast.expr, tool: Tool) -> Tool:
    """A function's tool as what wraps it hands it over: with a schema of its own, or one text."""
    if not isinstance(wrapper, ast.Call):
        return tool
    if module.dotted(wrapper) in _OF_ONE_TEXT:
        return as_taking(tool, Taken(Truth.YES, tool.free_form_parameters))
    return _with_schema(module, tool, keyword(wrapper, *_OF_WRAPPERS))


def _with_schema(module: Module, tool: Tool, given: ast.expr | None) -> Tool:
    """A tool as a schema has it; one that stands elsewhere says something of every parameter."""
    if given is None:
        return tool
    taken = schema_in(module, given) or Taken(Truth.YES, tool.free_form_parameters)
    return as_taking(tool, taken)
