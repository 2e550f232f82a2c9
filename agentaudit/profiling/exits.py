"""What threads used between their last reading and their end, known from their process alone."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from agentaudit.model.columns import Columns, Thread
from agentaudit.model.recording import Few, ThreadGone
from agentaudit.profiling.pieces import Piece
from agentaudit.profiling.selection import records_of
from agentaudit.profiling.sharing import split


def place_exits(
    lanes: Mapping[Thread, Sequence[Piece]], records: Sequence[Few], columns: Columns
) -> None:
    """
    What a process used beyond its threads goes to those that ended just then.

    It is known at the first reading of processes after the end; what is left over then was used by
    threads that nobody can read any more.
    """
    instants = sorted(set(columns.spendings.at_ns))
    ended: dict[int, dict[int, list[Thread]]] = defaultdict(lambda: defaultdict(list))
    for gone in records_of(records, ThreadGone):
        at = bisect_left(instants, gone.at_ns)
        if at < len(instants):
            ended[gone.pid][instants[at]].append((gone.pid, gone.tid))
    for pid, threads_at in ended.items():
        until_ns = sorted(threads_at)
        carried_ns = 0
        for at_ns, used_ns in zip(until_ns, _beyond_threads(columns, pid, until_ns), strict=True):
            carried_ns += used_ns
            left_ns = max(carried_ns, 0)
            _share_evenly(left_ns, [lanes[of] for of in threads_at[at_ns] if lanes.get(of)])
            carried_ns -= left_ns


def _beyond_threads(columns: Columns, pid: int, until_ns: Sequence[int]) -> Sequence[int]:
    """What the process used and its threads did not, up to each of the instants in turn."""
    used = [0] * (len(until_ns) + 1)
    spendings = columns.spendings
    of_process = (
        (at_ns, cpu_ns)
        for of, at_ns, cpu_ns in zip(spendings.pid, spendings.at_ns, spendings.cpu_ns, strict=True)
        if of == pid
    )
    _add(used, until_ns, of_process, sign=1)
    for (of, _), readings in columns.readings.items():
        if of == pid:
            _add(used, until_ns, zip(readings.at_ns, readings.cpu_ns, strict=True), sign=-1)
    return used[:-1]


def _add(
    used: list[int], until_ns: Sequence[int], times: Iterable[tuple[int, int]], *, sign: int
) -> None:
    for at_ns, cpu_ns in times:
        used[bisect_left(until_ns, at_ns)] += sign * cpu_ns


def _share_evenly(cpu_ns: int, lanes: Sequence[Sequence[Piece]]) -> None:
    """Time onto the last pieces of lanes."""
    for pieces, part_ns in zip(lanes, split(cpu_ns, [1.0] * len(lanes)), strict=True):
        pieces[-1].cpu_ns += part_ns
