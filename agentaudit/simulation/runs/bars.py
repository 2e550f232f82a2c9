"""Requests as bars: what each does from its arrival to its finish, in few enough pieces."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec.structs import replace

from agentaudit.model.schedule import ScheduledRequest
from agentaudit.model.views import Bar, Doing, Stretch
from agentaudit.model.workload import Stage

MOST_STRETCHES = 60
"""Of one bar: more cannot be told apart."""
_DOING = {Stage.CPU: Doing.CPU, Stage.GPU: Doing.GPU, Stage.WAIT: Doing.WAIT}


def bars_of(requests: Sequence[ScheduledRequest], start_ns: int) -> tuple[Bar, ...]:
    """The bars of requests, with times since `start_ns`."""
    return tuple(
        Bar(
            request_id=request.record.request_id,
            type=request.record.type,
            arrival_ns=request.record.arrival_ns - start_ns,
            stretches=_fewer(
                request.record.arrival_ns - start_ns, list(_stretches(request, start_ns))
            ),
        )
        for request in requests
    )


def _stretches(request: ScheduledRequest, start_ns: int) -> Iterator[Stretch]:
    yield Stretch(doing=Doing.ADMISSION, end_ns=request.record.start_ns - start_ns)
    for step in request.steps:
        yield Stretch(doing=Doing.QUEUE, end_ns=step.began_ns - start_ns)
        yield Stretch(doing=_DOING[step.stage], end_ns=step.ended_ns - start_ns)


def _fewer(arrival_ns: int, stretches: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """
    Without those of no length, and equal neighbours joined.

    Where they are still too many, the shortest go into the one before, or the first into the next.
    """
    joined = _joined(arrival_ns, stretches)
    edges = [arrival_ns, *(stretch.end_ns for stretch in joined)]
    lengths = [to_ns - from_ns for from_ns, to_ns in pairwise(edges)]
    longest = sorted(range(len(joined)), key=lambda at: (-lengths[at], at))[:MOST_STRETCHES]
    kept = [joined[at] for at in sorted(longest)]
    ends = [joined[after - 1].end_ns for after in sorted(longest)[1:]] + [
        stretch.end_ns for stretch in joined[-1:]
    ]
    whole = [replace(stretch, end_ns=end_ns) for stretch, end_ns in zip(kept, ends, strict=True)]
    return tuple(_joined(arrival_ns, whole))


def _joined(arrival_ns: int, stretches: Sequence[Stretch]) -> list[Stretch]:
    found: list[Stretch] = []
    reached_ns = arrival_ns
    for stretch in stretches:
        if stretch.end_ns == reached_ns:
            continue
        if found and found[-1].doing is stretch.doing:
            found.pop()
        found.append(stretch)
        reached_ns = stretch.end_ns
    return found
