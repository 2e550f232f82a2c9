"""
Requests: steps that one user waits for.

A story tells of a request exactly: a root span or marker, the root of tasks, a connection that came
in. Else, while a request frame stays on a thread's stack, the thread serves one request. Where
neither is known, the busy stretches of a thread stand in for requests, and say so.
"""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from agentaudit.model.trace import LabelSource, Request, StepKind
from agentaudit.profiling.assembly import Assembly
from agentaudit.profiling.evidence import Story
from agentaudit.profiling.labels import UNSEEN
from agentaudit.profiling.pieces import Piece
from agentaudit.profiling.request_types import OpenRequest, types_of

_EDGE_NS = 60_000_000
"""A request this near the recording's edge may have begun before or ended after it."""

_EXACT = frozenset({LabelSource.OTEL, LabelSource.MARKER, LabelSource.FORK})
_PAUSE_NS = 250_000_000
"""Idle time that ends a stand-in request."""

_UNTOLD = (LabelSource.SOCKET, LabelSource.STACK)
"""Sources of stories that say when a request was open, and nothing of what it did."""


def group_requests(assembly: Assembly, start_ns: int, end_ns: int) -> tuple[Request, ...]:
    """The requests in order of arrival; their pieces are marked with their ids."""
    lanes = list(assembly.lanes.values())
    told = _by_story(assembly, (start_ns, end_ns))
    by_frame = [
        group
        for (pid, _), pieces in assembly.lanes.items()
        for group in _by_frame(pieces)
        if _alone(group) and not _retold(group, pid, assembly.stories)
    ]
    found = [*told.values(), *_beside_stories(by_frame, told)]
    if not found:
        found = [group for pieces in lanes for group in _by_pause(pieces)]
    found = _telling(found, start_ns, end_ns)
    found.sort(key=lambda group: (group.start_ns, group.end_ns))
    for number, group in zip(count(1), found, strict=False):
        group.request_id = number
        for piece in group.pieces:
            piece.request_id = number
    _adopt(assembly, found)
    types = types_of(found)
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


def _by_story(assembly: Assembly, within_ns: tuple[int, int]) -> dict[int, OpenRequest]:
    """The requests that stories tell of, by story; a request may have no step of its own."""
    groups = {
        id(story): OpenRequest(
            0,
            "",
            story.source,
            story=story,
            extent_ns=(max(story.start_ns, within_ns[0]), min(story.end_ns, within_ns[1])),
        )
        for story in assembly.stories
        if story.end_ns > within_ns[0] and story.start_ns < within_ns[1]
    }
    for _, _, piece in assembly.placed():
        group = groups.get(id(piece.story))
        if group is not None:
            group.pieces.append(piece)
    return groups


def _beside_stories(
    groups: Sequence[OpenRequest], told: Mapping[int, OpenRequest]
) -> Iterator[OpenRequest]:
    """
    Requests that only their frame tells of.

    A frame around one story is the same request, as its user sees it: reading the question and
    writing the answer included.
    """
    for group in groups:
        stories = {id(piece.story) for piece in group.pieces if piece.story is not None}
        if not stories:
            yield group
        elif len(stories) == 1 and (inner := told.get(next(iter(stories)))):
            inner.extent_ns = (
                min(inner.start_ns, group.start_ns),
                max(inner.end_ns, group.end_ns),
            )
            inner.pieces += [piece for piece in group.pieces if piece.story is None]


def _telling(groups: Sequence[OpenRequest], start_ns: int, end_ns: int) -> list[OpenRequest]:
    """Without the rests of requests that the edge of the recording left too little of."""
    return [
        group
        for group in groups
        if group.end_ns - group.start_ns >= _EDGE_NS
        or not _cut_off(group, start_ns, end_ns)
        or (group.story is not None and group.story.exact)
    ]


def _cut_off(group: OpenRequest, start_ns: int, end_ns: int) -> bool:
    """Edges that samples tell are unsure; where somebody said exactly, only what goes beyond is."""
    story = group.story
    if story is not None and not story.complete:
        return True
    if story is not None and story.source in _EXACT:
        return story.start_ns <= start_ns or story.end_ns >= end_ns
    return group.start_ns - start_ns <= _EDGE_NS or end_ns - group.end_ns <= _EDGE_NS


def _alone(group: OpenRequest) -> bool:
    """Whether the thread turned to no other request before the frame of this one was left."""
    return all(piece.label.held or not piece.label.loop for piece in group.pieces)


def _retold(group: OpenRequest, pid: int, stories: Sequence[Story]) -> bool:
    """Whether a story tells of the request of a frame around an event loop, most of its time."""
    return any(piece.label.held for piece in group.pieces) and any(
        2 * (min(story.end_ns, group.end_ns) - max(story.start_ns, group.start_ns))
        > group.end_ns - group.start_ns
        for story in stories
        if story.pid == pid
    )


def _by_frame(pieces: Sequence[Piece]) -> Iterator[OpenRequest]:
    group: OpenRequest | None = None
    for piece in pieces:
        frame = piece.label.request
        if group and frame != group.frame:
            yield group
            group = None
        if frame:
            group = group or OpenRequest(0, frame, LabelSource.STACK)
            group.pieces.append(piece)
    if group:
        yield group


def _by_pause(pieces: Sequence[Piece]) -> Iterator[OpenRequest]:
    """Stretches with leaf work in them, between pauses."""
    group = OpenRequest(0, "", LabelSource.NONE)
    for piece in pieces:
        pause = piece.kind is StepKind.IDLE or piece.label is UNSEEN
        if pause and piece.wall_ns >= _PAUSE_NS:
            if any(member.label.leaf for member in group.pieces):
                yield group
            group = OpenRequest(0, "", LabelSource.NONE)
        elif not pause or group.pieces:
            group.pieces.append(piece)
    if any(member.label.leaf for member in group.pieces):
        yield group


def _adopt(assembly: Assembly, groups: Sequence[OpenRequest]) -> None:
    """
    Leaf work on other threads belongs to a request when it is the only one open then.

    Of several that do one thing after the other, it is of the one that has waited least.
    """
    placed = (piece for _, _, piece in assembly.placed())
    without = sorted(
        (piece for piece in placed if piece.request_id is None and _may_be_adopted(piece)),
        key=lambda piece: piece.start_ns,
    )
    arriving = deque(groups)
    open_now: list[OpenRequest] = []
    at_work = _AtWork(groups)
    for piece in without:
        while arriving and arriving[0].start_ns <= piece.start_ns:
            open_now.append(arriving.popleft())
        open_now = [group for group in open_now if group.end_ns >= piece.start_ns]
        around = [group for group in open_now if group.end_ns >= piece.end_ns]
        group = around[0] if len(around) == 1 else at_work.least_waiting(around, piece)
        if group is not None:
            piece.request_id = group.request_id
            at_work.add(group, piece)


def _may_be_adopted(piece: Piece) -> bool:
    return piece.label.leaf and not (piece.claim is not None and piece.claim.exact)


class _AtWork:
    """When each request was at leaf work already."""

    def __init__(self, groups: Sequence[OpenRequest]) -> None:
        self._until: dict[int, list[int]] = defaultdict(list)
        self._since: dict[int, list[int]] = defaultdict(list)
        for group in groups:
            for piece in sorted(group.pieces, key=lambda piece: piece.start_ns):
                if piece.label.leaf:
                    self.add(group, piece)

    def add(self, group: OpenRequest, piece: Piece) -> None:
        at = bisect_left(self._since[group.request_id], piece.start_ns)
        self._since[group.request_id].insert(at, piece.start_ns)
        self._until[group.request_id].insert(at, piece.end_ns)

    def least_waiting(self, groups: Sequence[OpenRequest], piece: Piece) -> OpenRequest | None:
        """The request that was at nothing else, since the shortest time."""
        free: list[tuple[int, int]] = []
        for at, group in enumerate(groups):
            since, until = self._since[group.request_id], self._until[group.request_id]
            place = bisect_left(since, piece.start_ns + _TURN_NS)
            before_ns = until[place - 1] if place else group.start_ns
            next_ns = since[place] if place < len(since) else group.end_ns
            fits = before_ns <= piece.start_ns + _TURN_NS and piece.end_ns <= next_ns + _TURN_NS
            if fits and group.source in _UNTOLD and group.story is not None:
                free.append((before_ns, at))
        return groups[max(free)[1]] if free else None


_TURN_NS = 20_000_000
"""How much two steps that follow each other may seem to overlap, seen by samples."""
