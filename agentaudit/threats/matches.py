"""
Matches: where a pattern lies in a graph.

A pattern is held to single nodes: the one that its path is told of, and the one that gives a way of
its own. What comes before such a node and what comes after it have nothing to do with each other,
so each stretch between two of them is walked by itself, and once for all ways that share it.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import prod

from msgspec import Struct

from agentaudit.model.facts.permissions import Grant
from agentaudit.model.threat import Entry, Leg, ThreatQuery
from agentaudit.threats.routes import Route, joined
from agentaudit.threats.stages import kind_at
from agentaudit.threats.views import Nodes, View

Limits = Mapping[str, Nodes]
"""What is left of some stages."""


class Match(Struct, frozen=True, kw_only=True):
    """One route for each leg of a query, and the way on to the gravest end."""

    who: Entry
    node: str
    """The one that the path is told of."""
    routes: tuple[Route, ...]
    worst: Route | None
    within: tuple[Limits, ...]
    """What else the legs may go through to be a way of the same match."""


def matches(seen: View, query: ThreatQuery) -> Iterator[Match]:
    """
    One match for each class of entry, each node that gives a way, and each that it is told of.

    The shortest way of all would hide every other agent's: a change that closes it would seem to
    open theirs.
    """
    first = query.legs[0].stages[0]
    for who, named in seen.entries(first).items():
        for told_of in _told_of(seen, query):
            limits = {**told_of, first: named & told_of.get(first, named)}
            for node in _ways_through(seen, query, limits):
                match = _match(seen, query, who, {**limits, query.each: frozenset({node})})
                if match is not None:
                    yield match


def ways(seen: View, query: ThreatQuery, match: Match) -> int:
    """How many pairs of a start and an end each leg of a match joins, multiplied."""
    return sum(
        prod(
            seen.pairs(frozenset(leg.along), *piece)
            for leg in query.legs
            for piece in _pieces(_stages(seen, leg, limits))
        )
        for limits in match.within
    )


def _told_of(seen: View, query: ThreatQuery) -> Sequence[Limits]:
    if query.per == query.each:
        return ({},)
    return [{query.per: frozenset({name})} for name in sorted(seen.stage(query.per))]


def _ways_through(seen: View, query: ThreatQuery, limits: Limits) -> Sequence[str]:
    """The nodes of the stage `each` that a route which keeps to the limits can pass."""
    first = query.legs[0]
    leg = next(leg for leg in query.legs if query.each in leg.stages)
    stages = _stages(seen, leg, limits)
    if leg is not first:
        stages[0] = _reached(seen, first, _stages(seen, first, limits))
    end = leg.stages.index(query.each) + 1
    return sorted(_reached(seen, leg, stages[:end]))


def _match(seen: View, query: ThreatQuery, who: Entry, limits: Limits) -> Match | None:
    """The shortest way through all legs that keeps to the limits."""
    last = query.legs[0].stages[-1]
    ends = limits.get(last, seen.stage(last))
    joins = [frozenset({name}) for name in sorted(ends)] if len(query.legs) > 1 else [ends]
    tried = [{**limits, last: join} for join in joins]
    found = [
        (routes, within)
        for within in tried
        if (routes := _routes(seen, query.legs, within)) is not None
    ]
    if not found:
        return None
    best, _ = min(found, key=lambda item: sum(len(route.edges) for route in item[0]))
    (node,) = limits[query.per]
    (each,) = limits[query.each]
    return Match(
        who=who,
        node=node,
        routes=best,
        worst=_worst(seen, query.worst, each),
        within=tuple(within for _, within in found),
    )


def _routes(seen: View, legs: Sequence[Leg], limits: Limits) -> tuple[Route, ...] | None:
    routes = tuple(_route(seen, leg, _stages(seen, leg, limits)) for leg in legs)
    whole = tuple(route for route in routes if route is not None)
    return whole if len(whole) == len(routes) else None


def _route(seen: View, leg: Leg, stages: Sequence[Nodes]) -> Route | None:
    along = frozenset(leg.along)
    parts = [seen.route(along, *piece) for piece in _pieces(stages)]
    whole = [part for part in parts if part is not None]
    return joined(whole) if len(whole) == len(parts) else None


def _reached(seen: View, leg: Leg, stages: Sequence[Nodes]) -> Nodes:
    """The nodes of the last of these stages to which there is a way."""
    along = frozenset(leg.along)
    *before, last = _pieces(stages)
    if any(seen.route(along, *piece) is None for piece in before):
        return frozenset()
    return seen.walk(along, last[0], *last[1:-1]).ends(last[-1])


def _stages(seen: View, leg: Leg, limits: Limits) -> list[Nodes]:
    return [limits[name] if name in limits else seen.stage(name) for name in leg.stages]


def _pieces(stages: Sequence[Nodes]) -> list[Sequence[Nodes]]:
    """The stretches from each single node to the next, with all stages that they pass."""
    single = [at for at, nodes in enumerate(stages[1:-1], start=1) if len(nodes) == 1]
    ends = (0, *single, len(stages) - 1)
    return [stages[start : end + 1] for start, end in pairwise(ends)]


def _worst(seen: View, leg: Leg | None, start: str) -> Route | None:
    """On from the node that gives the way, to the gravest end there is."""
    if leg is None:
        return None
    spoken_of = frozenset((*leg.along, *map(kind_at, leg.stages), "grant"))
    asked = ("worst", seen.world, leg, start)
    return seen.notes.known(asked, spoken_of, lambda: _gravest(seen, leg, start))


def _gravest(seen: View, leg: Leg, start: str) -> Route | None:
    along = frozenset(leg.along)
    *before, last = [frozenset({start}), *map(seen.stage, leg.stages)]
    ends = seen.walk(along, *before).ends(last)
    if not ends:
        return None
    gravest = max(ends, key=lambda name: _gravity(seen, name))
    return seen.route(along, *before, frozenset({gravest}))


def _gravity(seen: View, name: str) -> tuple[int, int, str]:
    grant = seen.fact(name)
    if not isinstance(grant, Grant):
        return (0, 0, name)
    return (seen.impact(grant).rank, grant.write_count, name)
