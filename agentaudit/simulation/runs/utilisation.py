"""How busy the stations were over time, counted as the engine counts: slots in use, to the ns."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from msgspec import Struct

from agentaudit.model.schedule import Schedule
from agentaudit.model.workload import Machine, Stage


class Bins(Struct, frozen=True, kw_only=True):
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


def cpu_busy_ns(schedule: Schedule, machine: Machine, bins: Bins) -> tuple[int, ...]:
    """
    Core-nanoseconds in use in each bin; their sum is the engine's count where the bins cover all.

    Beside threads of other programs it is so to a nanosecond a core for every change.
    """
    return _busy_ns(schedule, Stage.CPU, (machine.cores, machine.background), bins)


def gpu_busy_ns(schedule: Schedule, bins: Bins) -> tuple[int, ...]:
    """Nanoseconds in each bin with at least one request on the GPU."""
    return _busy_ns(schedule, Stage.GPU, (1, 0), bins)


def _busy_ns(
    schedule: Schedule, stage: Stage, slots_and_others: tuple[int, float], bins: Bins
) -> tuple[int, ...]:
    busy = [0] * bins.count
    slots, others = slots_and_others
    for from_ns, to_ns, threads in _levels(schedule, stage):
        everybody = threads + others
        used = threads * min(slots, everybody)
        first = (from_ns - bins.start_ns) // bins.width_ns
        last = (to_ns - 1 - bins.start_ns) // bins.width_ns
        for place in range(max(first, 0), min(last, bins.count - 1) + 1):
            left_ns = bins.start_ns + place * bins.width_ns
            within_ns = min(to_ns, left_ns + bins.width_ns) - max(from_ns, left_ns)
            busy[place] += int(used * within_ns // everybody)
    return tuple(busy)


def _levels(schedule: Schedule, stage: Stage) -> Iterator[tuple[int, int, int]]:
    """
    Stretches in which anything was served: from, to, and how many threads.

    Threads of one interpreter are one thread to the cores.
    """
    changes: Counter[int] = Counter()
    interpreting: Counter[int] = Counter()
    for request in schedule.requests:
        for step in request.steps:
            if step.stage is stage:
                kept = interpreting if step.interpreted else changes
                kept[step.began_ns] += step.threads
                kept[step.ended_ns] -= step.threads
    threads = waiting = 0
    for from_ns, to_ns in pairwise(sorted(changes.keys() | interpreting.keys())):
        threads += changes[from_ns]
        waiting += interpreting[from_ns]
        if threads or waiting:
            yield from_ns, to_ns, threads + min(waiting, 1)
