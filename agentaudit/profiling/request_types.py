"""What a request is called: where the paths of requests through the agent's code part."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field

from agentaudit.model.trace import LabelSource
from agentaudit.profiling.evidence import Story
from agentaudit.profiling.pieces import Piece, heavy

_MOST_TYPES = 8
_DEEPEST_PATH = 24


class OpenRequest(Struct, eq=False):
    """One request while its pieces are collected."""

    request_id: int
    frame: str
    source: LabelSource
    pieces: list[Piece] = field(default_factory=list)
    story: Story | None = None
    extent_ns: tuple[int, int] | None = None
    """Where its story says that it began and ended."""

    @property
    def start_ns(self) -> int:
        return self.extent_ns[0] if self.extent_ns else self.pieces[0].start_ns

    @property
    def end_ns(self) -> int:
        return self.extent_ns[1] if self.extent_ns else self.pieces[-1].end_ns


def types_of(groups: Sequence[OpenRequest]) -> Mapping[int, str]:
    """
    A name for each request: where the paths of requests through the agent's code part.

    One way only, or too many: then the request frame, and what dominates the request.
    """
    types = dict(_told_types([group for group in groups if group.story is not None]))
    framed = [group for group in groups if group.story is None]
    for frame in sorted({group.frame for group in framed}):
        members = [group for group in framed if group.frame == frame]
        ways = {group.request_id: path for group, path in _ways(members)}
        names = set(ways.values())
        for group in members:
            handler = frame.rpartition(".")[2] or "request"
            way = ways[group.request_id]
            told = 1 < len(names) <= _MOST_TYPES and way
            types[group.request_id] = way if told else f"{handler} {heavy(group.pieces)}-heavy"
    return types


def _told_types(groups: Sequence[OpenRequest]) -> Iterator[tuple[int, str]]:
    """The names that stories give; too many of them, or none, name no type."""
    names = {group.story.name for group in groups if group.story}
    for group in groups:
        told = group.story is not None and (group.story.exact or len(names) <= _MOST_TYPES)
        name = group.story.name if group.story and told else ""
        yield group.request_id, name or f"request {heavy(group.pieces)}-heavy"


def _ways(groups: Sequence[OpenRequest]) -> Iterator[tuple[OpenRequest, str]]:
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


def _clock(group: OpenRequest) -> Counter[tuple[str, ...]]:
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
