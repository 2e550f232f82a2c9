"""The memory nodes of Flowise: what they keep, for how long, how much of it reaches the model."""

from msgspec import Struct

from agentaudit.extract.bounds import Bound, bound
from agentaudit.extract.collector import evidence, fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.session_keys import key_of, tenants_used
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.readers.document import Document, Node


class _Form(Struct, frozen=True, kw_only=True):
    kind: str
    backend: str = "flowise"
    """Without one of its own, messages lie in the database of Flowise."""
    ttl: str = ""
    """The input that bounds its life; without one nothing does."""
    turns: str = ""
    turns_default: int | None = None
    tokens: str = ""
    compacts: bool = False
    ttl_known: Known = Known.NONE


_TOKENS = 2000
"""Of the summary buffer, until `maxTokenLimit` says otherwise."""
_FORMS: dict[str, _Form] = {
    "bufferMemory": _Form(kind="buffer", ttl_known=Known.UNKNOWN),
    "bufferWindowMemory": _Form(kind="window", turns="k", turns_default=4, ttl_known=Known.UNKNOWN),
    "conversationSummaryMemory": _Form(kind="summary", compacts=True, ttl_known=Known.UNKNOWN),
    "conversationSummaryBufferMemory": _Form(
        kind="summary", compacts=True, tokens="maxTokenLimit", ttl_known=Known.UNKNOWN
    ),
    "RedisBackedChatMemory": _Form(
        kind="history", backend="redis", ttl="sessionTTL", turns="windowSize"
    ),
    "upstashRedisBackedChatMemory": _Form(kind="history", backend="redis", ttl="sessionTTL"),
    "DynamoDBChatMemory": _Form(kind="history", backend="dynamodb"),
    "MongoDBAtlasChatMemory": _Form(kind="history", backend="mongodb"),
    "agentMemory": _Form(kind="checkpoint", backend="sqlite", turns="numberOfMessages"),
    "sqliteAgentMemory": _Form(kind="checkpoint", backend="sqlite"),
    "postgresAgentMemory": _Form(kind="checkpoint", backend="postgres"),
    "mySQLAgentMemory": _Form(kind="checkpoint", backend="mysql"),
    "mem0": _Form(kind="vector", backend="mem0"),
    "ZepMemory": _Form(
        kind="history", backend="zep", turns="k", turns_default=10, ttl_known=Known.UNKNOWN
    ),
    "ZepMemoryCloud": _Form(kind="managed", backend="zep", ttl_known=Known.UNKNOWN),
    "motorheadMemory": _Form(kind="history", backend="motorhead", ttl_known=Known.UNKNOWN),
}
_AGENT_FORMS: dict[str, _Form] = {
    "allMessages": _FORMS["bufferMemory"],
    "windowSize": _Form(
        kind="window", turns="agentMemoryWindowSize", turns_default=20, ttl_known=Known.UNKNOWN
    ),
    "conversationSummary": _FORMS["conversationSummaryMemory"],
    "conversationSummaryBuffer": _Form(
        kind="summary", compacts=True, tokens="agentMemoryMaxTokenLimit", ttl_known=Known.UNKNOWN
    ),
}


def is_memory(data: Node) -> bool:
    """Whether a node keeps conversations."""
    return data.text_at("name") in _FORMS


def memory_of(document: Document, identifier: str, data: Node) -> MemoryStore:
    """The store that a memory node is."""
    return _store(document, identifier, data, _FORMS[data.text_at("name")])


def agent_memory(document: Document, identifier: str, data: Node) -> MemoryStore | None:
    """The memory that an agent of an agentflow has switched on within itself."""
    enabled = data.get("inputs", "agentEnableMemory")
    if enabled is None or enabled.boolean is not True:
        return None
    form = _AGENT_FORMS.get(data.text_at("inputs", "agentMemoryType") or "allMessages")
    return _store(document, f"{identifier}.memory", data, form) if form is not None else None


def _store(document: Document, identifier: str, data: Node, form: _Form) -> MemoryStore:
    name = plain(data.text_at("label") or data.text_at("name"))
    ttl, seconds = _ttl(data, form)
    turns, count = _input(data, form.turns, form.turns_default)
    tokens, token_count = _input(data, form.tokens, _TOKENS if form.tokens else None)
    key = key_of(data.text_at("inputs", "sessionId"), tenants=tenants_used(document.text))
    shown = next((node for name in _shown(form) if (node := data.get("inputs", name))), None)
    places = [evidence(document, data.child("name") or data, data.text_at("name"))]
    if shown is not None:
        places.append(evidence(document, shown, plain(shown.text or "")))
    return MemoryStore(
        id=fact_id("memory_store", name, f"{document.file}#nodes.{identifier}"),
        name=name,
        evidence=tuple(places),
        kind=form.kind,
        backend=form.backend,
        scope=key.scope or "session",
        ttl=ttl,
        ttl_s=seconds,
        max_turns=turns,
        max_turns_count=count,
        max_tokens=tokens,
        max_tokens_count=token_count,
        compaction=Known.SET if form.compacts else Known.NONE,
        persistent=Truth.YES,
        constant_session_key=key.constant,
        tenant_scoped=key.tenant_scoped,
        explicit_writes=Truth.NO,
        explicit_retrieval=Truth.NO,
    )


def _shown(form: _Form) -> tuple[str, ...]:
    return tuple(name for name in (form.ttl, form.turns, form.tokens) if name)


def _ttl(data: Node, form: _Form) -> Bound:
    if not form.ttl:
        return form.ttl_known, None
    return bound(data.get("inputs", form.ttl))


def _input(data: Node, name: str, default: int | None) -> Bound:
    return bound(data.get("inputs", name), default) if name else (Known.NONE, None)
