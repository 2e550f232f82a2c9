"""
Whether pages of every origin may call a server of Python with their user's credentials.

Sources: Starlette, "CORSMiddleware" (`allow_origins`, `allow_credentials`, off unless set);
Flask-CORS, "Using CORS with cookies" (`supports_credentials`; origins are `*` unless set).
"""

import ast
from collections.abc import Sequence

from agentaudit.extract.python_code import Call, Module
from agentaudit.extract.python_syntax import keyword
from agentaudit.model.evidence import Evidence

_FLASK = frozenset({"flask_cors.CORS", "flask_cors.extension.CORS"})


def open_to_pages(module: Module, calls: Sequence[Call]) -> Evidence | None:
    """Where code lets every page in, with the cookies of who looks at it."""
    for call in calls:
        node = call.node
        if call.last == "add_middleware" and node.args:
            middleware = module.dotted(node.args[0]).rpartition(".")[2] == "CORSMiddleware"
            allowed, credentials = keyword(node, "allow_origins"), "allow_credentials"
            wide = middleware and allowed is not None and _every(module, allowed)
        elif call.name in _FLASK:
            allowed, credentials = keyword(node, "origins"), "supports_credentials"
            wide = allowed is None or _every(module, allowed)
        else:
            continue
        if wide and module.value(keyword(node, credentials)) is True:
            return module.place(node, call.last)
    return None


def _every(module: Module, node: ast.expr) -> bool:
    node = module.meant(node)
    if isinstance(node, ast.List | ast.Tuple):
        return any(module.text(element) == "*" for element in node.elts)
    return module.text(node) == "*"
