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
    """Anyone may become it: some statement trusts `*`, and no condition of it says who."""
    trust_principals: tuple[str, ...] = ()
    trust_conditions: tuple[str, ...] = ()
    """Condition keys of all statements together."""
    trust_unconditional: tuple[str, ...] = ()
    """Principals that some statement trusts without a condition that says who, or for whom."""
    oidc_subject: str = ""
    automount_token: Truth = Truth.UNKNOWN
    default_account: bool = False
    part_of_cluster: bool = False
    """
    Whether its name, or that of what it is bound beside or by, is of what keeps it going; or builds
    act as it.
    """
    keeps_cluster: bool = False
    """Whether that is a part which many clusters have, such as Flux, or lies in `kube-system`."""
    runs_builds: bool = False
    """Whether builds act as it: it is called after a runner, or lies in a namespace for some."""
    of_platform: bool = False
    """Whether it is one of the accounts by which a vendor's own services act."""
    open_to: str = ""
    """Of whom it stands for where those are many: anybody, any_account or every_pod."""
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
    """Of the sensitive actions those that hand out permissions, where a table says which."""
    watched_actions: tuple[str, ...] = ()
    """
    Of the actions of AWS that rules ask for by name those that the patterns stand for, after
    denials; not those of a whole service.
    """
    escalations: tuple[str, ...] = ()
    """Names of known privilege-escalation methods the identity's actions contain."""
    escalates_by_name: bool = False
    """Whether each of them leads through resources that are named: `role/desk-*`."""
    free_reads: tuple[str, ...] = ()
    """
    Actions that read any data of a kind: those of the grant, or of its whole identity where the
    grant lets out what that reads.
    """
    outlets: tuple[str, ...] = ()
    """What carries data out of the account, where the identity reads without limit."""
    admin: bool = False
    service_wildcards: tuple[str, ...] = ()
    managed_policy: str = ""
    agent_reachable: bool = False
    held_by_others: bool = False
    """
    Workloads act as its identity, and none of them runs an agent; or it is a part of the cluster,
    one of the people who run that, or a vendor's own service.
    """
    keeps_cluster: bool = False
    """
    Whether its identity does, or is a person who runs the cluster, or builds act as it, and no
    agent acts as that: not in the builds of this deployment either.
    """
    open_to: str = ""
    """
    Who has it, where that is no principal of its own: anybody, who need not prove who he is;
    any_account, who has proved to be somebody; every_pod of a namespace or a cluster.
    """
    source: str = ""
    """
    aws_iam, kubernetes_rbac, github_token, gcp_iam, azure_rbac; azure_role: its definition;
    application: what an application may do by itself, for a whole tenant, workspace or domain.
    """


class Resource(Fact, frozen=True, kw_only=True):
    """Something worth protecting: bucket, table, queue, repository, cluster, database."""

    kind: str = ""
    provider: str = ""
    pattern: str = ""
    """The ARN, path or URL pattern it is known by."""
    sensitive: Truth = Truth.UNKNOWN
    static_access: Truth = Truth.UNKNOWN
    """Whether a key or password that never changes opens it, besides identities."""
    rotated: Truth = Truth.UNKNOWN
    """Of a secret: whether something changes it from time to time."""
    unblocked: bool = False
    """Of a bucket: nothing of its own keeps a policy from opening it to everybody."""
    feeds_agents: bool = False
    """
    Agents are shown what lies in it: a knowledge base takes it from there, or it is called after
    what they remember or know.
    """
    exposed: bool = False
    """Its address is open to the whole internet, as far as its own settings decide that."""
