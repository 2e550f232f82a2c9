"""
Tracks: the work of requests that share a thread at the same time, as in an event loop.

A track is told by claims, not by stacks: while a request waits, nothing of it is on the thread's
stack. Between its claims a request is in orchestration, or idle where its thread is.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from heapq import heappop, heappush

from agentaudit.model.columns import Readings
from agentaudit.model.trace import LabelSource, StepKind
from agentaudit.profiling.evidence import Claim, Story, in_order, matched
from agentaudit.profiling.labels import Label
from agentaudit.profiling.lanes import with_idle_told_apart
from agentaudit.profiling.pieces import Piece
from agentaudit.profiling.refining import EDGE_NS, Stretch, claimed_piece, is_edge, layered

_BETWEEN = 0.6
"""Worth of orchestration that is only what a request does between its calls."""

_LONGEST_TURN_NS = 500_000_000
"""What looks like a longer turn of a loop is more than one."""

Track = list[Piece]


def adopt(claims: Iterable[Claim], stories: Sequence[Story]) -> None:
    """Work that nobody named a request for is of the request whose gap it fills best."""
    told: dict[int, list[Claim]] = defaultdict(list)
    orphans: list[Claim] = []
    for claim in claims:
        if claim.story is None:
            orphans.append(claim)
        else:
            told[id(claim.story)].append(claim)
    gaps = [gap for story in stories for gap in _gaps(story, told[id(story)])]
    for gap, claim in matched(gaps, in_order(orphans), _may_fill):
        claim.story = gap.story


def _gaps(story: Story, claims: Sequence[Claim]) -> Iterator[Claim]:
    at_ns = story.start_ns
    for start_ns, end_ns, _ in [*layered(claims), Stretch(story.end_ns, story.end_ns, _NOTHING)]:
        if start_ns > at_ns:
            yield Claim(
                start_ns=at_ns,
                end_ns=start_ns,
                kind=StepKind.UNKNOWN,
                name="",
                source=story.source,
                confidence=0.0,
                pid=story.pid,
                story=story,
            )
        at_ns = max(at_ns, end_ns)


_NOTHING = Claim(
    start_ns=0, end_ns=0, kind=StepKind.IDLE, name="", source=LabelSource.NONE, confidence=0.0
)


def _may_fill(gap: Claim, claim: Claim) -> float:
    return 1.0 if gap.pid == claim.pid else 0.0


def tracks_of(
    claims: Sequence[Claim],
    stories: Sequence[Story],
    elsewhere: Sequence[Claim],
    readings: Readings,
) -> list[Track]:
    """
    The claims on one thread as tracks, each without overlaps; requests keep to one while they can.

    What a request did at once, several tools for example, takes further tracks. What it did
    `elsewhere`, on other threads, is no gap in it.
    """
    by_story: dict[int, list[Claim]] = defaultdict(list)
    alone: list[Track] = []
    for claim in claims:
        if claim.story is None:
            alone.append([claimed_piece(claim, claim.start_ns, claim.end_ns)])
        else:
            by_story[id(claim.story)].append(claim)
    others: dict[int, list[Claim]] = defaultdict(list)
    for claim in elsewhere:
        others[id(claim.story)].append(claim)
    gaps: list[Piece] = []
    for story in stories:
        known = [*by_story[id(story)], *others[id(story)]]
        gaps += [] if story.exact else map(_gap, _gaps(story, known))
    between: dict[int, list[Track]] = defaultdict(list)
    for gap in with_idle_told_apart(gaps, readings):
        between[id(gap.story)].append([gap])
    columns = alone
    for story in stories:
        columns += _packed([*_columns(by_story.pop(id(story))), *between[id(story)]])
    for guests in by_story.values():  # of requests that are at home on another thread
        columns += _packed(_columns(guests))
    return _packed([column for column in columns if column])


def _columns(claims: Sequence[Claim]) -> list[Track]:
    """
    Claims of one request, those that overlap side by side.

    Claims of one source may go on at once; a weaker source only tells of the time between.
    """
    kept: Track = []
    for source in LabelSource:
        ours = [claim for claim in claims if claim.source is source]
        if not ours:
            continue
        pieces = [claimed_piece(claim, claim.start_ns, claim.end_ns) for claim in in_order(ours)]
        kept += _outside(pieces, union(kept))
    return _packed([[piece] for piece in kept])


def _gap(gap: Claim) -> Piece:
    """What a request does between its calls."""
    label = _between(gap.source)
    return Piece(
        start_ns=gap.start_ns, end_ns=gap.end_ns, label=label, kind=label.kind, story=gap.story
    )


@cache
def _between(source: LabelSource) -> Label:
    return Label(kind=StepKind.ORCHESTRATION, source=source, confidence=_BETWEEN)


def _packed(columns: Sequence[Track]) -> list[Track]:
    """As few tracks as hold the columns whole and without overlaps."""
    tracks: list[Track] = []
    free: list[int] = []
    busy: list[tuple[int, int]] = []
    for column in sorted(columns, key=lambda column: (column[0].start_ns, column[-1].end_ns)):
        while busy and busy[0][0] <= column[0].start_ns:
            heappush(free, heappop(busy)[1])
        if not free:
            heappush(free, len(tracks))
            tracks.append([])
        at = heappop(free)
        tracks[at] += column
        heappush(busy, (column[-1].end_ns, at))
    return tracks


def until_read(claims: Sequence[Claim], pieces: Sequence[Piece]) -> None:
    """
    A call on a connection lasts until its answer is read, not only until it is there.

    An answer that comes while the loop is at leaf work for others waits for the end of that. Work
    that seems to begin with the answer, as far as samples can tell, is what the answer asked for.
    """
    work = [piece for piece in pieces if piece.label.leaf]
    starts = [piece.start_ns for piece in work]
    for claim in claims:
        if claim.source is not LabelSource.SOCKET:
            continue
        at = bisect_left(starts, claim.end_ns) - 1
        if at >= 0 and work[at].start_ns + EDGE_NS <= claim.end_ns < work[at].end_ns:
            claim.end_ns = min(work[at].end_ns, claim.end_ns + _LONGEST_TURN_NS)


def beside_tracks(pieces: Sequence[Piece], tracks: Sequence[Track]) -> list[Piece]:
    """
    What is left of a loop's own lane, where tracks tell what its thread was at.

    Leaf work that its stack shows stays, unless a track claims the same kind then.
    """
    if not pieces:
        return []
    members = [piece for track in tracks for piece in track]
    everything = union(members)
    requests = union([piece for piece in members if piece.story is not None])
    left: list[Piece] = []
    for kind in StepKind:
        of_kind = [piece for piece in pieces if piece.kind is kind]
        if kind is StepKind.IDLE:
            left += _outside(of_kind, everything)
        elif kind in (StepKind.ORCHESTRATION, StepKind.UNKNOWN):
            left += _outside(of_kind, requests)
        else:
            claimed = union([piece for piece in members if piece.kind is kind])
            edges = {edge for stretch in claimed for edge in stretch}
            left += (
                piece
                for piece in _outside(of_kind, claimed)
                if not (is_edge(piece) and edges & {piece.start_ns, piece.end_ns})
            )
    return sorted(left, key=lambda piece: piece.start_ns)


def union(pieces: Iterable[Piece]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for piece in sorted(pieces, key=lambda piece: piece.start_ns):
        if found and piece.start_ns <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], piece.end_ns)
        else:
            found.append((piece.start_ns, piece.end_ns))
    return found


def _outside(pieces: Sequence[Piece], covered: Sequence[tuple[int, int]]) -> Iterator[Piece]:
    first = 0
    for piece in pieces:
        while first < len(covered) and covered[first][1] <= piece.start_ns:
            first += 1
        at_ns = piece.start_ns
        for at in range(first, len(covered)):
            start_ns, end_ns = covered[at]
            if start_ns >= piece.end_ns:
                break
            if start_ns > at_ns:
                yield piece.part(at_ns, start_ns)
            at_ns = max(at_ns, end_ns)
        if at_ns < piece.end_ns:
            yield piece.part(at_ns, piece.end_ns)
