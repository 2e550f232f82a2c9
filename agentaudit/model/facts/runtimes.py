"""Where agents run, what starts them there, and what they may connect to."""

from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.fact import Fact, FactId


class Runtime(Fact, frozen=True, kw_only=True):
    """Process, container, pod, VM or CI job."""

    kind: str = ""
    """
    container, pod, lambda, job, process; kagent and chart are pods that a controller or templates
    complete.
    """
    image: str = ""
    image_pinned: Truth = Truth.UNKNOWN
    privileged: bool = False
    host_mounts: tuple[str, ...] = ()
    personal_folders: tuple[str, ...] = ()
    """Mounted folders of a person's home that hold what this person signs in with."""
    docker_socket: bool = False
    host_network: bool = False
    runs_as_root: Truth = Truth.UNKNOWN
    cpu_limit: Known = Known.UNKNOWN
    memory_limit: Known = Known.UNKNOWN
    memory_limit_bytes: int | None = None
    pids_limit: Known = Known.UNKNOWN
    instances: Known = Known.UNKNOWN
    """Whether anything limits how many of it run at once."""
    instances_count: int | None = None
    published_ports: tuple[str, ...] = ()
    database: str = ""
    """Product of the database that it runs: redis, postgres, qdrant, …"""
    authenticated: Truth = Truth.UNKNOWN
    """Whether that database authenticates its clients."""
    exposed: bool = False
    """Other machines reach that database: a published port, the host's network, a Service."""
    services: tuple[str, ...] = ()
    """Names of the Services that open that database, within the cluster too."""
    serves_agents: bool = False
    """Whether an agent keeps its memory in that database, is given its address, or waits for it."""
    holds_embeddings: bool = False
    """It finds texts for models, and something runs beside it that is no database."""
    bind_all: bool = False
    gpu: bool = False
    network: str = ""
    service_account: str = ""
    account_rights: str = ""
    """
    Whether a binding grants something to that account (own) or only to a group of all accounts
    (shared); empty where none does.
    """
    automount_token: Truth = Truth.UNKNOWN
    token_ttl_s: int | None = None
    holds_secrets: bool = False
    role: str = ""
    """
    agent, gateway, model (serves or starts models), store, tool_server; empty for anything else.
    """
    plaintext: bool = False
    """Whether it is reached from outside without encryption."""
    runs_agent: bool = False
    resembles_agent: bool = False
    """
    Whether it is taken for an agent by a word within its name alone (`agent-platform-keycloak`), or
    runs tests, a notebook or a helper in an agent's image or with its settings.
    """
    tls_verification_off: bool = False
    log_retention: Known = Known.UNKNOWN
    """Whether the log group of its output has a retention."""
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
    """Whether text of the event goes into a prompt or a script."""
    permissions: tuple[str, ...] = ()
    permissions_set: Known = Known.UNKNOWN
    write_permissions: tuple[str, ...] = ()
    runs_agent: bool = False
    unpinned_actions: tuple[str, ...] = ()
    open_to: tuple[str, ...] = ()
    """Inputs that let strangers start it: `allowed_non_write_users: '*'`."""
    uses_secrets: bool = False
    deployed: bool = False
    """Whether a template deploys it, and it is no file that a code host looks for."""
    session_named: Truth = Truth.UNKNOWN
    """Whether the assumed session carries a name that calls can be attributed to."""


class Egress(Fact, frozen=True, kw_only=True):
    """What a runtime may connect to. `policy` is any, allowlist or none."""

    policy: str = "any"
    destinations: tuple[str, ...] = ()
    runtime_ids: tuple[FactId, ...] = ()
