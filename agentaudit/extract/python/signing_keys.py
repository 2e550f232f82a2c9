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
_APPLICATIONS = frozenset({"flask.Flask", "quart.Quart", "flask.app.Flask"})
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
    applications = frozenset(_applications(module))
    for assignment in module.of(ast.Assign) if applications else ():
        if any(_is_key(module, target, applications) for target in assignment.targets):
            yield assignment.value
    for call in module.of(ast.Call):
        value = _handed_over(module, call)
        if value is not None:
            yield value


def _applications(module: Module) -> Iterator[str]:
    """The names of what a module makes as a server, or takes from a file beside it."""
    for call in module.calls():
        if call.name in _APPLICATIONS and call.variable:
            yield call.variable
    yield from (name for name, path in module.imports.items() if path.startswith("."))


def _is_key(module: Module, target: ast.expr, applications: frozenset[str]) -> bool:
    """`app.secret_key`, or `app.config["SECRET_KEY"]`."""
    if isinstance(target, ast.Attribute):
        own = isinstance(target.value, ast.Name) and target.value.id in applications
        return own and target.attr == "secret_key"
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
