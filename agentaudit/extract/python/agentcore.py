"""
Memories of Amazon Bedrock AgentCore that Python code creates.

`MemoryClient` of the package `bedrock-agentcore` (1.25) keeps events for 90 days unless
`event_expiry_days` says otherwise; what strategies make of them stays, unless these have a
`recordExpirySpecification`. Sessions of a memory that exists already say nothing of it.
"""

import ast
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from agentaudit.extract.collector import fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.syntax import descendants, keyword, splatted
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.memory import MemoryStore

_CLIENTS = frozenset(
    {
        f"bedrock_agentcore.memory.{name}"
        for name in (
            *("MemoryClient", "client.MemoryClient"),
            *("MemoryControlPlaneClient", "controlplane.MemoryControlPlaneClient"),
        )
    }
)
_CREATES = frozenset({"create_memory", "create_or_get_memory", "create_memory_and_wait"})
_DEFAULT_DAYS = 90
_DAY_S = 86400


def agentcore_memories(module: Module, calls: Sequence[Call]) -> Iterator[tuple[MemoryStore, Call]]:
    """Every memory that the module has AgentCore create, with the call that does it."""
    clients = {call.variable for call in calls if call.name in _CLIENTS and call.variable}
    for call in calls:
        owner, _, method = call.name.rpartition(".")
        if method in _CREATES and owner in clients | _CLIENTS:
            store = _store(module, call)
            yield store, call
            strategies = keyword(call.node, "strategies")
            if strategies is not None and (kept := _kept(strategies)) is not None:
                yield _records(module, store, strategies, kept), call


def _kept(strategies: ast.expr) -> Known | None:
    """Whether records expire: not unless a strategy says so. None where there is no strategy."""
    if isinstance(strategies, ast.Constant):
        return None
    if not isinstance(strategies, ast.List):
        return Known.UNKNOWN
    texts = (node.value for node in descendants(strategies) if isinstance(node, ast.Constant))
    if any(isinstance(text, str) and "recordExpiry" in text for text in texts):
        return Known.UNKNOWN
    return Known.NONE if strategies.elts else None


def _records(module: Module, events: MemoryStore, strategies: ast.expr, kept: Known) -> MemoryStore:
    """What strategies make of events, which outlives them."""
    name = f"long-term records of {events.name}"
    return replace(
        events,
        id=fact_id("memory_store", name, f"{events.id}/records"),
        name=name,
        evidence=(module.place(strategies),),
        ttl=kept,
        ttl_s=None,
    )


def _store(module: Module, call: Call) -> MemoryStore:
    given = call.node.args[0] if call.node.args else keyword(call.node, "name")
    name = plain(module.text(given) or call.variable or "memory")
    ttl, seconds = _expiry(module, call)
    return MemoryStore(
        id=fact_id("memory_store", name, f"{module.document.file}#{call.variable or name}"),
        name=name,
        evidence=(module.place(call.node, call.last),),
        kind="managed",
        backend="agentcore",
        ttl=ttl,
        ttl_s=seconds,
        persistent=Truth.YES,
        agent_writable=Truth.YES,
        managed_service=True,
        sweep=Known.SET,
    )


def _expiry(module: Module, call: Call) -> tuple[Known, int | None]:
    given = keyword(call.node, "event_expiry_days")
    if given is None:
        hidden = splatted(call.node)
        return (Known.UNKNOWN, None) if hidden else (Known.SET, _DEFAULT_DAYS * _DAY_S)
    days = module.value(given)
    if not isinstance(days, int):
        return Known.UNKNOWN, None
    return Known.SET, days * _DAY_S
