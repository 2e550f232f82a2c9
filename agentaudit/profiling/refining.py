"""
A thread that does one thing at a time, with what others told of it laid over what its stacks say.

Precedence at each instant: span, then marker, then leaf work on the stack, then a connection in
flight. Time that no claim covers stays as the stacks have it.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from heapq import heappop, heappush
from itertools import pairwise
from typing import NamedTuple

from msgspec.structs import replace

from agentaudit.model.trace import LabelSource, StepKind
from agentaudit.profiling.evidence import Claim, Story
from agentaudit.profiling.labels import UNSEEN, Label
from agentaudit.profiling.pieces import Piece

_RANK = {
    LabelSource.OTEL: 0,
    LabelSource.MARKER: 1,
    LabelSource.STACK: 2,
    LabelSource.SOCKET: 3,
    LabelSource.FORK: 4,
}
"""The strongest first."""

EDGE_NS = 30_000_000
"""How far off an edge may seem, seen by samples."""

_IN_AN_AGENT_SPAN = 0.6
"""Worth of orchestration that only the span around it tells."""


class Stretch(NamedTuple):
    """Time of one claim that no stronger one covers."""

    start_ns: int
    end_ns: int
    claim: Claim


def rank(claim: Claim) -> tuple[int, int]:
    """What goes before: the stronger source, then the inner of two."""
    return _RANK[claim.source], -claim.start_ns


def layered(claims: Sequence[Claim]) -> list[Stretch]:
    """The claims of one thread without overlaps, the strongest at each instant."""
    starting = sorted(claims, key=lambda claim: claim.start_ns)
    edges = sorted({edge for claim in claims for edge in (claim.start_ns, claim.end_ns)})
    open_now: list[tuple[tuple[int, int], int, Claim]] = []
    found: list[Stretch] = []
    next_at = 0
    for at_ns, until_ns in pairwise(edges):
        while next_at < len(starting) and starting[next_at].start_ns <= at_ns:
            heappush(open_now, (rank(starting[next_at]), next_at, starting[next_at]))
            next_at += 1
        while open_now and open_now[0][2].end_ns <= at_ns:
            heappop(open_now)
        if not open_now:
            continue
        claim = open_now[0][2]
        last = found[-1] if found else None
        if last is not None and last.claim is claim and last.end_ns == at_ns:
            found[-1] = Stretch(last.start_ns, until_ns, claim)
        else:
            found.append(Stretch(at_ns, until_ns, claim))
    return found


def refined(pieces: Sequence[Piece], stretches: Sequence[Stretch]) -> list[Piece]:
    """The pieces of a thread, with the claims in place of what they cover."""
    if not stretches:
        return list(pieces)
    told: list[Piece] = []
    at = 0
    for piece in pieces:
        while at < len(stretches) and stretches[at].end_ns <= piece.start_ns:
            told += _beside(told, piece, stretches[at])
            at += 1
        told += _cut(piece, stretches, at)
    for stretch in stretches[at:]:
        told += _beside(told, None, stretch)
    told.sort(key=lambda piece: piece.start_ns)
    _settle_edges(told)
    return told


def _settle_edges(pieces: Sequence[Piece]) -> None:
    """
    What stacks show of a call just beside its exact edges is the error of sampling.

    The time is of what follows, or went before; between two calls it is orchestration.
    """
    for at, piece in enumerate(pieces):
        if not is_edge(piece):
            continue
        before = pieces[at - 1] if at else None
        after = pieces[at + 1] if at + 1 < len(pieces) else None
        for claimed, other in ((before, after), (after, before)):
            if claimed is not None and claims_alike(claimed, piece):
                _give(piece, other)
                break


def is_edge(piece: Piece) -> bool:
    """Whether a piece is short enough to be there by an error of sampling alone."""
    sampled = piece.claim is None and piece.label.source is LabelSource.STACK
    return sampled and piece.label.leaf and piece.wall_ns <= EDGE_NS


def claims_alike(claimed: Piece, piece: Piece) -> bool:
    """Whether one tells exactly of the kind of work that the other shows beside it."""
    exact = claimed.label.source in (LabelSource.OTEL, LabelSource.MARKER)
    beside = claimed.end_ns == piece.start_ns or piece.end_ns == claimed.start_ns
    return exact and beside and claimed.claim is not None and claimed.kind is piece.kind


def _give(piece: Piece, other: Piece | None) -> None:
    beside = other is not None and other.claim is None
    if other is not None and beside and not is_edge(other):
        piece.kind, piece.label = other.kind, other.label
        return
    piece.kind = StepKind.ORCHESTRATION
    piece.label = replace(piece.label, kind=piece.kind, name="", weak=True)


def _cut(piece: Piece, stretches: Sequence[Stretch], first: int) -> Iterator[Piece]:
    """
    One piece, cut where claims begin and end.

    Leaf work on the stack goes before connections: they only tell one call from the next.
    """
    if piece.label.leaf and not any(
        _RANK[claim.source] < _RANK[LabelSource.STACK]
        for _, _, claim in _within_reach(piece, stretches, first)
    ):
        yield from _calls(piece, list(_within_reach(piece, stretches, first)))
        return
    at_ns = piece.start_ns
    for at in range(first, len(stretches)):
        start_ns, end_ns, claim = stretches[at]
        if start_ns >= piece.end_ns:
            break
        start_ns, end_ns = max(start_ns, at_ns), min(end_ns, piece.end_ns)
        if end_ns <= start_ns:
            continue
        if start_ns > at_ns:
            yield piece.part(at_ns, start_ns)
        yield _claimed(piece, start_ns, end_ns, claim)
        at_ns = end_ns
    if at_ns < piece.end_ns:
        yield piece.part(at_ns, piece.end_ns)


def _within_reach(piece: Piece, stretches: Sequence[Stretch], first: int) -> Iterator[Stretch]:
    for at in range(first, len(stretches)):
        if stretches[at].start_ns >= piece.end_ns:
            return
        yield stretches[at]


def _calls(piece: Piece, stretches: Sequence[Stretch]) -> Iterator[Piece]:
    """A piece of leaf work, cut where another call of its kind begins."""
    calls = [stretch for stretch in stretches if stretch.claim.kind is piece.kind]
    at_ns = piece.start_ns
    for call, following in pairwise([*calls, None]):
        if call is not None:
            end_ns = following.start_ns if following else piece.end_ns
            part = piece.part(at_ns, end_ns)
            part.claim = call.claim
            yield part
            at_ns = end_ns
    if at_ns < piece.end_ns:
        yield piece


def _beside(told: Sequence[Piece], before: Piece | None, stretch: Stretch) -> Iterator[Piece]:
    """The part of a claim of which no sample was taken: a step may be shorter than that."""
    start_ns = max(stretch.start_ns, told[-1].end_ns if told else stretch.start_ns)
    end_ns = min(stretch.end_ns, before.start_ns) if before else stretch.end_ns
    if end_ns > start_ns:
        yield claimed_piece(stretch.claim, start_ns, end_ns)


def claimed_piece(claim: Claim, start_ns: int, end_ns: int) -> Piece:
    """A piece that is a claim's own."""
    return Piece(
        start_ns=start_ns,
        end_ns=end_ns,
        label=_label(claim, UNSEEN),
        kind=claim.kind,
        claim=claim,
        story=claim.story,
    )


def _claimed(piece: Piece, start_ns: int, end_ns: int, claim: Claim) -> Piece:
    """What is stronger than the stack's own word; beside it, leaf work on the stack stays."""
    part = piece.part(start_ns, end_ns)
    if piece.label.leaf and _RANK[claim.source] >= _RANK[LabelSource.STACK]:
        return part
    part.label, part.kind = _label(claim, piece.label), claim.kind
    part.claim, part.story = claim, claim.story
    return part


def _label(claim: Claim, below: Label) -> Label:
    """What the claim says, on the way through the agent's code that the stack shows."""
    return _made(below, (claim.kind, claim.name, claim.source, claim.confidence))


@lru_cache(maxsize=4096)
def _made(below: Label, told: tuple[StepKind, str, LabelSource, float]) -> Label:
    kind, name, source, confidence = told
    return replace(below, kind=kind, name=name, weak=False, source=source, confidence=confidence)


def of_story(pieces: Sequence[Piece], stories: Sequence[Story]) -> list[Piece]:
    """
    The pieces of a thread that serves these requests one after the other, marked with them.

    Time on the CPU within a request that nothing else tells is orchestration: the span around it
    says that the agent was at work.
    """
    if not stories:
        return list(pieces)
    told: list[Piece] = []
    serving = sorted(stories, key=lambda story: story.start_ns)
    at = 0
    for piece in pieces:
        while at < len(serving) and serving[at].end_ns <= piece.start_ns:
            at += 1
        told += _by_story(piece, serving, at)
    return told


def _by_story(piece: Piece, serving: Sequence[Story], first: int) -> Iterator[Piece]:
    at_ns = piece.start_ns
    for at in range(first, len(serving)):
        story = serving[at]
        if story.start_ns >= piece.end_ns:
            break
        start_ns, end_ns = max(story.start_ns, at_ns), min(story.end_ns, piece.end_ns)
        if end_ns <= start_ns:
            continue
        if start_ns > at_ns:
            yield piece.part(at_ns, start_ns)
        yield _within(piece.part(start_ns, end_ns), story)
        at_ns = end_ns
    if at_ns < piece.end_ns:
        yield piece.part(at_ns, piece.end_ns)


def _within(piece: Piece, story: Story) -> Piece:
    piece.story = piece.story or story
    unnamed = piece.kind is StepKind.UNKNOWN and piece.label.kind is StepKind.UNKNOWN
    if not unnamed or story.source not in (LabelSource.OTEL, LabelSource.MARKER):
        return piece
    piece.kind = StepKind.ORCHESTRATION
    piece.label = replace(
        piece.label,
        kind=StepKind.ORCHESTRATION,
        source=story.source,
        confidence=_IN_AN_AGENT_SPAN,
    )
    return piece
