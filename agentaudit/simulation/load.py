"""What comes in against what can be served: the offered load, and signs of overload in a run."""

from collections.abc import Sequence
from statistics import fmean

from agentaudit.model.results import RequestRecord
from agentaudit.model.workload import Machine, Stage, Workload
from agentaudit.simulation.speed import largest_speed

_FEWEST_FOR_A_TREND = 20
_GROWTH = 1.5
"""What counts as growing while requests arrive."""


def offered_load(workload: Workload, machine: Machine) -> tuple[float, float]:
    """
    Work that arrives per nanosecond, as a share of what the CPU and the GPU can serve at best.

    Above 1 no policy can keep up. It is 0 of requests that all arrive at once, which are a batch,
    and of users in a closed loop, who wait for their answers.
    """
    rate = arrival_rate_per_s(workload) / 1e9
    if not rate:
        return (0.0, 0.0)
    cpu_ns = _mean_demand_ns(workload, Stage.CPU) + machine.dispatch_ns
    return (
        rate * cpu_ns / largest_speed(machine.cpu),
        rate
        * _mean_demand_ns(workload, Stage.GPU)
        / largest_speed(machine.gpu, machine.most_calls),
    )


def arrival_rate_per_s(workload: Workload) -> float:
    """Requests per second; 0 of a batch, and of users who wait for their answers."""
    arrivals = [request.arrival_ns for request in workload.requests]
    span_ns = max(arrivals) - min(arrivals)
    return (len(arrivals) - 1) * 1e9 / span_ns if span_ns and not workload.users else 0.0


def _mean_demand_ns(workload: Workload, stage: Stage) -> float:
    return fmean(
        sum(step.demand_ns for step in request.steps if step.stage is stage)
        for request in workload.requests
    )


def overloaded(records: Sequence[RequestRecord], workload: Workload, machine: Machine) -> bool:
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
