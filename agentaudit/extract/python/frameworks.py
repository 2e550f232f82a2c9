"""
The packages in which classes of frameworks stand: a class of the same name elsewhere is another.

Classes moved between packages of one family, so the table names families: `langchain.memory` up to
0.3 is `langchain_classic.memory` since 1.0, histories went from `langchain.memory` by way of
`langchain_community` (0.0.10) to packages of vendors (`langchain_redis`, `langchain_postgres`, …),
`autogen` (0.2, also AG2) became `autogen_agentchat` and `autogen_core` with 0.4, and
`llama_index.memory` is `llama_index.core.memory` since 0.10. Read in the packages of late 2026.
"""

from collections.abc import Mapping

from agentaudit.expressions import regex
from agentaudit.extract.programs.code import Module

_CLASSES: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("langchain", "langchain_", "@langchain/", "langchain/"): (
        *("ConversationBufferMemory", "ConversationBufferWindowMemory"),
        *("ConversationTokenBufferMemory", "ConversationSummaryBufferMemory"),
        *("ConversationSummaryMemory", "RedisChatMessageHistory", "UpstashRedisChatMessageHistory"),
        *("DynamoDBChatMessageHistory", "CosmosDBChatMessageHistory"),
        *("CassandraChatMessageHistory", "MongoDBChatMessageHistory"),
        *("PostgresChatMessageHistory", "SQLChatMessageHistory", "FileChatMessageHistory"),
        *("ContextEditingMiddleware", "ModelCallLimitMiddleware", "ToolCallLimitMiddleware"),
        *("HumanInTheLoopMiddleware", "PIIMiddleware", "OpenAIModerationMiddleware"),
        *("BufferMemory", "BufferWindowMemory", "AzureCosmosDBNoSQLChatMessageHistory"),
        *("FirestoreChatMessageHistory", "Neo4jChatMessageHistory", "AstraDBChatMessageHistory"),
        *("ElasticsearchChatMessageHistory", "SingleStoreDBChatMessageHistory"),
    ),
    ("langchain", "langchain_", "deepagents"): (
        *("SummarizationMiddleware", "summarizationMiddleware"),
    ),
    ("langgraph", "langgraph_", "langchain_", "@langchain/"): (
        *("PostgresSaver", "AsyncPostgresSaver", "SqliteSaver", "AsyncSqliteSaver"),
        *("MongoDBSaver", "DynamoDBSaver", "RedisSaver", "AsyncRedisSaver", "InMemorySaver"),
        *("MemorySaver", "PostgresStore", "RedisStore", "InMemoryStore"),
        *("ShallowPostgresSaver", "AsyncShallowPostgresSaver", "AsyncMongoDBSaver"),
        *("ShallowRedisSaver", "AsyncShallowRedisSaver", "ValkeySaver", "AsyncValkeySaver"),
        *("CosmosDBSaver", "AsyncPostgresStore", "AsyncRedisStore", "SqliteStore"),
        *("AsyncSqliteStore", "ValkeyStore", "AsyncValkeyStore"),
    ),
    ("agents",): (
        *("RedisSession", "SQLiteSession", "SQLAlchemySession", "EncryptedSession"),
        *("AsyncSQLiteSession", "AdvancedSQLiteSession", "MongoDBSession", "DaprSession"),
        "OpenAIResponsesCompactionSession",
    ),
    ("autogen_core", "autogen_ext"): (
        *("UnboundedChatCompletionContext", "BufferedChatCompletionContext"),
        *("HeadAndTailChatCompletionContext", "TokenLimitedChatCompletionContext"),
    ),
    ("strands", "strands_"): (
        *("NullConversationManager", "SlidingWindowConversationManager"),
        *("SummarizingConversationManager", "FileSessionManager", "S3SessionManager"),
    ),
    ("agent_framework", "agent_framework_"): (
        *("RedisHistoryProvider", "InMemoryHistoryProvider", "FileHistoryProvider"),
        *("CosmosHistoryProvider", "RedisChatMessageStore", "Mem0ContextProvider"),
    ),
    ("llama_index", "llama_index_", "llamaindex", "@llamaindex/"): (
        *("ChatMemoryBuffer", "ChatSummaryMemoryBuffer", "Memory", "createMemory"),
        "RedisChatStore",
        *("UpstashChatStore", "PostgresChatStore", "DynamoDBChatStore", "MongoChatStore"),
        "SQLAlchemyChatStore",
    ),
    ("mem0",): ("MemoryClient", "AsyncMemoryClient"),
    ("zep_cloud", "zep_python"): ("Zep", "AsyncZep"),
    ("graphiti_core",): ("Graphiti",),
    ("letta_client",): ("Letta", "AsyncLetta"),
    ("semantic_kernel",): (
        *("ChatHistoryTruncationReducer", "ChatHistorySummarizationReducer"),
        "ChatHistoryAgentThread",
    ),
    ("agno",): (
        *("SqliteDb", "PostgresDb", "AsyncPostgresDb", "MySQLDb", "MongoDb", "DynamoDb", "RedisDb"),
        *("FirestoreDb", "JsonDb", "SingleStoreDb", "AsyncSqliteDb", "AsyncMySQLDb"),
        "AsyncMongoDb",
    ),
}
"""Families, and the classes in them; `langchain_` and `@langchain/` begin names of packages."""

_FAMILIES = {name: families for families, names in _CLASSES.items() for name in names}


def is_of_framework(module: Module, name: str) -> bool:
    """Whether a full name is that of a framework's class, and of no other that is called so."""
    families = _FAMILIES.get(name.rpartition(".")[2], ())
    if "." not in name:  # it may come with all names of a module
        return name not in module.defined and any(_in(families, star) for star in module.stars)
    return _in(families, name)


_OWN_PACKAGE = regex(
    r"(?:^|/)(?:packages|libs|src)/(?:[\w.-]+/){0,3}"
    r"(?:autogen_(?:agentchat|core|ext)|agent_framework(?:_(?!\w*examples)\w+)?|langchain_(?:core|community|classic))/"
)
"""Folders where libraries are kept, and packages in them that nobody else calls so."""


def is_own_package(file: str) -> bool:
    """Whether a file is part of a framework itself: what it does by default, its users choose."""
    return _OWN_PACKAGE.search(file) is not None


def is_foreign(module: Module, name: str) -> bool:
    """Whether the audited repository does not define a name itself, as far as one can see."""
    return not name.startswith(".") and name.partition(".")[0] not in module.defined


def _in(families: tuple[str, ...], name: str) -> bool:
    package = name.partition(".")[0]
    return any(
        package.startswith(family) if family.endswith(("_", "/")) else package == family
        for family in families
    )
