"""Agents, the models behind them, what steers them and what they hear."""

from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.fact import Fact


class Agent(Fact, frozen=True, kw_only=True):
    """One context window with one set of tools: the unit in which taint mixes."""

    framework: str = ""
    permission_mode: str = ""
    """`bypass` when confirmations are switched off, else what the file says, or empty."""
    max_iterations: Known = Known.UNKNOWN
    max_iterations_count: int | None = None
    paced_by_person: bool = False
    """Whether a person takes a turn after a fixed number of its own turns."""
    timeout: Known = Known.UNKNOWN
    timeout_s: int | None = None
    never_repeats: bool = False
    """Whether it takes each step at most once: a graph that never loops back, a single answer."""
    budget: Known = Known.UNKNOWN
    """Whether a rate, token or money limit is set."""
    authenticated: Truth = Truth.UNKNOWN
    """Whether callers must authenticate to reach the agent's own endpoint."""
    open_place: str = ""
    """Where the server that answers for it says that it asks nobody: its file, line and column."""
    idle_session_s: int | None = None
    """How long a session may lie idle before the platform ends it, where that is set."""
    session_s: int | None = None
    """How long the instance that holds a session may live, where that is set."""
    guardrail: Known = Known.UNKNOWN
    """Whether a filter of the platform is attached; unknown where the platform has none."""
    wildcard_tools: bool = False
    unasked_in_skills: bool = False
    """Whether its shell runs without asking within a skill or command of its project."""
    sandboxed: Truth = Truth.UNKNOWN
    own_machine: bool = False
    """Whether it runs in a sandbox's image, or in a firewall's container."""
    root_paths: tuple[str, ...] = ()
    """Folders that its own tools may use besides its project's."""
    cors_open: bool = False
    """Whether web pages of any origin may call the agent's endpoint."""
    cors_place: str = ""
    """Where that is said, for all agents of one server: its file, line and column."""
    tls_verification_off: bool = False
    """Whether a request of its workflow accepts any certificate."""
    token_passthrough: bool = False
    """Whether it passes its caller's own token on to what it calls."""
    tool_servers: int = 0
    """How many tool servers it has, directly."""
    tools: int = 0
    """How many tools it has, its servers' included, as far as they are known."""


class Model(Fact, frozen=True, kw_only=True):
    """A model endpoint."""

    provider: str = ""
    url: str = ""
    local: Truth = Truth.UNKNOWN
    tls_verification_off: bool = False
    """Whether any certificate of the endpoint is accepted."""
    authenticated: Truth = Truth.UNKNOWN
    """Whether a self-hosted server asks its callers for a key."""
    exposed: bool = False
    """Whether other machines reach its port: a published port, the host's network, a Service."""
    rate: Known = Known.UNKNOWN
    """Whether its deployment has a rate limit."""
    gets_callers_keys: bool = False
    """
    Whether a project's settings redirect everybody's calls there, with their own keys: to a host
    that is neither the vendor's nor in the own network.
    """
    runs_fetched_code: bool = False
    """Whether code that comes with the weights is run, in no fixed version."""


class Instruction(Fact, frozen=True, kw_only=True):
    """Text that steers the agent: system prompt, CLAUDE.md, skill."""

    writable_by_agent: Truth = Truth.UNKNOWN
    holds_secret: bool = False
    hidden_orders: bool = False
    """Whether it orders the model to do something that people are not to see."""


class Source(Fact, frozen=True, kw_only=True):
    """Content that comes in from outside. `trust` is untrusted, user or reviewed."""

    trust: str = "untrusted"


class PeerAgent(Fact, frozen=True, kw_only=True):
    """A remote agent."""

    url: str = ""
    authenticated: Truth = Truth.UNKNOWN
    mutual: Truth = Truth.UNKNOWN
    """Whether callers prove their identity by a certificate (mutual TLS)."""
    signed: Truth = Truth.UNKNOWN
    """Whether its card is signed, so that nobody can put another address into it."""
    tls: Truth = Truth.UNKNOWN
    on_own_machine: bool = False
    """Whether only what runs beside it reaches it."""
