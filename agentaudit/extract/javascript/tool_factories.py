"""
Tools that a function of the repository makes of what it is handed.

`defineTool('sh', schema, async (args) => …)` makes another tool with each call, where `defineTool`
returns `tool({ inputSchema: schema, execute: fn })`, also in another file. One that returns the
tool as it was handed over, or as an object, makes one as well.
"""

import ast
from collections.abc import Mapping

from agentaudit.extract.javascript.doing import UNREAD
from agentaudit.extract.javascript.handing import parameters_at
from agentaudit.extract.javascript.methods import function_of
from agentaudit.extract.javascript.modules import Program
from agentaudit.extract.javascript.options import Options, as_object, members, options_of
from agentaudit.extract.javascript.tools import (
    DOES,
    NAMES,
    SCHEMAS,
    Parts,
    parts_of,
    tool_from,
    tool_of,
)
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import descendants, returned_by
from agentaudit.extract.programs.written import Written
from agentaudit.model.facts.tools import Tool


def tool_by_factory(program: Program, given: Written, named: str) -> Tool | None:
    """The tool that such a call makes, with the function that it hands over; None of any other."""
    call = given.node
    found = function_of(program, given.beside(call.func)) if isinstance(call, ast.Call) else None
    if found is None or not isinstance(call, ast.Call) or not program.may_follow(found[1]):
        return None
    module, function = found
    returned = list(returned_by(function))
    if len(returned) != 1 or not given.module.affords(len(call.args) + len(call.keywords)):
        return None
    own = options_of(program, given.module, call) if call.keywords else Options({})
    handed = _handed(given, call, function, own)
    result = Written(module, returned[0])
    if isinstance(result.node, ast.Name) and result.node.id in handed:
        return tool_of(program, handed[result.node.id], named)
    made = parts_of(program, result) or _as_object(program, result, handed)
    if made is None:
        return None
    does = own.get(*DOES) or _function(program, handed)
    if does is None:
        return None
    options = {
        name: handed.get(value.node.id, value) if isinstance(value.node, ast.Name) else value
        for name, value in made.options.given.items()
        if name not in DOES
    }
    schema = own.get(*SCHEMAS) or Options(handed).get(*SCHEMAS)
    named = program.text(own.get(*NAMES) or Options(handed).get(*NAMES)) or named
    tool = tool_from(
        program,
        Parts(
            given.beside(call.func),
            named,
            Options({**options, **own.given}, hidden=made.options.hidden),
            schema,
            does,
            words_at=made.words_at,
        ),
    )
    adds = isinstance(result.node, ast.Dict) and not _hands_on(made.options, handed)
    if adds:
        program.open_doing.setdefault(tool.id, UNREAD)
    return tool


def _handed(
    given: Written, call: ast.Call, function: FunctionDef, own: Options
) -> Mapping[str, Written]:
    """What its parameters are called, and what each is handed: by position, or by an object."""
    found = {
        name: given.beside(value)
        for at, value in enumerate(call.args)
        for name in parameters_at(function, at)
    }
    if call.keywords:
        whole = given.beside(as_object(call))
        last = parameters_at(function, len(call.args))
        found.update({name: own.given.get(name, whole) for name in last})
    return found


def _as_object(program: Program, result: Written, handed: Mapping[str, Written]) -> Parts | None:
    """What a tool is made of that is returned as an object, with what it does among its members."""
    options = members(program, result) if isinstance(result.node, ast.Dict) else None
    does = options.get(*DOES) if options is not None else None
    if options is None or does is None or isinstance(program.meant(does).node, ast.Call):
        return None
    within = {each.id for each in descendants(result.node) if isinstance(each, ast.Name)}
    return Parts(result, "", options, None, None) if within & handed.keys() else None


def _hands_on(options: Options, handed: Mapping[str, Written]) -> bool:
    """Whether what is handed over is what the tool does, and not a part of it."""
    does = options.get(*DOES)
    node = does.node if does is not None else None
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in handed


def _function(program: Program, handed: Mapping[str, Written]) -> Written | None:
    """The last function that is handed over: what the tool does."""
    functions = (each for each in handed.values() if function_of(program, each) is not None)
    return next(reversed(list(functions)), None)
