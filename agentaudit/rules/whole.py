"""What a condition may ask of the deployment as a whole: above all, what is missing in it."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from agentaudit.model.deployment import Deployment, FileStatus
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Model
from agentaudit.model.facts.controls import AuditLog

_VENDORS = frozenset(
    {
        *("openai", "anthropic", "bedrock", "google", "gemini", "vertex_ai", "mistral", "groq"),
        *("openrouter", "deepseek", "cohere", "xai"),
    }
)
"""Whose models are asked at their own addresses, unless Azure's is written beside them."""


class Whole(Struct, frozen=True, kw_only=True):
    """The variable `deployment` of a condition."""

    agents: int = 0
    tools: int = 0
    tool_servers: int = 0
    credentials: int = 0
    memory_stores: int = 0
    has_gateway: bool = False
    may_limit_spending: bool = False
    """Whether a gateway limits what its callers spend, or may do so."""
    limits_model_rate: bool = False
    """Whether the deployed models have a rate limit, and no vendor's own endpoint is called."""
    has_credential_broker: bool = False
    """A gateway that resolves credentials outside the agent's process."""
    has_gatekeeper: bool = False
    """A gateway for tools that authenticates callers and resolves credentials outside the agent."""
    has_model_gatekeeper: bool = False
    """A gateway that does so, even if only for models."""
    has_egress_control: bool = False
    """Whether something limits what runtimes may connect to."""
    has_approval: bool = False
    has_guardrail: bool = False
    has_memory_expiry: bool = False
    """Some memory store is written with a time to live."""
    runs_agent: bool = False
    """An agent, or a runtime or workflow that runs one, is declared."""
    incomplete: bool = False
    """A file could not be read, so what is missing may be in it."""
    audit_logs: tuple[str, ...] = ()
    """Kinds of the audit logs that are not switched off."""
    checkpoint_backends: tuple[str, ...] = ()
    """Backends that hold checkpoints of conversations: redis, postgres, …"""
    formats: tuple[str, ...] = ()
    """Formats of the files that were read."""
    providers: tuple[str, ...] = ()
    """Providers of identities, grants and resources: aws, gcp, azure, kubernetes, …"""


def whole_of(deployment: Deployment) -> Whole:
    """What the deployment has, in a few words and counts."""
    runs = any(runtime.runs_agent for runtime in deployment.runtimes)
    starts = any(workflow.runs_agent for workflow in deployment.workflows)
    read = (item.format for item in deployment.coverage if item.status is not FileStatus.SKIPPED)
    keepers = [
        gateway
        for gateway in deployment.gateways
        if gateway.brokers_credentials is Truth.YES and gateway.authorizer is Known.SET
    ]
    owners = (
        *(identity.provider for identity in deployment.identities),
        *(grant.provider for grant in deployment.grants),
        *(resource.provider for resource in deployment.resources),
    )
    return Whole(
        agents=len(deployment.agents),
        tools=len(deployment.tools),
        tool_servers=len(deployment.tool_servers),
        credentials=len(deployment.credentials),
        memory_stores=len(deployment.memory_stores),
        has_gateway=bool(deployment.gateways),
        may_limit_spending=any(gateway.budget is not Known.NONE for gateway in deployment.gateways),
        limits_model_rate=any(model.rate is Known.SET for model in deployment.models)
        and not any(map(_is_of_vendor, deployment.models)),
        has_credential_broker=any(
            gateway.brokers_credentials is Truth.YES for gateway in deployment.gateways
        ),
        has_gatekeeper=any(gateway.fronts_tools is not Truth.NO for gateway in keepers),
        has_model_gatekeeper=bool(keepers),
        has_egress_control=any(egress.policy != "any" for egress in deployment.egresses),
        has_approval=bool(deployment.approvals),
        has_guardrail=bool(deployment.guardrails),
        has_memory_expiry=any(store.ttl is Known.SET for store in deployment.memory_stores),
        runs_agent=bool(deployment.agents) or runs or starts,
        incomplete=deployment.incomplete,
        audit_logs=_words(kind for log in deployment.audit_logs for kind in _records(log)),
        checkpoint_backends=_words(
            store.backend for store in deployment.memory_stores if store.kind == "checkpoint"
        ),
        formats=_words(read),
        providers=_words(owners),
    )


def _is_of_vendor(model: Model) -> bool:
    """Whether a model is asked at its vendor's, where no deployment here has a capacity."""
    return model.provider in _VENDORS and "azure" not in model.url


def _records(log: AuditLog) -> Iterator[str]:
    """What is written down; of the calls of an agent only a trail with data events knows."""
    if log.enabled is not Truth.NO:
        yield log.kind
        if log.kind == "cloudtrail" and log.covers_data_events is not Truth.NO:
            yield "cloudtrail_data"


def _words(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({word for word in found if word}))
