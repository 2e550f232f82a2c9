"""What runs a tool that is described by hand: what a program does when its name comes back."""

import ast
from collections.abc import Iterable, Mapping

from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.branches import branches
from agentaudit.extract.programs.code import Module, written_keys
from agentaudit.extract.programs.imports import module_defining
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import descendants

Runner = tuple[Module, FunctionDef]


def runner_of(documents: Documents, modules: Iterable[Module], name: str) -> Runner | None:
    """The function of a tool's name, what a mapping has under it, or a branch that compares it."""
    for module in modules:
        found = module.functions_by_name.get(name)
        if found is not None:
            return module, found
        named = module.once(_mapped).get(name, ast.Name(id=name, ctx=ast.Load(), lineno=0))
        elsewhere = function_meant(documents, module, named)
        if elsewhere is not None:
            return elsewhere
        branch = module.once(branches).get(name)
        if branch is not None:
            return _helper(documents, module, branch) or (module, branch)
    return None


def function_meant(documents: Documents, module: Module, named: ast.expr) -> Runner | None:
    """The function of the repository that a name means, in this file or another."""
    own = module.own_function(named)
    if own is not None:
        return module, own
    path = module.dotted(named)
    if not path.startswith("."):
        return None
    other, name = module_defining(documents, module, path)
    found = other.functions_by_name.get(name)
    return (other, found) if found is not None else None


def _helper(documents: Documents, module: Module, branch: FunctionDef) -> Runner | None:
    """The function that a branch leaves the work to, if it is one."""
    called = [node for node in descendants(branch) if isinstance(node, ast.Call)]
    found = [function_meant(documents, module, call.func) for call in called]
    helpers = [each for each in found if each is not None]
    return helpers[0] if len(helpers) == 1 else None


def _mapped(module: Module) -> Mapping[str, ast.expr]:
    """Names and members that stand in mappings, by the texts before them, the first of each."""
    found: dict[str, ast.expr] = {}
    for mapping in module.of(ast.Dict):
        for key, value in written_keys(module, mapping):
            if isinstance(value, ast.Name | ast.Attribute):
                found.setdefault(key, value)
    return found
