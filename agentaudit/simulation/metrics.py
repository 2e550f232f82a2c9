"""What a run amounts to: latencies by type, throughput, utilisation, and signs of overload."""

from collections.abc import Sequence
from statistics import fmean

from agentaudit.model.results import Percentiles, PolicyResult, RequestRecord, TypeLatency
from agentaudit.model.workload import Machine, Stage, Workload
from agentaudit.simulation.engine import Run
from agentaudit.simulation.policy import Policy
from agentaudit.simulation.simulator import simulate
from agentaudit.simulation.speed import largest_speed

_QUANTILES = 200
_FEWEST_FOR_A_TREND = 20
_GROWTH = 1.5
"""What counts as growing while requests arrive."""


def result_of(workload: Workload, machine: Machine, policy: Policy) -> PolicyResult:
    """What one policy makes of the workload."""
    run = simulate(workload, machine, policy)
    return policy_result(run, workload=workload, machine=machine, policy=policy)


def policy_result(
    run: Run, *, workload: Workload, machine: Machine, policy: Policy
) -> PolicyResult:
    """The numbers of one policy. Utilisation is over the makespan, first arrival to last finish."""
    makespan_ns = max(run.makespan_ns, 1)
    latencies = sorted(record.latency_ns for record in run.records)
    return PolicyResult(
        policy=policy.name,
        parameters=policy.parameters,
        source=policy.source,
        by_type=_by_type(run.records),
        throughput_per_s=len(run.records) * 1e9 / makespan_ns,
        makespan_ns=run.makespan_ns,
        cpu_utilisation=run.cpu_busy_ns / (machine.cores * makespan_ns),
        gpu_utilisation=run.gpu_busy_ns / makespan_ns,
        running_peak=run.running_peak,
        overloaded=_overloaded(run.records, workload, machine),
        sample_latencies_ns=_quantiles(latencies),
    )


def percentile(ordered: Sequence[int], part: int, whole: int = 100) -> int:
    """The smallest of the ordered values that at least `part` of every `whole` do not exceed."""
    place = -(-part * len(ordered) // whole)
    return ordered[max(place, 1) - 1]


def offered_load(workload: Workload, machine: Machine) -> tuple[float, float]:
    """
    Work that arrives per nanosecond, as a share of what the CPU and the GPU can serve at best.

    Above 1 no policy can keep up. It is 0 of requests that all arrive at once, which are a batch,
    and of users in a closed loop, who wait for their answers.
    """
    arrivals = [request.arrival_ns for request in workload.requests]
    span_ns = max(arrivals) - min(arrivals)
    if not span_ns or workload.users:
        return (0.0, 0.0)
    rate = (len(arrivals) - 1) / span_ns
    cpu_ns = _mean_demand_ns(workload, Stage.CPU) + machine.dispatch_ns
    return (
        rate * cpu_ns / largest_speed(machine.cpu),
        rate * _mean_demand_ns(workload, Stage.GPU) / largest_speed(machine.gpu),
    )


def _mean_demand_ns(workload: Workload, stage: Stage) -> float:
    return fmean(
        sum(step.demand_ns for step in request.steps if step.stage is stage)
        for request in workload.requests
    )


def _by_type(records: Sequence[RequestRecord]) -> tuple[TypeLatency, ...]:
    types = sorted({record.type for record in records})
    return (
        _type_latency("all", records),
        *(
            _type_latency(name, [record for record in records if record.type == name])
            for name in types
        ),
    )


def _type_latency(name: str, records: Sequence[RequestRecord]) -> TypeLatency:
    return TypeLatency(
        type=name,
        requests=len(records),
        latency=_percentiles([record.latency_ns for record in records]),
        waiting=_percentiles([record.waiting_ns for record in records]),
        service=_percentiles([record.service_ns for record in records]),
    )


def _percentiles(values: list[int]) -> Percentiles:
    ordered = sorted(values)
    return Percentiles(
        p50_ns=percentile(ordered, 50),
        p90_ns=percentile(ordered, 90),
        p99_ns=percentile(ordered, 99),
        mean_ns=round(sum(ordered) / len(ordered)),
    )


def _quantiles(ordered: Sequence[int]) -> tuple[int, ...]:
    if len(ordered) <= _QUANTILES:
        return tuple(ordered)
    return tuple(percentile(ordered, part, _QUANTILES) for part in range(1, _QUANTILES + 1))


def _overloaded(records: Sequence[RequestRecord], workload: Workload, machine: Machine) -> bool:
    """
    Whether requests come faster than they can be served.

    Either a station is offered more than it can do, or requests pile up as long as they come: those
    of the last quarter take half as long again as those of the second, and half as many again are
    in the system at the last arrival as at the middle one.
    """
    if max(offered_load(workload, machine)) > 1:
        return True
    count = len(records)
    at_once = records[0].arrival_ns == records[-1].arrival_ns
    if at_once or workload.users or count < _FEWEST_FOR_A_TREND:
        return False
    second = fmean(record.latency_ns for record in records[count // 4 : count // 2])
    last = fmean(record.latency_ns for record in records[-(count // 4) :])
    middle_backlog, last_backlog = (_in_system(records, place) for place in (count // 2, count - 1))
    return last > _GROWTH * second and last_backlog > _GROWTH * middle_backlog


def _in_system(records: Sequence[RequestRecord], place: int) -> int:
    """How many have arrived and not finished when the request at `place` arrives, itself too."""
    now_ns = records[place].arrival_ns
    return sum(record.finish_ns > now_ns for record in records[: place + 1])
