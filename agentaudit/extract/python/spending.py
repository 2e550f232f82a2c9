"""
Budgets that a program keeps itself, or hands to its runs elsewhere than where it builds its agents.

Whether what is checked there is what an agent spends, no name says. So it is open whether anything
limits the agents of that program, and no more.
"""

import ast
import re
from collections.abc import Container, Iterator, Sequence

from agentaudit.expressions import holds_word, regex
from agentaudit.extract.documents import Documents, first_folder_of
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.imports import imported_files, modules
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import (
    argument,
    descendants,
    keyword,
    parameters_of,
    words_in,
)
from agentaudit.extract.python.builders import RUN_METHODS
from agentaudit.extract.rehearsals import is_rehearsal
from agentaudit.readers.interest import CHECKING

_WORDS = ("budget", "quota", "credits", "usage_limits", "limiter", "429", "Limit", "hrottl", "incr")
_CHECK = regex(
    rf"^{CHECKING}(?!(?:\w{{1,60}}_)?(?:tokens?|context|prompt)_)"
    r"(?:\w{1,60}_)?(?:budgets?|quotas?|credits)(?!_(?:alert|warn|threshold|notif|status))(?:_\w+)?$"
)
"""
`check_quota` and `_enforce_daily_budget` are asked before a run. To count tokens stops none, and
`check_token_budget` makes a conversation fit into a model; nor does an alert.
"""
_HANDED = "usage_limits"
_LIMITER = regex(r"(?:^|\.)\w*limiter\.limit$")
_ASKED = regex(r"(?:^|\.)\w*limiter\.(?:check\w*|hit|allow|is_allowed)$", re.IGNORECASE)
"""A limiter of one's own that a route asks; to wait for one's turn is for what is called."""
_ASKING = regex(
    r"message|chat|ask|quer(?:y|ies)|run|invoke|agent|complet|generat|stream|conversation"
    r"|prompt|analy|research|answer|respond|process|reply|webhook",
    re.IGNORECASE,
)
"""How routes are called that have a model asked, and no `login` or `upload`."""
_CALLS_ROUTE = "call_next"
"""What a middleware of Starlette is given, which stands before all routes."""
_COUNTING = frozenset({"incr", "incrby", "hincrby"})
_OF_LIMIT = regex(r"(?i)rate|limit|quota|throttl")
_TOO_MANY = 429
_REFUSING = regex(r"(?:HTTPException|Response|HTTPError)$|^(?:flask\.)?abort$")
_ADDED = regex(r"(?:^|\.)(?:SlowAPI\w*|\w*(?:Rate_?Limit|Throttl)\w*)$")
"""Middleware that counts calls, by its class."""
_DEPENDED_ON = "fastapi_limiter."


def may_be_limited(documents: Documents, file: str) -> bool:
    """
    Whether the program that a file belongs to asks for a budget before it runs agents.

    Those of one folder at the root belong together, and so do those of a folder that it imports,
    or that imports what asks.
    """
    return first_folder_of(file) in documents.once(_limited_programs)


def _limited_programs(documents: Documents) -> frozenset[str]:
    read = modules(documents)
    folders = {first_folder_of(file) for file in read}
    asking = {
        file: module
        for file, module in read.items()
        if holds_word(module.document.text, _WORDS) and not is_rehearsal(file)
        if any(_asks(module, call) for call in module.calls()) or _limits_routes(module)
    }
    imported = (first for file, module in asking.items() for first in _imported(file, module))
    users = _importing(documents, asking) if asking else ()
    return frozenset(folders.intersection(imported).union(map(first_folder_of, (*asking, *users))))


def _importing(documents: Documents, asking: Container[str]) -> Sequence[str]:
    """The files that import one of those which ask, other than to try or to show it."""
    imports = documents.once(imported_files).items()
    users = (file for file, found in imports if any(each in asking for each in found))
    return [file for file in users if not is_rehearsal(file)]


def _imported(file: str, module: Module) -> Iterator[str]:
    """The packages that a file imports, without those in whose folder below the first it lies."""
    own = file.split("/")[1:-1]
    for path in module.imports.values():
        first = path.lstrip(".").partition(".")[0]
        if first not in own:
            yield first


def _limits_routes(module: Module) -> bool:
    """Whether a limiter bounds how often functions are called that ask a model."""
    return any(
        _stands_before_models(function) and _is_limited(module, function)
        for function in module.functions
    )


def _stands_before_models(function: FunctionDef) -> bool:
    """Whether it has a model asked, or stands before all that an application answers."""
    asks = _ASKING.search(function.name) is not None
    return asks or any(each.arg == _CALLS_ROUTE for each in parameters_of(function))


def _is_limited(module: Module, function: FunctionDef) -> bool:
    """Whether Flask-Limiter or SlowAPI stands above a route, or one asks within, or refuses."""
    return any(
        _LIMITER.search(module.dotted(each.func)) is not None
        for each in function.decorator_list
        if isinstance(each, ast.Call)
    ) or any(
        _ASKED.search(module.dotted(each.func)) is not None
        or _refuses(module, each)
        or _counts_calls(module, each)
        for each in descendants(function)
        if isinstance(each, ast.Call)
    )


def _refuses(module: Module, call: ast.Call) -> bool:
    """Whether a call answers that there were too many: `HTTPException(status_code=429)`."""
    if _REFUSING.search(module.dotted(call.func)) is None:
        return False
    given = (keyword(call, "status_code"), *call.args[:2])
    return any(
        module.value(each) == _TOO_MANY or f"HTTP_{_TOO_MANY}" in module.dotted(each)
        for each in given
        if each is not None
    )


def _counts_calls(module: Module, call: ast.Call) -> bool:
    """Whether a call counts in Redis under the key of a limit: `incr(f"ratelimit:{user}")`."""
    counts = module.dotted(call.func).rpartition(".")[2] in _COUNTING
    return counts and any(_OF_LIMIT.search(word) for each in call.args for word in words_in(each))


def _asks(module: Module, call: Call) -> bool:
    if _CHECK.match(call.last) or call.name.startswith(_DEPENDED_ON):
        return True
    if call.last == "add_middleware":
        added = argument(call.node, 0, "middleware_class")
        return added is not None and _ADDED.search(module.dotted(added)) is not None
    handed = keyword(call.node, _HANDED) if call.last in RUN_METHODS else None
    return handed is not None and not (_is_none(handed) or takes_away(handed))


def takes_away(limits: ast.expr | None) -> bool:
    """Whether limits of usage only take away what holds by itself: `request_limit=None`."""
    given = limits.keywords if isinstance(limits, ast.Call) and not limits.args else ()
    return bool(given) and all(_is_none(each.value) for each in given)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
