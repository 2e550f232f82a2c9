"""
The classes of memories that code constructs, and which of their arguments bound them.

LangChain.js has the classes of Python under their names, with arguments in other letters
(`sessionTTL`, in seconds), and a few of its own.

Defaults were read in the packages of late 2026: LangChain 1.5 with classic and community,
langgraph-checkpoint-*, OpenAI Agents 0.24, AutoGen 0.7, Strands, LlamaIndex 0.14, Agent Framework
1.23, Semantic Kernel 1.45, Agno 3.1.
"""

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.model.evidence import Known


class Form(Struct, frozen=True, kw_only=True):
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
    key_first: bool = False
    """Whether the key may also be its first argument, without a name."""
    run_by: tuple[str, ...] = ()
    """Methods one of which somebody must call before it bounds anything, unless it does itself."""
    wraps: tuple[str, ...] = ()
    """Argument, the first where it has no name, with the memory that it is only a cover of."""
    aside: frozenset[str] = frozenset()
    """Arguments of others for which it is no memory of conversations."""
    loads: tuple[str, ...] = ()
    """Argument without which nothing of what it keeps reaches the model, where it is false."""
    path: tuple[str, ...] = ()
    """Argument, the second where it has no name, without which it is a database in memory."""
    expires: str = ""
    """What single memories are given that expire; where code gives it, who stays is open."""
    prepares: frozenset[str] = frozenset({"setup"})
    """What it may be asked for without keeping anything by itself."""
    speaks: tuple[str, ...] = ("",)
    """Words without all of which nothing of what it keeps was said by anybody."""
    one_conversation: bool = False
    """Whether it is one conversation by itself, where it is not kept under a key."""
    keyed_by_run: bool = False
    """Whether the agent, or a run of it, says under which session it keeps what is said."""
    settings: str = ""
    """Argument, of it or of a run that is handed it, whose `limit` says how much is retrieved."""


_TOKENS = ("max_token_limit", "maxTokenLimit")
_TTLS = ("ttl", "sessionTTL", "defaultTTL")


def _talk(kind: str, turns: int | None = None, tokens: int | None = None) -> Form:
    """A conversation of LangChain's, as long as its object lives."""
    return Form(
        kind=kind,
        turns=("k",) if turns else (),
        turns_default=turns,
        tokens=_TOKENS if tokens else (),
        tokens_default=tokens,
        compaction=_compacts(kind),
        one_conversation=True,
    )


def _shown(kind: str, tokens: int) -> Form:
    """A conversation of LlamaIndex, of which so many tokens are shown."""
    return Form(
        kind=kind,
        tokens=("token_limit", "tokenLimit"),
        tokens_default=tokens,
        compaction=_compacts(kind),
        key=("session_id", "chat_store_key"),
        one_conversation=True,
    )


def _compacts(kind: str) -> Known:
    return Known.SET if kind == "summary" else Known.NONE


def _history(backend: str, *ttl: str) -> Form:
    keys = ("session_id", "session_key", "thread_id", "sessionId", "sessionKey")
    return Form(kind="history", backend=backend, ttl=ttl, key=keys)


def _checkpoint(backend: str, *ttl: str, unit_s: int = 60) -> Form:
    return Form(kind="checkpoint", backend=backend, ttl=ttl, ttl_unit_s=unit_s)


def _store(backend: str, unit_s: int = 60) -> Form:
    return Form(kind="vector", backend=backend, ttl=("ttl",), ttl_unit_s=unit_s)


def _session(backend: str, *ttl: str) -> Form:
    """Sessions of the OpenAI Agents SDK, which retrieve everything unless a limit is set."""
    return replace(_history(backend, *ttl), settings="session_settings", key_first=True)


def _chat_store(backend: str, *ttl: str) -> Form:
    """Where LlamaIndex keeps messages; how many of them are shown, the memory before it says."""
    return replace(_history(backend, *ttl), compaction=Known.UNKNOWN)


_MEM0 = Form(kind="managed", backend="mem0", expires="expiration_date")
_ZEP = Form(kind="managed", backend="zep", speaks=("add_messages", ".memory.add("))
"""A service that keeps conversations until somebody deletes them, and marks what is outdated."""
_LETTA = Form(
    kind="managed",
    backend="letta",
    compaction=Known.SET,
    prepares=frozenset({"tools", "mcp_servers", "models", "health"}),
)
"""What another program keeps: nothing of its client says for how long."""


def _reducer(kind: str, compaction: Known) -> Form:
    """A history of Semantic Kernel: it shortens itself only with `auto_reduce`."""
    reduces = ("reduce", "reduce_history")
    return Form(kind=kind, turns=("target_count",), compaction=compaction, run_by=reduces)


def _runs(backend: str, *ttl: str) -> Form:
    """Sessions of Agno: how much of one is recalled is said at the agent."""
    form = _history(backend, *ttl)
    return replace(
        form,
        compaction=Known.UNKNOWN,
        aside=frozenset({"contents_db"}),
        keyed_by_run=True,
    )


FORMS: dict[str, Form] = {
    "ConversationBufferMemory": _talk("buffer"),
    "ConversationBufferWindowMemory": _talk("window", turns=5),
    "ConversationTokenBufferMemory": _talk("window", tokens=2000),
    "ConversationSummaryBufferMemory": _talk("summary", tokens=2000),
    "ConversationSummaryMemory": _talk("summary"),
    "BufferMemory": replace(_talk("buffer"), wraps=("chatHistory",)),
    "BufferWindowMemory": _talk("window", turns=5),
    "ChatMemoryBuffer": _shown("window", 3000),
    "RedisChatMessageHistory": replace(_history("redis", *_TTLS), key_first=True),
    "UpstashRedisChatMessageHistory": _history("redis", *_TTLS),
    "DynamoDBChatMessageHistory": _history("dynamodb", "ttl"),
    "CosmosDBChatMessageHistory": _history("cosmosdb", "ttl"),
    "CassandraChatMessageHistory": replace(
        _history("cassandra", "ttl_seconds"), ttl_default_s=3600
    ),
    "MongoDBChatMessageHistory": replace(_history("mongodb"), turns=("history_size",)),
    "PostgresChatMessageHistory": _history("postgres"),
    "AzureCosmosDBNoSQLChatMessageHistory": _history("cosmosdb", "ttl"),
    "FirestoreChatMessageHistory": _history("firestore"),
    "Neo4jChatMessageHistory": replace(_history("neo4j"), turns=("window",), turns_default=3),
    "ElasticsearchChatMessageHistory": _history("elasticsearch"),
    "AstraDBChatMessageHistory": _history("astradb"),
    "SingleStoreDBChatMessageHistory": _history("mysql"),
    "SQLChatMessageHistory": replace(_history("sql"), key_first=True),
    "FileChatMessageHistory": _history("file"),
    "RedisHistoryProvider": Form(
        kind="history",
        backend="redis",
        turns=("max_messages",),
        key=("thread_id",),
        loads=("load_messages",),
    ),
    "InMemoryHistoryProvider": replace(_history("in_memory"), loads=("load_messages",)),
    "FileHistoryProvider": replace(_history("file"), loads=("load_messages",)),
    "CosmosHistoryProvider": replace(_history("cosmosdb"), loads=("load_messages",)),
    "ChatSummaryMemoryBuffer": _shown("summary", 2000),
    **dict.fromkeys(("Memory", "createMemory"), _shown("window", 30_000)),
    "RedisChatMessageStore": Form(kind="history", backend="redis", turns=("max_messages",)),
    "Mem0ContextProvider": _MEM0,
    "MemoryClient": _MEM0,
    "AsyncMemoryClient": _MEM0,
    "Zep": _ZEP,
    "AsyncZep": _ZEP,
    "Graphiti": Form(kind="managed", backend="graphiti", speaks=("EpisodeType.message",)),
    "Letta": _LETTA,
    "AsyncLetta": _LETTA,
    "RedisChatStore": _chat_store("redis", "ttl"),
    "UpstashChatStore": _chat_store("redis", "ttl"),
    "PostgresChatStore": _chat_store("postgres"),
    "DynamoDBChatStore": _chat_store("dynamodb", "ttl_seconds"),
    "MongoChatStore": _chat_store("mongodb", "ttl_seconds"),
    "SQLAlchemyChatStore": _chat_store("sql"),
    "ChatHistoryTruncationReducer": _reducer("window", Known.NONE),
    "ChatHistorySummarizationReducer": _reducer("summary", Known.SET),
    "ChatHistoryAgentThread": Form(kind="buffer", wraps=("chat_history",)),
    "SqliteDb": _runs("sqlite"),
    "PostgresDb": _runs("postgres"),
    "AsyncPostgresDb": _runs("postgres"),
    "MySQLDb": _runs("mysql"),
    "SingleStoreDb": _runs("mysql"),
    "MongoDb": _runs("mongodb"),
    "DynamoDb": _runs("dynamodb"),
    "RedisDb": _runs("redis", "expire"),
    "AsyncSqliteDb": _runs("sqlite"),
    "AsyncMySQLDb": _runs("mysql"),
    "AsyncMongoDb": _runs("mongodb"),
    "FirestoreDb": _runs("firestore"),
    "JsonDb": _runs("file"),
    "RedisSession": _session("redis", "ttl"),
    "SQLiteSession": replace(_session("sqlite"), path=("db_path",)),
    "AsyncSQLiteSession": replace(_session("sqlite"), path=("db_path",)),
    "AdvancedSQLiteSession": replace(_session("sqlite"), path=("db_path",)),
    "SQLAlchemySession": _session("sql"),
    "MongoDBSession": _session("mongodb"),
    "DaprSession": _session("dapr", "ttl"),
    "EncryptedSession": replace(_session("encrypted", "ttl"), ttl_default_s=600),
    "OpenAIResponsesCompactionSession": Form(kind="history", compaction=Known.SET),
    "PostgresSaver": _checkpoint("postgres"),
    "AsyncPostgresSaver": _checkpoint("postgres"),
    "ShallowPostgresSaver": _checkpoint("postgres"),
    "AsyncShallowPostgresSaver": _checkpoint("postgres"),
    "SqliteSaver": _checkpoint("sqlite"),
    "AsyncSqliteSaver": _checkpoint("sqlite"),
    "MongoDBSaver": _checkpoint("mongodb", "ttl", unit_s=1),
    "AsyncMongoDBSaver": _checkpoint("mongodb", "ttl", unit_s=1),
    "DynamoDBSaver": _checkpoint("dynamodb", "ttl_seconds", "ttl", unit_s=1),
    "ValkeySaver": _checkpoint("redis", "ttl_seconds", "ttl", unit_s=1),
    "AsyncValkeySaver": _checkpoint("redis", "ttl_seconds", "ttl", unit_s=1),
    "CosmosDBSaver": _checkpoint("cosmosdb"),
    "RedisSaver": _checkpoint("redis", *_TTLS),
    "AsyncRedisSaver": _checkpoint("redis", *_TTLS),
    "ShallowRedisSaver": _checkpoint("redis", *_TTLS),
    "AsyncShallowRedisSaver": _checkpoint("redis", *_TTLS),
    "InMemorySaver": _checkpoint("in_memory"),
    "MemorySaver": _checkpoint("in_memory"),
    "PostgresStore": _store("postgres"),
    "AsyncPostgresStore": _store("postgres"),
    "SqliteStore": _store("sqlite"),
    "AsyncSqliteStore": _store("sqlite"),
    "RedisStore": _store("redis"),
    "AsyncRedisStore": _store("redis"),
    "ValkeyStore": _store("redis"),
    "AsyncValkeyStore": _store("redis"),
    "InMemoryStore": Form(kind="vector", backend="in_memory"),
    "SummarizationMiddleware": Form(
        kind="summary",
        compaction=Known.SET,
        trigger=("trigger", "max_tokens_before_summary"),
    ),
    "summarizationMiddleware": Form(
        kind="summary",
        compaction=Known.SET,
        trigger=("trigger", "maxTokensBeforeSummary"),
    ),
    "ContextEditingMiddleware": Form(kind="summary", compaction=Known.SET),
    "UnboundedChatCompletionContext": Form(kind="buffer"),
    "BufferedChatCompletionContext": Form(kind="window", turns=("buffer_size",)),
    "HeadAndTailChatCompletionContext": Form(kind="window", turns=("head_size", "tail_size")),
    "TokenLimitedChatCompletionContext": Form(kind="window", tokens=("token_limit",)),
    "NullConversationManager": Form(kind="buffer"),
    "SlidingWindowConversationManager": Form(
        kind="window", turns=("window_size",), turns_default=40
    ),
    "SummarizingConversationManager": Form(kind="summary", compaction=Known.SET),
    "FileSessionManager": replace(_history("file"), turns_default=40),
    "S3SessionManager": replace(_history("s3"), turns_default=40),
}
PERSISTENT = frozenset(
    {
        *("redis", "dynamodb", "cosmosdb", "cassandra", "mongodb", "postgres", "sql", "sqlite"),
        *("file", "s3", "mysql", "firestore", "neo4j", "elasticsearch", "astradb", "dapr"),
        *("mem0", "letta", "zep", "graphiti"),
    }
)
CONSTRUCTORS = (
    *("from_conn_string", "from_conn_info", "from_url", "from_defaults", "from_client"),
    *("from_uri", "from_address"),
    *("fromConnString", "fromUrl", "fromCluster"),
)
