"""
Memory that Python code constructs: which class, and what bounds it by its arguments and defaults.

Defaults were read in the packages of late 2026: LangChain 1.5 with classic and community,
langgraph-checkpoint-*, OpenAI Agents 0.24, AutoGen 0.7, Strands, LlamaIndex, Agent Framework.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from agentaudit.extract.collector import fact_id
from agentaudit.extract.python_code import UNFOLDED, Call, Module, keyword, splatted
from agentaudit.extract.python_frameworks import is_of_framework
from agentaudit.extract.python_session_keys import SessionKeys
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.memory import MemoryStore


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """What one class of memories is, and which arguments bound it."""

    kind: str
    backend: str = "in_memory"
    ttl: tuple[str, ...] = ()
    """Names of the argument; without one nothing ever expires."""
    ttl_unit_s: int = 1
    ttl_default_s: int | None = None
    turns: tuple[str, ...] = ()
    turns_default: int | None = None
    tokens: tuple[str, ...] = ()
    tokens_default: int | None = None
    compaction: Known = Known.NONE
    trigger: tuple[str, ...] = ()
    """Arguments without one of which it never compacts."""
    key: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    """Argument, the second where it has no name, without which it is a database in memory."""


def _history(backend: str, *ttl: str) -> _Form:
    keys = ("session_id", "session_key", "thread_id")
    return _Form(kind="history", backend=backend, ttl=ttl, key=keys)


def _checkpoint(backend: str, *ttl: str) -> _Form:
    return _Form(kind="checkpoint", backend=backend, ttl=ttl, ttl_unit_s=60)


_FORMS: dict[str, _Form] = {
    "ConversationBufferMemory": _Form(kind="buffer"),
    "ConversationBufferWindowMemory": _Form(kind="window", turns=("k",), turns_default=5),
    "ConversationTokenBufferMemory": _Form(
        kind="window", tokens=("max_token_limit",), tokens_default=2000
    ),
    "ConversationSummaryBufferMemory": _Form(
        kind="summary",
        tokens=("max_token_limit",),
        tokens_default=2000,
        compaction=Known.SET,
    ),
    "ConversationSummaryMemory": _Form(kind="summary", compaction=Known.SET),
    "ChatMemoryBuffer": _Form(kind="window", tokens=("token_limit",), tokens_default=3000),
    "RedisChatMessageHistory": _history("redis", "ttl"),
    "UpstashRedisChatMessageHistory": _history("redis", "ttl"),
    "DynamoDBChatMessageHistory": _history("dynamodb", "ttl"),
    "CosmosDBChatMessageHistory": _history("cosmosdb", "ttl"),
    "CassandraChatMessageHistory": replace(
        _history("cassandra", "ttl_seconds"), ttl_default_s=3600
    ),
    "MongoDBChatMessageHistory": _history("mongodb"),
    "PostgresChatMessageHistory": _history("postgres"),
    "SQLChatMessageHistory": _history("sql"),
    "FileChatMessageHistory": _history("file"),
    "RedisHistoryProvider": _Form(
        kind="history", backend="redis", turns=("max_messages",), key=("thread_id",)
    ),
    "RedisSession": _history("redis", "ttl"),
    "SQLiteSession": replace(_history("sqlite"), path=("db_path",)),
    "SQLAlchemySession": _history("sql"),
    "EncryptedSession": replace(_history("encrypted", "ttl"), ttl_default_s=600),
    "OpenAIResponsesCompactionSession": _Form(kind="history", compaction=Known.SET),
    "PostgresSaver": _checkpoint("postgres"),
    "AsyncPostgresSaver": _checkpoint("postgres"),
    "SqliteSaver": _checkpoint("sqlite"),
    "AsyncSqliteSaver": _checkpoint("sqlite"),
    "MongoDBSaver": _checkpoint("mongodb", "ttl"),
    "DynamoDBSaver": _checkpoint("dynamodb", "ttl_seconds", "ttl"),
    "RedisSaver": _checkpoint("redis", "ttl"),
    "AsyncRedisSaver": _checkpoint("redis", "ttl"),
    "InMemorySaver": _checkpoint("in_memory"),
    "MemorySaver": _checkpoint("in_memory"),
    "PostgresStore": _Form(kind="vector", backend="postgres", ttl=("ttl",), ttl_unit_s=60),
    "RedisStore": _Form(kind="vector", backend="redis", ttl=("ttl",), ttl_unit_s=60),
    "InMemoryStore": _Form(kind="vector"),
    "SummarizationMiddleware": _Form(
        kind="summary",
        compaction=Known.SET,
        trigger=("trigger", "max_tokens_before_summary"),
    ),
    "ContextEditingMiddleware": _Form(kind="summary", compaction=Known.SET),
    "UnboundedChatCompletionContext": _Form(kind="buffer"),
    "BufferedChatCompletionContext": _Form(kind="window", turns=("buffer_size",)),
    "HeadAndTailChatCompletionContext": _Form(kind="window", turns=("head_size", "tail_size")),
    "TokenLimitedChatCompletionContext": _Form(kind="window", tokens=("token_limit",)),
    "NullConversationManager": _Form(kind="buffer"),
    "SlidingWindowConversationManager": _Form(
        kind="window", turns=("window_size",), turns_default=40
    ),
    "SummarizingConversationManager": _Form(kind="summary", compaction=Known.SET),
    "FileSessionManager": _history("file"),
    "S3SessionManager": _history("s3"),
}
_PERSISTENT = frozenset(
    {
        *("redis", "dynamodb", "cosmosdb", "cassandra", "mongodb", "postgres", "sql", "sqlite"),
        *("file", "s3"),
    }
)
_CONSTRUCTORS = ("from_conn_string", "from_conn_info", "from_url", "from_defaults", "from_client")


def memories(module: Module, calls: Iterable[Call]) -> Iterator[tuple[MemoryStore, Call]]:
    """
    Every memory that the module's calls construct, with the call that does it.

    What another one wraps to compact it is compacted, and lives as long as before.
    """
    calls, keys = tuple(calls), SessionKeys(module)
    wrapped = {name for call in calls for name in _wrapped(call)}
    for call in calls:
        path, name = call.name, call.last
        if name in _CONSTRUCTORS and "." in path:
            path = path.rpartition(".")[0]
            name = path.rpartition(".")[2]
        form = _FORMS.get(name)
        if form is not None and is_of_framework(module, path):
            store = _store(keys, call, (name, _placed(module, call.node, form)))
            if bool(call.variable) and call.variable in wrapped:
                store = replace(store, compaction=Known.SET)
            yield _threaded(keys, store) if form.kind == "checkpoint" else store, call


def _threaded(keys: SessionKeys, store: MemoryStore) -> MemoryStore:
    """A store of checkpoints, whose keys stand where the graph is run."""
    if keys.unscoped_thread is None:
        return store
    places = (*store.evidence, keys.module.place(keys.unscoped_thread, "thread_id"))
    return replace(store, tenant_scoped=Truth.NO, evidence=places)


def _wrapped(call: Call) -> Iterator[str]:
    """The name of the session that a compacting one (OpenAI Agents SDK) keeps its items in."""
    given = keyword(call.node, "underlying_session")
    if call.last == "OpenAIResponsesCompactionSession" and isinstance(given, ast.Name):
        yield given.id


def _placed(module: Module, call: ast.Call, form: _Form) -> _Form:
    """The form of a memory that ends with its process, where nothing says in which file it is."""
    if not form.path or splatted(call):
        return form
    path = call.args[1] if len(call.args) > 1 else keyword(call, *form.path)
    in_memory = path is None or module.text(path) == ":memory:"
    return replace(form, backend="in_memory") if in_memory else form


def _store(keys: SessionKeys, call: Call, named: tuple[str, _Form]) -> MemoryStore:
    module, (name, form) = keys.module, named
    place = module.place(call.node, name)
    ttl, seconds = _ttl(module, call.node, form)
    turns, turn_count = _limit(module, call.node, form.turns, form.turns_default)
    tokens, token_count = _limit(module, call.node, form.tokens, form.tokens_default)
    key = keyword(call.node, *form.key) if form.key else None
    constant = bool(module.text(key))
    refresh = _refreshes(module, call.node)
    file = module.document.file
    return MemoryStore(
        id=fact_id("memory_store", name, f"{file}#{call.variable or name}:{name}"),
        name=call.variable or name,
        evidence=(place,),
        kind=form.kind,
        backend=form.backend,
        scope="global" if constant else "session" if key is not None else "",
        ttl=ttl,
        ttl_s=seconds,
        refresh_on_read=refresh,
        max_turns=turns,
        max_turns_count=turn_count,
        max_tokens=tokens,
        max_tokens_count=token_count,
        compaction=_compaction(call.node, form),
        persistent=Truth.YES if form.backend in _PERSISTENT else Truth.NO,
        constant_session_key=constant,
        tenant_scoped=keys.tenant_scoped(call.node, key) if key is not None else Truth.UNKNOWN,
        explicit_writes=Truth.NO if form.kind == "buffer" else Truth.UNKNOWN,
    )


def _ttl(module: Module, call: ast.Call, form: _Form) -> tuple[Known, int | None]:
    given = keyword(call, *form.ttl) if form.ttl else None
    if given is None:
        if form.ttl_default_s is not None:
            return Known.SET, form.ttl_default_s
        return (Known.UNKNOWN if form.ttl and splatted(call) else Known.NONE), None
    if isinstance(given, ast.Dict):
        keys = [module.text(key) for key in given.keys]
        if "default_ttl" not in keys:
            return Known.NONE, None
        given = given.values[keys.index("default_ttl")]
    value = module.value(given)
    if value is UNFOLDED:
        return Known.UNKNOWN, None
    if not isinstance(value, int | float) or value <= 0:
        return Known.NONE, None
    return Known.SET, int(value * form.ttl_unit_s)


def _refreshes(module: Module, call: ast.Call) -> Truth:
    given = keyword(call, "ttl")
    if not isinstance(given, ast.Dict):
        return Truth.UNKNOWN
    for key, value in zip(given.keys, given.values, strict=True):
        if module.text(key) == "refresh_on_read":
            return Truth.YES if module.value(value) is True else Truth.NO
    return Truth.UNKNOWN


def _limit(
    module: Module, call: ast.Call, names: tuple[str, ...], default: int | None
) -> tuple[Known, int | None]:
    if not names:
        return Known.NONE, None
    given = keyword(call, *names)
    if given is None:
        if splatted(call):
            return Known.UNKNOWN, None
        return (Known.SET, default) if default is not None else (Known.NONE, None)
    value = module.value(given)
    if value is UNFOLDED:
        return Known.UNKNOWN, None
    if not isinstance(value, int) or value <= 0:
        return Known.NONE, None
    return Known.SET, value


def _compaction(call: ast.Call, form: _Form) -> Known:
    if not form.trigger or keyword(call, *form.trigger) is not None:
        return form.compaction
    return Known.UNKNOWN if splatted(call) else Known.NONE
