"""Who may do what to which thing."""

from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.fact import NOBODY, Fact, FactId


class Identity(Fact, frozen=True, kw_only=True):
    """A principal: IAM role or user, service account, OAuth client, database user."""

    provider: str = ""
    kind: str = ""
    max_session: Known = Known.UNKNOWN
    max_session_s: int | None = None
    boundary: Truth = Truth.UNKNOWN
    """Whether a permissions boundary limits it."""
    trust_wildcard: bool = False
    """Whether anybody may assume it: some statement trusts `*` without a condition on who."""
    trust_principals: tuple[str, ...] = ()
    trust_conditions: tuple[str, ...] = ()
    """Condition keys of all statements together."""
    trust_unconditional: tuple[str, ...] = ()
    """Principals that some statement trusts without a condition on who, or on whose behalf."""
    oidc_subject: str = ""
    automount_token: Truth = Truth.UNKNOWN
    default_account: bool = False
    part_of_cluster: bool = False
    """
    Whether its name, or a binding's, is of something that keeps a cluster going; or builds act as
    it.
    """
    keeps_cluster: bool = False
    """Whether that is a common part of clusters, such as Flux, or lies in `kube-system`."""
    runs_builds: bool = False
    """Whether builds act as it: it is named after a runner, or lies in a namespace for runners."""
    of_platform: bool = False
    """Whether it is an account that a vendor's own services act as."""
    open_to: str = ""
    """Whom it stands for, where those are many: anybody, any_account or every_pod."""
    agent_reachable: bool = False
    agents: tuple[FactId, ...] = ()
    """Agents that act as this identity."""
    agents_apart: bool = False
    """Whether no single runtime runs all of them."""


class Grant(Fact, frozen=True, kw_only=True):
    """One normalised statement of permission."""

    identity_id: FactId = NOBODY
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
    secret_reads: tuple[str, ...] = ()
    """Actions that fetch credentials, where any secret, parameter or role may be named."""
    sensitive_actions: tuple[str, ...] = ()
    """Write, permission, irreversible and secret-reading actions, expanded (at most 5,000)."""
    permission_actions: tuple[str, ...] = ()
    """Those of the sensitive actions that hand out permissions."""
    watched_actions: tuple[str, ...] = ()
    """
    AWS actions that rules ask for by name, where the patterns include them after denials; not by a
    wildcard for a whole service.
    """
    escalations: tuple[str, ...] = ()
    """Names of known privilege-escalation methods the identity's actions contain."""
    escalates_by_name: bool = False
    """Whether each of them leads only through named resources: `role/desk-*`."""
    free_reads: tuple[str, ...] = ()
    """
    Actions that read any data of a kind: the grant's, or its identity's where the grant can send
    data out.
    """
    outlets: tuple[str, ...] = ()
    """Actions that carry data out of the account, where the identity reads without limit."""
    admin: bool = False
    service_wildcards: tuple[str, ...] = ()
    managed_policy: str = ""
    agent_reachable: bool = False
    held_by_others: bool = False
    """
    Whether its identity is used only by workloads without an agent, or is part of the cluster, a
    person who runs it, or a vendor's own service.
    """
    keeps_cluster: bool = False
    """
    Whether its identity keeps the cluster going, is a person who runs it, or is used by builds, and
    no agent acts as it.
    """
    open_to: str = ""
    """
    Who has it, where that is no single principal: anybody (unauthenticated), any_account (any
    authenticated account), every_pod of a namespace or cluster.
    """
    source: str = ""
    """
    aws_iam, kubernetes_rbac, github_token, gcp_iam, azure_rbac; azure_role: a role definition;
    application: application permissions for a whole tenant, workspace or domain.
    """


class Resource(Fact, frozen=True, kw_only=True):
    """Something worth protecting: bucket, table, queue, repository, cluster, database."""

    kind: str = ""
    provider: str = ""
    pattern: str = ""
    """The ARN, path or URL pattern it is known by."""
    sensitive: Truth = Truth.UNKNOWN
    static_access: Truth = Truth.UNKNOWN
    """Whether a static key or password opens it, besides identities."""
    rotated: Truth = Truth.UNKNOWN
    """Of a secret: whether something changes it from time to time."""
    unblocked: bool = False
    """Of a bucket: whether public access is not blocked."""
    feeds_agents: bool = False
    """
    Whether agents are shown what it holds: a knowledge base reads it, or its name says that it
    holds what they remember or know.
    """
    exposed: bool = False
    """Whether its address is open to the whole internet, as far as its own settings decide."""
