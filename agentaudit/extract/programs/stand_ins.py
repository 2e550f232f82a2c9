"""What a Python file defines in case a package is missing, and means nowhere else."""

import ast
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import TypeVar

DefinedT = TypeVar("DefinedT", ast.FunctionDef | ast.AsyncFunctionDef, ast.ClassDef)
_MISSING = frozenset({"ImportError", "ModuleNotFoundError"})


def by_name(
    defined: Sequence[DefinedT], handlers: Iterable[ast.ExceptHandler], imports: Container[str]
) -> Mapping[str, DefinedT]:
    """
    The first of each name, but for those that stand in for an import which failed.

    What is deployed has its packages: `except ImportError: def shell(*args): …` is no tool of it.
    """
    failed = (each for each in handlers if _catches_imports(each.type))
    instead = {id(node) for handler in failed for node in handler.body}
    meant = (each for each in defined if id(each) not in instead or each.name not in imports)
    return {each.name: each for each in reversed(tuple(meant))}


def _catches_imports(caught: ast.expr | None) -> bool:
    kinds = caught.elts if isinstance(caught, ast.Tuple) else (caught,)
    return any(isinstance(each, ast.Name) and each.id in _MISSING for each in kinds)
