"""
What is remembered by AgentCore: events, and the records that strategies make of them.

Records do not expire unless their strategy has a `recordExpirySpecification`, whatever becomes of
the events (Amazon Bedrock AgentCore Developer Guide, "Set a time-to-live for long-term memory
records", October 2026). A harness without a word of memory is given one, with two strategies; it
keeps events for 30 days, and has nowhere to say when records expire (API of the control plane,
`HarnessManagedMemoryConfiguration`).
"""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.collector import evidence, fact_id, with_place
from agentaudit.extract.terraform.agents import known, seconds_of_days
from agentaudit.extract.terraform.modules import Declared
from agentaudit.model.evidence import Evidence, Known, Truth
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.readers.document import Document, Node

_STRATEGIES = ("memory_strategies", "strategies")
_DAYS = ("record_expiry_specification", "record_expiry_duration_days")
_DEFAULT_S = 30 * 86_400
_OTHER = ("disabled", "agent_core_memory_configuration", "agentcore_memory_configuration")
"""How the memory of a harness is switched off, or is one that is declared by itself."""


class Strategy(Struct, frozen=True):
    """What makes records of events, where it is declared, and after how many days they expire."""

    document: Document
    node: Node
    days: Node | None


def memories_of(memory: Declared, apart: Iterable[Declared]) -> Iterator[MemoryStore]:
    """The events of a memory, and the records of its strategies, some of them declared apart."""
    days = memory.body.get("event_expiry_duration")
    place = evidence(memory.document, days) if days is not None else memory.place()
    events = _store(memory, memory.title, "", place)
    yield replace(events, ttl=known(days), ttl_s=seconds_of_days(days))
    others = tuple(Strategy(each.document, each.header, _days(each.body)) for each in apart)
    yield from _records(memory, memory.title, (*_strategies(memory, memory.body), *others))


def managed_memories(harness: Declared) -> Iterator[MemoryStore]:
    """What AgentCore keeps for a harness, unless that has a memory of its own or none."""
    block = harness.body.get("memory")
    if block is not None and any(block.child(name) is not None for name in _OTHER):
        return
    managed = block.child("managed_memory_configuration") if block is not None else None
    if block is not None and block.child("mode") is not None:
        managed = block if block.text_at("mode") == "managed" else None
        if managed is None:
            return
    named = managed or block or harness.header
    place, name = evidence(harness.document, named), f"managed memory of {harness.title}"
    days = managed.child("event_expiry_duration") if managed is not None else None
    where = evidence(harness.document, days) if days is not None else place
    events = _store(harness, name, ".memory", where)
    if named.unknown:
        yield events
        return
    seconds = seconds_of_days(days) if days is not None else _DEFAULT_S
    yield replace(events, ttl=Known.SET if days is None else known(days), ttl_s=seconds)
    given = tuple(_strategies(harness, managed)) if managed is not None else ()
    made = given or (Strategy(harness.document, named, None),)
    yield from _records(harness, harness.title, made)


def _store(declared: Declared, name: str, part: str, place: Evidence) -> MemoryStore:
    return MemoryStore(
        id=fact_id("memory_store", name, f"{declared.key}{part}"),
        name=name,
        evidence=(place,),
        kind="managed",
        backend="agentcore",
        persistent=Truth.YES,
        agent_writable=Truth.YES,
        managed_service=True,
        sweep=Known.SET,
    )


def _strategies(declared: Declared, block: Node) -> Iterator[Strategy]:
    for name in _STRATEGIES:
        for node in block.list_at(name):
            yield Strategy(declared.document, node, _days(node))


def _days(strategy: Node) -> Node | None:
    """The days that a strategy says, be it below the name of its kind."""
    below = (value.get(*_DAYS) for _, value in strategy.items())
    return strategy.get(*_DAYS) or next((days for days in below if days is not None), None)


def _records(
    declared: Declared, name: str, strategies: Sequence[Strategy]
) -> Iterator[MemoryStore]:
    """The records of all strategies, which are kept as long as those that are kept longest."""
    if not strategies:
        return

    def order(each: Strategy) -> tuple[bool, bool, int]:
        unknown = each.node.unknown or (each.days is not None and each.days.integer is None)
        return each.days is None and not unknown, unknown, seconds_of_days(each.days) or 0

    first, *others = sorted(strategies, key=order, reverse=True)
    endless, unknown, seconds = order(first)
    places = (evidence(each.document, each.days or each.node) for each in (first, *others))
    store = _store(declared, f"long-term records of {name}", ".records", next(places))
    ttl = Known.NONE if endless else Known.UNKNOWN if unknown else Known.SET
    yield replace(
        store,
        evidence=with_place(store, *places),
        ttl=ttl,
        ttl_s=seconds if ttl is Known.SET else None,
    )
