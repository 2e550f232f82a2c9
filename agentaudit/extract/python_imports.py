"""
What imported names stand for, where the import leads to another file of the audit.

`from .memory import History` is followed to the file, and there to what it imports itself: a name
that a framework gave keeps the framework's name, however often it is passed on. A name that a file
of the audit defines is nobody else's, whatever it is called.
"""

import ast
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agentaudit.extract.documents import folder_of

OWN = "."
"""Before the name of what a file of the audit defines."""
_DEEPEST = 10


def followed(
    imports: Mapping[str, Mapping[str, str]], defined: Mapping[str, frozenset[str]]
) -> Mapping[str, dict[str, str]]:
    """
    The imports of every file, followed to where their names come from.

    Both mappings are by file: names to what they stand for as written, and the names that the file
    defines at its top.
    """
    trail = _Trail(imports, defined)
    return {
        file: {name: trail.origin(file, full) for name, full in names.items()}
        for file, names in imports.items()
    }


def top_names(tree: ast.Module) -> frozenset[str]:
    """What a module defines at its top: classes, functions, variables."""
    return frozenset(_top_names(tree))


def _top_names(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


@dataclass(frozen=True, slots=True)
class _Trail:
    imports: Mapping[str, Mapping[str, str]]
    defined: Mapping[str, frozenset[str]]

    def origin(self, file: str, full: str, depth: int = 0) -> str:
        """The name at its source, as far as it lies in the audit."""
        module, _, name = full.rpartition(".")
        found = next((path for path in _places(file, module) if path in self.defined), file)
        if found == file or depth > _DEEPEST:
            return full
        if name in self.defined[found]:
            return f"{OWN}{full.lstrip('.')}"
        passed_on = self.imports[found].get(name)
        return full if passed_on is None else self.origin(found, passed_on, depth + 1)


def _places(file: str, module: str) -> Iterator[str]:
    """Where a module's file may lie: beside the file that imports it, or in a folder above."""
    folder = folder_of(file)
    name = module.lstrip(".")
    level = len(module) - len(name)
    path = name.replace(".", "/")
    if level:
        for _ in range(level - 1):
            folder = posixpath.dirname(folder)
        yield from _files(folder, path)
    elif path:
        while True:
            yield from _files(folder, path)
            if not folder:
                break
            folder = posixpath.dirname(folder)


def _files(folder: str, path: str) -> Iterator[str]:
    whole = posixpath.join(folder, path).rstrip("/")
    if path:
        yield f"{whole}.py"
    yield posixpath.join(whole, "__init__.py")
