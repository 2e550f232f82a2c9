"""Objects of TypeScript and JavaScript that are given members after they are made."""

import ast
from collections.abc import Iterator

from agentaudit.extract.programs.bindings import also_called, place_of
from agentaudit.extract.programs.code import Module


def filled(module: Module) -> Iterator[str]:
    """The names of objects that are given members after they are made."""
    targets = [target for each in module.of(ast.Assign) for target in each.targets]
    owners = [each.value for each in targets if isinstance(each, ast.Attribute | ast.Subscript)]
    owners += [call.args[0] for call in module.of(ast.Call) if _assigns_members(module, call)]
    places = {place_of(each) for each in owners} - {"", "this"}
    yield from also_called(places, module.of(ast.Assign))


def _assigns_members(module: Module, call: ast.Call) -> bool:
    return bool(call.args) and module.dotted(call.func) == "Object.assign"
