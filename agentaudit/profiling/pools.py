"""
Threads that a library keeps: what they use belongs to the step that called the library.

Linear algebra (OpenBLAS, MKL), vector stores and tokenisers compute on threads of their own. Python
never runs on them, so no stack is ever seen there; but they work because a step of their process
called them, which computes beside them or waits for them. Where several are open at once, they are
shared by how busy each is by itself.

What they use while no step is open that may have called them stays unknown, and so does what they
use without being busy: that is upkeep.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct

from agentaudit.model.columns import Readings, Thread
from agentaudit.model.trace import StepKind
from agentaudit.profiling.pieces import BUSY_SHARE, Piece
from agentaudit.profiling.sharing import split

_SEEN_BY_THEN_NS = 200_000_000
"""A thread with a stack would have been sampled in so long, many times."""
_COMPUTES = 0.5
"""A model call that uses a core for so much of its time is made here, and not waited for."""


def pool_threads(
    lanes: Mapping[Thread, Sequence[Piece]],
    readings: Mapping[Thread, Readings],
    told: Collection[Thread],
) -> Collection[Thread]:
    """
    Threads that never had a stack, in processes where others had; `told` have other evidence.

    One that ran for too short a time to be sampled may have had one. A process begins with its
    first thread, which is no library's.
    """
    seen = {pid for (pid, _), pieces in lanes.items() if pieces}
    return {
        thread: None
        for thread, pieces in lanes.items()
        if not pieces and thread not in told and thread[0] in seen and thread[0] != thread[1]
        if _lived_ns(readings.get(thread)) >= _SEEN_BY_THEN_NS
    }


class Pools(Struct, frozen=True):
    """The pieces of each process that may have called a library."""

    _callers: Mapping[int, Sequence[Piece]]

    @classmethod
    def of(cls, placed: Iterable[tuple[Thread, int, Piece]]) -> "Pools":
        found: dict[int, list[Piece]] = defaultdict(list)
        for (pid, _), _, piece in placed:
            if _may_call(piece):
                found[pid].append(piece)
        return cls({pid: sorted(of, key=lambda one: one.start_ns) for pid, of in found.items()})

    def place(self, thread: Thread, readings: Readings) -> Readings:
        """The time of one thread goes to its callers; the result is what had none."""
        callers = self._callers.get(thread[0], ())
        left, open_now, begun = Readings(), [], 0
        for since_ns, at_ns, cpu_ns, queue_ns in readings.rows():
            while begun < len(callers) and callers[begun].start_ns < at_ns:
                open_now.append(callers[begun])
                begun += 1
            open_now = [piece for piece in open_now if piece.end_ns > since_ns]
            if not open_now or cpu_ns + queue_ns < BUSY_SHARE * (at_ns - since_ns):
                left.add(since_ns, at_ns, cpu_ns, queue_ns)
                continue
            weights = [_weight(piece, since_ns, at_ns) for piece in open_now]
            parts = zip(split(cpu_ns, weights), split(queue_ns, weights), strict=True)
            for piece, (ran_ns, waited_ns) in zip(open_now, parts, strict=True):
                piece.children_ns += ran_ns
                piece.children_queue_ns += waited_ns
        return left


def _lived_ns(readings: Readings | None) -> int:
    """From the first reading of a thread to its last."""
    return readings.at_ns[-1] - readings.since_ns[0] if readings else 0


def _may_call(piece: Piece) -> bool:
    if piece.kind is StepKind.LLM_INFERENCE:
        return piece.cpu_ns >= _COMPUTES * max(piece.wall_ns, 1)
    return piece.label.leaf and piece.kind is not StepKind.IDLE


def _weight(piece: Piece, since_ns: int, at_ns: int) -> float:
    """By its time in the reading and how busy it is; one that waits counts little beside others."""
    overlap_ns = min(piece.end_ns, at_ns) - max(piece.start_ns, since_ns)
    return overlap_ns * piece.cpu_ns / max(piece.wall_ns, 1) + 1.0
