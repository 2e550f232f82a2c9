"""
Operators: changes of a threat graph that stand for changes of the deployment.

Each answers with what it changed and the changed graph, or with None when there is nothing to
change. What follows from it is never claimed here: queries and numbers are asked again, those that
speak of the kinds that it changed. Names, providers and how sure facts are stay as they are.
"""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.model.deployment import EdgeKind
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
from agentaudit.threats.notes import Kinds
from agentaudit.threats.stages import CHANGING
from agentaudit.threats.views import View

_HOUR_S = 3600
_MONTH_S = 30 * 24 * _HOUR_S
_TURNS = 200
_CLOUD_LOGINS = frozenset({"aws", "gcp", "google", "azure", "kubernetes"})


class Change(Struct, frozen=True, kw_only=True):
    """A changed graph, the names of what was changed, and its kinds."""

    names: tuple[str, ...]
    graph: ThreatGraph
    kinds: Kinds
    """Of facts and of edges: all others are what they were."""


Operator = Callable[[View], Change | None]


def interpose_gateway(seen: View) -> Change | None:
    """The credentials that agents' processes see move out of them, and live an hour."""
    held = _held(seen)
    if not held:
        return None
    graph, names = seen.graph, {credential.id for credential in held}
    kept = (
        edge for edge in graph.edges if not (edge.kind == EdgeKind.VISIBLE_TO and edge.dst in names)
    )
    moved = [replace(_short(credential), holder="gateway", holder_id=NOBODY) for credential in held]
    hidden = replace(graph, edges=tuple(kept))
    return _change(moved, hidden, EdgeKind.VISIBLE_TO)


def set_ttl(seen: View) -> Change | None:
    """What agents' processes see lives an hour."""
    return _change([_short(item) for item in _held(seen) if not _is_short(item)], seen.graph)


def workload_identity(seen: View) -> Change | None:
    """Keys of clouds give way to tokens that the platform hands out."""
    keys = (item for item in _held(seen) if item.provider in _CLOUD_LOGINS)
    return _change(
        [
            replace(_short(item), form=CredentialForm.WORKLOAD_IDENTITY)
            for item in keys
            if not _is_short(item)
        ],
        seen.graph,
    )


def narrow(seen: View) -> Change | None:
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
            for grant in seen.facts(Grant)
            if grant.effect == "allow" and (grant.write_count or grant.sensitive_actions)
        ],
        seen.graph,
    )


def gate(seen: View) -> Change | None:
    """A person is asked before a tool runs that changes something, or that nobody knows."""
    wide = {
        tool.id: tool
        for tool in seen.facts(Tool)
        if CHANGING & set(tool.effects) or not tool.effects_known
    }

    def is_open(edge: GraphEdge) -> bool:
        calls = edge.kind == EdgeKind.INVOKES and edge.dst in wide
        return calls and edge.gated is not Truth.YES

    graph = seen.graph
    called = {edge.dst for edge in graph.edges if is_open(edge)}
    if not called:
        return None
    edges = (replace(edge, gated=Truth.YES) if is_open(edge) else edge for edge in graph.edges)
    asked = {tool.name for tool in graph.everyone(wide[FactId(name)] for name in called)}
    return Change(
        names=tuple(sorted(asked)),
        graph=replace(graph, edges=tuple(edges)),
        kinds=frozenset({EdgeKind.INVOKES}),
    )


def egress_allowlist(seen: View) -> Change | None:
    """The network of agents' processes is limited; what a remote tool sends is not."""
    processes = {fact.id for fact in (*seen.facts(Agent), *seen.facts(Runtime))}
    ways = {
        edge.dst
        for edge in seen.graph.edges
        if edge.kind == EdgeKind.EGRESS_TO and edge.src in processes
    }
    return _change(
        [
            replace(item, policy="allowlist")
            for item in seen.facts(Egress)
            if item.id in ways and item.policy not in ("allowlist", "none")
        ],
        seen.graph,
    )


def drop_privileges(seen: View) -> Change | None:
    """Containers lose what leads to their host."""
    return _change(
        [
            replace(item, privileged=False, docker_socket=False, host_network=False, host_mounts=())
            for item in seen.facts(Runtime)
            if item.privileged or item.docker_socket or item.host_network or item.host_mounts
        ],
        seen.graph,
    )


def pin(seen: View) -> Change | None:
    """What servers are started from cannot change under its name."""
    return _change(
        [
            replace(item, mutable=Truth.NO)
            for item in seen.facts(Registry)
            if item.mutable is not Truth.NO
        ],
        seen.graph,
    )


def bound_memory(seen: View) -> Change | None:
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
        for item in seen.facts(MemoryStore)
        if item.ttl is not Known.SET
        or item.constant_session_key
        or item.scope not in ("session", "user")
    ]
    return _change(stores, seen.graph)


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


def _held(seen: View) -> list[Credential]:
    """The credentials that stand in the processes of agents and of their servers."""
    found = seen.within(World.POSSIBLE).walk(SIGHT, seen.stage("agent")).reached
    return [credential for credential in seen.facts(Credential) if credential.id in found]


def _is_short(credential: Credential) -> bool:
    return credential.ttl_s is not None and credential.ttl_s <= _HOUR_S


def _short(credential: Credential) -> Credential:
    if _is_short(credential):
        return credential
    return replace(credential, lifetime=Lifetime.SHORT, ttl_s=_HOUR_S)


def _change(changed: Sequence[Fact], graph: ThreatGraph, *edges: EdgeKind) -> Change | None:
    """The graph with these facts in place of theirs, after such edges; None for no facts."""
    if not changed:
        return None
    facts = dict(graph.facts) | {fact.id: fact for fact in changed}
    return Change(
        names=tuple(dict.fromkeys(fact.name for fact in graph.everyone(changed))),
        graph=replace(graph, facts=facts),
        kinds=frozenset((*map(type, changed), *edges)),
    )
