"""
Routes: the shortest way through a graph that passes given stages in order.

A breadth-first walk over pairs of (node, stages passed). Steps come sorted, so that among routes of
equal length the same one is found in every run. A walk leaves open where it ends: it finds the
shortest routes to all nodes at once, and nobody walks again for another end.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from operator import attrgetter

from msgspec import Struct, field

from agentaudit.model.threat import GraphEdge
from agentaudit.threats.graph import Steps

_Arrivals = dict[str, GraphEdge | None]


class Route(Struct, frozen=True):
    """Edges from the first stage to the last, and the node at each stage."""

    edges: tuple[GraphEdge, ...]
    stops: tuple[str, ...]


class Walk(Struct, frozen=True):
    """How each node was first come to, by the stages passed; None where nothing was walked."""

    arrivals: tuple[Mapping[str, GraphEdge | None], ...]

    @property
    def reached(self) -> AbstractSet[str]:
        """Every node that is come to with all stages passed."""
        return self.arrivals[-1].keys()

    @property
    def looks(self) -> int:
        """At how many nodes it looked, each as often as with other stages passed."""
        return sum(map(len, self.arrivals))

    def ends(self, stage: AbstractSet[str]) -> frozenset[str]:
        """The nodes of the last stage that some route reaches."""
        few, many = sorted((stage, self.reached), key=len)
        return frozenset(name for name in few if name in many)

    def route(self, end: str) -> Route | None:
        """The shortest route to a node of the last stage; None when there is none."""
        if end not in self.reached:
            return None
        edges: list[GraphEdge] = []
        stops = [end]
        name, passed = end, len(self.arrivals) - 1
        while passed >= 0:
            edge = self.arrivals[passed][name]
            if edge is None:
                stops.append(name)
                passed -= 1
            else:
                edges.append(edge)
                name = edge.src
        return Route(tuple(reversed(edges)), tuple(reversed(stops)))


def walk(
    steps: Steps,
    along: AbstractSet[str],
    starts: AbstractSet[str],
    between: Sequence[AbstractSet[str]] = (),
) -> Walk:
    """From the first stage along edges of these kinds, past the stages between."""
    arrivals: tuple[_Arrivals, ...] = tuple({} for _ in range(len(between) + 1))
    waiting: deque[tuple[str, int, GraphEdge | None]] = deque(
        (name, 0, None) for name in sorted(starts)
    )
    while waiting:
        name, passed, edge = waiting.popleft()
        while name not in arrivals[passed]:
            here = arrivals[passed]
            here[name] = edge
            for step in steps.get(name, ()):
                if step.kind in along and step.dst not in here:
                    waiting.append((step.dst, passed, step))
            if passed == len(between) or name not in between[passed]:
                break
            passed, edge = passed + 1, None
    return Walk(arrivals)


class Homeward(Struct, kw_only=True):
    """
    From wherever one starts, the shortest way to the best end there is, past the stages between.

    Of ways of one length it is the one that a walk from there comes upon first. All are found in
    one walk back from the ends, which goes only as far as those who start need it.
    """

    steps: Steps
    arriving: Steps
    along: AbstractSet[str]
    between: Sequence[AbstractSet[str]]
    ends: Iterator[AbstractSet[str]]
    """
    In groups, the best first: whoever reaches one of those asks for no other.

    What leads to a worse end alone is on no way to a better one: no node is gone through twice.
    """
    _left: list[dict[str, int]] = field(default_factory=list)
    """
    How many steps are left from each node, by the stages passed.

    More by a number where only a worse end is reached, so that no step leads from those to these.
    """
    _on: dict[tuple[str, int], GraphEdge | None] = field(default_factory=dict)
    _level: list[tuple[str, int]] = field(default_factory=list)
    _further: list[tuple[str, int]] = field(default_factory=list)
    """What is known already of the level behind that one."""
    _ways: int = 0
    """How many steps lead to the level."""
    _distance: int = -1

    def __post_init__(self) -> None:
        self._left = [{} for _ in range(len(self.between) + 1)]

    def route(self, starts: AbstractSet[str]) -> Route | None:
        """From the best of some nodes; None where there is no way from any."""
        first = self._left[0]
        while first.keys().isdisjoint(starts) and not self._meets(starts):
            if not self._goes_on():
                return None
        _, name = min((first[name], name) for name in starts if name in first)
        edges, stops, passed = list[GraphEdge](), [name], 0
        while passed < len(self._left):
            step = self._step(name, passed)
            if step is None:
                stops.append(name)
                passed += 1
            else:
                edges.append(step)
                name = step.dst
        return Route(tuple(edges), tuple(stops))

    def starts(self) -> AbstractSet[str]:
        """Every node from which there is a way."""
        while self._goes_on():
            pass
        return self._left[0].keys()

    def _goes_on(self) -> bool:
        """One step further back, if there is any."""
        level, self._level, self._further = self._level, self._further, []
        self._distance, self._ways = self._distance + 1, 0
        if not level:
            group = next(self.ends, None)
            for name in group or ():
                self._come_to(name, len(self.between))
            return group is not None
        for name, passed in level:
            for step in self.arriving.get(name, ()):
                if step.kind in self.along:
                    self._come_to(step.src, passed)
        return True

    def _meets(self, starts: AbstractSet[str]) -> bool:
        """
        Whether one step leads from those who start to what is known.

        Where they have fewer to take, they do: a hub is not left towards all for one beside it.
        """
        if sum(len(self.steps.get(name, ())) for name in starts) >= self._ways:
            return False
        met = [
            (name, passed)
            for name in starts
            for passed, left in enumerate(self._left)
            if all(name in stage for stage in self.between[:passed])
            and any(
                step.kind in self.along and left.get(step.dst) == self._distance
                for step in self.steps.get(name, ())
            )
        ]
        for name, passed in met:
            self._come_to(name, passed, ahead=1)
        return bool(met)

    def _come_to(self, name: str, passed: int, ahead: int = 0) -> None:
        here = self._left[passed]
        if name in here:
            return
        here[name] = self._distance + ahead
        self._ways += len(self.arriving.get(name, ()))
        (self._further if ahead else self._level).append((name, passed))
        if passed and name in self.between[passed - 1]:
            self._come_to(name, passed - 1, ahead)

    def _step(self, name: str, passed: int) -> GraphEdge | None:
        """The first step that leads nearer; None where the next stage is reached."""
        if (name, passed) not in self._on:
            left, wanted = self._left[passed], self._left[passed][name] - 1
            nearer = (
                step
                for step in (self.steps.get(name, ()) if wanted >= 0 else ())
                if step.kind in self.along and left.get(step.dst) == wanted
            )
            self._on[name, passed] = next(nearer, None)
        return self._on[name, passed]


def arriving(steps: Steps) -> Steps:
    """The same steps by where they lead to."""
    found: dict[str, list[GraphEdge]] = {}
    for edges in steps.values():
        for edge in edges:
            found.setdefault(edge.dst, []).append(edge)
    return {name: tuple(edges) for name, edges in found.items()}


def joined(parts: Sequence[Route]) -> Route:
    """One route of several, each of which goes on where the one before it ends."""
    first, *further = parts
    return Route(
        tuple(edge for part in parts for edge in part.edges),
        (*first.stops, *(stop for part in further for stop in part.stops[1:])),
    )


def starters(
    steps: Steps,
    along: AbstractSet[str],
    starts: Mapping[str, int],
    between: Sequence[AbstractSet[str]] = (),
    *,
    back: bool = False,
) -> Mapping[str, int]:
    """
    From how many starts each node is come to with the stages between passed, in one walk.

    It goes back along steps that are given by where they lead to. Each start may count for several.
    What goes from node to node is the set of starts, each a bit of a number; a node is left again
    whenever more have come to it.
    """
    end = _source if back else _target
    names = sorted(starts)
    known = {(name, 0): 1 << place for place, name in enumerate(names)}
    waiting = deque(known)
    queued = set(waiting)
    while waiting:
        state = waiting.popleft()
        queued.discard(state)
        name, passed = state
        after = [(end(step), passed) for step in steps.get(name, ()) if step.kind in along]
        if passed < len(between) and name in between[passed]:
            after.append((name, passed + 1))
        here = known[state]
        for further in after:
            before = known.get(further)
            known[further] = here if before is None else before | here
            if known[further] != before and further not in queued:
                waiting.append(further)
                queued.add(further)
    reached = {name: found for (name, at), found in known.items() if at == len(between)}
    return _counted(reached, [starts[name] for name in names])


_source, _target = attrgetter("src"), attrgetter("dst")


def _counted(known: Mapping[str, int], sizes: Sequence[int]) -> dict[str, int]:
    """How many starts each has; what one node alone leads to has the very number of that node."""
    of_size: dict[int, int] = {}
    for place, size in enumerate(sizes):
        of_size[size] = of_size.get(size, 0) | 1 << place
    numbers = {id(found): found for found in known.values()}
    counts = {
        number: sum(size * (found & every).bit_count() for size, every in of_size.items())
        for number, found in numbers.items()
    }
    return {name: counts[id(found)] for name, found in known.items()}
