"""
Tools that are classes of a framework of one's own: `class Shell(BaseTool)`, with what it runs.

Programs that ask models themselves often keep their tools so. A class is one that is derived from
what is called a tool and has a method that runs it; its name and its schema are members, or what
properties return. What holds them together is not followed: they are tools of nobody that is known.
"""

import ast
from collections.abc import Mapping

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.mcp.tools import add_ingestion
from agentaudit.extract.programs.bindings import bindings
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import returned_by
from agentaudit.extract.python.building import Building
from agentaudit.extract.python.schemas import schema_in
from agentaudit.extract.python.tools import function_tool
from agentaudit.extract.schemas import Taken, as_taking
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.tools import Tool

_BASE = regex(r"(?:^|[.a-z_])(?:Base)?Tool(?:Base)?$")
_RUNS = (
    *("execute", "_execute", "run", "_run", "call", "invoke", "_invoke", "forward", "__call__"),
    *("arun", "_arun", "acall", "ainvoke", "aexecute", "run_async"),
)
_SCHEMAS = ("parameters", "input_schema", "args_schema", "inputs", "schema", "parameters_schema")
_SAID = ("name", *_SCHEMAS)
_EMPTY = (ast.Pass, ast.Raise)


def add_tool_classes(building: Building) -> None:
    """The tools that classes of a module are."""
    module = building.module
    classes = module.of(ast.ClassDef)
    for defined in classes if module.affords(len(classes)) else ():
        if any(_BASE.search(module.dotted(base)) for base in defined.bases):
            tool = _tool(building, defined)
            if tool is not None:
                add_ingestion(building.collector, building.collector.add(tool))


def _tool(building: Building, defined: ast.ClassDef) -> Tool | None:
    """The tool that a class is; None of one that only others are made of."""
    module = building.module
    if not module.affords(len(defined.body)):
        return None
    methods = {each.name: each for each in defined.body if isinstance(each, FunctionDef)}
    runs = next((methods[each] for each in _RUNS if each in methods), None)
    if runs is None or _says_nothing(runs):
        return None
    said = _said(defined, methods)
    name = plain(module.text(said.get("name"))) or defined.name
    does = function_tool(building.documents, module, runs)
    tool = replace(
        does,
        id=fact_id("tool", name, f"{module.document.file}#{defined.name}"),
        name=name,
        output_typed=Truth.UNKNOWN,
    )
    return as_taking(tool, _taken(module, said, does))


def _says_nothing(method: FunctionDef) -> bool:
    """Whether what runs is left to the classes that are made of this one."""
    return all(
        isinstance(each, _EMPTY)
        or (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
        for each in method.body
    )


def _said(defined: ast.ClassDef, methods: Mapping[str, FunctionDef]) -> Mapping[str, ast.expr]:
    """What a class says of itself: by its members, its properties, and to what it is made of."""
    said: dict[str, ast.expr] = {}
    for name, method in methods.items():
        given = tuple(returned_by(method)) if method.decorator_list else ()
        if len(given) == 1:
            said[name] = given[0]
    for statement in methods["__init__"].body if "__init__" in methods else ():
        made = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(made, ast.Call) and _calls_base(made):
            said |= {item.arg: item.value for item in made.keywords if item.arg in _SAID}
    members = (each for each in defined.body if isinstance(each, ast.Assign | ast.AnnAssign))
    own = {name.id: value for name, value in bindings(members) if isinstance(name, ast.Name)}
    return said | own


def _calls_base(made: ast.Call) -> bool:
    match made.func:
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__"):
            return True
        case _:
            return False


def _taken(module: Module, said: Mapping[str, ast.expr], does: Tool) -> Taken:
    """What a tool takes by its schema; a signature alone does not say what a model is told."""
    given = next((said[each] for each in _SCHEMAS if each in said), None)
    taken = schema_in(module, given) if given is not None else None
    return taken or Taken(Truth.UNKNOWN, does.free_form_parameters)
