"""What the runs of a policy amount to: latencies by type, rates, utilisation, queues, expenses."""

from collections.abc import Sequence
from statistics import fmean

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.model.measures import Difference, Intervals, Measure, Percentiles
from agentaudit.model.results import (
    ALL,
    Energy,
    ObjectiveResult,
    PolicyResult,
    QueueLengths,
    TypeLatency,
)
from agentaudit.model.workload import Machine, Workload
from agentaudit.simulation.experiments.experiment import (
    Experiment,
    Outcome,
    difference,
    estimate,
    outcome_of,
)
from agentaudit.simulation.objectives import Objective, limits_ns, met
from agentaudit.simulation.policy import Policy
from agentaudit.simulation.runs.expenses import cost_per_1000, energy_of
from agentaudit.simulation.runs.observations import Kind, pooled_quantiles
from agentaudit.simulation.statistics import above_zero, rank

_QUANTILES = 200
_COMPARED = (Measure.P50, Measure.P90, Measure.P95, Measure.P99, Measure.MEAN)


class Terms(Struct, frozen=True, kw_only=True):
    """How outcomes are judged: what is left out, what was promised, and what an hour costs."""

    after: int = 0
    objectives: tuple[Objective, ...] = ()
    price_per_hour: float | None = None
    intervals: bool = True
    """Whether to say how sure each percentile is; a sweep has its seeds to tell."""


def result_of(workload: Workload, machine: Machine, policy: Policy) -> PolicyResult:
    """What one policy makes of the workload, from its first request to its last."""
    experiment = Experiment(workloads=(workload,), machine=machine)
    return policy_result(outcome_of(experiment, policy), Terms(intervals=False))


def policy_result(outcome: Outcome, terms: Terms, base: Outcome | None = None) -> PolicyResult:
    """
    The numbers of one policy, compared with those of the baseline where one is given.

    Latencies and queues leave out the warm-up. Throughput, utilisation, energy and cost are those
    of whole runs, first arrival to last finish.
    """
    runs, policy, after = outcome.runs, outcome.policy, terms.after
    spans = [max(run.makespan_ns, 1) for run in runs]
    cores = outcome.machine.cores
    return PolicyResult(
        policy=policy.name,
        parameters=policy.parameters,
        source=policy.source,
        by_type=_by_type(outcome, terms),
        throughput_per_s=fmean(
            run.requests * 1e9 / span for run, span in zip(runs, spans, strict=True)
        ),
        makespan_ns=round(fmean(run.makespan_ns for run in runs)),
        cpu_utilisation=fmean(
            run.cpu_busy_ns / (cores * span) for run, span in zip(runs, spans, strict=True)
        )
        if outcome.cpu_known
        else None,
        gpu_utilisation=fmean(
            run.gpu_busy_ns / span for run, span in zip(runs, spans, strict=True)
        ),
        running_peak=max(run.running_peak for run in runs),
        overloaded=outcome.overloaded,
        sample_latencies_ns=pooled_quantiles(runs, _QUANTILES, after=after),
        differences=() if base is None else _differences(outcome, base, after),
        queue=_queue(outcome, after),
        objectives=tuple(_objective(outcome, one, after) for one in terms.objectives),
        goodput_per_s=goodput_per_s(outcome, terms) if terms.objectives else None,
        energy=_energy(outcome),
        cost_per_1000=_mean_known([cost_per_1000(run, terms.price_per_hour) for run in runs]),
    )


def percentile(ordered: Sequence[int], part: int, whole: int = 100) -> int:
    """The smallest of the ordered values that at least `part` of every `whole` do not exceed."""
    return ordered[rank(len(ordered), part, whole)]


def goodput_per_s(outcome: Outcome, terms: Terms) -> float:
    """Requests per second that end within the times of all objectives, the mean over runs."""
    return fmean(goodputs(outcome, terms))


def goodputs(outcome: Outcome, terms: Terms) -> tuple[float, ...]:
    """
    The same of each run.

    What is counted leaves out the warm-up, and is taken as the share of all requests.
    """
    limits, after = limits_ns(terms.objectives), terms.after
    return tuple(
        run.within(limits, after=after) / run.count(after=after) * run.requests * 1e9
        / max(run.makespan_ns, 1)
        for run in outcome.runs
    )  # fmt: skip


def _by_type(outcome: Outcome, terms: Terms) -> tuple[TypeLatency, ...]:
    after = terms.after
    types = sorted({name for run in outcome.runs for name in run.types})
    counts = {
        name: sum(run.count(type_=name, after=after) for run in outcome.runs)
        for name in (ALL, *types)
    }
    return tuple(
        TypeLatency(
            type=name,
            requests=count,
            latency=_told(outcome, Kind.LATENCY, name, terms),
            waiting=_told(outcome, Kind.WAITING, name, terms),
            service=_told(outcome, Kind.SERVICE, name, terms),
        )
        for name, count in counts.items()
        if count
    )


def _told(outcome: Outcome, kind: Kind, type_: str, terms: Terms) -> Percentiles:
    found = percentiles(outcome, kind, type_=type_, after=terms.after)
    return found if terms.intervals else replace(found, intervals=None)


def percentiles(
    outcome: Outcome, kind: Kind = Kind.LATENCY, *, type_: str = ALL, after: int = 0
) -> Percentiles:
    """All percentiles of one kind of time, with their intervals."""
    found = {
        measure: estimate(outcome, measure, kind, type_=type_, after=after) for measure in Measure
    }
    values = {measure: round(one.value) for measure, one in found.items()}
    intervals = {measure: above_zero(one.interval) for measure, one in found.items()}
    return Percentiles(
        p50_ns=values[Measure.P50],
        p90_ns=values[Measure.P90],
        p95_ns=values[Measure.P95],
        p99_ns=values[Measure.P99],
        mean_ns=values[Measure.MEAN],
        intervals=Intervals(
            p50=intervals[Measure.P50],
            p90=intervals[Measure.P90],
            p95=intervals[Measure.P95],
            p99=intervals[Measure.P99],
            mean=intervals[Measure.MEAN],
        ),
    )


def _differences(outcome: Outcome, base: Outcome, after: int) -> tuple[Difference, ...]:
    return tuple(difference(outcome, base, measure, after=after) for measure in _COMPARED)


def _queue(outcome: Outcome, after: int) -> QueueLengths:
    queues = [run.queue(after=after) for run in outcome.runs]
    return QueueLengths(
        waiting_mean=fmean(queue.waiting_mean for queue in queues),
        waiting_peak=max(queue.waiting_peak for queue in queues),
        in_service_mean=fmean(queue.in_service_mean for queue in queues),
        in_service_peak=max(queue.in_service_peak for queue in queues),
    )


def _objective(outcome: Outcome, objective: Objective, after: int) -> ObjectiveResult:
    found = estimate(outcome, objective.measure, type_=objective.type, after=after)
    return ObjectiveResult(
        objective=str(objective),
        value_ns=round(found.value),
        interval=above_zero(found.interval),
        met=met(objective, round(found.value), found.interval),
    )


def _energy(outcome: Outcome) -> Energy | None:
    found = [energy_of(run, outcome.machine) for run in outcome.runs]
    energies = [one for one in found if one is not None]
    if not energies:
        return None
    cpu_joules = _mean_known([one.cpu_joules for one in energies])
    return Energy(
        cpu_joules=cpu_joules if outcome.cpu_known else None,
        gpu_joules=_mean_known([one.gpu_joules for one in energies]),
    )


def _mean_known(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if len(known) == len(values) else None
