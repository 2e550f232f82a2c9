"""
Evidence beside stacks: what spans, markers, tasks and connections say went on, and for whom.

A *claim* is one stretch of leaf work. A *story* is the work of one request as its own evidence
tells it. Both are being added to while evidence of several sources is joined.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Protocol, TypeVar

from msgspec import Struct

from agentaudit.model.trace import ClockPair, LabelSource, StepKind

LEAF_KINDS = frozenset(
    {
        StepKind.LLM_INFERENCE,
        StepKind.TOOL_CALL,
        StepKind.RETRIEVAL,
        StepKind.MEMORY_READ,
        StepKind.MEMORY_WRITE,
    }
)

SURE = {LabelSource.OTEL: 0.98, LabelSource.MARKER: 0.97, LabelSource.SOCKET: 0.7}
"""How much a claim is worth: who reported it was there; a connection only looks like a call."""


class _Timed(Protocol):
    """Whatever begins and ends."""

    @property
    def start_ns(self) -> int: ...

    @property
    def end_ns(self) -> int: ...


_Item = TypeVar("_Item", bound=_Timed)


class Story(Struct, eq=False, kw_only=True):
    """
    The work of one request, from whoever told that it is one.

    `thread` is the thread that does nothing else meanwhile, 0 when none is known to.
    """

    pid: int
    start_ns: int
    end_ns: int
    name: str
    source: LabelSource
    thread: int = 0
    exact: bool = False
    """True where somebody told all of it: its edges, its name and each of its steps."""
    complete: bool = True
    """False where an edge of the recording that it was told of cut it off."""


class Claim(Struct, eq=False, kw_only=True):
    """
    A stretch of one kind of leaf work. `tid` is 0 as long as nobody knows the thread.

    `whole` is shared by the parts of one call that other work interrupted.
    """

    start_ns: int
    end_ns: int
    kind: StepKind
    name: str
    source: LabelSource
    confidence: float
    pid: int = 0
    tid: int = 0
    story: Story | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    server_ns: int = 0
    on_device: bool = True
    """False of retrieval that embeds nothing: no GPU works for it."""
    peer_pid: int = 0
    """The process on this host that answers, 0 when it is elsewhere or unknown."""
    exact: bool = False
    """True of a step that somebody told as it stands, and whose it was."""
    suspended: bool = False
    """True of work that no thread's stack shows while it waits: a task of an event loop."""

    @property
    def wall_ns(self) -> int:
        return self.end_ns - self.start_ns


class UnixClock:
    """Unix time on the monotonic clock of the recording, by the nearest pair of clocks."""

    def __init__(self, pairs: Sequence[ClockPair]) -> None:
        self._pairs = sorted(pairs, key=lambda pair: pair.unix_ns)
        self._middles = [before.unix_ns + after.unix_ns for before, after in pairwise(self._pairs)]
        """Twice the instants from which on the next pair is nearer."""

    def monotonic_ns(self, unix_ns: int) -> int:
        """The same instant; without any pair, both clocks are taken to be one."""
        if not self._pairs:
            return unix_ns
        pair = self._pairs[bisect_left(self._middles, 2 * unix_ns)]
        return pair.monotonic_ns + unix_ns - pair.unix_ns


def matched(
    ours: Sequence[_Item],
    theirs: Sequence[Claim],
    alike: Callable[[_Item, Claim], float],
) -> Iterator[tuple[_Item, Claim]]:
    """
    Pairs of what tells of the same call, the likeliest first; each claim is taken once.

    What overlaps is compared: by how much of both is common, times `alike`, which is 0 for what
    cannot be the same. One of ours may stand for several of theirs that follow each other.
    """
    found = sorted(
        ((-score, at, claim_at) for at, claim_at, score in _overlapping(ours, theirs, alike)),
    )
    taken: set[int] = set()
    held: dict[int, list[Claim]] = {}
    for _, at, claim_at in found:
        claim = theirs[claim_at]
        if claim_at in taken or any(_overlap(claim, other) for other in held.get(at, ())):
            continue
        taken.add(claim_at)
        held.setdefault(at, []).append(claim)
        yield ours[at], claim


_COMMON = {LabelSource.SOCKET: 0.2}
"""Share of a claim that must be common to take two for the same call, where it is not half."""


def _overlapping(
    ours: Sequence[_Item],
    theirs: Sequence[Claim],
    alike: Callable[[_Item, Claim], float],
) -> Iterator[tuple[int, int, float]]:
    """Places of what overlaps by enough, and how well it fits, in one sweep over time."""
    order = sorted(range(len(ours)), key=lambda at: (ours[at].start_ns, ours[at].end_ns))
    open_now: list[int] = []
    next_at = 0
    for claim_at in sorted(range(len(theirs)), key=lambda at: theirs[at].start_ns):
        claim = theirs[claim_at]
        while next_at < len(order) and ours[order[next_at]].start_ns < claim.end_ns:
            open_now.append(order[next_at])
            next_at += 1
        open_now = [at for at in open_now if ours[at].end_ns > claim.start_ns]
        for at in open_now:
            item = ours[at]
            common_ns = min(item.end_ns, claim.end_ns) - max(item.start_ns, claim.start_ns)
            if common_ns > 0 and common_ns >= _COMMON.get(claim.source, 0.5) * claim.wall_ns:
                likeness = alike(item, claim)
                if likeness > 0:
                    either_ns = max(item.end_ns, claim.end_ns) - min(item.start_ns, claim.start_ns)
                    yield at, claim_at, likeness * common_ns / either_ns


def _overlap(one: Claim, other: Claim) -> bool:
    return one.start_ns < other.end_ns and other.start_ns < one.end_ns


def in_order(claims: Iterable[Claim]) -> list[Claim]:
    return sorted(claims, key=lambda claim: (claim.start_ns, claim.end_ns))
