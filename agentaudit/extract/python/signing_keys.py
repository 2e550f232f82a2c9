"""
Keys by which a server signs the sessions of its users, whatever they look like.

Who knows one writes a session of anybody, an administrator's among them, and one that a person can
guess is known to whoever tries words: `helloworld`. Sources: Flask, "Configuration Handling"
(`SECRET_KEY`), and "Sessions"; Starlette, "SessionMiddleware" (`secret_key`).
"""

import ast
from collections.abc import Iterator

from agentaudit.expressions import holds_word
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.syntax import keyword

KEY = "SECRET_KEY"
_SERVERS = ("flask", "quart", "SessionMiddleware")
_APPLICATIONS = frozenset({"flask", "quart"})
_CONFIGURED = frozenset({"update", "from_mapping"})
_SESSIONS = "SessionMiddleware"


def signing_keys(module: Module) -> frozenset[int]:
    """The constants of a module that are such keys, by their identity in its tree."""
    if not holds_word(module.document.text, _SERVERS):
        return frozenset()
    given = (module.meant(value) for value in _given(module))
    return frozenset(id(each) for each in given if isinstance(each, ast.Constant) and each.value)


def _given(module: Module) -> Iterator[ast.expr]:
    """What is assigned or handed over as such a key."""
    if not _APPLICATIONS.isdisjoint(path.partition(".")[0] for path in module.imports.values()):
        for assignment in module.of(ast.Assign):
            if any(_is_key(module, target) for target in assignment.targets):
                yield assignment.value
    for call in module.of(ast.Call):
        value = _handed_over(module, call)
        if value is not None:
            yield value


def _is_key(module: Module, target: ast.expr) -> bool:
    """`app.secret_key`, or `app.config["SECRET_KEY"]`."""
    if isinstance(target, ast.Attribute):
        return target.attr == "secret_key" and isinstance(target.value, ast.Name)
    return (
        isinstance(target, ast.Subscript)
        and _is_configuration(target.value)
        and module.text(target.slice) == KEY
    )


def _is_configuration(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "config"


def _handed_over(module: Module, call: ast.Call) -> ast.expr | None:
    function = call.func
    if isinstance(function, ast.Attribute) and function.attr in _CONFIGURED:
        return keyword(call, KEY) if _is_configuration(function.value) else None
    if any(module.dotted(given).rpartition(".")[2] == _SESSIONS for given in call.args[:1]):
        return keyword(call, "secret_key")
    return None
