"""
Queries: every pattern of `rules/threats/queries/` asked of a threat graph.

Ways of one kind, with the same class of entry and through the same node that the pattern names,
are told as one path: the gravest, the surest, the shortest. The rest are counted.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from agentaudit.model.deployment import EdgeKind, Unresolved
from agentaudit.model.facts.permissions import Grant
from agentaudit.model.finding import Severity
from agentaudit.model.threat import AttackPath, Entry, ThreatQuery, ThreatRules
from agentaudit.threats.graph import World
from agentaudit.threats.matches import Match, matches, ways
from agentaudit.threats.notes import Kinds
from agentaudit.threats.paths import Way, attack_path, identifier, judged
from agentaudit.threats.stages import kind_at
from agentaudit.threats.views import View


class Answers(Struct, frozen=True, kw_only=True):
    """What the queries found: paths, and paths that nobody can exclude."""

    paths: tuple[AttackPath, ...]
    cannot_exclude: tuple[AttackPath, ...]
    left_open: tuple[Unresolved, ...]
    """Of which patterns there are more ways than can be walked."""


class Found(Struct, frozen=True, kw_only=True):
    """Ways that are told as one path: the gravest of them, and the matches that they all are."""

    id: str
    query: ThreatQuery
    way: Way
    alike: tuple[Match, ...]

    @property
    def severity(self) -> Severity:
        return self.way.severity


def answers(seen: View, rules: ThreatRules) -> Answers:
    """Every query asked, the most severe path first."""
    reported, possible = seen.within(World.REPORTED), seen.within(World.POSSIBLE)
    paths = found(seen, rules)
    known = {item.id for item in paths}
    doubtful = _ranked(item for item in _every(possible, rules) if item.id not in known)
    return Answers(
        paths=_told(reported, paths),
        cannot_exclude=_told(possible, doubtful),
        left_open=tuple(sorted({*_left_open(reported, rules), *_left_open(possible, rules)})),
    )


def found(seen: View, rules: ThreatRules) -> tuple[Found, ...]:
    """What will be told as paths, the most severe first; who only compares need not tell them."""
    return _ranked(_every(seen.within(World.REPORTED), rules))


def _every(seen: View, rules: ThreatRules) -> Iterator[Found]:
    for query in rules.queries:
        yield from _asked(seen, query, rules).found


def _ranked(every: Iterable[Found]) -> tuple[Found, ...]:
    """The most severe first; of equal ones each query's first before any query's second."""
    turns: dict[tuple[str, int], int] = {}
    placed: list[tuple[int, int, Found]] = []
    for item in sorted(every, key=lambda item: (*item.way.order[:3], item.id, item.way.stops)):
        kind = item.query.id, item.severity.rank
        turns[kind] = turns.get(kind, -1) + 1
        placed.append((-item.severity.rank, turns[kind], item))
    return tuple(item for _, _, item in sorted(placed, key=lambda item: item[:2]))


def _left_open(seen: View, rules: ThreatRules) -> Iterator[Unresolved]:
    for query in rules.queries:
        for node in _asked(seen, query, rules).cut:
            yield Unresolved(
                evidence=seen.fact(node).evidence[0],
                what=f"{query.id} through {seen.fact(node).name} has more ways than can be walked",
                effect="the path is told with the shortest of them: others may be graver",
            )


class _Asked(Struct, frozen=True, kw_only=True):
    """The answer to one query."""

    found: tuple[Found, ...]
    cut: tuple[str, ...]


def _asked(seen: View, query: ThreatQuery, rules: ThreatRules) -> _Asked:
    """What a query finds; found once for all graphs that it sees no difference between."""
    return seen.notes.known(
        ("found", seen.world, query.id),
        _spoken_of(query),
        lambda: _answer(seen, query, rules),
    )


def _answer(seen: View, query: ThreatQuery, rules: ThreatRules) -> _Asked:
    held = matches(seen, query)
    return _Asked(found=tuple(_folded(seen, query, held.found, rules)), cut=held.cut)


def _spoken_of(query: ThreatQuery) -> Kinds:
    """The kinds of edges and facts that a query depends on: grants also between two stages."""
    legs = (*query.legs, *((query.worst,) if query.worst else ()))
    along = {kind for leg in legs for kind in leg.along}
    kinds = {kind_at(stage) for leg in legs for stage in leg.stages}
    return frozenset((*along, *kinds, *((Grant,) if EdgeKind.GRANTS in along else ())))


def _folded(
    seen: View, query: ThreatQuery, every: Iterable[Match], rules: ThreatRules
) -> Iterator[Found]:
    kinds: dict[tuple[Entry, str], list[Match]] = {}
    for match in every:
        kinds.setdefault((match.who, match.node), []).append(match)
    for (who, node), alike in kinds.items():
        judgements = (judged(seen, query, match, rules) for match in alike)
        yield Found(
            id=identifier(query.id, who, node),
            query=query,
            way=min(judgements, key=lambda way: way.order),
            alike=tuple(alike),
        )


def _told(seen: View, every: Iterable[Found]) -> tuple[AttackPath, ...]:
    return tuple(
        attack_path(
            seen.graph,
            item.query,
            item.way,
            name=item.id,
            folded=sum(ways(seen, item.query, match) for match in item.alike) - 1,
        )
        for item in every
    )
