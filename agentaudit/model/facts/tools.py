"""What agents may call, and where its code comes from."""

from agentaudit.model.evidence import Evidence, Truth
from agentaudit.model.facts.fact import Fact


class Tool(Fact, frozen=True, kw_only=True):
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
    """Whether the schema gives every parameter a type, if only `object`."""
    output_typed: Truth = Truth.UNKNOWN
    free_form_parameters: tuple[str, ...] = ()
    """Parameters such as `sql`, `command` or `path` that take any text."""
    open_parameters: tuple[str, ...] = ()
    """Parameters that take an object or a list of any content."""
    approval: Truth = Truth.UNKNOWN
    sandboxed: Truth = Truth.UNKNOWN
    own_machine: bool = False
    """Whether it runs in an environment of its own: a machine per session, or a sandbox's image."""
    runs_at: tuple[Evidence, ...] = ()
    """Where it runs what the model writes: the first such place. No condition asks for it."""
    hidden_orders: bool = False
    """Whether its description orders the model to do something that people are not to see."""


class ToolServer(Fact, frozen=True, kw_only=True):
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
    stays_inside: bool = False
    """
    Whether its address resolves only within one cluster or network: a Service, or a name without a
    domain.
    """
    exposed: bool = False
    """Whether other machines reach its port: a published port, the host's network."""
    listens_everywhere: bool = False
    """Whether its code binds every interface: others reach it unless its runtime keeps them out."""
    tls_verification_off: bool = False
    """Whether any certificate of the server is accepted."""
    auto_approved: bool = False
    """Whether calls of its tools need no approval."""
    started_unasked: bool = False
    """
    Whether it is started or connected to as soon as a project file names it; calls may still ask.
    """
    approved_tools: tuple[str, ...] = ()
    wildcard_tools: bool = False
    root_paths: tuple[str, ...] = ()
    """File-system roots it is given."""
    catalogued: bool = False
    """Whether the server is one whose tools are known."""
    shadow: bool = False
    """Whether a managed allowlist exists and does not include it."""
    name_taken: bool = False
    """Whether another file declares a different server under its name for the same client."""


class Registry(Fact, frozen=True, kw_only=True):
    """A source of executable content: npm, PyPI, OCI, Git."""

    mutable: Truth = Truth.UNKNOWN
