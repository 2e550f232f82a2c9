"""What the decisions need of a deployment: its credentials, memory stores and gateways, in rows."""

from collections import defaultdict

from agentaudit.extract.containers.started_code import CODED
from agentaudit.extract.credentials.redaction import plain
from agentaudit.linting.context import Context, context_of
from agentaudit.linting.redaction import shown_place
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.credentials import Credential, CredentialForm
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.finding import CredentialSummary, IdentitySummary, MemorySummary
from agentaudit.rules.messages import duration, size

_UNKNOWN = "unknown"
_NONE = "none"
_PER_ITEM = "set per item"
_CLOUDS = frozenset({"aws", "azure", "google"})
_EXPIRING_BY_ITEM = frozenset({"dynamodb"})
"""Backends where each item carries the time at which it goes, and no file holds a length."""


def credential_summaries(deployment: Deployment) -> tuple[CredentialSummary, ...]:
    """A row for each place of a credential, by place."""
    context = context_of(deployment)
    seen = _seen_by_agents(deployment, context)
    facts = sorted(deployment.credentials, key=lambda fact: (fact.evidence[0], plain(fact.name)))
    secrets: dict[tuple[str, ...], int] = {}
    return tuple(
        _credential(
            fact,
            visible=fact.agent_reachable or fact.holder == "agent" or fact.id in seen,
            idle=context.idle(fact),
            secret=secrets.setdefault(_value(fact), len(secrets) + 1),
        )
        for fact in facts
    )


def _value(fact: Credential) -> tuple[str, ...]:
    """What two places of one secret have in common: the value or, of references, the name."""
    if fact.form is CredentialForm.LITERAL:
        return (fact.digest or fact.id,)
    return (fact.provider, fact.name.lower())


def _seen_by_agents(deployment: Deployment, context: Context) -> frozenset[FactId]:
    """
    Credentials that an agent may take: its own, its tools', and all where one runs.

    Where no file says what runs an agent that is code, anything may that is nothing else and that
    no workflow starts.
    """
    runs = {place.id: place.runs_agent for place in deployment.runtimes}
    runs |= {place.id: place.runs_agent for place in deployment.workflows}
    may_run = frozenset[FactId]()
    if not (
        any(place.runs_agent for place in deployment.runtimes) and _placed(deployment, context)
    ):
        may_run = frozenset(place.id for place in deployment.runtimes if not place.role)
    in_ci = {fact.id for fact in deployment.credentials if fact.holder == "ci"}
    return frozenset(
        edge.src
        for edge in deployment.edges
        if edge.kind is EdgeKind.VISIBLE_TO
        and (
            edge.dst.startswith(("agent:", "tool_server:"))
            or runs.get(edge.dst, False)
            or (edge.dst in may_run and edge.src not in in_ci)
        )
    )


def _placed(deployment: Deployment, context: Context) -> bool:
    """Whether it is known of all agents that are code, and are deployed, where they run."""
    placed = {edge.src for edge in deployment.edges if edge.kind is EdgeKind.RUNS_ON}
    coded = (agent for agent in deployment.agents if agent.framework in CODED)
    return all(agent.id in placed or context.idle(agent) for agent in coded)


def memory_summaries(deployment: Deployment) -> tuple[MemorySummary, ...]:
    """A row for each store that holds conversation state, by place."""
    stores = (store for store in deployment.memory_stores if store.holds_conversation)
    return tuple(
        sorted((_memory(store) for store in stores), key=lambda row: (row.evidence, row.name))
    )


def platform_identities(deployment: Deployment) -> tuple[IdentitySummary, ...]:
    """
    What runs an agent acts as in a cloud, because its platform says so and not by a key.

    Directly, or as an account of a cluster that stands for an identity of the cloud. What is only
    called after agents decides nothing.
    """
    running = {
        place.id for place in deployment.runtimes if place.runs_agent and not place.resembles_agent
    }
    acts: dict[FactId, list[FactId]] = defaultdict(list)
    for edge in deployment.edges:
        if edge.kind in (EdgeKind.AUTHENTICATES_AS, EdgeKind.ASSUMES):
            acts[edge.src].append(edge.dst)
    reached = {name for place in running for name in acts[place]}
    accounts = [fact.id for fact in deployment.identities if fact.provider == "kubernetes"]
    reached |= {name for account in reached.intersection(accounts) for name in acts[account]}
    found = {
        IdentitySummary(
            name=plain(identity.name),
            provider=identity.provider,
            evidence=shown_place(identity.evidence[0]),
        )
        for identity in deployment.identities
        if identity.id in reached and identity.provider in _CLOUDS and identity.kind != "user"
    }
    return tuple(sorted(found, key=lambda row: (row.evidence, row.name)))


def gateway_names(deployment: Deployment, *, resolving: bool) -> tuple[str, ...]:
    """The gateways that resolve credentials, or those of which no file says whether they do."""
    found = {
        plain(gateway.name)
        for gateway in deployment.gateways
        if resolving is (gateway.brokers_credentials is Truth.YES)
    }
    return tuple(sorted(found))


def _credential(fact: Credential, *, visible: bool, idle: bool, secret: int) -> CredentialSummary:
    return CredentialSummary(
        name=plain(fact.name),
        provider=fact.provider,
        form=fact.form.value,
        holder=fact.holder,
        exposure=fact.exposure,
        lifetime=fact.lifetime.value,
        ttl_s=fact.ttl_s,
        visible_to_agent=visible,
        evidence=shown_place(fact.evidence[0]),
        confidence=fact.confidence,
        idle=idle,
        secret=secret,
    )


def _memory(store: MemoryStore) -> MemorySummary:
    return MemorySummary(
        name=plain(store.name),
        kind=store.kind,
        backend=store.backend,
        scope=store.scope or _UNKNOWN,
        bound=_bound(store),
        ttl=_age(store),
        eviction=store.eviction or _NONE,
        compaction=store.compaction.value,
        evidence=shown_place(store.evidence[0]),
    )


def _bound(store: MemoryStore) -> str:
    """Every size bound that is set; `none` only where a file was read and set none."""
    turns, tokens, size_bytes = (
        store.max_turns_count,
        store.max_tokens_count,
        store.max_bytes_count,
    )
    bounds = (
        (store.max_turns, turns, f"{turns or 0:,} turns"),
        (store.max_tokens, tokens, f"{tokens or 0:,} tokens"),
        (store.max_bytes, size_bytes, size(size_bytes or 0)),
    )
    known = [text for state, count, text in bounds if state is Known.SET and count is not None]
    if known:
        return ", ".join(known)
    states = {state for state, _, _ in bounds}
    if Known.SET in states:
        return _UNKNOWN
    return _NONE if Known.NONE in states else _UNKNOWN


def _age(store: MemoryStore) -> str:
    """How old an entry can get; `unknown` when an age is set that could not be read."""
    if store.ttl is not Known.SET:
        return store.ttl.value
    if store.ttl_s is not None:
        return duration(store.ttl_s)
    return _PER_ITEM if store.backend in _EXPIRING_BY_ITEM else _UNKNOWN
