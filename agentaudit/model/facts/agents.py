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
    """Whether a person takes a turn after so many of its own, however many it may take."""
    timeout: Known = Known.UNKNOWN
    timeout_s: int | None = None
    never_repeats: bool = False
    """Whether it takes each of its steps once at most: a graph without a way back, one answer."""
    budget: Known = Known.UNKNOWN
    """Whether a rate, token or money limit is set."""
    authenticated: Truth = Truth.UNKNOWN
    """Whether callers must authenticate to reach the agent's own endpoint."""
    idle_session_s: int | None = None
    """How long a session may lie idle before the platform ends it, where that is set."""
    session_s: int | None = None
    """How long the instance that holds a session may live, where that is set."""
    guardrail: Known = Known.UNKNOWN
    """Whether a filter of the platform is attached; unknown where the platform has none."""
    wildcard_tools: bool = False
    unasked_in_skills: bool = False
    """Whether its shell runs unasked while a skill or a command of its project is at work."""
    sandboxed: Truth = Truth.UNKNOWN
    own_machine: bool = False
    """Whether it is packed into the image of a sandbox, or a firewall's container holds it."""
    root_paths: tuple[str, ...] = ()
    """Folders that its own tools may use besides that of its project."""
    cors_open: bool = False
    """Whether pages of any origin may call the agent's endpoint."""
    cors_place: str = ""
    """Where that is said, for all agents of one server: its file, line and column."""
    tls_verification_off: bool = False
    """A request of the workflow that it is part of takes any certificate."""
    token_passthrough: bool = False
    """Whether it hands its caller's own token on to what it calls."""
    tool_servers: int = 0
    """How many tool servers it has, directly."""
    tools: int = 0
    """How many tools it has, those of its servers among them, as far as they are known."""


class Model(Fact, frozen=True, kw_only=True):
    """A model endpoint."""

    provider: str = ""
    url: str = ""
    local: Truth = Truth.UNKNOWN
    tls_verification_off: bool = False
    """Any certificate is taken for the endpoint's own."""
    authenticated: Truth = Truth.UNKNOWN
    """Whether a server of our own asks its callers for a key."""
    exposed: bool = False
    """Other machines reach its port: a published port, the host's network, a Service."""
    rate: Known = Known.UNKNOWN
    """Whether its deployment answers only so much in a minute."""
    gets_callers_keys: bool = False
    """
    The settings of a project have everybody's client send its calls there, with the key of whoever
    started it: to a host that is neither the vendor's nor of the own network.
    """
    runs_fetched_code: bool = False
    """Code that comes with the weights is run, in whatever version they have on the day."""


class Instruction(Fact, frozen=True, kw_only=True):
    """Text that steers the agent: system prompt, CLAUDE.md, skill."""

    writable_by_agent: Truth = Truth.UNKNOWN
    holds_secret: bool = False
    hidden_orders: bool = False
    """Whether it orders the model to do what people are not to see."""


class Source(Fact, frozen=True, kw_only=True):
    """Content that comes in from outside. `trust` is untrusted, user or reviewed."""

    trust: str = "untrusted"


class PeerAgent(Fact, frozen=True, kw_only=True):
    """A remote agent."""

    url: str = ""
    authenticated: Truth = Truth.UNKNOWN
    mutual: Truth = Truth.UNKNOWN
    """Whether callers prove who they are by a certificate, as the agent does."""
    signed: Truth = Truth.UNKNOWN
    """Whether its card is signed, so that nobody can put another address into it."""
    tls: Truth = Truth.UNKNOWN
    on_own_machine: bool = False
    """Whether only what runs beside it reaches it."""
