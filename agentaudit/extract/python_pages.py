"""
Whether pages of every origin may call a server of Python with their user's credentials.

Sources: Starlette, "CORSMiddleware" (`allow_origins`, `allow_credentials`, off unless set);
Flask-CORS, "Using CORS with cookies" (`supports_credentials`; origins are `*` unless set). Where a
variable of the environment says which, its default counts here, and what it is set to elsewhere.
"""

import ast
from collections.abc import Iterator, Sequence

from agentaudit.extract.python_code import Call, Module
from agentaudit.extract.python_syntax import argument, keyword
from agentaudit.model.evidence import Evidence

_FLASK = frozenset({"flask_cors.CORS", "flask_cors.extension.CORS"})
_ASKED = frozenset({"os.getenv", "os.environ.get"})
_TAKING_APART = frozenset({"split", "strip", "loads", "list"})
_DEEPEST = 6


def open_to_pages(module: Module, calls: Sequence[Call]) -> Evidence | None:
    """Where code lets every page in, with the cookies of who looks at it."""
    for call, allowed in _allowing(module, calls):
        if allowed is None or _every(module, allowed):
            return module.place(call.node, call.last)
    return None


def variable_of_origins(module: Module, calls: Sequence[Call]) -> str:
    """The variable that says which pages are let in with cookies; empty where none does."""
    found = (
        _variable(module, allowed) for _, allowed in _allowing(module, calls) if allowed is not None
    )
    return next(filter(None, found), "")


def _allowing(module: Module, calls: Sequence[Call]) -> Iterator[tuple[Call, ast.expr | None]]:
    """What lets pages in with cookies, and which; without a word of it Flask lets all in."""
    for call in calls:
        node = call.node
        if call.last == "add_middleware" and node.args:
            middleware = module.dotted(node.args[0]).rpartition(".")[2] == "CORSMiddleware"
            allowed, credentials = keyword(node, "allow_origins"), "allow_credentials"
            if not middleware or allowed is None:
                continue
        elif call.name in _FLASK:
            allowed, credentials = keyword(node, "origins"), "supports_credentials"
        else:
            continue
        if module.value(keyword(node, credentials)) is True:
            yield call, allowed


def _every(module: Module, node: ast.expr) -> bool:
    node = module.meant(node)
    if isinstance(node, ast.List | ast.Tuple):
        return any(module.text(element) == "*" for element in node.elts)
    asked = _asked(module, node)
    default = argument(asked, 1, "default") if asked is not None else None
    told = module.text(default if default is not None else node)
    return "*" in (part.strip(" []\"'") for part in told.split(","))


def _asked(module: Module, node: ast.expr) -> ast.Call | None:
    """The call that asks the environment, within what takes its answer apart."""
    for _ in range(_DEEPEST):
        node = module.meant(node)
        if isinstance(node, ast.ListComp):
            node = node.generators[0].iter
        elif not isinstance(node, ast.Call):
            return None
        elif module.dotted(node.func) in _ASKED:
            return node
        elif isinstance(node.func, ast.Attribute) and node.func.attr in _TAKING_APART:
            node = node.args[0] if node.func.attr == "loads" and node.args else node.func.value
        else:
            return None
    return None


def _variable(module: Module, node: ast.expr) -> str:
    """By the call that asks for it, or by a setting that is called like it: `settings.origins`."""
    asked = _asked(module, node)
    if asked is not None:
        return module.text(argument(asked, 0, "key"))
    node = module.meant(node)
    while isinstance(node, ast.ListComp | ast.Call):
        if isinstance(node, ast.ListComp):
            node = node.generators[0].iter
        elif isinstance(node.func, ast.Attribute) and node.func.attr in _TAKING_APART:
            node = node.func.value
        else:
            return ""
    called = node.attr if isinstance(node, ast.Attribute) else ""
    return called.upper() if "origin" in called.lower() else ""
