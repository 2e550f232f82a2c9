"""
Routes: the shortest way through a graph that passes given stages in order.

A breadth-first walk over pairs of (node, stages passed). Steps come sorted, so that among routes of
equal length the same one is found in every run.
"""

from collections import deque
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from msgspec import Struct

from agentaudit.model.threat import GraphEdge
from agentaudit.threats.graph import Steps

_State = tuple[str, int]
_Arrival = dict[_State, tuple[_State, GraphEdge | None]]


class Route(Struct, frozen=True):
    """Edges from the first stage to the last, and the node at each stage."""

    edges: tuple[GraphEdge, ...]
    stops: tuple[str, ...]


def route(
    steps: Steps, stages: Sequence[AbstractSet[str]], along: AbstractSet[str]
) -> Route | None:
    """The shortest route along edges of these kinds; None when there is none."""
    arrivals, ends = _walk(steps, stages, along, first=True)
    return _traced(arrivals, ends[0]) if ends else None


def reached(
    steps: Steps, stages: Sequence[AbstractSet[str]], along: AbstractSet[str]
) -> frozenset[str]:
    """The nodes of the last stage that some route reaches."""
    _, ends = _walk(steps, stages, along)
    return frozenset(name for name, _ in ends)


def _walk(
    steps: Steps,
    stages: Sequence[AbstractSet[str]],
    along: AbstractSet[str],
    *,
    first: bool = False,
) -> tuple[_Arrival, list[_State]]:
    """
    How each pair of node and stage was reached first, and the pairs that end a route.

    Up to the first of these, where nobody asks for the others.
    """
    arrivals: _Arrival = {}
    waiting: deque[tuple[_State, _State, GraphEdge | None]] = deque(
        ((name, 1), (name, 0), None) for name in sorted(stages[0])
    )
    ends: list[_State] = []
    while waiting:
        state, before, edge = waiting.popleft()
        if state in arrivals:
            continue
        arrivals[state] = (before, edge)
        name, passed = state
        if passed == len(stages):
            ends.append(state)
            if first:
                break
            continue
        if name in stages[passed]:
            waiting.appendleft(((name, passed + 1), state, None))
        waiting.extend(
            ((item.dst, passed), state, item) for item in steps.get(name, ()) if item.kind in along
        )
    return arrivals, ends


def _traced(arrivals: _Arrival, end: _State) -> Route:
    edges: list[GraphEdge] = []
    stops: list[str] = []
    state = end
    while state in arrivals:
        before, edge = arrivals[state]
        if edge is not None:
            edges.append(edge)
        else:
            stops.append(state[0])
        state = before
    return Route(tuple(reversed(edges)), tuple(reversed(stops)))
