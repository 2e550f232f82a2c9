"""What comes in against what can be served: rates, the offered load, and the same once more."""

from statistics import fmean

from msgspec.structs import replace

from agentaudit.model.workload import Machine, Stage, Workload
from agentaudit.simulation.fast.requests import columns_of, span_ns
from agentaudit.simulation.fast.totals import stage_ns
from agentaudit.simulation.policies.catalogue import all_at_once
from agentaudit.simulation.stations.speed import largest_speed


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
    if workload.users or all_at_once(workload):
        return 0.0
    return (len(workload.requests) - 1) * 1e9 / span_ns(workload)


def _mean_demand_ns(workload: Workload, stage: Stage) -> float:
    columns = columns_of(workload)
    if columns is not None:
        return float(stage_ns(columns, stage)) / len(columns)
    return fmean(
        sum(step.demand_ns for step in request.steps if step.stage is stage)
        for request in workload.requests
    )


def repeated(workload: Workload) -> Workload:
    """
    The same requests, and once more behind them at the same distances.

    What piles up goes on to; after a burst at the end requests are soon as fast as before.
    """
    requests = workload.requests
    whole_ns = span_ns(workload)
    later_ns = whole_ns + whole_ns // (len(requests) - 1)
    beyond = max(request.request_id for request in requests) + 1
    again = (
        one.changed(request_id=one.request_id + beyond, arrival_ns=one.arrival_ns + later_ns)
        for one in requests
    )
    return replace(workload, requests=(*requests, *again))
