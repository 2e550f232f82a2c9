"""What the decisions need of a deployment: its credentials, memory stores and gateways, in rows."""

from agentaudit.extract.redaction import plain
from agentaudit.linting.redaction import shown_place
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Known
from agentaudit.model.facts.credentials import Credential
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.finding import CredentialSummary, MemorySummary
from agentaudit.rules.messages import duration, size

_UNKNOWN = "unknown"
_NONE = "none"
_PER_ITEM = "set per item"
_EXPIRING_BY_ITEM = frozenset({"dynamodb"})
"""Backends where each item carries the time at which it goes, and no file holds a length."""


def credential_summaries(deployment: Deployment) -> tuple[CredentialSummary, ...]:
    """A row for each credential, by place."""
    seen = frozenset(edge.src for edge in deployment.edges if edge.kind is EdgeKind.VISIBLE_TO)
    rows = (_credential(fact, seen) for fact in deployment.credentials)
    return tuple(sorted(rows, key=lambda row: (row.evidence, row.name)))


def memory_summaries(deployment: Deployment) -> tuple[MemorySummary, ...]:
    """A row for each store that holds conversation state, by place."""
    stores = (store for store in deployment.memory_stores if store.holds_conversation)
    return tuple(
        sorted((_memory(store) for store in stores), key=lambda row: (row.evidence, row.name))
    )


def gateway_names(deployment: Deployment) -> tuple[str, ...]:
    """The gateways that are declared."""
    return tuple(sorted({plain(gateway.name) for gateway in deployment.gateways}))


def _credential(fact: Credential, seen: frozenset[FactId]) -> CredentialSummary:
    return CredentialSummary(
        name=plain(fact.name),
        provider=fact.provider,
        form=fact.form.value,
        holder=fact.holder,
        exposure=fact.exposure,
        lifetime=fact.lifetime.value,
        ttl_s=fact.ttl_s,
        visible_to_agent=fact.agent_reachable or fact.holder == "agent" or fact.id in seen,
        evidence=shown_place(fact.evidence[0]),
    )


def _memory(store: MemoryStore) -> MemorySummary:
    return MemorySummary(
        name=plain(store.name),
        kind=store.kind,
        backend=store.backend,
        scope=store.scope or _UNKNOWN,
        bound=_bound(store),
        ttl=_age(store),
        eviction=store.eviction or _NONE,
        compaction=store.compaction.value,
        evidence=shown_place(store.evidence[0]),
    )


def _bound(store: MemoryStore) -> str:
    """Every size bound that is set; `none` only where a file was read and set none."""
    turns, tokens, size_bytes = (
        store.max_turns_count,
        store.max_tokens_count,
        store.max_bytes_count,
    )
    bounds = (
        (store.max_turns, turns, f"{turns or 0:,} turns"),
        (store.max_tokens, tokens, f"{tokens or 0:,} tokens"),
        (store.max_bytes, size_bytes, size(size_bytes or 0)),
    )
    known = [text for state, count, text in bounds if state is Known.SET and count is not None]
    if known:
        return ", ".join(known)
    states = {state for state, _, _ in bounds}
    if Known.SET in states:
        return _UNKNOWN
    return _NONE if Known.NONE in states else _UNKNOWN


def _age(store: MemoryStore) -> str:
    """How old an entry can get; `unknown` when an age is set that could not be read."""
    if store.ttl is not Known.SET:
        return store.ttl.value
    if store.ttl_s is not None:
        return duration(store.ttl_s)
    return _PER_ITEM if store.backend in _EXPIRING_BY_ITEM else _UNKNOWN
