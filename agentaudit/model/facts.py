"""
Facts: what kinds of things an agent deployment consists of, whatever format declares them.

Every field has a value: what a file does not say is `none` or empty, what could not be resolved is
`unknown`, and an optional number is None exactly when its state says so. The field names are what
the conditions of rules ask for.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from agentaudit.model.evidence import Confidence, Evidence, Known, Truth

FactId = NewType("FactId", str)
"""`<kind>:<slug>-<8 hex digits of the natural key>`: stable across runs and file order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What every kind of fact has. `evidence` is never empty; the first place is the primary."""

    id: FactId
    name: str
    evidence: tuple[Evidence, ...]
    confidence: Confidence = Confidence.CERTAIN
    environment: str = ""
    """Name of the environment the files speak of: `production`, `preview`, … or empty."""

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"{self.id}: a fact without evidence is a defect")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent(Fact):
    """One context window with one set of tools: the unit in which taint mixes."""

    framework: str = ""
    permission_mode: str = ""
    """`bypass` when confirmations are switched off, else what the file says, or empty."""
    max_iterations: Known = Known.UNKNOWN
    max_iterations_count: int | None = None
    timeout: Known = Known.UNKNOWN
    timeout_s: int | None = None
    budget: Known = Known.UNKNOWN
    """Whether a rate, token or money limit is set."""
    authenticated: Truth = Truth.UNKNOWN
    """Whether callers must authenticate to reach the agent's own endpoint."""
    wildcard_tools: bool = False
    sandboxed: Truth = Truth.UNKNOWN
    cors_open: bool = False
    """Whether pages of any origin may call the agent's endpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model(Fact):
    """A model endpoint."""

    provider: str = ""
    url: str = ""
    local: Truth = Truth.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool(Fact):
    """
    A function the agent may call.

    `effects` is a subset of read, write, delete, execute and send.
    """

    effects: tuple[str, ...] = ()
    effects_known: bool = False
    reads_untrusted: Truth = Truth.UNKNOWN
    """Whether its results carry content that strangers may write (web page, issue, mail)."""
    reads_private: Truth = Truth.UNKNOWN
    egress: Truth = Truth.UNKNOWN
    """Whether its arguments can carry data out to an address the caller chooses."""
    typed: Truth = Truth.UNKNOWN
    output_typed: Truth = Truth.UNKNOWN
    free_form_parameters: tuple[str, ...] = ()
    """Parameters such as `sql`, `command` or `path` that take any text."""
    approval: Truth = Truth.UNKNOWN
    sandboxed: Truth = Truth.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolServer(Fact):
    """A process or URL that exposes tools: an MCP server."""

    transport: str = ""
    """stdio, http, sse or empty."""
    command: str = ""
    arguments: tuple[str, ...] = ()
    """Redacted."""
    url: str = ""
    """Without user information and query."""
    package: str = ""
    pinned: Truth = Truth.UNKNOWN
    tls: Truth = Truth.UNKNOWN
    authenticated: Truth = Truth.UNKNOWN
    remote: bool = False
    auto_approved: bool = False
    approved_tools: tuple[str, ...] = ()
    wildcard_tools: bool = False
    root_paths: tuple[str, ...] = ()
    """File-system roots it is given."""
    catalogued: bool = False
    """Whether the server is one whose tools are known."""
    shadow: bool = False
    """Not on the allowlist although a managed list exists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway(Fact):
    """A broker, proxy or policy point between agents and what they reach."""

    product: str = ""
    authorizer: Known = Known.UNKNOWN
    policy_enforced: Truth = Truth.UNKNOWN
    token_passthrough: bool = False
    logged: Truth = Truth.UNKNOWN
    brokers_credentials: Truth = Truth.UNKNOWN
    fronts_tools: Truth = Truth.UNKNOWN
    """Whether tools are called through it, and not models only."""


class CredentialForm(StrEnum):
    """How a credential stands in the file."""

    LITERAL = "literal"
    ENV_REF = "env_ref"
    FILE = "file"
    SECRET_REF = "secret_ref"  # noqa: S105, the name of a form
    WORKLOAD_IDENTITY = "workload_identity"
    OAUTH = "oauth"
    UNKNOWN = "unknown"


class Lifetime(StrEnum):
    """How long a credential lives: for ever until revoked, for a limited time, or nobody knows."""

    STATIC = "static"
    SHORT = "short"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential(Fact):
    """Something that proves an identity to somebody else. Never its value."""

    provider: str = ""
    """aws, gcp, azure, github, openai, anthropic, database, kubernetes, …"""
    kind: str = ""
    """access_key, api_key, token, password, private_key, jwt, certificate, connection_string, …"""
    form: CredentialForm
    lifetime: Lifetime
    ttl_s: int | None = None
    """Seconds it lives when that is known."""
    holder: str = ""
    """agent, tool_server, gateway, ci, container, image, repository."""
    holder_id: FactId = FactId("")
    exposure: str = ""
    """env, argument, header, file, image, prompt, log, state."""
    variable: str = ""
    """The key under which it stands: `AWS_SECRET_ACCESS_KEY`."""
    admin: bool = False
    default_value: bool = False
    """A published default that works, such as `sk-1234`."""
    rotated: Truth = Truth.UNKNOWN
    digest: str = ""
    """Keyed digest of a literal value, equal for equal values within one run; never printed."""
    shared_with: tuple[FactId, ...] = ()
    """Other credentials of this deployment with the same value."""
    agent_reachable: bool = False
    short_alternative: str = ""
    """What would replace it here: `role-to-assume (OIDC)`, `IRSA`, … or empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity(Fact):
    """A principal: IAM role or user, service account, OAuth client, database user."""

    provider: str = ""
    kind: str = ""
    max_session: Known = Known.UNKNOWN
    max_session_s: int | None = None
    boundary: Truth = Truth.UNKNOWN
    """Whether a permissions boundary limits it."""
    trust_wildcard: bool = False
    """Anyone may become it: some statement trusts `*`, and no condition of it says who."""
    trust_principals: tuple[str, ...] = ()
    trust_conditions: tuple[str, ...] = ()
    """Condition keys of all statements together."""
    trust_unconditional: tuple[str, ...] = ()
    """Principals that some statement trusts without a condition that says who, or for whom."""
    oidc_subject: str = ""
    automount_token: Truth = Truth.UNKNOWN
    default_account: bool = False
    agent_reachable: bool = False
    agents: tuple[FactId, ...] = ()
    """Agents that act as this identity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant(Fact):
    """One normalised statement of permission."""

    identity_id: FactId = FactId("")
    principal: str = ""
    provider: str = ""
    effect: str = "allow"
    """allow or deny."""
    actions: tuple[str, ...] = ()
    """As written, lower case."""
    resources: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    """Condition keys, lower case."""
    expanded_count: int = 0
    """How many actions the patterns stand for."""
    write_count: int = 0
    permissions_count: int = 0
    read_count: int = 0
    unscoped_writes: tuple[str, ...] = ()
    """Write and permission actions that could name a resource and are granted on `*`."""
    sensitive_actions: tuple[str, ...] = ()
    """Write, permission, irreversible and secret-reading actions, expanded (at most 5,000)."""
    permission_actions: tuple[str, ...] = ()
    """Of the sensitive actions those that hand out permissions, where a table says which."""
    escalations: tuple[str, ...] = ()
    """Names of known privilege-escalation methods the identity's actions contain."""
    admin: bool = False
    service_wildcards: tuple[str, ...] = ()
    managed_policy: str = ""
    agent_reachable: bool = False
    source: str = ""
    """aws_iam, kubernetes_rbac, github_token, gcp_iam, azure_rbac."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource(Fact):
    """Something worth protecting: bucket, table, queue, repository, cluster, database."""

    kind: str = ""
    provider: str = ""
    pattern: str = ""
    """The ARN, path or URL pattern it is known by."""
    sensitive: Truth = Truth.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryStore(Fact):
    """Where an agent keeps what it remembers, and what bounds that."""

    kind: str = ""
    """window, buffer, summary, vector, checkpoint, cache, managed, history."""
    backend: str = ""
    """redis, postgres, sqlite, in_memory, dynamodb, agentcore, file, …"""
    scope: str = ""
    """session, user, tenant, global, or empty when nothing says."""
    ttl: Known = Known.UNKNOWN
    ttl_s: int | None = None
    refresh_on_read: Truth = Truth.UNKNOWN
    max_turns: Known = Known.UNKNOWN
    max_turns_count: int | None = None
    max_tokens: Known = Known.UNKNOWN
    max_tokens_count: int | None = None
    max_bytes: Known = Known.UNKNOWN
    max_bytes_count: int | None = None
    eviction: str = ""
    """`noeviction`, `allkeys-lru`, `sweep`, … or empty when nothing says."""
    compaction: Known = Known.UNKNOWN
    """Whether history is summarised or truncated before it outgrows the window."""
    persistent: Truth = Truth.UNKNOWN
    sweep: Known = Known.UNKNOWN
    explicit_writes: Truth = Truth.UNKNOWN
    explicit_retrieval: Truth = Truth.UNKNOWN
    constant_session_key: bool = False
    agent_writable: Truth = Truth.UNKNOWN
    holds_conversation: bool = True
    """Evidence exists that the store holds conversation state."""
    managed_service: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime(Fact):
    """Process, container, pod, VM or CI job."""

    kind: str = ""
    """container, pod, lambda, job, process."""
    image: str = ""
    image_pinned: Truth = Truth.UNKNOWN
    privileged: bool = False
    host_mounts: tuple[str, ...] = ()
    docker_socket: bool = False
    host_network: bool = False
    runs_as_root: Truth = Truth.UNKNOWN
    cpu_limit: Known = Known.UNKNOWN
    memory_limit: Known = Known.UNKNOWN
    memory_limit_bytes: int | None = None
    pids_limit: Known = Known.UNKNOWN
    published_ports: tuple[str, ...] = ()
    bind_all: bool = False
    gpu: bool = False
    network: str = ""
    service_account: str = ""
    automount_token: Truth = Truth.UNKNOWN
    token_ttl_s: int | None = None
    holds_secrets: bool = False
    runs_agent: bool = False
    tls_verification_off: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Egress(Fact):
    """What a runtime may connect to. `policy` is any, allowlist or none."""

    policy: str = "any"
    destinations: tuple[str, ...] = ()
    runtime_ids: tuple[FactId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow(Fact):
    """A CI workflow or schedule that starts an agent."""

    triggers: tuple[str, ...] = ()
    untrusted_trigger: bool = False
    interpolates_event: bool = False
    """Text of the event goes into a prompt or a script."""
    permissions: tuple[str, ...] = ()
    permissions_set: Known = Known.UNKNOWN
    write_permissions: tuple[str, ...] = ()
    runs_agent: bool = False
    unpinned_actions: tuple[str, ...] = ()
    open_to: tuple[str, ...] = ()
    """Inputs that let strangers start it: `allowed_non_write_users: '*'`."""
    uses_secrets: bool = False
    session_named: Truth = Truth.UNKNOWN
    """Whether the assumed session carries a name that calls can be attributed to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval(Fact):
    """A human gate. `scope` names the tools it covers, or `*`."""

    scope: tuple[str, ...] = ()
    default_allow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardrail(Fact):
    """A validator or filter: shown, and never counted as a hard gate."""

    product: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Fact):
    """Content that comes in from outside. `trust` is untrusted, user or reviewed."""

    trust: str = "untrusted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction(Fact):
    """Text that steers the agent: system prompt, CLAUDE.md, skill."""

    writable_by_agent: Truth = Truth.UNKNOWN
    holds_secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerAgent(Fact):
    """A remote agent."""

    url: str = ""
    authenticated: Truth = Truth.UNKNOWN
    tls: Truth = Truth.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLog(Fact):
    """Where calls are written down. `enabled` says whether it runs."""

    kind: str = ""
    """cloudtrail, model_invocation, otel, gateway, …"""
    enabled: Truth = Truth.UNKNOWN
    retention: Known = Known.UNKNOWN
    covers_data_events: Truth = Truth.UNKNOWN
    content_logged: bool = False
    validated: Truth = Truth.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry(Fact):
    """A source of executable content: npm, PyPI, OCI, Git."""

    mutable: Truth = Truth.UNKNOWN
