"""What the requests of columns need on the whole, in exact integers."""

from collections.abc import Mapping
from math import fsum

import numpy as np
from numpy.typing import NDArray

from agentaudit.model.workload import Heavy, Stage
from agentaudit.simulation.fast.columns import HEAVIES, Ints, WorkColumns
from agentaudit.simulation.workloads.needs import Needs

_LOW = (1 << 32) - 1


def total(values: Ints) -> int:
    """The sum of values, which may need more than 64 bits."""
    return (int((values >> 32).sum()) << 32) + int((values & _LOW).sum())


def column_needs(columns: WorkColumns) -> Needs:
    """As `needs.needs_of` has them of requests that are objects."""
    on = {stage: _on(columns, stage) for stage in Stage}
    of_cpu_heavy = np.repeat(columns.heavy == HEAVIES.index(Heavy.CPU), np.diff(columns.begin))
    calls = on[Stage.GPU] & (columns.demand_ns > 0)
    return Needs(
        requests=len(columns),
        cpu_heavy=int(np.sum(columns.heavy == HEAVIES.index(Heavy.CPU))),
        span_ns=span_ns(columns),
        stage_ns={stage: total(columns.demand_ns[on[stage]]) for stage in Stage},
        cpu_heavy_ns={stage: total(columns.demand_ns[on[stage] & of_cpu_heavy]) for stage in Stage},
        pause_ns=_usual_pause_ns(columns, on[Stage.GPU]),
        calls=int(calls.sum()),
        calls_ns=total(columns.demand_ns[calls]),
        type_ns=_type_ns(columns),
    )


def stage_ns(columns: WorkColumns, stage: Stage) -> int:
    """What all requests ask of one stage."""
    return total(columns.demand_ns[_on(columns, stage)])


def mean_alone_ns(columns: WorkColumns) -> float:
    """What a request takes alone, on average."""
    return fsum(each_alone_ns(columns)) / len(columns)


def each_alone_ns(columns: WorkColumns) -> NDArray[np.float64]:
    """What each request takes alone, each step spread over its threads."""
    threads = np.array([kind.threads for kind in columns.kinds])
    alone_ns = columns.demand_ns / threads[columns.kind]
    lengths = np.diff(columns.begin)
    # Step by step, as whoever adds them up one after the other.
    each_ns = np.zeros(len(columns))
    for place in range(int(lengths.max(initial=0))):
        longer = lengths > place
        each_ns[longer] += alone_ns[columns.begin[:-1][longer] + place]
    return each_ns


def span_ns(columns: WorkColumns) -> int:
    """From the first arrival to the last."""
    if not len(columns):
        return 0
    return int(columns.arrival_ns.max()) - int(columns.arrival_ns.min())


def _on(columns: WorkColumns, stage: Stage) -> NDArray[np.bool_]:
    """Which steps are of a stage."""
    found: NDArray[np.bool_] = np.array([kind.stage is stage for kind in columns.kinds], dtype=bool)
    return found[columns.kind]


def _usual_pause_ns(columns: WorkColumns, calls: NDArray[np.bool_]) -> int:
    threads = np.array([kind.threads for kind in columns.kinds], dtype=np.int64)
    alone_ns = np.where(calls, 0, columns.demand_ns // threads[columns.kind])
    before_ns = np.cumsum(alone_ns)[calls]
    requests = np.repeat(np.arange(len(columns), dtype=np.int32), np.diff(columns.begin))[calls]
    pauses_ns = np.diff(before_ns)[np.diff(requests) == 0]
    if not len(pauses_ns):
        return 0
    place = 9 * (len(pauses_ns) - 1) // 10
    return int(np.partition(pauses_ns, place)[place])


def _type_ns(columns: WorkColumns) -> Mapping[str, tuple[int, int]]:
    of_step = np.repeat(columns.type, np.diff(columns.begin))
    counts = np.bincount(columns.type, minlength=len(columns.types)).tolist()
    return {
        name: (counts[place], total(columns.demand_ns[of_step == place]))
        for place, name in enumerate(columns.types)
        if counts[place]
    }
