"""
Scripts of a program's own that an interpreter is told to run: what the model says is an argument.

`[sys.executable, SCRIPT, "add", title]` runs nothing that the model writes, unless words of the
model are written to a file before.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence

from agentaudit.expressions import regex
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.syntax import descendants

_SCRIPT = regex(r"\w\.(?:py|[mc]?js|sh|rb|pl|php|R)$")
_WRITES = frozenset({"write", "write_text", "writelines"})
_FEW = 2
"""An interpreter, and what it runs."""


def own_script(
    module: Module, function: ast.AST, program: ast.expr, assigned: Mapping[str, Sequence[ast.expr]]
) -> ast.expr | None:
    """The path that an interpreter is told to run, where the program names the file itself."""
    for each in descendants(function):
        if isinstance(each, ast.List | ast.Tuple) and each.elts and each.elts[0] is program:
            path = each.elts[1] if len(each.elts) >= _FEW else None
            meant = assigned.get(path.id, ()) if isinstance(path, ast.Name) else ()
            named = path is not None and all(_names(module, one) for one in meant or (path,))
            return path if named else None
    return None


def written_by(function: ast.AST) -> Iterator[ast.Call]:
    """The calls in a function that write what they are handed to a file."""
    for each in descendants(function):
        match each:
            case ast.Call(func=ast.Attribute(attr=name)) if name in _WRITES:
                yield each


def _names(module: Module, path: ast.expr) -> bool:
    """Whether a path ends in the name of a script, or is put together with one."""
    texts = (module.text(each) for each in descendants(path) if isinstance(each, ast.expr))
    return any(map(_SCRIPT.search, (module.text(path), *texts)))
