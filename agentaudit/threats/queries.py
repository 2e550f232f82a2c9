"""
Queries: every pattern of `rules/threats/queries/` asked of a threat graph.

Ways of one kind, with the same class of entry and through the same node that the pattern names,
are told as one path: the gravest, the surest, the shortest. The rest are counted.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod

from msgspec import Struct, field
from msgspec.structs import replace

from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.permissions import Grant
from agentaudit.model.threat import AttackPath, Entry, Leg, ThreatQuery, ThreatRules
from agentaudit.threats.actions import impact_of
from agentaudit.threats.graph import Steps, ThreatGraph, World
from agentaudit.threats.paths import Match, attack_path
from agentaudit.threats.routes import Route, reached, route
from agentaudit.threats.stages import entry, members


class Answers(Struct, frozen=True, kw_only=True):
    """What the queries found: paths, and paths that nobody can exclude."""

    paths: tuple[AttackPath, ...]
    cannot_exclude: tuple[AttackPath, ...]


def answers(graph: ThreatGraph, rules: ThreatRules) -> Answers:
    """Every query asked, the most severe path first."""
    paths = reported_paths(graph, rules)
    found = {path.id for path in paths}
    possible = _asked(graph, rules, World.POSSIBLE)
    return Answers(
        paths=paths,
        cannot_exclude=_ranked(path for path in possible if path.id not in found),
    )


def reported_paths(
    graph: ThreatGraph, rules: ThreatRules, *, counted: bool = True
) -> tuple[AttackPath, ...]:
    """Only the paths; who asks many graphs need not have the ways counted."""
    return _ranked(_asked(graph, rules, World.REPORTED, counted=counted))


def _ranked(paths: Iterable[AttackPath]) -> tuple[AttackPath, ...]:
    """The most severe first; of equal ones each query's first before any query's second."""
    seen: dict[tuple[str, int], int] = {}
    placed: list[tuple[int, int, AttackPath]] = []
    for path in sorted(paths, key=_order):
        turn = seen.setdefault((path.query, path.severity.rank), 0)
        seen[path.query, path.severity.rank] += 1
        placed.append((-path.severity.rank, turn, path))
    return tuple(path for _, _, path in sorted(placed, key=lambda item: item[:2]))


def _order(path: AttackPath) -> tuple[int, int, int, str, tuple[str, ...]]:
    return (
        -path.severity.rank,
        -path.confidence.rank,
        len(path.nodes),
        path.id,
        tuple(node.id for node in path.nodes),
    )


def _asked(
    graph: ThreatGraph, rules: ThreatRules, world: World, *, counted: bool = True
) -> Iterator[AttackPath]:
    steps = graph.steps(world)
    walker = _Walker(graph=graph, rules=rules, world=world, steps=steps, counted=counted)
    for query in rules.queries:
        told: dict[str, list[AttackPath]] = {}
        for match in walker.matches(query):
            path = attack_path(graph, query, match, rules)
            told.setdefault(path.id, []).append(path)
        for alike in told.values():
            ways = sum(path.folded + 1 for path in alike)
            yield replace(min(alike, key=_order), folded=ways - 1)


_Asked = tuple[tuple[frozenset[str], ...], frozenset[str]]
"""The stages of a route, and along what it goes."""


class _Walker(Struct, frozen=True, kw_only=True):
    """
    One graph in one world.

    Sets of nodes are remembered, because every query asks for them; so are routes and how many
    there are, since most legs of a query do not pass the node that one match differs in.
    """

    graph: ThreatGraph
    rules: ThreatRules
    world: World
    steps: Steps
    counted: bool
    known: dict[str, frozenset[str]] = field(default_factory=dict)
    routes: dict[_Asked, Route | None] = field(default_factory=dict)
    numbers: dict[_Asked, int] = field(default_factory=dict)

    def stage(self, name: str) -> frozenset[str]:
        if name not in self.known:
            doubtful = self.world is World.POSSIBLE
            self.known[name] = members(name, self.graph.facts, doubtful=doubtful)
        return self.known[name]

    def matches(self, query: ThreatQuery) -> Iterator[Match]:
        """
        One match for each class of entry, each node that gives a way, and each that it is told of.

        The shortest way of all would hide every other agent's: a change that closes it would seem
        to open theirs.
        """
        first = query.legs[0].stages[0]
        starts = self.stage(first)
        for who in Entry:
            named = frozenset(
                name for name in starts if entry(self.graph.facts[FactId(name)]) is who
            )
            for told_of in self._told_of(query):
                fixed = {**told_of, first: named & told_of.get(first, named)}
                for node in self._ways_through(query, fixed):
                    match = self._match(query, {**fixed, query.each: frozenset({node})})
                    if match is not None:
                        yield match

    def _told_of(self, query: ThreatQuery) -> Sequence[Mapping[str, frozenset[str]]]:
        if query.per == query.each:
            return ({},)
        return [{query.per: frozenset({name})} for name in sorted(self.stage(query.per))]

    def _ways_through(
        self, query: ThreatQuery, fixed: Mapping[str, frozenset[str]]
    ) -> Sequence[str]:
        """The nodes of the stage `each` that a route which keeps to the fixed nodes can pass."""
        current = fixed[query.legs[0].stages[0]]
        for leg in query.legs:
            sets = [current, *self._sets(leg, fixed)[1:]]
            if query.each in leg.stages:
                end = leg.stages.index(query.each) + 1
                return sorted(reached(self.steps, sets[:end], frozenset(leg.along)))
            current = reached(self.steps, sets, frozenset(leg.along))
        return ()

    def _match(self, query: ThreatQuery, fixed: Mapping[str, frozenset[str]]) -> Match | None:
        """The shortest way through all legs that keeps to the fixed nodes."""
        last = query.legs[0].stages[-1]
        ends = fixed.get(last, self.stage(last))
        joins = [frozenset({name}) for name in sorted(ends)] if len(query.legs) > 1 else [ends]
        found: list[tuple[Route, ...]] = []
        ways = 0
        for join in joins:
            limits = {**fixed, last: join}
            routes = [self._route(leg, limits) for leg in query.legs]
            whole = tuple(item for item in routes if item is not None)
            if len(whole) == len(routes):
                found.append(whole)
                ways += self._ways(query.legs, limits) if self.counted else 1
        if not found:
            return None
        best = min(found, key=lambda routes: sum(len(item.edges) for item in routes))
        return Match(routes=best, worst=self._worst(query, fixed[query.each]), ways=ways)

    def _route(self, leg: Leg, fixed: Mapping[str, frozenset[str]]) -> Route | None:
        asked = tuple(self._sets(leg, fixed)), frozenset(leg.along)
        if asked not in self.routes:
            self.routes[asked] = route(self.steps, *asked)
        return self.routes[asked]

    def _sets(self, leg: Leg, fixed: Mapping[str, frozenset[str]]) -> list[frozenset[str]]:
        return [fixed.get(name, self.stage(name)) for name in leg.stages]

    def _ways(self, legs: Sequence[Leg], fixed: Mapping[str, frozenset[str]]) -> int:
        """How many pairs of a start and an end each leg joins, multiplied."""
        return prod(
            self._number(tuple(self._sets(leg, fixed)), frozenset(leg.along)) for leg in legs
        )

    def _number(self, sets: tuple[frozenset[str], ...], along: frozenset[str]) -> int:
        if (sets, along) not in self.numbers:
            first, *rest = sets
            self.numbers[sets, along] = sum(
                len(reached(self.steps, [frozenset({start}), *rest], along)) for start in first
            )
        return self.numbers[sets, along]

    def _worst(self, query: ThreatQuery, start: frozenset[str]) -> Route | None:
        """On from the node that gives the way, to the gravest end there is."""
        if query.worst is None:
            return None
        along = frozenset(query.worst.along)
        stages = [self.stage(name) for name in query.worst.stages]
        ends = sorted(reached(self.steps, [start, *stages], along), key=self._gravity)
        if not ends:
            return None
        return route(self.steps, [start, *stages[:-1], frozenset({ends[-1]})], along)

    def _gravity(self, name: str) -> tuple[int, int, str]:
        grant = self.graph.facts[FactId(name)]
        if not isinstance(grant, Grant):
            return (0, 0, name)
        return (impact_of(grant, self.rules.actions).rank, grant.write_count, name)
