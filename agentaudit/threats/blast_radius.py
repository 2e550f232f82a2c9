"""
Blast radius: what an attacker who steers the agents can do, as two numbers with bounds.

LIVE is what can be done now, through the tools; THEFT is what can be done later, with credentials
that were carried out. Each number is computed twice: once without everything that is unknown, once
with all of it. The truth lies between, as far as the model goes.
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet

from msgspec import Struct

from agentaudit.model.deployment import Unresolved
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.credentials import Credential, Lifetime
from agentaudit.model.facts.permissions import Grant, Identity, Resource
from agentaudit.model.facts.tools import Tool
from agentaudit.model.threat import BlastRadius, Bounds
from agentaudit.threats.flows import ACCESS, AUTHORITY, CALL, EXIT, SIGHT, TAINT
from agentaudit.threats.graph import World
from agentaudit.threats.notes import Kinds
from agentaudit.threats.rights import Rights, acting, rights_of, unread_among, unread_of
from agentaudit.threats.stages import CHANGING, FINAL
from agentaudit.threats.views import View

HORIZON_HOURS = 2160
"""90 days: how long we count a stolen credential that never expires."""

_PRINCIPALS: Kinds = frozenset((*AUTHORITY, Identity, Grant))


class _Radius(Struct, frozen=True, kw_only=True):
    """All numbers in one world."""

    live: int
    permissions: int
    irreversible: int
    theft: float
    stealable: int
    exposure: float


def blast_radius(seen: View) -> BlastRadius:
    """The bounds over all agents together."""
    low = _radius(seen.within(World.CERTAIN))
    high = _radius(seen.within(World.POSSIBLE))

    def bounds(number: Callable[[_Radius], float]) -> Bounds:
        return Bounds(low=float(number(low)), high=float(number(high)))

    return BlastRadius(
        agent=_subject(seen),
        live=bounds(lambda radius: radius.live),
        live_permissions_management=bounds(lambda radius: radius.permissions),
        live_irreversible=bounds(lambda radius: radius.irreversible),
        theft_action_hours=bounds(lambda radius: radius.theft),
        stealable_credentials=bounds(lambda radius: radius.stealable),
        exposure=bounds(lambda radius: radius.exposure),
        horizon_hours=HORIZON_HOURS,
    )


def open_ends(seen: View) -> tuple[Unresolved, ...]:
    """Whose permissions no file states, among the principals that agents reach or hold."""
    possible = seen.within(World.POSSIBLE)
    found = possible.walk(CALL | AUTHORITY | SIGHT, possible.stage("agent")).reached
    facts = (possible.fact(name) for name in sorted(found))
    unread = possible.leading(AUTHORITY, unread_among(possible, found))
    return tuple(
        Unresolved(
            evidence=fact.evidence[0],
            what=f"what {fact.name} may do stands in no file",
            effect="LIVE and THEFT reckon with nothing and with everything",
        )
        for fact in facts
        if isinstance(fact, Credential | Identity) and acting(possible, fact.id) in unread
    )


def _subject(seen: View) -> str:
    agents = seen.facts(Agent)
    return agents[0].name if len(agents) == 1 else f"all {len(agents)} agents together"


def _radius(seen: View) -> _Radius:
    tools = seen.walk(TAINT | CALL, seen.stage("source")).ends(seen.stage("tool"))
    rights, effects = _rights(seen, tools), _effects_of(seen, tools)
    stolen = _stealable(seen)
    return _Radius(
        live=rights.count(rights.actions) + effects.beside(rights).every,
        permissions=rights.count(rights.permissions),
        irreversible=rights.count(rights.irreversible) + effects.beside(rights).final,
        theft=sum(_action_hours(seen, credential) for credential in stolen),
        stealable=len(stolen),
        exposure=_exposure(seen),
    )


def _rights(seen: View, tools: frozenset[str]) -> Rights:
    """What the tools that an attacker can have called act as may do."""
    steps = seen.steps()
    return rights_of(
        seen,
        {edge.dst for tool in tools for edge in steps.get(tool, ()) if edge.kind in AUTHORITY},
    )


class _Effects(Struct, frozen=True, kw_only=True):
    """How much tools do by themselves: each effect of each is one action, of no provider."""

    every: int = 0
    final: int = 0
    """Those that nobody can take back."""

    def beside(self, rights: Rights) -> "_Effects":
        """What counts beside rights: they count already where any action of no provider may be."""
        return _Effects() if "" in rights.unread else self


def _effects_of(seen: View, tools: frozenset[str]) -> _Effects:
    """What the tools do by themselves, all told."""

    def counted() -> _Effects:
        found = [
            (seen.graph.size(fact.id), _effects(fact, seen.world))
            for fact in map(seen.fact, tools)
            if isinstance(fact, Tool)
        ]
        return _Effects(
            every=sum(size * len(effects) for size, effects in found),
            final=sum(size * len(FINAL & effects) for size, effects in found),
        )

    return seen.notes.known(("effects", seen.world, tools), frozenset({Tool}), counted)


def _effects(tool: Tool, world: World) -> AbstractSet[str]:
    open_question = world is World.POSSIBLE and not tool.effects_known
    effects = CHANGING if open_question else CHANGING.intersection(tool.effects)
    reads = tool.reads_private is Truth.YES or (
        world is World.POSSIBLE and tool.reads_private is Truth.UNKNOWN
    )
    return effects | {"read"} if reads else effects


def _stealable(seen: View) -> list[Credential]:
    """Credentials in the processes of tainted agents that have a way out."""
    agents = seen.walk(TAINT, seen.stage("source")).ends(seen.stage("agent"))
    exiting = frozenset(agents & seen.leading(EXIT, seen.stage("way_out")))
    found = seen.walk(SIGHT, exiting).reached
    return [credential for credential in seen.facts(Credential) if credential.id in found]


def _action_hours(seen: View, credential: Credential) -> float:
    return _actions(seen, credential) * hours(credential, seen.world)


def _actions(seen: View, credential: Credential) -> int:
    """How many things a credential may be used for; of itself only its provider counts."""
    principal = acting(seen, credential.id)

    def count() -> int:
        rights = rights_of(seen, [principal])
        return rights.count(rights.actions)

    asked = ("actions", seen.world, principal, credential.provider)
    return seen.notes.known(asked, _PRINCIPALS, count)


def hours(credential: Credential, world: World) -> float:
    """How long a stolen credential works: nothing, or for ever, where nobody knows."""
    if credential.ttl_s is not None:
        return min(credential.ttl_s / 3600, HORIZON_HOURS)
    if credential.lifetime is Lifetime.STATIC:
        return HORIZON_HOURS
    return HORIZON_HOURS if world is World.POSSIBLE else 0


def _exposure(seen: View) -> float:
    """The share of all declared resources that untrusted input can reach."""
    resources = seen.facts(Resource)
    if not resources:
        return 0.0
    found = seen.walk(TAINT | CALL | AUTHORITY | ACCESS, seen.stage("source")).reached
    unread = unread_of(seen, found)
    return sum(item.id in found or _may_hold(unread, item) for item in resources) / len(resources)


def _may_hold(providers: frozenset[str], resource: Resource) -> bool:
    """Whether permissions that nobody read may be for the resource."""
    return bool(providers) and (
        resource.provider in providers or "" in (resource.provider, *providers)
    )
