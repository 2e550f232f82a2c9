"""From a tree of Python to what extractors ask: it is walked once."""

import ast
from collections.abc import Iterable, Mapping, Sequence

from agentaudit.extract.programs.bindings import constants, defined_names
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.names import FunctionDef, imported_names, stars
from agentaudit.extract.programs.syntax import descendants
from agentaudit.readers.document import Document

_NAMING = frozenset(
    {
        *(ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef),
        *(ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr),
        *(ast.For, ast.AsyncFor, ast.withitem, ast.Match, ast.ExceptHandler),
    }
)
"""What gives something a name; few nodes do."""


def module_of(document: Document) -> Module | None:
    """The module of one document; None of what is no Python."""
    tree = document.tree
    if not isinstance(tree, ast.Module):
        return None
    nodes = descendants(tree)
    naming = [node for node in nodes if type(node) in _NAMING]
    by_type = _by_type(nodes)
    imports, local = imported_names(naming)
    return Module(
        document=document,
        tree=tree,
        imports=imports,
        constants=constants(naming, by_type.get(ast.Call, ()), imports),
        nodes=by_type,
        functions=tuple(node for node in naming if isinstance(node, FunctionDef)),
        defined=frozenset(defined_names(tree)),
        stars=tuple(dict.fromkeys(stars(naming))),
        local=local,
    )


def _by_type(nodes: Iterable[ast.AST]) -> Mapping[type[ast.AST], Sequence[ast.AST]]:
    found: dict[type[ast.AST], list[ast.AST]] = {}
    for node in nodes:
        found.setdefault(type(node), []).append(node)
    return found
