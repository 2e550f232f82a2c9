"""
Agents whose tools the program calls itself: `agent.tool.file_read(path=…)` asks no model.

Source: Strands Agents, "Direct Method Calls". Such an agent takes no turn, whatever its tools do.
"""

import ast
from collections.abc import Iterator

from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.imports import modules
from agentaudit.extract.python.building import Building

_TOOLS = "tool"


def takes_no_turn(building: Building, call: Call) -> bool:
    """
    Whether nothing but the tools of what a call builds is ever used, here or elsewhere.

    What no function builds may be asked by any file, and not all are read: only a script, which
    uses its tools as soon as it is started, is taken to be no one's module.
    """
    module = building.module
    owners = {id(node.value) for node in module.of(ast.Attribute) if node.attr == _TOOLS}
    if not owners or not call.variable or not module.affords(len(module.of(ast.Name))):
        return False
    uses = tuple(_uses(module, call))
    if not uses or any(id(use) not in owners for use in uses):
        return False
    if module.function_around(call.node) is not None:
        return True
    script = any(module.function_around(use) is None for use in uses)
    return script and not _imported(building, call.variable)


def _uses(module: Module, call: Call) -> Iterator[ast.Name]:
    """Where its variable is read: in the function that builds it, and in those within that."""
    home = module.function_around(call.node)
    for name in module.of(ast.Name):
        read = name.id == call.variable and isinstance(name.ctx, ast.Load)
        if read and (home is None or home in module.functions_around(name)):
            yield name


def _imported(building: Building, variable: str) -> bool:
    """Whether another file takes what stands under a name, which may ask it then."""
    others = modules(building.documents).values()
    return any(
        path.rpartition(".")[2] == variable
        for other in others
        if other is not building.module
        for path in other.imports.values()
    )
