"""
The Deployment: what the files of an agent deployment say, whatever their format.

Extractors turn documents into facts and edges; lint rules, threat queries and the three decisions
ask them.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from msgspec import Struct, field

from agentaudit.model.evidence import Confidence, Evidence
from agentaudit.model.facts.agents import Agent, Instruction, Model, PeerAgent, Source
from agentaudit.model.facts.controls import Approval, AuditLog, Gateway, Guardrail, Retry
from agentaudit.model.facts.credentials import Credential
from agentaudit.model.facts.fact import Fact, FactId
from agentaudit.model.facts.hooks import Hook
from agentaudit.model.facts.keys import UnknownKey
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.permissions import Grant, Identity, Resource
from agentaudit.model.facts.runtimes import Egress, Runtime, Workflow
from agentaudit.model.facts.tools import Registry, Tool, ToolServer


class EdgeKind(StrEnum):
    """How one fact leads to another: the source stands before the word, the destination after."""

    INGESTS = "ingests"
    """A tool, tool server, agent or workflow takes in what a source holds."""
    PROMPTS = "prompts"
    """An instruction, or a source without a tool between, prompts an agent."""
    INVOKES = "invokes"
    """An agent invokes a tool of its own code."""
    EXPOSES = "exposes"
    """An agent exposes a tool server to its model; a tool server exposes a tool."""
    LAUNCHED_FROM = "launched_from"
    """A tool server or runtime is launched from a registry."""
    RESOLVES = "resolves"
    """A gateway, tool server or runtime resolves a credential that stands elsewhere."""
    VISIBLE_TO = "visible_to"
    """A credential is visible to an agent, tool server, gateway, runtime or workflow."""
    AUTHENTICATES_AS = "authenticates_as"
    """A credential, or a runtime or tool server through its platform, proves an identity."""
    ASSUMES = "assumes"
    """An identity, runtime or workflow assumes an identity."""
    PASSES_ROLE = "passes_role"
    """An identity may pass another identity to a service."""
    GRANTS = "grants"
    """An identity is what a grant gives rights to: identity grants grant."""
    READS = "reads"
    """A grant or tool reads a resource."""
    WRITES = "writes"
    DELETES = "deletes"
    EXECUTES_ON = "executes_on"
    """A tool executes code on a runtime."""
    EGRESS_TO = "egress_to"
    """A runtime, tool server or tool may connect to an egress."""
    PERSISTS_TO = "persists_to"
    """An agent writes to a memory store."""
    RECALLS_FROM = "recalls_from"
    """An agent reads from a memory store."""
    DELEGATES_TO = "delegates_to"
    """An agent hands work to an agent or peer agent."""
    RUNS_ON = "runs_on"
    """An agent, tool server, gateway or memory store runs on a runtime."""
    TRIGGERED_BY = "triggered_by"
    """A workflow is triggered by a source."""
    GATED_BY = "gated_by"
    """A tool, tool server or agent waits for an approval."""
    FILTERED_BY = "filtered_by"
    """An agent or tool is filtered by a guardrail."""
    CONFIGURED_IN = "configured_in"
    """An agent is configured in an instruction's file."""


class Derivation(StrEnum):
    """Where an edge comes from."""

    STATIC = "static"
    INFERRED = "inferred"
    RUNTIME = "runtime"
    DECLARED = "declared"


class Edge(Struct, frozen=True, kw_only=True, gc=False):
    """A relation between two facts, read in the direction of its kind: `src` *kind* `dst`."""

    kind: EdgeKind
    src: FactId
    dst: FactId
    evidence: tuple[Evidence, ...]
    confidence: Confidence = Confidence.CERTAIN
    derivation: Derivation = Derivation.STATIC


class Unresolved(Struct, frozen=True, kw_only=True, order=True):
    """Something a file refers to that could not be resolved, and what that leaves open."""

    evidence: Evidence
    what: str
    effect: str


class FileStatus(StrEnum):
    """What became of a file."""

    READ = "read"
    PARTIAL = "partial"
    FAILED = "failed"
    SKIPPED = "skipped"


class FileCoverage(Struct, frozen=True, kw_only=True, order=True):
    """One file of the audit: what it was taken for, and whether it could be read."""

    file: str
    status: FileStatus
    format: str = ""
    reason: str = ""
    line: int | None = None
    column: int | None = None


class Deployment(Struct, frozen=True, kw_only=True):
    """All facts of a deployment, sorted by id within each kind, and what could not be read."""

    root: str = "."
    agents: tuple[Agent, ...] = ()
    models: tuple[Model, ...] = ()
    tools: tuple[Tool, ...] = ()
    tool_servers: tuple[ToolServer, ...] = ()
    gateways: tuple[Gateway, ...] = ()
    credentials: tuple[Credential, ...] = ()
    identities: tuple[Identity, ...] = ()
    grants: tuple[Grant, ...] = ()
    resources: tuple[Resource, ...] = ()
    memory_stores: tuple[MemoryStore, ...] = ()
    runtimes: tuple[Runtime, ...] = ()
    egresses: tuple[Egress, ...] = ()
    workflows: tuple[Workflow, ...] = ()
    approvals: tuple[Approval, ...] = ()
    guardrails: tuple[Guardrail, ...] = ()
    retries: tuple[Retry, ...] = ()
    sources: tuple[Source, ...] = ()
    instructions: tuple[Instruction, ...] = ()
    peer_agents: tuple[PeerAgent, ...] = ()
    audit_logs: tuple[AuditLog, ...] = ()
    registries: tuple[Registry, ...] = ()
    hooks: tuple[Hook, ...] = ()
    unknown_keys: tuple[UnknownKey, ...] = ()
    edges: tuple[Edge, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    coverage: tuple[FileCoverage, ...] = ()
    suppressions: tuple["SuppressionComment", ...] = field(default=())
    no_memory: Evidence | None = None
    """Where somebody declares that nothing of a conversation outlives its request."""

    def facts(self) -> Iterator[Fact]:
        """Every fact of every kind, kinds in the order of the fields."""
        for kind in FACT_KINDS.values():
            yield from getattr(self, kind.field)

    @property
    def incomplete(self) -> bool:
        """Whether a file of the audit could not be read whole."""
        return any(file.status in (FileStatus.FAILED, FileStatus.PARTIAL) for file in self.coverage)


NO_RULE = ""
"""Of a comment that begins as a suppression does, and names none in brackets."""


class SuppressionComment(Struct, frozen=True, kw_only=True, order=True):
    """`agentaudit: ignore[rule-id] reason` in a comment; it covers `line`."""

    file: str
    line: int
    rule: str
    reason: str
    comment_line: int
    last_line: int = 0
    """Of a text that begins on the line it covers and has more, such as a heredoc."""


class FactKind(Struct, frozen=True):
    """One kind of fact: the word that rules use, its class, and its field of the Deployment."""

    word: str
    type: type[Fact]
    field: str


FACT_KINDS: Mapping[str, FactKind] = {
    word: FactKind(word, kind, name)
    for word, kind, name in (
        ("agent", Agent, "agents"),
        ("model", Model, "models"),
        ("tool", Tool, "tools"),
        ("tool_server", ToolServer, "tool_servers"),
        ("gateway", Gateway, "gateways"),
        ("credential", Credential, "credentials"),
        ("identity", Identity, "identities"),
        ("grant", Grant, "grants"),
        ("resource", Resource, "resources"),
        ("memory_store", MemoryStore, "memory_stores"),
        ("runtime", Runtime, "runtimes"),
        ("egress", Egress, "egresses"),
        ("workflow", Workflow, "workflows"),
        ("approval", Approval, "approvals"),
        ("guardrail", Guardrail, "guardrails"),
        ("retry", Retry, "retries"),
        ("source", Source, "sources"),
        ("instruction", Instruction, "instructions"),
        ("peer_agent", PeerAgent, "peer_agents"),
        ("audit_log", AuditLog, "audit_logs"),
        ("registry", Registry, "registries"),
        ("hook", Hook, "hooks"),
        ("unknown_key", UnknownKey, "unknown_keys"),
    )
}
"""The kinds of facts by the word that a rule's `applies_to` names."""


def kind_of(fact: Fact) -> str:
    """The word for a fact's kind, which is also how its id begins."""
    return fact.id.partition(":")[0]


PLACES = frozenset({"evidence", "runs_at"})
"""Fields of facts that are places, for which no condition asks."""


def field_names(kind: str) -> tuple[str, ...]:
    """The names that a message may ask of one kind of fact."""
    return FACT_KINDS[kind].type.__struct_fields__
