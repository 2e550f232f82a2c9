"""
Tools of a registry of one's own: a function, and a JSON Schema for a model, under one name.

A client of a model is handed schemas, and the name that comes back picks a function. Two forms are
read: a call that registers all three (`register_tool(name=…, parameters=…, handler=…)`, or such a
decorator), and a mapping of names to functions beside definitions of the same names, as OpenAI's
and Anthropic's interfaces take them. A function alone, or a schema alone, is no tool.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeGuard

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.code import Call, Module, written_keys
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import argument, keyword
from agentaudit.extract.python.schemas import schema_in
from agentaudit.extract.python.tools import function_tool
from agentaudit.extract.schemas import Taken, as_taking
from agentaudit.model.facts.tools import Tool

_REGISTERS = regex(r"(?:^|_)(?:register|add)_(?:a_)?(?:tool|function)$|^register$")
_MAKES = regex(r"(?:^|[a-z_])Tool(?:Spec|Def|Definition|Info)?$")
"""A class of one's own that holds a tool: `ToolSpec(name="shell", execute=run)`."""
_SCHEMAS = ("parameters", "input_schema", "inputSchema", "parameters_schema", "schema")
_RUNNERS = ("handler", "func", "function", "fn", "callable", "callback", "run", "execute")
_OF_SCHEMAS = frozenset({"type", "properties"})


def registered_tools(documents: Documents, module: Module, calls: Sequence[Call]) -> Iterator[Tool]:
    """Every tool of a registry that a module fills, once for each name."""
    found: dict[str, Tool] = {}
    for name, given, function in (
        *_by_calls(module, calls),
        *_by_decorators(module),
        *_by_mappings(module),
    ):
        taken = schema_in(module, given) if _is_schema(given, module) else Taken()
        if name and taken is not None and name not in found:
            tool = function_tool(documents, module, function)
            own = fact_id("tool", name, f"{module.document.file}#registered.{name}")
            found[name] = as_taking(replace(tool, id=own, name=name), taken)
    yield from found.values()


_Registered = tuple[str, ast.expr | None, FunctionDef]
"""A name, a schema or what stands for one, and the function that runs."""


def _is_own(module: Module, name: str) -> bool:
    """Whether a class is one of the repository's."""
    return name.startswith(".") or name.partition(".")[0] in module.defined


def _by_calls(module: Module, calls: Sequence[Call]) -> Iterator[_Registered]:
    for call in calls:
        makes = _MAKES.search(call.last) is not None and _is_own(module, call.name)
        if not makes and not _REGISTERS.search(call.last):
            continue
        given, runner = keyword(call.node, *_SCHEMAS), keyword(call.node, *_RUNNERS)
        function = _function(module, runner) if runner is not None else None
        if function is not None and (makes or _is_schema(given, module)):
            yield plain(module.text(argument(call.node, 0, "name"))), given, function


def _by_decorators(module: Module) -> Iterator[_Registered]:
    for function in module.functions:
        for decorator in function.decorator_list:
            if not isinstance(decorator, ast.Call):
                continue
            last = module.dotted(decorator.func).rpartition(".")[2]
            given = keyword(decorator, *_SCHEMAS)
            if _REGISTERS.search(last) and _is_schema(given, module):
                named = module.text(argument(decorator, 0, "name"))
                yield plain(named) or function.name, given, function


def _by_mappings(module: Module) -> Iterator[_Registered]:
    """The functions of mappings whose names have a definition beside them."""
    if not any(word in module.document.text for word in _SCHEMAS[:3]):
        return
    mappings = [dict(written_keys(module, mapping)) for mapping in module.of(ast.Dict)]
    defined = dict(_defined(module, mappings))
    for mapping in mappings if defined else ():
        for name, value in mapping.items():
            function = _function(module, value)
            if function is not None and name in defined:
                yield plain(name), defined[name], function


def _defined(
    module: Module, mappings: Sequence[Mapping[str, ast.expr]]
) -> Iterator[tuple[str, ast.expr]]:
    """Names and schemas of definitions, as clients of models hand them over."""
    for mapping in mappings:
        given = next((mapping[key] for key in _SCHEMAS[:3] if key in mapping), None)
        if given is not None and "name" in mapping and _is_schema(given, module):
            yield module.text(mapping["name"]), given


def _is_schema(given: ast.expr | None, module: Module) -> TypeGuard[ast.expr]:
    written = module.meant(given) if given is not None else None
    if not isinstance(written, ast.Dict):
        return False
    return bool(_OF_SCHEMAS & {key for key, _ in written_keys(module, written)})


def _function(module: Module, value: ast.expr) -> FunctionDef | None:
    """The module's own function that a name or an attribute of oneself means."""
    functions = module.functions_by_name
    if isinstance(value, ast.Name):
        return functions.get(value.id)
    if isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name):
        return functions.get(value.attr) if value.value.id in {"self", "cls"} else None
    return None
