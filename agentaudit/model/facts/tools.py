"""What agents may call, and where its code comes from."""

from agentaudit.model.evidence import Truth
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
    """Whether the schema says something of every parameter, be it that it is an object."""
    output_typed: Truth = Truth.UNKNOWN
    free_form_parameters: tuple[str, ...] = ()
    """Parameters such as `sql`, `command` or `path` that take any text."""
    open_parameters: tuple[str, ...] = ()
    """Parameters that take an object or a list, and say nothing of what stands in it."""
    approval: Truth = Truth.UNKNOWN
    sandboxed: Truth = Truth.UNKNOWN
    own_machine: bool = False
    """Whether what runs it is made for it: a machine for each session, or an image of a sandbox."""
    hidden_orders: bool = False
    """Whether what it says of itself orders the model to do what people are not to see."""


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
    """Its address is a name that one cluster or network alone resolves: a Service, or no domain."""
    exposed: bool = False
    """Other machines reach the port on which it listens: a published port, the host's network."""
    listens_everywhere: bool = False
    """Its code binds every interface: others reach it unless what it runs on keeps them away."""
    tls_verification_off: bool = False
    """Any certificate is taken for the server's own."""
    auto_approved: bool = False
    """Calls of its tools need nobody's approval."""
    started_unasked: bool = False
    """It starts, or is connected to, as soon as a file of the project names it; calls may ask."""
    approved_tools: tuple[str, ...] = ()
    wildcard_tools: bool = False
    root_paths: tuple[str, ...] = ()
    """File-system roots it is given."""
    catalogued: bool = False
    """Whether the server is one whose tools are known."""
    shadow: bool = False
    """Not on the allowlist although a managed list exists."""
    name_taken: bool = False
    """Another file declares something else under its name for the same client."""


class Registry(Fact, frozen=True, kw_only=True):
    """A source of executable content: npm, PyPI, OCI, Git."""

    mutable: Truth = Truth.UNKNOWN
