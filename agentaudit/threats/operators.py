"""
Operators: changes of a threat graph that stand for changes of the deployment.

Each answers with what it changed and the changed graph, or with None when there is nothing to
change. What follows from it is never claimed here: queries and numbers are asked again, those that
speak of the kinds that it changed. Names, providers and how sure facts are stay as they are.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.model.deployment import EdgeKind, kind_of
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime
from agentaudit.model.facts.fact import NOBODY, Fact, FactId
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.permissions import Grant
from agentaudit.model.facts.runtimes import Egress, Runtime
from agentaudit.model.facts.tools import Registry, Tool
from agentaudit.model.threat import GraphEdge
from agentaudit.threats.flows import SIGHT
from agentaudit.threats.graph import ThreatGraph, World
from agentaudit.threats.routes import walk
from agentaudit.threats.stages import CHANGING

_HOUR_S = 3600
_MONTH_S = 30 * 24 * _HOUR_S
_TURNS = 200
_CLOUD_LOGINS = frozenset({"aws", "gcp", "google", "azure", "kubernetes"})


class Change(Struct, frozen=True, kw_only=True):
    """A changed graph, the names of what was changed, and the words for its kinds."""

    names: tuple[str, ...]
    graph: ThreatGraph
    kinds: frozenset[str]
    """Of facts and of edges: all others are what they were."""


FactT = TypeVar("FactT", bound=Fact)
Operator = Callable[[ThreatGraph], Change | None]


def interpose_gateway(graph: ThreatGraph) -> Change | None:
    """The credentials that agents' processes see move out of them, and live an hour."""
    seen = _seen(graph)
    if not seen:
        return None
    names = {credential.id for credential in seen}
    kept = (
        edge for edge in graph.edges if not (edge.kind == EdgeKind.VISIBLE_TO and edge.dst in names)
    )
    moved = [replace(_short(credential), holder="gateway", holder_id=NOBODY) for credential in seen]
    hidden = replace(graph, edges=tuple(kept))
    return _change(moved, hidden, EdgeKind.VISIBLE_TO)


def set_ttl(graph: ThreatGraph) -> Change | None:
    """What agents' processes see lives an hour."""
    return _change([_short(item) for item in _seen(graph) if not _is_short(item)], graph)


def workload_identity(graph: ThreatGraph) -> Change | None:
    """Keys of clouds give way to tokens that the platform hands out."""
    keys = (item for item in _seen(graph) if item.provider in _CLOUD_LOGINS)
    return _change(
        [
            replace(_short(item), form=CredentialForm.WORKLOAD_IDENTITY)
            for item in keys
            if not _is_short(item)
        ],
        graph,
    )


def narrow(graph: ThreatGraph) -> Change | None:
    """Grants keep what reads, and nothing that is secret."""
    return _change(
        [
            replace(
                grant,
                actions=(),
                sensitive_actions=(),
                permission_actions=(),
                write_count=0,
                permissions_count=0,
                escalations=(),
                free_reads=(),
                outlets=(),
                admin=False,
            )
            for grant in _of(graph, Grant)
            if grant.effect == "allow" and (grant.write_count or grant.sensitive_actions)
        ],
        graph,
    )


def gate(graph: ThreatGraph) -> Change | None:
    """A person is asked before a tool runs that changes something, or that nobody knows."""
    wide = {
        tool.id: tool
        for tool in _of(graph, Tool)
        if CHANGING & set(tool.effects) or not tool.effects_known
    }

    def is_open(edge: GraphEdge) -> bool:
        calls = edge.kind == EdgeKind.INVOKES and edge.dst in wide
        return calls and edge.gated is not Truth.YES

    called = {edge.dst for edge in graph.edges if is_open(edge)}
    if not called:
        return None
    edges = (replace(edge, gated=Truth.YES) if is_open(edge) else edge for edge in graph.edges)
    asked = sorted({wide[FactId(name)].name for name in called})
    return Change(
        names=tuple(asked),
        graph=replace(graph, edges=tuple(edges)),
        kinds=frozenset({EdgeKind.INVOKES}),
    )


def egress_allowlist(graph: ThreatGraph) -> Change | None:
    """The network of agents' processes is limited; what a remote tool sends is not."""
    processes = {fact.id for fact in graph.facts.values() if isinstance(fact, Agent | Runtime)}
    ways = {
        edge.dst
        for edge in graph.edges
        if edge.kind == EdgeKind.EGRESS_TO and edge.src in processes
    }
    return _change(
        [
            replace(item, policy="allowlist")
            for item in _of(graph, Egress)
            if item.id in ways and item.policy not in ("allowlist", "none")
        ],
        graph,
    )


def drop_privileges(graph: ThreatGraph) -> Change | None:
    """Containers lose what leads to their host."""
    return _change(
        [
            replace(item, privileged=False, docker_socket=False, host_network=False, host_mounts=())
            for item in _of(graph, Runtime)
            if item.privileged or item.docker_socket or item.host_network or item.host_mounts
        ],
        graph,
    )


def pin(graph: ThreatGraph) -> Change | None:
    """What servers are started from cannot change under its name."""
    return _change(
        [
            replace(item, mutable=Truth.NO)
            for item in _of(graph, Registry)
            if item.mutable is not Truth.NO
        ],
        graph,
    )


def bound_memory(graph: ThreatGraph) -> Change | None:
    """Stores keep one user's entries, a limited number of them, for a limited time."""
    stores = [
        replace(
            item,
            scope="session" if item.scope == "session" else "user",
            constant_session_key=False,
            ttl=Known.SET,
            ttl_s=_MONTH_S,
            max_turns=Known.SET,
            max_turns_count=_TURNS,
        )
        for item in _of(graph, MemoryStore)
        if item.ttl is not Known.SET
        or item.constant_session_key
        or item.scope not in ("session", "user")
    ]
    return _change(stores, graph)


OPERATORS: Mapping[str, Operator] = {
    "interpose-gateway": interpose_gateway,
    "set-ttl": set_ttl,
    "workload-identity": workload_identity,
    "narrow": narrow,
    "gate": gate,
    "egress-allowlist": egress_allowlist,
    "drop-privileges": drop_privileges,
    "pin": pin,
    "bound-memory": bound_memory,
}
"""By the name that `rules/threats/mitigations.yaml` gives texts to; the flagship first."""


def _seen(graph: ThreatGraph) -> list[Credential]:
    """The credentials that stand in the processes of agents and of their servers."""
    agents = frozenset(fact.id for fact in _of(graph, Agent))
    credentials = {fact.id: fact for fact in _of(graph, Credential)}
    found = walk(graph.steps(World.POSSIBLE), SIGHT, agents).ends(credentials.keys())
    return [credentials[FactId(name)] for name in sorted(found)]


def _is_short(credential: Credential) -> bool:
    return credential.ttl_s is not None and credential.ttl_s <= _HOUR_S


def _short(credential: Credential) -> Credential:
    if _is_short(credential):
        return credential
    return replace(credential, lifetime=Lifetime.SHORT, ttl_s=_HOUR_S)


def _of(graph: ThreatGraph, kind: type[FactT]) -> list[FactT]:
    return [fact for fact in graph.facts.values() if isinstance(fact, kind)]


def _change(changed: Sequence[Fact], graph: ThreatGraph, *edges: EdgeKind) -> Change | None:
    """The graph with these facts in place of theirs, after such edges; None for no facts."""
    if not changed:
        return None
    facts = dict(graph.facts) | {fact.id: fact for fact in changed}
    return Change(
        names=tuple(dict.fromkeys(fact.name for fact in changed)),
        graph=replace(graph, facts=facts),
        kinds=frozenset(map(kind_of, changed)).union(edges),
    )
