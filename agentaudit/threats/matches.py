"""
Matches: where a pattern lies in a graph.

A pattern is held to single nodes: the one that its path is told of, and the one that gives a way of
its own. What comes before such a node and what comes after it have nothing to do with each other,
so each stretch between two of them is walked by itself, and once for all ways that share it.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import prod

from msgspec import Struct

from agentaudit.model.facts.permissions import Grant
from agentaudit.model.threat import Entry, Leg, ThreatQuery
from agentaudit.threats.notes import Kinds
from agentaudit.threats.routes import Homeward, Route, joined
from agentaudit.threats.stages import kind_at
from agentaudit.threats.views import Nodes, View

Limits = Mapping[str, Nodes]
"""What is left of some stages."""
Follow = Callable[..., Route | None]
"""How a route is found: along kinds of edges, through stages."""

MOST_EFFORT = 1_000_000
"""Nodes to look at for one query; a second of work, and there are many queries and what-ifs."""
_A_MATCH = 50
"""Nodes that one could look at in the time that a match takes."""


class Match(Struct, frozen=True, kw_only=True):
    """One route for each leg of a query, and the way on to the gravest end."""

    who: Entry
    node: str
    """The one that the path is told of."""
    routes: tuple[Route, ...]
    worst: Route | None
    within: tuple[Limits, ...]
    """What else the legs may go through to be a way of the same match."""


class Matches(Struct, frozen=True, kw_only=True):
    """What is found of a pattern, and the nodes of which not all ways could be walked."""

    found: tuple[Match, ...]
    cut: tuple[str, ...]


def matches(seen: View, query: ThreatQuery) -> Matches:
    """
    One match for each class of entry, each node that gives a way, and each that it is told of.

    The shortest way of all would hide every other agent's: a change that closes it would seem to
    open theirs. Where ways are more than can be walked, the nodes that are left are told of with
    the shortest of theirs.
    """
    first = query.legs[0].stages[0]
    found: list[Match | None] = []
    cut: dict[str, None] = {}
    effort = 0
    for who, named in seen.entries(first).items():
        for told_of in _told_of(seen, query):
            limits = {**told_of, first: named & told_of[first] if first in told_of else named}
            if told_of and effort > MOST_EFFORT:
                shortest = _match(seen, query, who, limits, follow=seen.nearest)
                cut |= {shortest.node: None} if shortest else {}
                found.append(shortest)
                continue
            nodes, walked = _ways_through(seen, query, limits)
            effort += walked + _A_MATCH * len(nodes)
            for node in nodes:
                within = {**limits, query.each: frozenset({node})}
                found.append(_match(seen, query, who, within, follow=seen.route))
    return Matches(found=tuple(item for item in found if item is not None), cut=tuple(cut))


def ways(seen: View, query: ThreatQuery, match: Match) -> int:
    """How many pairs of a start and an end each leg of a match joins, multiplied."""
    return sum(
        prod(
            seen.pairs(frozenset(leg.along), *piece)
            for leg in query.legs
            for piece in _pieces(seen, _stages(seen, leg, limits))
        )
        for limits in match.within
    )


def _told_of(seen: View, query: ThreatQuery) -> Sequence[Limits]:
    if query.per == query.each:
        return ({},)
    return [{query.per: frozenset({name})} for name in sorted(seen.stage(query.per))]


def _ways_through(seen: View, query: ThreatQuery, limits: Limits) -> tuple[Sequence[str], int]:
    """The nodes at `each` that a route within the limits passes, and how many it looked at."""
    first = query.legs[0]
    leg = next(leg for leg in query.legs if query.each in leg.stages)
    stages = _stages(seen, leg, limits)
    if leg is not first:
        stages[0], _ = _reached(seen, first, _stages(seen, first, limits))
    end = leg.stages.index(query.each) + 1
    nodes, walked = _reached(seen, leg, stages[:end])
    return sorted(nodes), walked


def _match(
    seen: View, query: ThreatQuery, who: Entry, limits: Limits, *, follow: Follow
) -> Match | None:
    """The shortest way through all legs that keeps to the limits."""
    last = query.legs[0].stages[-1]
    ends = limits.get(last, seen.stage(last))
    joins = [frozenset({name}) for name in sorted(ends)] if len(query.legs) > 1 else [ends]
    tried = [{**limits, last: join} for join in joins]
    found = [
        (routes, within)
        for within in tried
        if (routes := _routes(seen, query.legs, within, follow)) is not None
    ]
    if not found:
        return None
    best, _ = min(found, key=lambda item: sum(len(route.edges) for route in item[0]))
    stops = {
        stage: name
        for leg, route in zip(query.legs, best, strict=True)
        for stage, name in zip(leg.stages, route.stops, strict=True)
    }
    return Match(
        who=who,
        node=stops[query.per],
        routes=best,
        worst=_worst(seen, query.worst, stops[query.each]),
        within=tuple(within for _, within in found),
    )


def _routes(
    seen: View, legs: Sequence[Leg], limits: Limits, follow: Follow
) -> tuple[Route, ...] | None:
    routes = tuple(_route(seen, leg, _stages(seen, leg, limits), follow) for leg in legs)
    whole = tuple(route for route in routes if route is not None)
    return whole if len(whole) == len(routes) else None


def _route(seen: View, leg: Leg, stages: Sequence[Nodes], follow: Follow) -> Route | None:
    along = frozenset(leg.along)
    first, *further = _pieces(seen, stages)
    parts = [seen.route(along, *first), *(follow(along, *piece) for piece in further)]
    whole = [part for part in parts if part is not None]
    return joined(whole) if len(whole) == len(parts) else None


def _reached(seen: View, leg: Leg, stages: Sequence[Nodes]) -> tuple[Nodes, int]:
    """The nodes of the last of these stages to which there is a way, of how many."""
    along = frozenset(leg.along)
    *before, last = _pieces(seen, stages)
    if not last[-1] or any(seen.route(along, *piece) is None for piece in before):
        return frozenset(), 0
    found = seen.walk(along, last[0], *last[1:-1])
    return found.ends(last[-1]), found.looks


def _stages(seen: View, leg: Leg, limits: Limits) -> list[Nodes]:
    return [limits[name] if name in limits else seen.stage(name) for name in leg.stages]


def _pieces(seen: View, stages: Sequence[Nodes]) -> list[Sequence[Nodes]]:
    """The stretches from each single node to the next, with all stages that they pass."""
    single = [at for at, nodes in enumerate(stages[1:-1], start=1) if seen.single(nodes)]
    ends = (0, *single, len(stages) - 1)
    return [stages[start : end + 1] for start, end in pairwise(ends)]


def _worst(seen: View, leg: Leg | None, start: str) -> Route | None:
    """On from the node that gives the way, to the gravest end there is."""
    if leg is None:
        return None
    kinds: Kinds = frozenset((*leg.along, *map(kind_at, leg.stages), Grant))
    home = seen.notes.known(("worst", seen.world, leg), kinds, lambda: _to_gravest(seen, leg))
    return home.route(frozenset({start}))


def _to_gravest(seen: View, leg: Leg) -> Homeward:
    """The ways to the gravest end, found once for all who start."""
    *between, last = map(seen.stage, leg.stages)
    ranked = sorted(last, key=lambda name: _gravity(seen, name), reverse=True)
    ends = tuple(frozenset({name}) for name in ranked)
    return seen.homeward(frozenset(leg.along), tuple(between), ends)


def _gravity(seen: View, name: str) -> tuple[int, int, str]:
    grant = seen.fact(name)
    if not isinstance(grant, Grant):
        return (0, 0, name)
    return (seen.impact(grant).rank, grant.write_count, name)
