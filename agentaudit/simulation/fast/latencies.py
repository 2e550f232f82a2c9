"""Latencies of a run of columns, by type, without a record for each request."""

import numpy as np

from agentaudit.model.results import Percentiles, TypeLatency
from agentaudit.simulation.fast.columns import Ints, RunColumns, WorkColumns


def type_latencies(run: RunColumns, work: WorkColumns) -> tuple[TypeLatency, ...]:
    """What `metrics.policy_result` says of latencies: `all` first, then types by their names."""
    parts = [_type_latency("all", run.arrival_ns, run.start_ns, run.finish_ns)]
    for code, name in sorted(enumerate(work.types), key=lambda item: item[1]):
        of_type = work.type == code
        if of_type.any():
            instants = (run.arrival_ns[of_type], run.start_ns[of_type], run.finish_ns[of_type])
            parts.append(_type_latency(name, *instants))
    return tuple(parts)


def percentile_ns(values_ns: Ints, part: int) -> int:
    """The smallest value that at least `part` of a hundred do not exceed, found without sorting."""
    place = max(-(-part * len(values_ns) // 100), 1) - 1
    return int(np.partition(values_ns, place)[place])


def _type_latency(name: str, arrival_ns: Ints, start_ns: Ints, finish_ns: Ints) -> TypeLatency:
    return TypeLatency(
        type=name,
        requests=len(arrival_ns),
        latency=_percentiles(finish_ns - arrival_ns),
        waiting=_percentiles(start_ns - arrival_ns),
        service=_percentiles(finish_ns - start_ns),
    )


def _percentiles(values_ns: Ints) -> Percentiles:
    values_ns.sort()
    count = len(values_ns)
    p50, p90, p99 = (int(values_ns[max(-(-part * count // 100), 1) - 1]) for part in (50, 90, 99))
    # In two parts, because the sum may need more than 64 bits.
    total = (int((values_ns >> 30).sum()) << 30) + int((values_ns & ((1 << 30) - 1)).sum())
    return Percentiles(p50_ns=p50, p90_ns=p90, p99_ns=p99, mean_ns=round(total / count))
