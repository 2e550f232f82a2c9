"""An attack path as a swim lane: a row a trust zone, a column a step, and only coordinates."""

from msgspec import Struct

from agentaudit.model.evidence import Confidence
from agentaudit.model.threat import AttackPath, GraphEdge, GraphNode
from agentaudit.report.page.blocks import Drawing
from agentaudit.report.page.environment import environment
from agentaudit.report.text import cut, one_line

ZONES = {
    "Z0": "open internet",
    "Z1": "end users",
    "Z2": "agent context",
    "Z3": "agent process",
    "Z4": "local tools",
    "Z5": "remote services",
    "Z6": "credential plane",
    "Z7": "cloud",
    "Z8": "build and CI",
    "Z9": "approvers",
}
"""Where a fact lives, from what strangers write to the people who approve."""

_STEP_WORDS = {
    "egress_to": "connects to",
    "exposes": "uses",
    "ingests": "is read by",
    "launched_from": "is launched as",
    "persists_to": "is kept in",
    "recalls_from": "is recalled by",
    "triggered_by": "starts",
    "visible_to": "can read",
}
"""How a kind of edge reads in the direction in which data or authority flows."""
_WIDTH = 980
_GUTTER = 124
_LANE = 78
_BOX = 50
_GAP = 18
_WIDE = 150
"""Of a box whose neighbours stand in other lanes; it may reach into their columns."""
_WIDEST_STEP = 190
_CHARACTER = 6.5
"""Mean advance of a character at the size of a node's name, in the drawing's units."""
_INSET = 14
_GUTTER_Y = (_LANE - _BOX) / 2
_CHANNELS = (0, 5, -5)
"""Detours keep apart by this much."""
_BESIDE = 7
"""From an arrow to its label."""
_MOST_NODES = 10


class PlacedLane(Struct, frozen=True, kw_only=True):
    """One row."""

    y: int
    zone: str
    name: str


class PlacedNode(Struct, frozen=True, kw_only=True):
    """One box, its name on one or two lines."""

    x: float
    y: float
    width: float
    kind: str
    lines: tuple[str, ...]
    title: str

    @property
    def centre(self) -> float:
        return self.x + self.width / 2


class PlacedEdge(Struct, frozen=True, kw_only=True):
    """One arrow; `label` is empty where there is no room for it."""

    points: str
    certain: bool
    label: str
    x: float
    y: float
    anchor: str = "start"


def swimlane(path: AttackPath, *, prefix: str) -> Drawing:
    """The path, left to right, every node in the lane of its zone."""
    nodes = path.nodes[:_MOST_NODES]
    zones = sorted({node.zone for node in nodes})
    step = min(_WIDEST_STEP, (_WIDTH - _GUTTER - _WIDE - 4) / max(len(nodes) - 1, 1))
    places = [_place(index, nodes, zones, step) for index in range(len(nodes))]
    svg = (
        environment()
        .get_template("swimlane.svg")
        .render(
            prefix=prefix,
            width=_WIDTH,
            height=_LANE * len(zones),
            lane=_LANE,
            box=_BOX,
            title=path.title,
            summary=path.sentence,
            lanes=[
                PlacedLane(y=row * _LANE, zone=zone, name=ZONES.get(zone, ""))
                for row, zone in enumerate(zones)
            ],
            nodes=places,
            edges=_arrows(path.edges, dict(zip((node.id for node in nodes), places, strict=True))),
        )
    )
    return Drawing(svg=svg)


def step_words(kind: str) -> str:
    """A kind of edge as a verb between the two ends of a step."""
    return _STEP_WORDS.get(kind, kind.replace("_", " "))


def _place(index: int, nodes: tuple[GraphNode, ...], zones: list[str], step: float) -> PlacedNode:
    node = nodes[index]
    beside = [*nodes[max(index - 1, 0) : index], *nodes[index + 1 : index + 2]]
    crowded = any(other.zone == node.zone for other in beside)
    width = min(step - _GAP, _WIDE) if crowded else min(2 * step - 3 * _GAP, _WIDE)
    kind = node.kind.replace("_", " ")
    return PlacedNode(
        x=round(_GUTTER + _WIDE / 2 + index * step - width / 2, 1),
        y=zones.index(node.zone) * _LANE + (_LANE - _BOX) / 2,
        width=round(width, 1),
        kind=kind,
        lines=wrapped(node.name, max(int((width - _INSET) / _CHARACTER), 4)),
        title=f"{kind} {node.name} ({node.evidence})",
    )


def wrapped(name: str, width: int) -> tuple[str, ...]:
    """The name on at most two lines of `width` characters; what does not fit is an ellipsis."""
    text = one_line(name)
    end = _end_of_first(text, width)
    first, rest = text[:end].strip(), text[end:].strip()
    return tuple(line for line in (first, cut(rest, width)) if line)


def _end_of_first(text: str, width: int) -> int:
    """Where to break: after the last separator that fits, if it is not far from the end."""
    if len(text) <= width:
        return len(text)
    near = max(text.rfind(mark, width // 2, width) for mark in " -_/:.,*")
    return near + 1 if near > 0 else width


def _arrows(edges: tuple[GraphEdge, ...], places: dict[str, PlacedNode]) -> list[PlacedEdge]:
    """Every edge between nodes that are shown; those past a neighbour run between the lanes."""
    order = {name: index for index, name in enumerate(places)}
    drawn: list[PlacedEdge] = []
    detours = 0
    for edge in edges:
        if edge.src not in order or edge.dst not in order or edge.src == edge.dst:
            continue
        left, right = places[edge.src], places[edge.dst]
        if order[edge.dst] == order[edge.src] + 1:
            drawn.append(_to_neighbour(edge, left, right))
        else:
            drawn.append(_detour(edge, left, right, detours))
            detours += 1
    return drawn


def _to_neighbour(edge: GraphEdge, left: PlacedNode, right: PlacedNode) -> PlacedEdge:
    """Out of the right side, along the lane, and into the next box from above or below."""
    out_x, middle = left.x + left.width, left.y + _BOX / 2
    if left.y == right.y:
        points = f"M{out_x:.1f} {middle:.1f}H{right.x - 2:.1f}"
        return PlacedEdge(points=points, certain=_certain(edge), label="", x=0, y=0)
    down = right.y > left.y
    end, bend = (right.y - 2, 8) if down else (right.y + _BOX + 2, -8)
    points = (
        f"M{out_x:.1f} {middle:.1f}H{right.centre - 8:.1f}"
        f"Q{right.centre:.1f} {middle:.1f} {right.centre:.1f} {middle + bend:.1f}V{end:.1f}"
    )
    return _labelled(edge, points, right.centre, end - 11 if down else end + 16)


def _detour(edge: GraphEdge, left: PlacedNode, right: PlacedNode, number: int) -> PlacedEdge:
    """Out of the top or bottom, between two lanes, where no box stands, and into the other box."""
    down = right.y >= left.y
    shift = _CHANNELS[number % len(_CHANNELS)]
    out_x = left.centre + (left.width / 4 if right.x > left.x else -left.width / 4) + shift
    channel = left.y + _BOX + _GUTTER_Y + shift if down else left.y - _GUTTER_Y + shift
    into_x = right.centre - right.width / 4 + shift
    below = channel > right.y
    end = right.y + _BOX + 2 if below else right.y - 2
    start = left.y + _BOX if down else left.y
    points = f"M{out_x:.1f} {start:.1f}V{channel:.1f}H{into_x:.1f}V{end:.1f}"
    return _labelled(edge, points, into_x, end + 16 if below else end - 11)


def _labelled(edge: GraphEdge, points: str, x: float, y: float) -> PlacedEdge:
    """The label stands right of the arrow, or left of it at the edge of the drawing."""
    label = step_words(edge.kind)
    fits = x + _BESIDE + len(label) * _CHARACTER < _WIDTH
    return PlacedEdge(
        points=points,
        certain=_certain(edge),
        label=label,
        x=x + (_BESIDE if fits else -_BESIDE),
        y=y,
        anchor="start" if fits else "end",
    )


def _certain(edge: GraphEdge) -> bool:
    return edge.known and edge.confidence is Confidence.CERTAIN
