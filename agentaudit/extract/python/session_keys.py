"""
Whether the key of a session in Python names the tenant, where the code around it knows tenants.

A function that knows the tenant and keeps a conversation under the session alone lets whoever has
the identifier in. Where some call is given both, the session may be checked there: nobody can say.
"""

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct, field

from agentaudit.expressions import regex
from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.bindings import bindings
from agentaudit.extract.programs.code import Module, written_keys
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import argument, descendants, keyword, words_in
from agentaudit.extract.programs.written import Written
from agentaudit.extract.python.served import Served
from agentaudit.extract.session_keys import person_named, tenants_named
from agentaudit.model.evidence import Truth

_OF_VENDORS = regex(r"azure|aad|entra|msal|graph|auth0|aws|gcp|openai|github", re.IGNORECASE)
"""A tenant of Entra or an account of AWS is the deployment's own, and no customer of it."""
_OWNERS = frozenset({"user_id", "agent_id", "run_id", "app_id"})
_ASKING = frozenset({"add", "search", "get_all"})
_RUNNING = frozenset({"run", "run_async", "run_live"})
_LOOKING_UP = frozenset(
    {
        *("get", "aget", "get_tuple", "aget_tuple", "list", "alist", "get_state", "aget_state"),
        *("get_state_history", "aget_state_history"),
    }
)
"""What a checkpointer, or a graph, is asked for what it has kept."""
_RUNS_OF_AGNO = frozenset({"run", "arun", "print_response", "aprint_response"})
_MADE_BY_AGNO = frozenset({"agno.agent.Agent", "agno.team.Team", "agno.workflow.Workflow"})
_REMEMBERING = "langmem.create_manage_memory_tool"
_MOST_CONFIGURED = 5
"""Values that a graph is run with: its thread, its user, and few of its own."""
_DEEPEST = 3
_MOST_CALLS = 200
"""Calls that name tenants: with more of them in one function nobody can say what they check."""


class SessionKeys(Struct, dict=True, eq=False):
    """The keys of one module's sessions; what is asked of a function is read once."""

    module: Module
    documents: Documents | None = None
    _known: dict[int, "_Function"] = field(default_factory=dict)

    def tenant_scoped(self, node: ast.Call | ast.Dict, key: ast.expr) -> Truth:
        """Whether what a call, or a configuration, keeps under a key is a tenant's or user's."""
        scope = self.module.function_around(node)
        if scope is None or not self.module.may_be_read(scope):
            return Truth.UNKNOWN
        function = self._known.setdefault(id(scope), _Function(scope))
        if _names_person(node) or function.leads_to_person(key):
            return Truth.YES
        if not function.knows_tenants or len(function.with_tenants) > _MOST_CALLS:
            return Truth.UNKNOWN
        own = {id(inner) for inner in descendants(node)}
        parts = {inner.id for inner in descendants(key) if isinstance(inner, ast.Name)}
        checked = any(parts & names for call, names in function.with_tenants if id(call) not in own)
        return Truth.UNKNOWN if checked else Truth.NO

    @cached_property
    def unscoped_thread(self) -> ast.expr | None:
        """The first `thread_id` that LangGraph is run with which leaves the tenant out."""
        for found, value in self._threads():
            if not self.module.text(value) and self.tenant_scoped(found, value) is Truth.NO:
                return value
        return None

    @cached_property
    def constant_thread(self) -> Written | None:
        """
        The first `thread_id` that is the same whoever asks, where requests are answered.

        In a script it is the one conversation of whoever runs that, and nothing is kept under what
        is only looked up.
        """
        for found, value in self._threads():
            if self.module.text(value) and self.served.serves(found) and not self._looks_up(found):
                return Written(self.module, value)
        return None

    def _looks_up(self, found: ast.Dict) -> bool:
        """Whether all that a configuration is handed to reads what is kept."""
        scope = self.module.function_around(found)
        if scope is None or not self.module.affords_within(scope):
            return False
        names = {
            target.id
            for each in descendants(scope)
            if isinstance(each, ast.Assign) and found in descendants(each.value)
            for target in each.targets
            if isinstance(target, ast.Name)
        }
        taking = [
            each
            for each in descendants(scope)
            if isinstance(each, ast.Call)
            and any(_is_of(argument, found, names) for argument in _given(each))
        ]
        return bool(taking) and all(
            isinstance(each.func, ast.Attribute) and each.func.attr in _LOOKING_UP
            for each in taking
        )

    def _threads(self) -> Iterator[tuple[ast.Dict, ast.expr]]:
        """What LangGraph is told to run under; a table of what columns are called is no such."""
        for found in self.module.of(ast.Dict):
            if len(found.keys) > _MOST_CONFIGURED:
                continue
            for name, value in written_keys(self.module, found):
                if name == "thread_id":
                    yield found, value

    @cached_property
    def served(self) -> Served:
        """What of the module is done for whoever calls."""
        return Served(self.module, self.documents)

    @cached_property
    def constant_namespace(self) -> Written | None:
        """Where LangMem has an agent keep what it remembers, where that is the same for all."""
        for call in self.module.of(ast.Call):
            if self.module.dotted(call.func) == _REMEMBERING and self.served.serves(call):
                given = argument(call, 0, "namespace")
                parts = given.elts if isinstance(given, ast.Tuple) else [given]
                texts = [self.module.text(part) for part in parts]
                same = all(texts) and not any("{" in text for text in texts)
                if given is not None and same:
                    return Written(self.module, given)
        return None

    @cached_property
    def constant_session(self) -> Written | None:
        """The session in which a runner is asked, where that is the same whoever asks (ADK)."""
        for call in self.module.of(ast.Call):
            if isinstance(call.func, ast.Attribute) and call.func.attr in _RUNNING:
                user, session = keyword(call, "user_id"), keyword(call, "session_id")
                if session is None or not all(map(self.module.text, (user, session))):
                    continue
                if self.served.serves(call):
                    return Written(self.module, session)
        return None

    @cached_property
    def constant_run(self) -> Written | None:
        """
        The session of an agent of Agno, where that is the same whoever asks.

        It is given to the agent, once for all its runs, or to a run. Where a run says for which
        user it is, nobody can say here whether each has one of his own.
        """
        for call in self.module.of(ast.Call):
            session, user = keyword(call, "session_id"), keyword(call, "user_id")
            if session is None or not self.module.text(session):
                continue
            run = isinstance(call.func, ast.Attribute) and call.func.attr in _RUNS_OF_AGNO
            made = self.module.dotted(call.func) in _MADE_BY_AGNO
            open_yet = user is not None and not self.module.text(user)
            if (run or made) and not open_yet and self.served.serves(call):
                return Written(self.module, session)
        return None

    @cached_property
    def constant_owner(self) -> Written | None:
        """Whose memories mem0 is asked for, where that is the same whoever asks."""
        for call in self.module.of(ast.Call):
            if isinstance(call.func, ast.Attribute) and call.func.attr in _ASKING:
                owners = [item.value for item in call.keywords if item.arg in _OWNERS]
                constant = owners and all(map(self.module.text, owners))
                if constant and self.served.serves(call):
                    return Written(self.module, owners[0])
        return None


def _given(call: ast.Call) -> Iterator[ast.expr]:
    yield from call.args
    yield from (item.value for item in call.keywords)


def _is_of(given: ast.expr, found: ast.Dict, names: Collection[str]) -> bool:
    """Whether an argument is a configuration, holds it, or is called as it is."""
    waiting: list[ast.AST] = [given]
    while waiting:
        each = waiting.pop()
        if each is found or (isinstance(each, ast.Name) and each.id in names):
            return True
        if not isinstance(each, ast.Call):
            waiting.extend(ast.iter_child_nodes(each))
    return False


class _Function(Struct, dict=True, eq=False):
    """What of a function tells whose session it is."""

    node: FunctionDef
    _persons: dict[tuple[str, int], bool] = field(default_factory=dict)
    """Whether a name leads to a user or a tenant, by how many names led there."""

    @cached_property
    def _below(self) -> list[ast.AST]:
        return descendants(self.node)

    @cached_property
    def knows_tenants(self) -> bool:
        return tenants_named(" ".join(_names(self._below)))

    @cached_property
    def with_tenants(self) -> list[tuple[ast.Call, frozenset[str]]]:
        """Calls that are given a tenant, with all names in them."""
        calls = (inner for inner in self._below if isinstance(inner, ast.Call))
        named = ((call, frozenset(_names(descendants(call)))) for call in calls)
        return [(call, names) for call, names in named if tenants_named(" ".join(names))]

    @cached_property
    def _assigned(self) -> Mapping[str, list[ast.expr]]:
        found: dict[str, list[ast.expr]] = {}
        given = (node for node in self._below if not isinstance(node, ast.AugAssign))
        for target, value in bindings(given):  # what is added to a key takes nothing from it
            if isinstance(target, ast.Name):
                found.setdefault(target.id, []).append(value)
        return found

    def leads_to_person(self, expression: ast.expr, depth: int = 0) -> bool:
        """Whether what the function assigns to names, as far as once, names a user or a tenant."""
        names = {inner.id for inner in descendants(expression) if isinstance(inner, ast.Name)}
        return any(self._is_person(name, depth) for name in sorted(names))

    def _is_person(self, name: str, depth: int) -> bool:
        values = self._assigned.get(name, ()) if depth <= _DEEPEST else ()
        if len(values) == 1 and (name, depth) not in self._persons:
            leads = _names_person(values[0]) or self.leads_to_person(values[0], depth + 1)
            self._persons[name, depth] = leads
        return self._persons.get((name, depth), False)


def _names_person(node: ast.AST) -> bool:
    """Whether any word of an expression names a user or a tenant."""
    return any(map(person_named, words_in(node)))


def _names(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        name = _name(node)
        if name and not _OF_VENDORS.search(name):
            yield name


def _name(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
            return name
        case ast.Constant(value=str(text)):
            return text if text.isidentifier() else ""
        case _:
            return ""
