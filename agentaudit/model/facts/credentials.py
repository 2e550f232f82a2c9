"""What proves an identity to somebody else."""

from enum import StrEnum

from agentaudit.model.evidence import Truth
from agentaudit.model.facts.fact import NOBODY, Fact, FactId


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


class Credential(Fact, frozen=True, kw_only=True):
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
    """agent, tool_server, gateway, ci, container, image, repository, identity_provider."""
    holder_id: FactId = NOBODY
    exposure: str = ""
    """env, argument, header, url, file, image, prompt, log, state; made: a command makes it."""
    variable: str = ""
    """The key under which it stands: `AWS_SECRET_ACCESS_KEY`."""
    admin: bool = False
    default_value: bool = False
    """A published default that works, such as `sk-1234`."""
    rotated: Truth = Truth.UNKNOWN
    digest: str = ""
    """Keyed digest of a literal value, equal for equal values within one run; never printed."""
    value_mark: str = ""
    """Keyed digest of a literal value by the key of the team; empty when it gave none."""
    shared_with: tuple[FactId, ...] = ()
    """Other credentials of this deployment with the same value, the first hundred."""
    first_of_shared: bool = False
    """Whether it is the first of those with the same value."""
    one_holder: bool = False
    """
    Whether no other program and no other file has the value: it has several names for one.

    Nor has who calls a gateway or an identity provider, and these, both of which must have it.
    """
    agent_reachable: bool = False
    holder_resembles: bool = False
    """Whether the agents that see it only resemble agents."""
    cluster_only: bool = False
    """Whether it only identifies services of one cluster, and its issuer renews it."""
    belongs_to: str = ""
    """`production` where its name, or the name of what it opens, says so; otherwise empty."""
    needless_for: tuple[str, ...] = ()
    """Tool servers that receive it, and are known to work without it."""
    unused_channel: str = ""
    """The platform's channel for secrets that the value does not use: `secrets`."""
    short_alternative: str = ""
    """What would replace it here: `role-to-assume (OIDC)`, `IRSA`, … or empty."""
