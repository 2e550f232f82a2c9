"""How busy the stations were over time, counted as the engine counts: slots in use, to the ns."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from agentaudit.model.schedule import Schedule
from agentaudit.model.workload import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Bins:
    """Equal stretches of time, one after the other."""

    start_ns: int
    width_ns: int
    count: int


def bins_over(start_ns: int, end_ns: int, most: int) -> Bins:
    """At most so many bins that cover the time from start to end, each at least 1 ns wide."""
    width_ns = max(-(-(end_ns - start_ns) // most), 1)
    return Bins(
        start_ns=start_ns,
        width_ns=width_ns,
        count=max(-(-(end_ns - start_ns) // width_ns), 1),
    )


def busy_ns(schedule: Schedule, stage: Stage, *, slots: int, bins: Bins) -> tuple[int, ...]:
    """
    Slot-nanoseconds in use in each bin; their sum is what the engine counted, where bins cover all.

    A core is a slot; the GPU is one slot however many requests are batched on it.
    """
    busy = [0] * bins.count
    for from_ns, to_ns, jobs in _levels(schedule, stage):
        used = min(jobs, slots)
        first = (from_ns - bins.start_ns) // bins.width_ns
        last = (to_ns - 1 - bins.start_ns) // bins.width_ns
        for place in range(max(first, 0), min(last, bins.count - 1) + 1):
            left_ns = bins.start_ns + place * bins.width_ns
            within_ns = min(to_ns, left_ns + bins.width_ns) - max(from_ns, left_ns)
            busy[place] += used * within_ns
    return tuple(busy)


def _levels(schedule: Schedule, stage: Stage) -> Iterator[tuple[int, int, int]]:
    """Stretches in which anything was served: from, to, and how many threads."""
    changes: Counter[int] = Counter()
    for request in schedule.requests:
        for step in request.steps:
            if step.stage is stage:
                changes[step.began_ns] += step.threads
                changes[step.ended_ns] -= step.threads
    threads = 0
    instants: Sequence[int] = sorted(changes)
    for from_ns, to_ns in pairwise(instants):
        threads += changes[from_ns]
        if threads:
            yield from_ns, to_ns, threads
