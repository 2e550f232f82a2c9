"""Branches that compare a name with a text, as dispatchers of tools have them."""

import ast
from collections.abc import Iterator, Mapping

from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import descendants


def branches(module: Module) -> Mapping[str, FunctionDef]:
    """The branches in which a name is compared with a text, as functions, by that text."""
    found: dict[str, FunctionDef] = {}
    for node in module.of(ast.If):
        for name in _compared(module, node.test):
            found.setdefault(name, _as_function(module, node, name, node.body))
    for match in module.of(ast.Match):
        for case in match.cases:
            if isinstance(case.pattern, ast.MatchValue) and (
                name := module.text(case.pattern.value)
            ):
                found.setdefault(name, _as_function(module, match, name, case.body))
    return found


def _compared(module: Module, test: ast.expr) -> Iterator[str]:
    """The texts with which a test compares something."""
    match test:
        case ast.Compare(ops=[ast.Eq()], comparators=[other]):
            yield from filter(None, (module.text(other), module.text(test.left)))
        case ast.Compare(ops=[ast.In()], comparators=[ast.List() | ast.Tuple() | ast.Set() as few]):
            yield from filter(None, map(module.text, few.elts))
        case ast.Constant(value=str(name)) if name:  # a case of a switch
            yield name
        case _:
            pass


def _as_function(module: Module, around: ast.stmt, name: str, body: list[ast.stmt]) -> FunctionDef:
    """A branch as a function of its own, whose parameters are all that it does not name itself."""
    inner = [node for statement in body for node in descendants(statement)]
    read = {node.id for node in inner if isinstance(node, ast.Name)}
    given = [ast.arg(arg=each) for each in sorted(read - module.defined - module.imports.keys())]
    taken = ast.arguments(posonlyargs=given, args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    made = ast.FunctionDef(name=name, args=taken, body=body, decorator_list=[])
    return ast.copy_location(made, around)
