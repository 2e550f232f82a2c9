"""
Tools that a function of the repository makes of what it is handed.

`defineTool('sh', schema, async (args) => …)` makes another tool with each call, where `defineTool`
returns `tool({ inputSchema: schema, execute: fn })`, also in another file.
"""

import ast
from collections.abc import Mapping

from agentaudit.extract.javascript.handing import parameters_at
from agentaudit.extract.javascript.methods import function_of
from agentaudit.extract.javascript.modules import Program
from agentaudit.extract.javascript.options import Options, options_of
from agentaudit.extract.javascript.tools import DOES, NAMES, SCHEMAS, Parts, parts_of, tool_from
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import returned_by
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
    made = parts_of(program, Written(module, returned[0])) if len(returned) == 1 else None
    if made is None or not given.module.affords(len(call.args) + len(call.keywords)):
        return None
    handed = _handed(given, call, function)
    own = options_of(program, given.module, call) if call.keywords else Options({})
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
    return tool_from(
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


def _handed(given: Written, call: ast.Call, function: FunctionDef) -> Mapping[str, Written]:
    """What its parameters are called, and what each is handed by its position."""
    return {
        name: given.beside(value)
        for at, value in enumerate(call.args)
        for name in parameters_at(function, at)
    }


def _function(program: Program, handed: Mapping[str, Written]) -> Written | None:
    """The last function that is handed over: what the tool does."""
    functions = (each for each in handed.values() if function_of(program, each) is not None)
    return next(reversed(list(functions)), None)
