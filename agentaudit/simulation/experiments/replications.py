"""
Replications: the same question asked of requests drawn anew.

The first is the workload as it was given. Of a workload file the others have seeds of their own. Of
a recording, which is one sample of what may come, they draw its requests anew: in blocks of
consecutive ones, with the times between them, so that bursts stay (moving blocks: Künsch, "The
jackknife and the bootstrap for general stationary observations", Annals of Statistics 17, 1989).
"""

from collections.abc import Iterator
from itertools import pairwise
from math import cbrt
from random import Random

from msgspec.structs import replace

from agentaudit.errors import UsageError
from agentaudit.model.workload import Workload, WorkRequest
from agentaudit.simulation.experiments.large_workloads import written_workload
from agentaudit.simulation.workloads.arrivals import TIMED, Arrivals
from agentaudit.simulation.workloads.resampling import drawn_sessions
from agentaudit.simulation.workloads.shaping import shaped
from agentaudit.simulation.workloads.synthetic import WorkloadShape

MOST_REPLICATIONS = 1000
_DEFAULT = 10
_FEW = 10
"""Recorded requests below which intervals are those of a handful, repeated."""
_LONG_RUN = 5_000
"""Requests from which one run is long enough to be cut into batches, P99 included."""


def replication_count(asked: int | None, requests: int, *, halves: bool = False) -> int:
    """
    As many as asked, else 10, and 1 of runs that are long enough by themselves.

    Where one half is to judge what was found on the other, 20, and 10 of long runs.
    """
    if asked is None:
        long = requests >= _LONG_RUN
        return (1 if long else _DEFAULT) if not halves else (_DEFAULT if long else 2 * _DEFAULT)
    if not 1 <= asked <= MOST_REPLICATIONS:
        raise UsageError(f"--replications is from 1 to {MOST_REPLICATIONS}, not {asked}")
    return asked


def written_replications(shape: WorkloadShape, *, source: str, count: int) -> tuple[Workload, ...]:
    """Of a workload file: its seed, and those that follow."""
    return tuple(
        written_workload(replace(shape, seed=shape.seed + number), source=source)
        for number in range(count)
    )


def recorded_replications(
    recorded: Workload, *, arrivals: Arrivals, requests: int | None, seed: int, count: int
) -> tuple[Workload, ...]:
    """Of a recording: its requests as they are, then drawn anew."""
    first = shaped(recorded, arrivals=arrivals, requests=requests, seed=seed)
    drawn = requests is not None and requests != len(recorded.requests)
    if count == 1:
        return (first,)
    others = (
        shaped(
            recorded if drawn else redrawn(recorded, seed + number),
            arrivals=arrivals,
            requests=requests,
            seed=seed + number,
        )
        for number in range(1, count)
    )
    note = _note(recorded, arrivals, drawn=drawn)
    return (replace(first, assumptions=(*first.assumptions, *note)), *others)


def redrawn(workload: Workload, seed: int) -> Workload:
    """
    As many of its requests, drawn in blocks of consecutive ones with the times before them.

    Where users ask in turn, a block is a session.
    """
    requests = workload.requests
    count, length = len(requests), block_length(len(requests))
    draw = Random(f"{seed} blocks")  # noqa: S311 - a simulation repeats, it keeps no secret
    if workload.users:
        return replace(workload, requests=drawn_sessions(requests, count, draw))
    gaps = [later.arrival_ns - sooner.arrival_ns for sooner, later in pairwise(requests)]
    gaps.insert(0, round(sum(gaps) / len(gaps)) if gaps else 0)
    places: list[int] = []
    while len(places) < count:
        start = int(draw.random() * (count - length + 1))
        places.extend(range(start, start + length))
    chosen: list[WorkRequest] = []
    at_ns = 0
    for number, place in enumerate(places[:count]):
        at_ns += gaps[place] if number else 0
        chosen.append(requests[place].changed(request_id=number, arrival_ns=at_ns))
    return replace(workload, requests=tuple(chosen))


def block_length(count: int) -> int:
    """The cube root of the number of requests, which suits the error of a mean (Künsch)."""
    return max(round(cbrt(count)), 1)


def _note(recorded: Workload, arrivals: Arrivals, *, drawn: bool) -> Iterator[str]:
    count = len(recorded.requests)
    if count < _FEW:
        requests = "1 request, which is" if count == 1 else f"{count} requests, which are"
        yield (
            f"The recording holds {requests} drawn again and again: intervals know nothing of how"
            " others would differ, and are too narrow."
        )
    if not drawn and count > 1:
        blocks = "whole sessions" if recorded.users else f"blocks of {block_length(count)} in a row"
        times = ", with the times between them" if arrivals.kind in TIMED else ""
        yield (
            "The first replication has the recorded requests as they came; the others draw"
            f" {blocks}{times}."
        )
