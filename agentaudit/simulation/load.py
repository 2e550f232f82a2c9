"""What comes in against what can be served: the offered load, and signs of overload in a run."""

from statistics import fmean

from msgspec.structs import replace

from agentaudit.model.workload import Machine, Stage, Workload
from agentaudit.simulation.fast.requests import columns_of
from agentaudit.simulation.fast.totals import span_ns, stage_ns
from agentaudit.simulation.observations import Observations
from agentaudit.simulation.policies.catalogue import all_at_once
from agentaudit.simulation.speed import largest_speed


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
    columns = columns_of(workload)
    if columns is None:
        arrivals = [request.arrival_ns for request in workload.requests]
        whole_ns = max(arrivals) - min(arrivals)
    else:
        whole_ns = span_ns(columns)
    count = len(workload.requests)
    return 0.0 if all_at_once(workload) or workload.users else (count - 1) * 1e9 / whole_ns


def _mean_demand_ns(workload: Workload, stage: Stage) -> float:
    columns = columns_of(workload)
    if columns is not None:
        return float(stage_ns(columns, stage)) / len(columns)
    return fmean(
        sum(step.demand_ns for step in request.steps if step.stage is stage)
        for request in workload.requests
    )


def overloaded(observed: Observations, workload: Workload, machine: Machine) -> bool:
    """
    Whether requests seem to come faster than they can be served.

    Either a station is offered more than it can do, or requests pile up as long as they come; the
    latter may be a burst at the end, which `repeated` tells.
    """
    if max(offered_load(workload, machine)) > 1:
        return True
    return not (workload.users or all_at_once(workload)) and observed.piles_up()


def repeated(workload: Workload) -> Workload:
    """
    The same requests, and once more behind them at the same distances.

    What piles up goes on to; after a burst at the end requests are soon as fast as before.
    """
    requests = workload.requests
    arrivals = [request.arrival_ns for request in requests]
    span_ns = max(arrivals) - min(arrivals)
    later_ns = span_ns + span_ns // (len(requests) - 1)
    beyond = max(request.request_id for request in requests) + 1
    again = (
        one.changed(request_id=one.request_id + beyond, arrival_ns=one.arrival_ns + later_ns)
        for one in requests
    )
    return replace(workload, requests=(*requests, *again))
