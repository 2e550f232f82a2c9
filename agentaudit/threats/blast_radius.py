"""
Blast radius: what an attacker who steers the agents can do, as two numbers with bounds.

LIVE is what can be done now, through the tools; THEFT is what can be done later, with credentials
that were carried out. Each number is computed twice: once without everything that is unknown, once
with all of it. The truth lies between, as far as the model goes.
"""

from collections.abc import Callable

from msgspec import Struct

from agentaudit.model.deployment import Unresolved
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.credentials import Credential, Lifetime
from agentaudit.model.facts.permissions import Identity, Resource
from agentaudit.model.facts.tools import Tool
from agentaudit.model.threat import ActionClasses, BlastRadius, Bounds
from agentaudit.threats.flows import ACCESS, AUTHORITY, CALL, EXIT, SIGHT, TAINT
from agentaudit.threats.graph import ThreatGraph, World
from agentaudit.threats.rights import Rights, View, together, view
from agentaudit.threats.routes import reached, route
from agentaudit.threats.stages import CHANGING, FINAL, members

HORIZON_HOURS = 2160
"""90 days: how long we count a stolen credential that never expires."""

_EFFECTS = ("delete", "execute", "send", "write")


class _Radius(Struct, frozen=True, kw_only=True):
    """All numbers in one world."""

    live: int
    permissions: int
    irreversible: int
    theft: float
    stealable: int
    exposure: float


def blast_radius(graph: ThreatGraph, classes: ActionClasses) -> BlastRadius:
    """The bounds over all agents together."""
    low = _radius(view(graph, World.CERTAIN, classes))
    high = _radius(view(graph, World.POSSIBLE, classes))

    def bounds(number: Callable[[_Radius], float]) -> Bounds:
        return Bounds(low=float(number(low)), high=float(number(high)))

    return BlastRadius(
        agent=_subject(graph),
        live=bounds(lambda radius: radius.live),
        live_permissions_management=bounds(lambda radius: radius.permissions),
        live_irreversible=bounds(lambda radius: radius.irreversible),
        theft_action_hours=bounds(lambda radius: radius.theft),
        stealable_credentials=bounds(lambda radius: radius.stealable),
        exposure=bounds(lambda radius: radius.exposure),
        horizon_hours=HORIZON_HOURS,
    )


def open_ends(graph: ThreatGraph, classes: ActionClasses) -> tuple[Unresolved, ...]:
    """Whose permissions no file states, among the principals that agents reach or hold."""
    seen = view(graph, World.POSSIBLE, classes)
    agents = _members(seen, "agent")
    found = reached(seen.steps, [agents, frozenset(graph.facts)], CALL | AUTHORITY | SIGHT)
    facts = (seen.fact(name) for name in sorted(found))
    return tuple(
        Unresolved(
            evidence=fact.evidence[0],
            what=f"what {fact.name} may do stands in no file",
            effect="LIVE and THEFT reckon with nothing and with everything",
        )
        for fact in facts
        if isinstance(fact, Credential | Identity) and seen.rights([fact.id]).unread
    )


def _subject(graph: ThreatGraph) -> str:
    agents = [fact.name for fact in graph.facts.values() if isinstance(fact, Agent)]
    return agents[0] if len(agents) == 1 else f"all {len(agents)} agents together"


def _radius(seen: View) -> _Radius:
    live = _live(seen)
    stolen = _stealable(seen)
    return _Radius(
        live=live.count(live.actions),
        permissions=live.count(live.permissions),
        irreversible=live.count(live.irreversible),
        theft=sum(_action_hours(seen, credential) for credential in stolen),
        stealable=len(stolen),
        exposure=_exposure(seen),
    )


def _sources(seen: View) -> frozenset[str]:
    return _members(seen, "source")


def _members(seen: View, stage: str) -> frozenset[str]:
    return members(stage, seen.graph.facts, doubtful=seen.world is World.POSSIBLE)


def _live(seen: View) -> Rights:
    """Effects of the tools that an attacker can have called, and rights of what they act as."""
    stages = [_sources(seen), _members(seen, "tool")]
    tools = reached(seen.steps, stages, TAINT | CALL)
    principals = {
        edge.dst for tool in tools for edge in seen.steps.get(tool, ()) if edge.kind in AUTHORITY
    }
    facts = map(seen.fact, tools)
    effects = (_effects(fact, seen.world) for fact in facts if isinstance(fact, Tool))
    return together((seen.rights(principals), *effects))


def _effects(tool: Tool, world: World) -> Rights:
    """What the tool does by itself, each effect one action."""
    open_question = world is World.POSSIBLE and not tool.effects_known
    effects = set(_EFFECTS) if open_question else CHANGING & set(tool.effects)
    reads = tool.reads_private is Truth.YES or (
        world is World.POSSIBLE and tool.reads_private is Truth.UNKNOWN
    )
    everything = effects | ({"read"} if reads else set())
    named = {effect: ("", f"{tool.id} {effect}") for effect in everything}
    return Rights(
        actions=frozenset(named.values()),
        irreversible=frozenset(name for effect, name in named.items() if effect in FINAL),
    )


def _stealable(seen: View) -> list[Credential]:
    """Credentials in the processes of tainted agents that have a way out."""
    agents = reached(seen.steps, [_sources(seen), _members(seen, "agent")], TAINT)
    ways_out, credentials = _members(seen, "way_out"), _members(seen, "credential")
    found: set[str] = set()
    for agent in agents:
        start = frozenset({agent})
        if route(seen.steps, [start, ways_out], EXIT) is not None:
            found |= reached(seen.steps, [start, credentials], SIGHT)
    facts = (seen.fact(name) for name in sorted(found))
    return [fact for fact in facts if isinstance(fact, Credential)]


def _action_hours(seen: View, credential: Credential) -> float:
    rights = seen.rights([credential.id])
    return rights.count(rights.actions) * hours(credential, seen.world)


def hours(credential: Credential, world: World) -> float:
    """How long a stolen credential works: nothing, or for ever, where nobody knows."""
    if credential.ttl_s is not None:
        return min(credential.ttl_s / 3600, HORIZON_HOURS)
    if credential.lifetime is Lifetime.STATIC:
        return HORIZON_HOURS
    return HORIZON_HOURS if world is World.POSSIBLE else 0


def _exposure(seen: View) -> float:
    """The share of all declared resources that untrusted input can reach."""
    resources = [fact for fact in seen.graph.facts.values() if isinstance(fact, Resource)]
    if not resources:
        return 0.0
    stages = [_sources(seen), frozenset(seen.graph.facts)]
    found = reached(seen.steps, stages, TAINT | CALL | AUTHORITY | ACCESS)
    unread = seen.rights(found).unread
    return sum(item.id in found or _may_hold(unread, item) for item in resources) / len(resources)


def _may_hold(providers: frozenset[str], resource: Resource) -> bool:
    """Whether permissions that nobody read may be for the resource."""
    return bool(providers) and (
        resource.provider in providers or "" in (resource.provider, *providers)
    )
