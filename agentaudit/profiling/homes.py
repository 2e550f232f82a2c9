"""On which thread a request is, and whether several share one."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

from agentaudit.model.columns import Thread
from agentaudit.profiling.evidence import Claim, Story


def homes_of(
    stories: Sequence[Story], claims: Sequence[Claim], loops: Collection[Thread]
) -> Mapping[Thread, list[Story]]:
    """
    Where a request is when it does nothing in particular.

    On the thread that serves it; else on the loop that most of its work waits in, or on any.
    """
    waiting: dict[int, Counter[Thread]] = defaultdict(Counter)
    for claim in claims:
        if claim.story is not None and (claim.pid, claim.tid) in loops:
            waiting[id(claim.story)][claim.pid, claim.tid] += claim.wall_ns
    first_loop = {pid: (pid, tid) for pid, tid in sorted(loops, reverse=True)}
    homes: dict[Thread, list[Story]] = defaultdict(list)
    for story in stories:
        around = waiting[id(story)].most_common(1)
        if story.thread:
            homes[story.pid, story.thread].append(story)
        elif around:
            homes[around[0][0]].append(story)
        elif story.pid in first_loop:
            homes[first_loop[story.pid]].append(story)
    return homes


def cross(claims: Sequence[Claim]) -> bool:
    """Whether claims of several requests go on at once: no stack can hold both."""
    latest: Claim | None = None
    for claim in claims:
        if latest is not None and claim.start_ns < latest.end_ns and claim.story != latest.story:
            return True
        if latest is None or claim.end_ns > latest.end_ns:
            latest = claim
    return False
