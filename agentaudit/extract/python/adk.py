"""
Sessions of Google's ADK in Python: what of them reaches the model, and where they are kept.

Every event of a session goes to the model again, unless the application compacts them
(`events_compaction_config`) or a plugin filters them. Read in ADK's `apps/app.py`, `runners.py` and
`plugins/context_filter_plugin.py` of autumn 2026.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from agentaudit.extract.collector import fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.syntax import keyword, splatted
from agentaudit.extract.python.adk_questions import IN_MEMORY_RUNNER, Questions
from agentaudit.extract.python.memory_keys import in_one_session
from agentaudit.extract.python.session_keys import SessionKeys
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.memory import MemoryStore

_PACKAGE = "google.adk."
_RUNNERS = frozenset({"Runner"})
_KEPT: Mapping[str, str] = {
    "DatabaseSessionService": "sql",
    "SqliteSessionService": "sqlite",
    "VertexAiSessionService": "vertex",
    "FirestoreSessionService": "firestore",
}
"""Services that keep sessions when the process ends, and what keeps them."""
_FILTERS = frozenset({"ContextFilterPlugin"})


def adk_sessions(
    module: Module, calls: Sequence[Call], documents: Documents
) -> Iterator[tuple[MemoryStore, Call]]:
    """
    The sessions of every application, and of every runner that is given an agent without one.

    An application that compacts in a way that nobody can read here is left unknown.
    """
    keys, questions = SessionKeys(module, documents), Questions(module, calls)
    runners = _runners(calls)
    for call in calls:
        if call.name.startswith(_PACKAGE) and call.last == "App":
            given = runners.get(call.variable, ()) if call.variable else ()
            if given and all(map(questions.forgotten, given)):
                continue
            store = _store(module, call, _compacted(module, call.node))
            yield in_one_session(keys, _asked_by(questions, given, store)), call
        elif call.name.startswith(_PACKAGE) and call.last in _RUNNERS:
            bare = keyword(call.node, "app") is None and keyword(call.node, "agent") is not None
            if bare and _backend(module, call.node) and not splatted(call.node):
                store = _store(module, call, _plugged(module, call.node))
                yield in_one_session(keys, _asked_by(questions, (call,), store)), call


def _asked_by(questions: Questions, runners: Sequence[Call], store: MemoryStore) -> MemoryStore:
    """The sessions of some runners: where each question begins one, it holds nothing more."""
    if runners and all(map(questions.begin_anew, runners)):
        return replace(store, max_turns=Known.SET, max_turns_count=1)
    return store


def _runners(calls: Sequence[Call]) -> Mapping[str, Sequence[Call]]:
    """The runners of a module by the variable of the application that they are given."""
    found: dict[str, list[Call]] = {}
    for call in calls:
        if call.name.startswith(_PACKAGE) and call.last in (*_RUNNERS, IN_MEMORY_RUNNER):
            given = keyword(call.node, "app")
            if isinstance(given, ast.Name):
                found.setdefault(given.id, []).append(call)
    return found


def _compacted(module: Module, call: ast.Call) -> Known:
    given = keyword(call, "events_compaction_config")
    if given is not None:
        if module.value(given) is None:
            return Known.NONE
        return Known.SET if isinstance(module.meant(given), ast.Call) else Known.UNKNOWN
    return Known.UNKNOWN if splatted(call) else _plugged(module, call)


def _plugged(module: Module, call: ast.Call) -> Known:
    """Whether a plugin shortens what the model gets; one of the team's own may."""
    given = module.meant(keyword(call, "plugins"))
    if given is None or module.value(given) is None:
        return Known.NONE
    if not isinstance(given, ast.List | ast.Tuple):
        return Known.UNKNOWN
    names = [module.dotted(element) for element in given.elts]
    if any(name.rpartition(".")[2] in _FILTERS for name in names):
        return Known.SET
    return Known.NONE if all(name.startswith(_PACKAGE) for name in names) else Known.UNKNOWN


def _backend(module: Module, call: ast.Call) -> str:
    """What keeps the sessions that a runner is given; empty where they end with the process."""
    given = module.meant(keyword(call, "session_service"))
    name = module.dotted(given) if isinstance(given, ast.Call) else ""
    return _KEPT.get(name.rpartition(".")[2], "") if name.startswith(_PACKAGE) else ""


def _store(module: Module, call: Call, compaction: Known) -> MemoryStore:
    given = module.value(keyword(call.node, "name", "app_name"))
    label = given if isinstance(given, str) else ""
    name = f"sessions of {label or call.variable or call.last}"
    backend = _backend(module, call.node)
    return MemoryStore(
        id=fact_id("memory_store", name, f"{module.document.file}#{call.variable or name}"),
        name=name,
        evidence=(module.place(call.node, call.last),),
        kind="history",
        backend=backend or "adk",
        scope="session",
        ttl=Known.NONE if backend in {"sql", "sqlite"} else Known.UNKNOWN,
        max_turns=Known.NONE,
        max_tokens=Known.NONE,
        compaction=compaction,
        persistent=Truth.YES if backend else Truth.UNKNOWN,
        explicit_writes=Truth.NO,
        explicit_retrieval=Truth.NO,
    )
