"""
The answers that LiteLLM's proxy keeps: where, for how long, and of which calls.

Without a TTL, Redis keeps an answer for 60 seconds and the process for ten minutes (`caching/` of
LiteLLM, autumn 2026); caches that look for similar questions, on disk or in a bucket keep it for
ever. https://docs.litellm.ai/docs/proxy/caching.
"""

from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.readers.document import Document, Node

_DEFAULT_S = {"redis": 60, "local": 600}
_EXPIRING = frozenset({"redis", "local", "disk", "redis-semantic", "valkey-semantic"})
"""Caches of which it is known that they keep to a TTL."""


def add_cache(document: Document, collector: Collector) -> None:
    """The cache, where it is on."""
    settings = document.root.child("litellm_settings")
    switch = settings.child("cache") if settings is not None else None
    if settings is None or switch is None or switch.boolean is False:
        return
    parameters = settings.child("cache_params")
    kind = (parameters.text_at("type") if parameters is not None else "") or "redis"
    ttl, seconds = _ttl(parameters, kind)
    calls = parameters.child("supported_call_types") if parameters is not None else None
    cached = ", ".join(plain(text) for text in calls.texts()) if calls is not None else "all calls"
    name = f"cache of {cached or 'no calls'}"
    node = (parameters.child("type") if parameters is not None else None) or switch
    if ttl is Known.UNKNOWN:
        what = f"how long the {plain(kind)} cache keeps an answer"
        collector.leave_open(evidence(document, node), what, "when an answer is forgotten")
    collector.add(
        MemoryStore(
            id=fact_id("memory_store", name, f"{document.file}#litellm_settings.cache"),
            name=name,
            evidence=(evidence(document, node, f"cache {kind}"),),
            kind="cache",
            backend=kind,
            scope="global",
            ttl=ttl,
            ttl_s=seconds,
            persistent=Truth.NO if kind == "local" else Truth.YES,
            explicit_writes=Truth.NO,
            explicit_retrieval=Truth.NO,
        )
    )


def _ttl(parameters: Node | None, kind: str) -> tuple[Known, int | None]:
    given = parameters.child("ttl") if parameters is not None else None
    if given is None or not given.text:
        default = _DEFAULT_S.get(kind)
        return (Known.SET, default) if default is not None else (Known.NONE, None)
    try:
        seconds = int(float(given.text))
    except (ValueError, OverflowError):
        return Known.UNKNOWN, None
    if kind not in _EXPIRING:
        return Known.UNKNOWN, None
    return (Known.SET, seconds) if seconds > 0 else (Known.NONE, None)
