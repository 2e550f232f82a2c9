"""
Routes: the shortest way through a graph that passes given stages in order.

A breadth-first walk over pairs of (node, stages passed). Steps come sorted, so that among routes of
equal length the same one is found in every run. A walk leaves open where it ends: it finds the
shortest routes to all nodes at once, and nobody walks again for another end.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from msgspec import Struct
from msgspec.structs import replace

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

    def ends(self, stage: AbstractSet[str]) -> frozenset[str]:
        """The nodes of the last stage that some route reaches."""
        few, many = sorted((stage, self.reached), key=len)
        return frozenset(name for name in few if name in many)

    def route(self, end: str) -> Route | None:
        """The shortest route to a node of the last stage; None when there is none."""
        return self._traced(end) if end in self.reached else None

    def _traced(self, end: str) -> Route:
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
    arrivals = _nowhere(between)
    for _ in _walked(steps, along, [starts, *between], arrivals):
        pass
    return Walk(arrivals)


def nearest(
    steps: Steps, along: AbstractSet[str], stages: Sequence[AbstractSet[str]]
) -> Route | None:
    """The shortest route through stages, where nobody asks for other ends: it goes no further."""
    *before, last = stages
    arrivals = _nowhere(before[1:])
    reached = _walked(steps, along, before, arrivals)
    end = next((name for name in reached if name in last), None)
    return None if end is None else Walk(arrivals).route(end)


def _nowhere(between: Sequence[AbstractSet[str]]) -> tuple[_Arrivals, ...]:
    return tuple({} for _ in range(len(between) + 1))


def _walked(
    steps: Steps,
    along: AbstractSet[str],
    stages: Sequence[AbstractSet[str]],
    arrivals: tuple[_Arrivals, ...],
) -> Iterator[str]:
    """Each node that is come to with all these stages passed, the nearest first."""
    starts, *between = stages
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
            if passed == len(between):
                yield name
                break
            if name not in between[passed]:
                break
            passed, edge = passed + 1, None


def backwards(steps: Steps) -> Steps:
    """The same steps from where they lead to."""
    found: dict[str, list[GraphEdge]] = {}
    for edges in steps.values():
        for edge in edges:
            found.setdefault(edge.dst, []).append(replace(edge, src=edge.dst, dst=edge.src))
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
    starts: AbstractSet[str],
    between: Sequence[AbstractSet[str]] = (),
) -> Mapping[str, int]:
    """
    From how many starts each node is come to with the stages between passed, in one walk.

    What goes from node to node is the set of starts, each start a bit of a number; a node is left
    again whenever more have come to it.
    """
    known = {(name, 0): 1 << place for place, name in enumerate(sorted(starts))}
    waiting = deque(known)
    queued = set(waiting)
    while waiting:
        state = waiting.popleft()
        queued.discard(state)
        name, passed = state
        after = [(step.dst, passed) for step in steps.get(name, ()) if step.kind in along]
        if passed < len(between) and name in between[passed]:
            after.append((name, passed + 1))
        here = known[state]
        for further in after:
            before = known.get(further)
            known[further] = here if before is None else before | here
            if known[further] != before and further not in queued:
                waiting.append(further)
                queued.add(further)
    return _counted({name: found for (name, at), found in known.items() if at == len(between)})


def _counted(known: Mapping[str, int]) -> Mapping[str, int]:
    """How many bits each has; what one node alone leads to has the very number of that node."""
    counts = {id(found): found for found in known.values()}
    counts = {number: found.bit_count() for number, found in counts.items()}
    return {name: counts[id(found)] for name, found in known.items()}
