"""What stands between an agent and what it does: gateways, people, filters, logs."""

from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.fact import Fact


class Gateway(Fact, frozen=True, kw_only=True):
    """A broker, proxy or policy point between agents and what they reach."""

    product: str = ""
    authorizer: Known = Known.UNKNOWN
    policy_enforced: Truth = Truth.UNKNOWN
    token_passthrough: bool = False
    logged: Truth = Truth.UNKNOWN
    brokers_credentials: Truth = Truth.UNKNOWN
    fronts_tools: Truth = Truth.UNKNOWN
    """Whether tools are called through it, not only models."""
    fails_open: tuple[str, ...] = ()
    """Settings by which it lets calls through while what checks them is unreachable."""
    tells_errors: bool = False
    """Whether callers get the details of errors."""
    budget: Known = Known.UNKNOWN
    """Whether it limits its callers' money, tokens or calls."""


class Approval(Fact, frozen=True, kw_only=True):
    """A human gate. `scope` names the tools it covers, or `*`."""

    scope: tuple[str, ...] = ()
    default_allow: bool = False


class Guardrail(Fact, frozen=True, kw_only=True):
    """A validator or filter: shown, and never counted as a hard gate."""

    product: str = ""
    always: Truth = Truth.UNKNOWN
    """Whether it checks every call; no where it only checks calls that name it."""


class Retry(Fact, frozen=True, kw_only=True):
    """What makes a call again after it failed."""

    around: str = ""
    """model, agent or tool."""
    limit: Known = Known.UNKNOWN
    """Whether a number of tries or a time ends it."""


class AuditLog(Fact, frozen=True, kw_only=True):
    """Where calls are written down. `enabled` says whether it runs."""

    kind: str = ""
    """cloudtrail, model_invocation, otel, gateway, …"""
    enabled: Truth = Truth.UNKNOWN
    retention: Known = Known.UNKNOWN
    covers_data_events: Truth = Truth.UNKNOWN
    content_logged: bool = False
    of_other: bool = False
    """Whether it belongs to a workload of which nothing says that it runs an agent."""
    validated: Truth = Truth.UNKNOWN
    every_region: Truth = Truth.UNKNOWN
    """Whether it covers what is called in other regions than its own."""
