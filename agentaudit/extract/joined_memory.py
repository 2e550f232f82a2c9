"""
What bounds one memory although another place says it: the code's window, the runtime's store.

An agent whose code summarises, or keeps a window, does not hand its whole history to the model,
wherever the history lies. What its code sets for a backend holds for the store of that backend that
its runtime names. Only what is set is carried over: that a limit is absent is told where it is.
"""

from msgspec.structs import replace

from agentaudit.extract.collector import Collector
from agentaudit.extract.joined_credentials import targets
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.memory import MemoryStore

_CONTEXTS = frozenset({"window", "summary"})


def join_memory(collector: Collector) -> None:
    """For each agent, what its stores say of one another."""
    stores = targets(collector, EdgeKind.RECALLS_FROM)
    for agent in sorted(stores):
        found = [collector.facts.get(name) for name in sorted(stores[agent])]
        memories = [fact for fact in found if isinstance(fact, MemoryStore)]
        for store in memories:
            for other in memories:
                if other.id != store.id:
                    _carry(collector, store.id, other)


def _carry(collector: Collector, target: FactId, other: MemoryStore) -> None:
    store = collector.facts[target]
    if not isinstance(store, MemoryStore):
        return
    if store.kind == "history" and other.kind in _CONTEXTS and _bounds_context(other):
        if store.compaction is not Known.SET:
            collector.update(_with(store, other, compaction=Known.SET))
    elif store.kind == other.kind == "history" and store.backend == other.backend:
        if not _in_code(store) and _in_code(other):
            collector.update(_filled(store, other))
        elif _in_code(store) and not _in_code(other) and store.ttl is Known.UNKNOWN:
            collector.update(_with(store, other, ttl=other.ttl, ttl_s=other.ttl_s))


def _bounds_context(store: MemoryStore) -> bool:
    return Known.SET in (store.compaction, store.max_turns, store.max_tokens)


def _in_code(store: MemoryStore) -> bool:
    return store.evidence[0].file.endswith(".py")


def _filled(store: MemoryStore, code: MemoryStore) -> MemoryStore:
    """The store that a runtime names, with the limits that the code sets for it."""
    changes: dict[str, object] = {}
    for state, number in (
        ("ttl", "ttl_s"),
        ("max_turns", "max_turns_count"),
        ("max_tokens", "max_tokens_count"),
    ):
        if getattr(store, state) is Known.UNKNOWN and getattr(code, state) is Known.SET:
            changes |= {state: Known.SET, number: getattr(code, number)}
    return _with(store, code, **changes) if changes else store


def _with(store: MemoryStore, other: MemoryStore, **changes: object) -> MemoryStore:
    places = tuple(dict.fromkeys((*store.evidence, other.evidence[0])))
    return replace(store, evidence=places, **changes)
