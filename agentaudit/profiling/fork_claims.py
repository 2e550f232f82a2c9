"""
Programs that an event loop runs: while one lives, the request that began it is in a tool.

No stack shows it, because the loop goes on with other requests. What lives as long as the
recording, a tool server for example, is no call.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from agentaudit.model.columns import Thread
from agentaudit.model.recording import Few, ProcessBorn, ProcessGone, ProcessNamed
from agentaudit.model.trace import LabelSource, StepKind
from agentaudit.profiling.evidence import Claim
from agentaudit.profiling.forked_work import FORKED_CONFIDENCE

_LONGEST_NS = 120_000_000_000
"""What lives longer serves many requests rather than one."""


def from_forks(
    records: Sequence[Few], loops: Collection[Thread], told: Sequence[Claim]
) -> list[Claim]:
    """Tool calls that only their processes tell of, on the loops that forked them."""
    known: dict[int, list[Claim]] = defaultdict(list)
    for claim in sorted(told, key=lambda claim: claim.start_ns):
        if claim.kind is StepKind.TOOL_CALL:
            known[claim.pid].append(claim)
    return [claim for claim in _lives(records, loops) if not _covered(claim, known[claim.pid])]


def _lives(records: Sequence[Few], loops: Collection[Thread]) -> Iterator[Claim]:
    begun: dict[int, Claim] = {}
    for record in records:
        match record:
            case ProcessBorn() if (record.parent_pid, record.parent_tid) in loops:
                begun[record.pid] = Claim(
                    start_ns=record.at_ns,
                    end_ns=record.at_ns,
                    kind=StepKind.TOOL_CALL,
                    name=record.name,
                    source=LabelSource.FORK,
                    confidence=FORKED_CONFIDENCE,
                    pid=record.parent_pid,
                    tid=record.parent_tid,
                    suspended=True,
                )
            case ProcessNamed() if record.pid in begun:
                begun[record.pid].name = record.name
            case ProcessGone() if record.pid in begun:
                claim = begun.pop(record.pid)
                claim.end_ns = record.at_ns
                if 0 < claim.wall_ns <= _LONGEST_NS:
                    yield claim
            case _:
                pass


def _covered(claim: Claim, told: Sequence[Claim]) -> bool:
    """Whether what was told of tools takes most of it."""
    covered_ns = at_ns = 0
    last = bisect_right(told, claim.end_ns, key=lambda other: other.start_ns)
    for other in told[:last]:
        start_ns = max(other.start_ns, claim.start_ns, at_ns)
        end_ns = min(other.end_ns, claim.end_ns)
        if end_ns > start_ns:
            covered_ns += end_ns - start_ns
            at_ns = end_ns
    return 2 * covered_ns >= claim.wall_ns
