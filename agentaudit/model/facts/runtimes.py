"""Where agents run, what starts them there, and what they may connect to."""

from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.fact import Fact, FactId


class Runtime(Fact, frozen=True, kw_only=True):
    """Process, container, pod, VM or CI job."""

    kind: str = ""
    """
    container, pod, lambda, job, process; kagent and chart are pods of which the rest is decided
    elsewhere, by a controller or by templates.
    """
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
    instances: Known = Known.UNKNOWN
    """Whether anything bounds how many of it run at once."""
    instances_count: int | None = None
    published_ports: tuple[str, ...] = ()
    database: str = ""
    """Product of the database that it runs: redis, postgres, qdrant, …"""
    authenticated: Truth = Truth.UNKNOWN
    """Whether that database asks who calls."""
    exposed: bool = False
    """Other machines reach that database: a published port, the host's network, a Service."""
    services: tuple[str, ...] = ()
    """Names of the Services that open that database; within the cluster they lead to it as well."""
    serves_agents: bool = False
    """An agent keeps its memory in that database, is told where it is, or waits for it."""
    holds_embeddings: bool = False
    """It finds texts for models, and something runs beside it that is no database."""
    bind_all: bool = False
    gpu: bool = False
    network: str = ""
    service_account: str = ""
    account_rights: str = ""
    """
    Whether a binding gives rights to that account (own) or only to a group of all accounts, which
    it is in (shared); empty where none does.
    """
    automount_token: Truth = Truth.UNKNOWN
    token_ttl_s: int | None = None
    holds_secrets: bool = False
    role: str = ""
    """agent, gateway, model (serves or starts some), store, tool_server; empty for all else."""
    plaintext: bool = False
    """Something that the outside reaches leads to it without encryption."""
    runs_agent: bool = False
    resembles_agent: bool = False
    """
    Whether nothing but a word within its name says that: `agent-platform-keycloak`; or it runs
    tests, a notebook or what waits and asks, in the image of an agent or with its settings.
    """
    tls_verification_off: bool = False
    log_retention: Known = Known.UNKNOWN
    """Whether the log group that keeps what it prints deletes that one day."""
    egress: str = ""
    """What it may connect to: any, allowlist, none, or empty where nothing is known."""

    @property
    def published(self) -> bool:
        """Whether other machines reach a port of it: a published one, or any of its host's."""
        return bool(self.published_ports) or self.host_network


class Workflow(Fact, frozen=True, kw_only=True):
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
    deployed: bool = False
    """Whether it is declared by what deploys it, and lies in no file that a forge looks for."""
    session_named: Truth = Truth.UNKNOWN
    """Whether the assumed session carries a name that calls can be attributed to."""


class Egress(Fact, frozen=True, kw_only=True):
    """What a runtime may connect to. `policy` is any, allowlist or none."""

    policy: str = "any"
    destinations: tuple[str, ...] = ()
    runtime_ids: tuple[FactId, ...] = ()
