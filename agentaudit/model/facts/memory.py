"""Where agents keep what they remember."""

from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.fact import Fact

PROMPTED = ("window", "buffer", "summary")
"""
Kinds whose content goes into the prompt whole: age does not bound them, size does.

A bounded one is no memory by itself: it says what the model is shown, and nothing of what stays.
"""


class MemoryStore(Fact, frozen=True, kw_only=True):
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
    host_bytes_count: int | None = None
    """Memory of the container that it runs in, where that is limited."""
    eviction: str = ""
    """`noeviction`, `allkeys-lru`, `sweep`, … or empty when nothing says."""
    compaction: Known = Known.UNKNOWN
    """Whether history is summarised or truncated before it outgrows the window."""
    persistent: Truth = Truth.UNKNOWN
    sweep: Known = Known.UNKNOWN
    explicit_writes: Truth = Truth.UNKNOWN
    explicit_retrieval: Truth = Truth.UNKNOWN
    constant_session_key: bool = False
    tenant_scoped: Truth = Truth.UNKNOWN
    """Whether the key names a user or tenant; no only where the deployment has tenants."""
    agent_writable: Truth = Truth.UNKNOWN
    read_as_instructions: Truth = Truth.UNKNOWN
    """Whether what it holds reaches a model as instructions, and not as content."""
    own_key: Known = Known.UNKNOWN
    """Whether a key of your own encrypts it; none: a key of the provider's."""
    asks_callers: Truth = Truth.UNKNOWN
    """Of a managed cache: whether it authenticates clients."""
    encrypted_on_the_way: Truth = Truth.UNKNOWN
    """Of a managed cache: whether traffic is encrypted."""
    sensitive: Truth = Truth.UNKNOWN
    """Whether a tag classifies what it keeps as confidential."""
    holds_conversation: bool = True
    """Evidence exists that the store holds conversation state."""
    managed_service: bool = False
    ends_with_call: bool = False
    """Whether it ends with the function that creates it, which asks a fixed number of questions."""

    @property
    def outlives_request(self) -> bool:
        """Whether it keeps something of a conversation for the next request."""
        shown = self.kind in PROMPTED and self.persistent is not Truth.YES
        return self.holds_conversation and not (shown or self.ends_with_call)
