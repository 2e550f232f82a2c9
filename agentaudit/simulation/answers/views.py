"""
What charts show of a simulation, computed within bounds.

Numbers of policies are of all requests; these are of the first so many, which is enough to look at.
A policy sees no future, so until the next would have arrived the first requests fare as they did.
"""

from collections.abc import Sequence
from itertools import accumulate

from msgspec.structs import replace

from agentaudit.model.results import Simulation
from agentaudit.model.schedule import Schedule
from agentaudit.model.views import BarsOfPolicy, BusyCurve, LoadCurve, LoadPoint, LoadView, Views
from agentaudit.model.workload import Machine, Workload
from agentaudit.simulation.answers.ranking import Ranking
from agentaudit.simulation.experiments.load import offered_load
from agentaudit.simulation.experiments.metrics import result_of
from agentaudit.simulation.fast.requests import columns_of, first_requests
from agentaudit.simulation.policy import Policy
from agentaudit.simulation.runs.bars import bars_of
from agentaudit.simulation.runs.schedule import schedule_of
from agentaudit.simulation.runs.utilisation import bins_over, cpu_busy_ns, gpu_busy_ns

MOST_STEPS = 20_000
"""Of the requests that are looked at over time."""
MOST_STEPS_AT_A_RATE = 5_000
MOST_BINS = 96
MOST_BARS = 24
_RATES = 8
_FEWEST_FOR_A_RATE = 20
_LOW, _HIGH = 0.4, 1.2
"""Where curves begin and end, in load of the busier station, unless the own rate is far from it."""


def with_views(simulation: Simulation, ranking: Ranking) -> Simulation:
    """The artifact with what its charts show of the first replication."""
    workload, machine = ranking.experiment.first, ranking.experiment.machine
    shown = _first(workload, MOST_STEPS)
    ranked = [outcome.policy for outcome in ranking.outcomes]
    schedules = [schedule_of(shown, machine, policy) for policy in ranked]
    start_ns = schedules[0].start_ns
    pair = _pair(schedules, simulation.baseline)
    first = _most_different(pair)
    return replace(
        simulation,
        views=Views(
            requests=len(shown.requests),
            busy=tuple(_busy(schedule, machine) for schedule in schedules),
            first_bar=first,
            bars=tuple(
                BarsOfPolicy(
                    policy=schedule.policy,
                    bars=bars_of(schedule.requests[first : first + MOST_BARS], start_ns),
                )
                for schedule in pair
            ),
            load=_load(_first(workload, MOST_STEPS_AT_A_RATE), machine, ranked),
        ),
    )


def _first(workload: Workload, most_steps: int) -> Workload:
    """The first requests by arrival that have at most so many steps together, and at least one."""
    columns = columns_of(workload)
    if columns is None:
        requests = sorted(workload.requests, key=lambda item: (item.arrival_ns, item.request_id))
    else:
        requests = first_requests(columns, most_steps)
    steps = accumulate(max(len(request.steps), 1) for request in requests)
    count = sum(total <= most_steps for total in steps)
    return replace(workload, requests=tuple(requests[: max(count, 1)]))


def _busy(schedule: Schedule, machine: Machine) -> BusyCurve:
    bins = bins_over(schedule.start_ns, schedule.end_ns, MOST_BINS)
    return BusyCurve(
        policy=schedule.policy,
        bin_ns=bins.width_ns,
        end_ns=schedule.end_ns - schedule.start_ns,
        cpu_busy_ns=cpu_busy_ns(schedule, machine, bins),
        gpu_busy_ns=gpu_busy_ns(schedule, bins),
    )


def _pair(schedules: Sequence[Schedule], baseline: str) -> Sequence[Schedule]:
    """The baseline and the best; the next best where the baseline is that itself."""
    base = next(schedule for schedule in schedules if schedule.policy == baseline)
    return [base, *[schedule for schedule in schedules if schedule is not base][:1]]


def _most_different(pair: Sequence[Schedule]) -> int:
    """
    Where to begin to draw requests: where their latencies differ most between the two policies.

    The first where all arrive at once, or nothing differs anywhere.
    """
    latencies = [
        {request.record.request_id: request.record.latency_ns for request in schedule.requests}
        for schedule in pair
    ]
    ids = [request.record.request_id for request in pair[0].requests]
    same_order = all([r.record.request_id for r in other.requests] == ids for other in pair)
    arrivals = {request.record.arrival_ns for request in pair[0].requests}
    if len(pair) == 1 or len(arrivals) == 1 or not same_order:
        return 0
    gaps = [abs(latencies[0][identity] - latencies[1][identity]) for identity in ids]
    sums = list(accumulate(gaps, initial=0))
    starts = range(max(len(ids) - MOST_BARS, 0) + 1)
    return max(
        starts, key=lambda first: (sums[min(first + MOST_BARS, len(ids))] - sums[first], -first)
    )


def _load(workload: Workload, machine: Machine, policies: Sequence[Policy]) -> LoadView | None:
    load = max(offered_load(workload, machine))
    if not load or len(workload.requests) < _FEWEST_FOR_A_RATE:
        return None
    arrivals = [request.arrival_ns for request in workload.requests]
    own_rate = (len(arrivals) - 1) * 1e9 / (arrivals[-1] - arrivals[0])
    return LoadView(
        requests=len(arrivals),
        own_rate_per_s=own_rate,
        largest_rate_per_s=own_rate / load,
        curves=tuple(
            LoadCurve(
                policy=policy.name,
                points=tuple(
                    _point(_at(workload, factor), machine, policy, own_rate * factor)
                    for factor in _factors(load)
                ),
            )
            for policy in policies
        ),
    )


def _factors(load: float) -> Sequence[float]:
    """By how much arrivals are sped up: evenly from low load to saturation, with 1 among them."""
    low = min(_LOW / load, 0.5)
    high = min(max(_HIGH / load, 1.25), 4.0)
    return sorted({1.0, *(low + (high - low) * step / (_RATES - 1) for step in range(_RATES))})


def _at(workload: Workload, factor: float) -> Workload:
    first_ns = workload.requests[0].arrival_ns
    return replace(
        workload,
        requests=tuple(
            request.changed(arrival_ns=round((request.arrival_ns - first_ns) / factor))
            for request in workload.requests
        ),
    )


def _point(workload: Workload, machine: Machine, policy: Policy, rate_per_s: float) -> LoadPoint:
    result = result_of(workload, machine, policy)
    latency = result.overall.latency
    return LoadPoint(
        rate_per_s=rate_per_s,
        p50_ns=latency.p50_ns,
        p90_ns=latency.p90_ns,
        overloaded=result.overloaded,
    )
