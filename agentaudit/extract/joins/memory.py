"""
What bounds one memory although another place says it: the code's window, the runtime's store.

An agent whose code summarises, or keeps a window, does not hand its whole history to the model,
wherever the history lies. What its code sets for a backend holds for the store of that backend that
its runtime names. Only what is set is carried over: that a limit is absent is told where it is.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from agentaudit.extract.collector import Collector, with_place
from agentaudit.extract.joins.credentials import targets
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.memory import MemoryStore

_CONTEXTS = frozenset({"window", "summary"})
_STATES = {
    "ttl": "ttl_s",
    "max_turns": "max_turns_count",
    "max_tokens": "max_tokens_count",
}
"""What may bound a store, with the number that goes with it."""


def join_memory(collector: Collector) -> None:
    """For each agent, what its stores say of one another."""
    stores = targets(collector, EdgeKind.RECALLS_FROM)
    for agent in sorted(stores):
        found = [collector.facts.get(name) for name in sorted(stores[agent])]
        memories = [fact for fact in found if isinstance(fact, MemoryStore)]
        histories = [store for store in memories if store.kind == "history"]
        context = next(filter(_bounds, memories), None)
        told = _Told(histories)
        for store in histories:
            for other in (*([context] if context else []), *told.of(store)):
                if other.id != store.id:
                    _carry(collector, store.id, other)


class _Told:
    """Of each limit the first history of a backend that says it, in code and outside of it."""

    def __init__(self, histories: Iterable[MemoryStore]) -> None:
        self._first: dict[tuple[str, bool], dict[str, MemoryStore]] = {}
        for store in histories:
            first = self._first.setdefault((store.backend, _in_code(store)), {})
            for state in _STATES:
                if getattr(store, state) is not Known.UNKNOWN:
                    first.setdefault(f"{state} {getattr(store, state)}", store)

    def of(self, store: MemoryStore) -> Iterable[MemoryStore]:
        """Those that say something of a store of the other side."""
        first = self._first.get((store.backend, not _in_code(store)), {})
        return {other.id: other for other in first.values()}.values()


def _carry(collector: Collector, target: FactId, other: MemoryStore) -> None:
    store = collector.facts[target]
    if not isinstance(store, MemoryStore):
        return
    if other.kind in _CONTEXTS:
        if store.compaction is not Known.SET:
            collector.update(_with(store, other, compaction=Known.SET))
    elif not _in_code(store):
        collector.update(_filled(store, other))
    elif store.ttl is Known.UNKNOWN and other.ttl is not Known.UNKNOWN:
        collector.update(_with(store, other, ttl=other.ttl, ttl_s=other.ttl_s))


def _bounds(store: MemoryStore) -> bool:
    return store.kind in _CONTEXTS and Known.SET in (
        store.compaction,
        store.max_turns,
        store.max_tokens,
    )


def _in_code(store: MemoryStore) -> bool:
    return store.evidence[0].file.endswith(".py")


def _filled(store: MemoryStore, code: MemoryStore) -> MemoryStore:
    """The store that a runtime names, with the limits that the code sets for it."""
    changes: dict[str, object] = {}
    for state, number in _STATES.items():
        if getattr(store, state) is Known.UNKNOWN and getattr(code, state) is Known.SET:
            changes |= {state: Known.SET, number: getattr(code, number)}
    return _with(store, code, **changes) if changes else store


def _with(store: MemoryStore, other: MemoryStore, **changes: object) -> MemoryStore:
    return replace(store, evidence=with_place(store, other.evidence[0]), **changes)
