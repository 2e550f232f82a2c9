"""
Under which keys memories in Python are kept, and which of them everybody shares who calls.

A key stands where a memory is made, or where it is used: LangGraph is run with a thread, mem0 is
asked for somebody's memories, LangMem's tools are given a namespace. One that is the same for all
says nothing in a script of one conversation.
"""

import ast

from msgspec.structs import replace

from agentaudit.extract.programs.syntax import keyword, splatted
from agentaudit.extract.programs.written import Written
from agentaudit.extract.python.memory_forms import PERSISTENT, Form
from agentaudit.extract.python.session_keys import SessionKeys
from agentaudit.extract.python.shared_keys import OWNER, RUN, SESSION, THREAD, everybodys
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.memory import MemoryStore


def keyed(keys: SessionKeys, store: MemoryStore, form: Form) -> MemoryStore:
    """A store whose keys stand where it is used: a graph is run, a service or a tool is asked."""
    if form.backend == "mem0":
        return owned(keys, store)
    if form.kind == "vector":
        return _of_all(store, keys.constant_namespace, "namespace")
    if form.keyed_by_run:
        return _of_all(store, everybodys(keys, RUN), "session_id")
    if form.kind != "checkpoint":
        return store
    thread = everybodys(keys, THREAD)
    if thread is not None:
        return _of_all(store, thread, "thread_id")
    if keys.unscoped_thread is None:
        return store
    places = (*store.evidence, keys.module.place(keys.unscoped_thread, "thread_id"))
    return replace(store, tenant_scoped=Truth.NO, evidence=places)


def owned(keys: SessionKeys, store: MemoryStore) -> MemoryStore:
    """What mem0 keeps, which is one person's unless all have one name."""
    return _of_all(store, everybodys(keys, OWNER), "user_id")


def in_one_session(keys: SessionKeys, store: MemoryStore) -> MemoryStore:
    """Sessions of ADK, which are one where the runner is always asked in the same."""
    return _of_all(store, everybodys(keys, SESSION), "session_id")


def _of_all(store: MemoryStore, key: Written | None, name: str) -> MemoryStore:
    """A store that everybody shares, where its key is the same for all who call."""
    if key is None:
        return store
    places = (*store.evidence, key.place(name))
    return replace(store, constant_session_key=True, scope="global", evidence=places)


def is_one_conversation(keys: SessionKeys, call: ast.Call, form: Form) -> bool:
    """Whether it keeps what is said without a key, and is made once for all who call."""
    if not form.one_conversation or splatted(call):
        return False
    if keyword(call, *form.key, "chat_memory", "chatHistory") is not None:
        return False
    return keys.served.is_made_once(call)


def key_of(keys: SessionKeys, call: ast.Call, form: Form) -> ast.expr | None:
    """
    Under which key it keeps a session.

    One that is the same for all says nothing in a script of one conversation, where it is given
    without a name or the session ends with the script.
    """
    named = keyword(call, *form.key) if form.key else None
    if named is not None and form.backend != "in_memory":
        return named
    lasts = form.backend in PERSISTENT or keys.served.is_made_once(call)
    first = next(iter(call.args), None) if form.key_first and lasts else None
    given = named or first
    if given is None or isinstance(given, ast.Starred):
        return None
    return None if keys.module.text(given) and not keys.served.serves(call) else given
