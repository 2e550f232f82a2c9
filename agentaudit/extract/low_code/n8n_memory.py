"""The memory nodes of n8n: what they keep, for how long, how much of it reaches the model."""

from msgspec import Struct

from agentaudit.extract.bounds import Bound, bound
from agentaudit.extract.collector import evidence, fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.low_code.n8n_workflows import Workflow, short_type
from agentaudit.extract.session_keys import Key, key_of, tenants_used
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.readers.document import Document, Node

_WINDOW = 5
"""Exchanges, where `contextWindowLength` says nothing."""
_IDLE_S = 3600
"""The memory inside n8n drops what nobody used for an hour."""


class _Form(Struct, frozen=True, kw_only=True):
    backend: str
    windowed_from: float | None
    """The version of the node that first knew a window; None where only the server knows."""
    ttl: Known = Known.NONE


N8N_MEMORIES = {
    "memoryBufferWindow": _Form(backend="in_memory", windowed_from=1.0),
    "memoryRedisChat": _Form(backend="redis", windowed_from=1.3),
    "memoryPostgresChat": _Form(backend="postgres", windowed_from=1.1),
    "memoryMongoDbChat": _Form(backend="mongodb", windowed_from=1.0),
    "memoryXata": _Form(backend="xata", windowed_from=1.4),
    "memoryMotorhead": _Form(backend="motorhead", windowed_from=None, ttl=Known.UNKNOWN),
    "memoryZep": _Form(backend="zep", windowed_from=None, ttl=Known.UNKNOWN),
    "memoryChatHub": _Form(backend="n8n", windowed_from=None, ttl=Known.UNKNOWN),
}


def memory_of(workflow: Workflow, node: Node) -> MemoryStore:
    """The store that a memory node is."""
    document, short = workflow.document, short_type(node)
    form = N8N_MEMORIES[short]
    name = plain(node.text_at("name")) or short
    ttl, seconds = _ttl(node, short, form)
    turns, count = _window(node, form)
    session = _session_key(node, document)
    limit = node.get("parameters", "sessionTTL") or node.get("parameters", "contextWindowLength")
    places = [evidence(document, node.child("type") or node, short)]
    if limit is not None:
        places.append(evidence(document, limit, limit.text or ""))
    return MemoryStore(
        id=fact_id("memory_store", name, f"{workflow.key}/nodes.{name}"),
        name=name,
        evidence=tuple(places),
        kind="window" if form.backend == "in_memory" else "history",
        backend=form.backend,
        scope=session.scope,
        ttl=ttl,
        ttl_s=seconds,
        max_turns=turns,
        max_turns_count=count,
        max_tokens=Known.NONE,
        compaction=Known.NONE,
        persistent=Truth.NO if form.backend == "in_memory" else Truth.YES,
        constant_session_key=session.constant,
        tenant_scoped=session.tenant_scoped,
        explicit_writes=Truth.NO,
        explicit_retrieval=Truth.NO,
    )


def _ttl(node: Node, short: str, form: _Form) -> Bound:
    if form.backend == "in_memory":
        return Known.SET, _IDLE_S
    if short != "memoryRedisChat":
        return form.ttl, None
    return bound(node.get("parameters", "sessionTTL"))


def _window(node: Node, form: _Form) -> Bound:
    given = node.get("parameters", "contextWindowLength")
    if form.windowed_from is None:
        return Known.UNKNOWN, None
    if version_of(node) < form.windowed_from:
        return Known.NONE, None
    return bound(given, _WINDOW)


def version_of(node: Node) -> float:
    """The version of a node; 1 where none stands."""
    try:
        return float(node.text_at("typeVersion") or 1)
    except ValueError:
        return 1.0


def _session_key(node: Node, document: Document) -> Key:
    text = node.text_at("parameters", "sessionKey")
    if version_of(node) == 1 and node.text_at("type").endswith(("RedisChat", "BufferWindow")):
        text = text or "chat_history"
    chosen = node.text_at("parameters", "sessionIdType")
    if chosen == "fromInput" or (not text and chosen != "customKey"):
        text = "={{ $json.sessionId }}"
    return key_of(text, tenants=tenants_used(document.text))
