"""
Requests: steps that one user waits for.

While a request frame stays on a thread's stack, the thread serves one request. Where no rule knows
a request frame, the busy stretches of a thread stand in for requests, and say so.
"""

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from agentaudit.model.columns import Thread
from agentaudit.model.trace import HOST_KINDS, LabelSource, Request, StepKind
from agentaudit.profiling.labels import UNSEEN
from agentaudit.profiling.lanes import Piece

_EDGE_NS = 60_000_000
"""A request this near the recording's edge may have begun before or ended after it."""

_PAUSE_NS = 250_000_000
"""Idle time that ends a stand-in request."""

_MOST_TYPES = 8
_DEEPEST_PATH = 24


@dataclass(slots=True)
class _Open:
    """One request while its pieces are collected."""

    request_id: int
    frame: str
    source: LabelSource
    pieces: list[Piece] = field(default_factory=list)

    @property
    def start_ns(self) -> int:
        return self.pieces[0].start_ns

    @property
    def end_ns(self) -> int:
        return self.pieces[-1].end_ns


def group_requests(
    lanes: Mapping[Thread, Sequence[Piece]], start_ns: int, end_ns: int
) -> tuple[Request, ...]:
    """The requests in order of arrival; their pieces are marked with their ids."""
    found = [group for pieces in lanes.values() for group in _by_frame(pieces)]
    if not found:
        found = [group for pieces in lanes.values() for group in _by_pause(pieces)]
    found = _telling(found, start_ns, end_ns)
    found.sort(key=lambda group: (group.start_ns, group.end_ns))
    for number, group in zip(count(1), found, strict=False):
        group.request_id = number
        for piece in group.pieces:
            piece.request_id = number
    _adopt(lanes, found)
    types = _types(found)
    return tuple(
        Request(
            request_id=group.request_id,
            type=types[group.request_id],
            arrival_ns=group.start_ns,
            finish_ns=group.end_ns,
            complete=not _cut_off(group, start_ns, end_ns),
            source=group.source,
        )
        for group in found
    )


def _telling(groups: Sequence[_Open], start_ns: int, end_ns: int) -> list[_Open]:
    """Without the rests of requests that the edge of the recording left too little of."""
    return [
        group
        for group in groups
        if group.end_ns - group.start_ns >= _EDGE_NS or not _cut_off(group, start_ns, end_ns)
    ]


def _cut_off(group: _Open, start_ns: int, end_ns: int) -> bool:
    return group.start_ns - start_ns <= _EDGE_NS or end_ns - group.end_ns <= _EDGE_NS


def _by_frame(pieces: Sequence[Piece]) -> Iterator[_Open]:
    group: _Open | None = None
    for piece in pieces:
        frame = piece.label.request
        if group and frame != group.frame:
            yield group
            group = None
        if frame:
            group = group or _Open(0, frame, LabelSource.STACK)
            group.pieces.append(piece)
    if group:
        yield group


def _by_pause(pieces: Sequence[Piece]) -> Iterator[_Open]:
    """Stretches with leaf work in them, between pauses."""
    group = _Open(0, "", LabelSource.NONE)
    for piece in pieces:
        pause = piece.kind is StepKind.IDLE or piece.label is UNSEEN
        if pause and piece.wall_ns >= _PAUSE_NS:
            if any(member.label.leaf for member in group.pieces):
                yield group
            group = _Open(0, "", LabelSource.NONE)
        elif not pause or group.pieces:
            group.pieces.append(piece)
    if any(member.label.leaf for member in group.pieces):
        yield group


def _adopt(lanes: Mapping[Thread, Sequence[Piece]], groups: Sequence[_Open]) -> None:
    """Leaf work on other threads belongs to a request when it is the only one open then."""
    without = sorted(
        (
            piece
            for pieces in lanes.values()
            for piece in pieces
            if piece.request_id is None and piece.label.leaf
        ),
        key=lambda piece: piece.start_ns,
    )
    arriving = deque(groups)
    open_now: list[_Open] = []
    for piece in without:
        while arriving and arriving[0].start_ns <= piece.start_ns:
            open_now.append(arriving.popleft())
        open_now = [group for group in open_now if group.end_ns >= piece.start_ns]
        around = [group for group in open_now if group.end_ns >= piece.end_ns]
        if len(around) == 1:
            piece.request_id = around[0].request_id


def _types(groups: Sequence[_Open]) -> Mapping[int, str]:
    """
    A name for each request: where the paths of requests through the agent's code part.

    One way only, or too many: then the request frame, and what dominates the request.
    """
    types: dict[int, str] = {}
    for frame in sorted({group.frame for group in groups}):
        members = [group for group in groups if group.frame == frame]
        ways = {group.request_id: path for group, path in _ways(members)}
        names = set(ways.values())
        for group in members:
            handler = frame.rpartition(".")[2] or "request"
            way = ways[group.request_id]
            told = 1 < len(names) <= _MOST_TYPES and way
            types[group.request_id] = way if told else f"{handler} {heavy(group.pieces)}-heavy"
    return types


def _ways(groups: Sequence[_Open]) -> Iterator[tuple[_Open, str]]:
    """The function that each request spends most time in, at the first depth where they differ."""
    clocks = {group.request_id: _clock(group) for group in groups}
    shared: tuple[str, ...] = ()
    while len(shared) < _DEEPEST_PATH:
        next_steps = {number: _dominant(clock, shared) for number, clock in clocks.items()}
        if len(set(next_steps.values())) != 1 or not next(iter(next_steps.values())):
            break
        shared = (*shared, next(iter(next_steps.values())))
    for group in groups:
        yield group, _dominant(clocks[group.request_id], shared).rpartition(".")[2]


def _clock(group: _Open) -> Counter[tuple[str, ...]]:
    """Time by path through the agent's code."""
    clock: Counter[tuple[str, ...]] = Counter()
    for piece in group.pieces:
        clock[piece.label.path] += piece.wall_ns
    return clock


def _dominant(clock: Counter[tuple[str, ...]], below: tuple[str, ...]) -> str:
    times: Counter[str] = Counter()
    for path, wall_ns in clock.items():
        if path[: len(below)] == below and len(path) > len(below):
            times[path[len(below)]] += wall_ns
    return min(times, key=lambda name: (-times[name], name)) if times else ""


def heavy(pieces: Sequence[Piece]) -> str:
    """
    `cpu` or `gpu`: whether the host's own work or the model takes more of a request's time.

    Work that queues for a core counts as work: on a busy host its CPU time alone would say that the
    model dominates (arXiv:2511.00739, section 4.2: "tool time dominates").
    """
    work_ns = sum(
        max(piece.wall_ns, piece.cpu_ns + piece.children_ns)
        for piece in pieces
        if piece.kind in HOST_KINDS
    )
    model_ns = sum(piece.wall_ns for piece in pieces if piece.kind is StepKind.LLM_INFERENCE)
    return "gpu" if model_ns > work_ns else "cpu"
