"""
On which thread the claimed work went on, where nobody said.

Nothing in a span names its thread, so agreement in time decides: a thread that serves a request as
long as the request's root span lasts, a stack that shows the kind of work as long as the claim
says.
What no thread's stack shows while it waits belongs to the event loop, if the process runs one.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field

from agentaudit.model.columns import Thread
from agentaudit.model.trace import LabelSource, StepKind
from agentaudit.profiling.evidence import Claim, Story, in_order, matched
from agentaudit.profiling.lanes import BRIDGED_NS
from agentaudit.profiling.pieces import Piece

_UNSURE = 0.6
"""Factor on the confidence of what could have gone on on more than one thread."""

_MOST_OF_IT = 0.5
_SAME_THREAD = 1.5
_LEAST_AGREEMENT = 0.25


class View(Struct):
    """What the stacks of one thread say, in stretches of time."""

    thread: Thread
    shown: list[Claim] = field(default_factory=list)
    """Leaf work, as its rules know it."""
    serving: list[Claim] = field(default_factory=list)
    """While one request frame was on the stack."""
    engaged: list[Claim] = field(default_factory=list)
    """While some function of the agent's own was on the stack."""
    loop: bool = False


def views_of(lanes: Mapping[Thread, Sequence[Piece]]) -> dict[int, list[View]]:
    """The threads of each process."""
    found: dict[int, list[View]] = defaultdict(list)
    for thread, pieces in lanes.items():
        found[thread[0]].append(_view(thread, pieces))
    return found


def _view(thread: Thread, pieces: Iterable[Piece]) -> View:
    view = View(thread)
    for piece in pieces:
        label = piece.label
        view.loop = view.loop or label.loop
        if label.leaf:
            _extend(view, view.shown, piece, (label.kind, ""))
        if label.request:
            _extend(view, view.serving, piece, (StepKind.UNKNOWN, label.request))
        if label.leaf or label.engaged:
            _extend(view, view.engaged, piece, (StepKind.UNKNOWN, ""))
    return view


def _extend(view: View, stretches: list[Claim], piece: Piece, what: tuple[StepKind, str]) -> None:
    kind, name = what
    last = stretches[-1] if stretches else None
    if (
        last is not None
        and last.kind is kind
        and last.name == name
        and piece.start_ns - last.end_ns <= BRIDGED_NS
    ):
        last.end_ns = piece.end_ns
        return
    stretches.append(
        Claim(
            start_ns=piece.start_ns,
            end_ns=piece.end_ns,
            kind=kind,
            name=name,
            source=LabelSource.STACK,
            confidence=piece.label.confidence,
            pid=view.thread[0],
            tid=view.thread[1],
        )
    )


def find_hosts(
    claims: Sequence[Claim], stories: Sequence[Story], views: Mapping[int, Sequence[View]]
) -> list[Claim]:
    """Every claim of each process has its thread, or 0 for one that cannot be told."""
    kept: list[Claim] = []
    by_process: dict[int, list[Claim]] = defaultdict(list)
    requests: dict[int, list[Story]] = defaultdict(list)
    for story in stories:
        requests[story.pid].append(story)
    for claim in claims:
        by_process[claim.pid].append(claim)
    for pid in {**requests, **by_process}:
        threads = views.get(pid, ())
        _find_serving_threads(requests.get(pid, ()), by_process.get(pid, ()), threads)
        kept += _placed(by_process.get(pid, ()), threads)
    return in_order(kept)


def _find_serving_threads(
    stories: Sequence[Story], claims: Sequence[Claim], views: Sequence[View]
) -> None:
    """Which thread serves which request, by the time and by the kinds of work it shows."""
    told: dict[int, list[Claim]] = defaultdict(list)
    for claim in claims:
        if claim.story is not None:
            told[id(claim.story)].append(claim)
    as_claims = {id(story): _as_claim(story) for story in stories}
    of_claim = {id(as_claims[id(story)]): story for story in stories}
    shown = {view.thread[1]: _Stretches(view.shown) for view in views}
    stretches = [
        stretch for view in views if not view.loop for stretch in (view.serving or view.engaged)
    ]

    def fits(stretch: Claim, request: Claim) -> float:
        agreement = shown[stretch.tid].agreement(told[id(of_claim[id(request)])])
        return _LEAST_AGREEMENT + (1 - _LEAST_AGREEMENT) * agreement

    for stretch, request in matched(stretches, list(as_claims.values()), fits):
        of_claim[id(request)].thread = stretch.tid


def _as_claim(story: Story) -> Claim:
    return Claim(
        start_ns=story.start_ns,
        end_ns=story.end_ns,
        kind=StepKind.UNKNOWN,
        name=story.name,
        source=story.source,
        confidence=1.0,
        pid=story.pid,
    )


class _Stretches:
    """What a thread's stacks show, asked by time."""

    def __init__(self, stretches: Sequence[Claim]) -> None:
        self._stretches = stretches
        self._starts = [stretch.start_ns for stretch in stretches]

    def agreement(self, claims: Sequence[Claim]) -> float:
        """Share of the claimed time in which the stacks show the same kind; half of nothing."""
        all_ns = sum(claim.wall_ns for claim in claims)
        if all_ns == 0 or not self._stretches:
            return _MOST_OF_IT
        return sum(self.common_ns(claim) for claim in claims) / all_ns

    def common_ns(self, claim: Claim) -> int:
        """Time of a claim in which the stacks show the same kind, or whatever they do not tell."""
        common_ns = 0
        for at in range(max(bisect_right(self._starts, claim.start_ns) - 1, 0), len(self._starts)):
            stretch = self._stretches[at]
            if stretch.start_ns >= claim.end_ns:
                break
            if stretch.kind in (claim.kind, StepKind.UNKNOWN):
                common_ns += max(_common_ns(stretch, claim), 0)
        return common_ns


def _common_ns(one: Claim, other: Claim) -> int:
    return min(one.end_ns, other.end_ns) - max(one.start_ns, other.start_ns)


def _same_call(shown: Claim, claim: Claim) -> float:
    if shown.kind is not claim.kind or (claim.tid and claim.tid != shown.tid):
        return 0.0
    served = claim.story is not None and claim.story.thread == shown.tid
    return _SAME_THREAD if served else 1.0


def _placed(claims: Sequence[Claim], views: Sequence[View]) -> Iterator[Claim]:
    """The claims of one process, on threads."""
    shown = [stretch for view in views for stretch in view.shown]
    seen = {id(claim): stretch for stretch, claim in matched(shown, claims, _same_call)}
    engaged = {view.thread[1]: _Stretches(view.engaged) for view in views}
    loops = {view.thread[1] for view in views if view.loop}
    for claim in claims:
        stretch = seen.get(id(claim))
        if stretch is not None and not claim.suspended:
            claim.tid = claim.tid or stretch.tid
            if claim.source is LabelSource.SOCKET:  # the stack knows the call better
                claim.start_ns = max(claim.start_ns, stretch.start_ns)
                claim.end_ns = min(claim.end_ns, stretch.end_ns)
        elif not claim.tid:
            claim.tid, claim.suspended = _unseen_host(claim, engaged, loops)
        yield claim


def _unseen_host(
    claim: Claim, engaged: Mapping[int, _Stretches], loops: Collection[int]
) -> tuple[int, bool]:
    """The thread of work that no stack shows, and whether it waits outside of any stack."""
    if claim.story is not None and claim.story.thread:
        return claim.story.thread, False
    if loops:
        return max(loops, key=lambda tid: (engaged[tid].common_ns(claim), -tid)), True
    at_work = [
        tid
        for tid, stretches in engaged.items()
        if stretches.common_ns(claim) >= _MOST_OF_IT * claim.wall_ns
    ]
    if len(at_work) == 1 or len(engaged) == 1:
        return (at_work or list(engaged))[0], False
    claim.confidence *= _UNSURE
    return 0, True
