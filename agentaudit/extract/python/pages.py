"""
Whether pages of every origin may call a server of Python with their user's credentials.

Sources: Starlette, "CORSMiddleware" (`allow_origins`, `allow_credentials`, off unless set);
Flask-CORS, "Using CORS with cookies" (`supports_credentials`; origins are `*` unless set). Where a
variable of the environment says which, its default counts here, and what it is set to elsewhere.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeGuard

from agentaudit.expressions import holds_word
from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.imports import imported_files, modules
from agentaudit.extract.programs.syntax import argument, keyword
from agentaudit.extract.python.importing import PAGES, ROUTERS
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


def opened_elsewhere(documents: Documents, module: Module) -> Evidence | None:
    """Where a server lets every page in that answers with what a module defines."""
    return documents.once(_opened).get(module.document.file)


def _opened(documents: Documents) -> Mapping[str, Evidence]:
    """By file where a server does that which imports it, or imports paths that do."""
    known = modules(documents)
    opening: dict[str, Evidence] = {}
    for file, module in known.items():
        if holds_word(module.document.text, PAGES):
            place = open_to_pages(module, tuple(module.calls()))
            if place is not None:
                opening[file] = place
    importing = documents.once(imported_files) if opening else {}
    found: dict[str, Evidence] = {}
    for file, place in opening.items():
        for one in sorted(importing[file]):
            found.setdefault(one, place)
            if holds_word(known[one].document.text, ROUTERS):
                for two in sorted(importing[one]):
                    found.setdefault(two, place)
    return found


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
    source = _source(module, node)
    default = argument(source, 1, "default") if _asks(source, module) else None
    told = module.text(default if default is not None else node)
    return "*" in (part.strip(" []\"'") for part in told.split(","))


def _source(module: Module, node: ast.expr) -> ast.expr:
    """What a list is made from, within all that takes a text apart."""
    for _ in range(_DEEPEST):
        match module.meant(node):
            case ast.ListComp(generators=[first, *_]):
                node = first.iter
            case ast.Call(func=ast.Attribute(attr="loads"), args=[text, *_]):
                node = text
            case ast.Call(func=ast.Attribute(attr=name, value=text)) if name in _TAKING_APART:
                node = text
            case meant:
                return meant
    return node


def _asks(node: ast.expr, module: Module) -> TypeGuard[ast.Call]:
    """Whether an expression asks the environment."""
    return isinstance(node, ast.Call) and module.dotted(node.func) in _ASKED


def _variable(module: Module, node: ast.expr) -> str:
    """By the call that asks for it, or by a setting that is called like it: `settings.origins`."""
    source = _source(module, node)
    if _asks(source, module):
        return module.text(argument(source, 0, "key"))
    called = source.attr if isinstance(source, ast.Attribute) else ""
    return called.upper() if "origin" in called.lower() else ""
