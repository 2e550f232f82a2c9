"""
Stages: the named sets of nodes that patterns are made of.

Each says of one fact yes, no or unknown. A path is reported through nodes that are certainly of
their stage; with an unknown one it cannot be excluded.
"""

from collections.abc import Callable, Mapping

from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts import (
    Agent,
    Credential,
    Egress,
    Fact,
    FactId,
    Grant,
    Identity,
    Instruction,
    Lifetime,
    MemoryStore,
    Registry,
    Resource,
    Runtime,
    Source,
    Tool,
    ToolServer,
    Workflow,
)
from agentaudit.model.threat import Entry
from agentaudit.threats.visibility import way_out

CHANGING = frozenset({"write", "delete", "execute", "send"})
FINAL = frozenset({"delete", "send"})
"""Effects that nobody can take back."""

_MODEL_PROVIDERS = frozenset({"anthropic", "cohere", "groq", "huggingface", "mistral", "openai"})


def members(stage: str, facts: Mapping[FactId, Fact], *, doubtful: bool) -> frozenset[str]:
    """The ids of a stage; with `doubtful` also those of which nobody can say."""
    kind, belongs = STAGES[stage]
    accepted = (Truth.YES, Truth.UNKNOWN) if doubtful else (Truth.YES,)
    return frozenset(
        fact.id for fact in facts.values() if isinstance(fact, kind) and belongs(fact) in accepted
    )


def entry(fact: Fact) -> Entry:
    """Who can start a path here."""
    if isinstance(fact, Source):
        return Entry.ANONYMOUS if fact.trust == "untrusted" else Entry.USER
    return Entry.SEMI


def _untrusted(fact: Fact) -> Truth:
    return _truth(isinstance(fact, Source) and fact.trust != "reviewed")


def _any(_: Fact) -> Truth:
    return Truth.YES


def _effect(*wanted: str) -> Callable[[Fact], Truth]:
    def belongs(fact: Fact) -> Truth:
        if not isinstance(fact, Tool):
            return Truth.NO
        if set(wanted) & set(fact.effects):
            return Truth.YES
        return Truth.NO if fact.effects_known else Truth.UNKNOWN

    return belongs


def _private(fact: Fact) -> Truth:
    return fact.reads_private if isinstance(fact, Tool) else Truth.NO


def _outward(fact: Fact) -> Truth:
    if not isinstance(fact, Tool):
        return Truth.NO
    return Truth.YES if "send" in fact.effects else fact.egress


def _long_lived(fact: Fact) -> Truth:
    if not isinstance(fact, Credential):
        return Truth.NO
    if fact.lifetime is Lifetime.STATIC:
        return Truth.YES
    return Truth.NO if fact.lifetime is Lifetime.SHORT or fact.ttl_s is not None else Truth.UNKNOWN


def _changing_credential(fact: Fact) -> Truth:
    """A long-lived one with which something can be changed: a model's key only costs money."""
    if isinstance(fact, Credential) and fact.provider in _MODEL_PROVIDERS:
        return Truth.NO
    return _long_lived(fact)


def _writing_grant(fact: Fact) -> Truth:
    if not isinstance(fact, Grant) or fact.effect != "allow":
        return Truth.NO
    if not (fact.write_count or fact.permissions_count or fact.admin):
        return Truth.NO
    return Truth.UNKNOWN if fact.conditions else Truth.YES


def _admin_grant(fact: Fact) -> Truth:
    if not isinstance(fact, Grant) or fact.effect != "allow":
        return Truth.NO
    if not (fact.admin or fact.escalations or fact.permissions_count):
        return Truth.NO
    return Truth.UNKNOWN if fact.conditions else Truth.YES


def _way_out(fact: Fact) -> Truth:
    return way_out(fact) if isinstance(fact, Egress) else Truth.NO


def _shared_memory(fact: Fact) -> Truth:
    """Read by others than the one whose session wrote it."""
    if not isinstance(fact, MemoryStore):
        return Truth.NO
    if fact.scope in ("tenant", "global") or fact.constant_session_key:
        return Truth.YES
    return Truth.NO if fact.scope else Truth.UNKNOWN


def _unbounded_memory(fact: Fact) -> Truth:
    if not isinstance(fact, MemoryStore):
        return Truth.NO
    bounds = (fact.ttl, fact.max_turns, fact.max_tokens, fact.max_bytes)
    if Known.SET in bounds:
        return Truth.NO
    return Truth.UNKNOWN if Known.UNKNOWN in bounds else Truth.YES


def _escapable(fact: Fact) -> Truth:
    if not isinstance(fact, Runtime):
        return Truth.NO
    return _truth(
        fact.privileged or fact.docker_socket or fact.host_network or bool(fact.host_mounts)
    )


def _mutable(fact: Fact) -> Truth:
    return fact.mutable if isinstance(fact, Registry) else Truth.NO


def _writable_instruction(fact: Fact) -> Truth:
    return fact.writable_by_agent if isinstance(fact, Instruction) else Truth.NO


def _privileged_workflow(fact: Fact) -> Truth:
    if not isinstance(fact, Workflow):
        return Truth.NO
    return _truth(fact.runs_agent and (bool(fact.write_permissions) or fact.uses_secrets))


def _truth(answer: bool) -> Truth:  # noqa: FBT001, a statement is what it turns into a truth
    return Truth.YES if answer else Truth.NO


STAGES: Mapping[str, tuple[type[Fact], Callable[[Fact], Truth]]] = {
    "source": (Source, _untrusted),
    "registry": (Registry, _mutable),
    "agent": (Agent, _any),
    "server": (ToolServer, _any),
    "workflow": (Workflow, _privileged_workflow),
    "tool": (Tool, _any),
    "writing_tool": (Tool, _effect("write", "delete", "send", "execute")),
    "irreversible_tool": (Tool, _effect("delete", "send")),
    "executing_tool": (Tool, _effect("execute")),
    "private_tool": (Tool, _private),
    "outward_tool": (Tool, _outward),
    "credential": (Credential, _any),
    "long_lived_credential": (Credential, _long_lived),
    "changing_credential": (Credential, _changing_credential),
    "identity": (Identity, _any),
    "writing_grant": (Grant, _writing_grant),
    "admin_grant": (Grant, _admin_grant),
    "resource": (Resource, _any),
    "way_out": (Egress, _way_out),
    "shared_memory": (MemoryStore, _shared_memory),
    "unbounded_memory": (MemoryStore, _unbounded_memory),
    "escapable_runtime": (Runtime, _escapable),
    "writable_instruction": (Instruction, _writable_instruction),
}
"""What patterns may name: the kind of fact, and what makes one belong."""
