"""
Stages: the named sets of nodes that patterns are made of.

Each says of one fact yes, no or unknown. A path is reported through nodes that are certainly of
their stage; with an unknown one it cannot be excluded.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from msgspec import Struct

from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Agent, Instruction, Source
from agentaudit.model.facts.credentials import Credential, Lifetime
from agentaudit.model.facts.fact import Fact
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.permissions import Grant
from agentaudit.model.facts.runtimes import Egress, Runtime, Workflow
from agentaudit.model.facts.tools import Registry, Tool, ToolServer
from agentaudit.model.threat import Entry
from agentaudit.threats.visibility import way_out

CHANGING = frozenset({"write", "delete", "execute", "send"})
FINAL = frozenset({"delete", "send"})
"""Effects that nobody can take back."""

_MODEL_PROVIDERS = frozenset({"anthropic", "cohere", "groq", "huggingface", "mistral", "openai"})

FactT = TypeVar("FactT", bound=Fact)


class Stage(Struct, frozen=True):
    """Facts of one type that something is true of."""

    kind: type[Fact]
    belongs: Callable[[Any], Truth]

    def holds(self, fact: Fact) -> Truth:
        return self.belongs(fact) if isinstance(fact, self.kind) else Truth.NO


def _of(kind: type[FactT], belongs: Callable[[FactT], Truth]) -> Stage:
    """A stage; what is asked of its facts is asked of that type."""
    return Stage(kind, belongs)


def members(stage: str, facts: Iterable[Fact], *, doubtful: bool) -> frozenset[str]:
    """The ids of a stage; with `doubtful` also those of which nobody can say."""
    holds = STAGES[stage].holds
    accepted = (Truth.YES, Truth.UNKNOWN) if doubtful else (Truth.YES,)
    return frozenset(fact.id for fact in facts if holds(fact) in accepted)


def kind_at(stage: str) -> type[Fact]:
    """The type of the facts that a stage is made of."""
    return STAGES[stage].kind


def entry(fact: Fact) -> Entry:
    """Who can start a path here."""
    if isinstance(fact, Source):
        return Entry.ANONYMOUS if fact.trust == "untrusted" else Entry.USER
    return Entry.SEMI


def _untrusted(source: Source) -> Truth:
    return _truth(source.trust != "reviewed")


def _any(_: Fact) -> Truth:
    return Truth.YES


def _effect(*wanted: str) -> Callable[[Tool], Truth]:
    def belongs(tool: Tool) -> Truth:
        if set(wanted) & set(tool.effects):
            return Truth.YES
        return Truth.NO if tool.effects_known else Truth.UNKNOWN

    return belongs


def _outward(tool: Tool) -> Truth:
    return Truth.YES if "send" in tool.effects else tool.egress


def _long_lived(credential: Credential) -> Truth:
    if credential.lifetime is Lifetime.STATIC:
        return Truth.YES
    short = credential.lifetime is Lifetime.SHORT or credential.ttl_s is not None
    return Truth.NO if short else Truth.UNKNOWN


def _changing_credential(credential: Credential) -> Truth:
    """A long-lived one with which something can be changed: a model's key only costs money."""
    return Truth.NO if credential.provider in _MODEL_PROVIDERS else _long_lived(credential)


def _writing_grant(grant: Grant) -> Truth:
    return _allowed(grant, grant.write_count or grant.permissions_count or grant.admin)


def _admin_grant(grant: Grant) -> Truth:
    return _allowed(grant, grant.admin or grant.escalations or grant.permissions_count)


def _allowed(grant: Grant, what: object) -> Truth:
    """Whether a grant gives something; on a condition nobody can say."""
    if grant.effect != "allow" or not what:
        return Truth.NO
    return Truth.UNKNOWN if grant.conditions else Truth.YES


def _shared_memory(store: MemoryStore) -> Truth:
    """Read by others than the one whose session wrote it."""
    if store.scope in ("tenant", "global") or store.constant_session_key:
        return Truth.YES
    return Truth.NO if store.scope else Truth.UNKNOWN


def _unbounded_memory(store: MemoryStore) -> Truth:
    bounds = (store.ttl, store.max_turns, store.max_tokens, store.max_bytes)
    if Known.SET in bounds:
        return Truth.NO
    return Truth.UNKNOWN if Known.UNKNOWN in bounds else Truth.YES


def _escapable(runtime: Runtime) -> Truth:
    ways = (runtime.privileged, runtime.docker_socket, runtime.host_network, runtime.host_mounts)
    return _truth(any(ways))


def _privileged_workflow(workflow: Workflow) -> Truth:
    return _truth(workflow.runs_agent and bool(workflow.write_permissions or workflow.uses_secrets))


def _truth(answer: bool) -> Truth:  # noqa: FBT001, a statement is what it turns into a truth
    return Truth.YES if answer else Truth.NO


STAGES: Mapping[str, Stage] = {
    "source": _of(Source, _untrusted),
    "registry": _of(Registry, lambda registry: registry.mutable),
    "agent": _of(Agent, _any),
    "server": _of(ToolServer, _any),
    "workflow": _of(Workflow, _privileged_workflow),
    "tool": _of(Tool, _any),
    "writing_tool": _of(Tool, _effect("write", "delete", "send", "execute")),
    "irreversible_tool": _of(Tool, _effect("delete", "send")),
    "executing_tool": _of(Tool, _effect("execute")),
    "private_tool": _of(Tool, lambda tool: tool.reads_private),
    "outward_tool": _of(Tool, _outward),
    "credential": _of(Credential, _any),
    "long_lived_credential": _of(Credential, _long_lived),
    "changing_credential": _of(Credential, _changing_credential),
    "writing_grant": _of(Grant, _writing_grant),
    "admin_grant": _of(Grant, _admin_grant),
    "way_out": _of(Egress, way_out),
    "shared_memory": _of(MemoryStore, _shared_memory),
    "unbounded_memory": _of(MemoryStore, _unbounded_memory),
    "escapable_runtime": _of(Runtime, _escapable),
    "writable_instruction": _of(Instruction, lambda text: text.writable_by_agent),
}
"""What patterns may name: the kind of fact, and what makes one belong."""
