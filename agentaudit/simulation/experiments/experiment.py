"""
Experiments: the same requests, drawn anew a number of times, under policies and on machines.

Every policy and every change meets the same replications (common random numbers): what differs
between two outcomes is what was changed, and their differences are taken replication by
replication, or batch by batch of one long run.
"""

from collections.abc import Iterable, Sequence
from statistics import fmean

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.errors import AgentAuditError
from agentaudit.model.measures import Difference, Interval, Measure, Verdict
from agentaudit.model.results import ALL
from agentaudit.model.workload import Machine, Workload
from agentaudit.simulation.experiments.load import arrival_rate_per_s, offered_load, repeated
from agentaudit.simulation.fast.requests import columns_of, types_there
from agentaudit.simulation.policies.catalogue import all_at_once
from agentaudit.simulation.policy import Policy
from agentaudit.simulation.runs.observations import (
    TAILS,
    Kind,
    Observations,
    column_observations,
    mean_course,
    observations_of,
)
from agentaudit.simulation.runs.simulator import columns_on_kernel, simulate
from agentaudit.simulation.statistics import (
    MSER_BATCH,
    around,
    enough_for_batches,
    mean_interval,
    warm_up_batches,
)

EQUAL = 0.02
"""Numbers that differ by less are called equal: a simulation knows no better."""


class Experiment(Struct, frozen=True, kw_only=True):
    """The replications of a workload, the first as the user gave it, and the machine."""

    workloads: tuple[Workload, ...]
    machine: Machine

    @property
    def first(self) -> Workload:
        return self.workloads[0]

    def load(self) -> tuple[float, float]:
        """The offered load of CPU and GPU, the mean over replications."""
        loads = [offered_load(workload, self.machine) for workload in self.workloads]
        return fmean(cpu for cpu, _ in loads), fmean(gpu for _, gpu in loads)


class Outcome(Struct, frozen=True, kw_only=True):
    """One policy in an experiment: a run for each replication."""

    policy: Policy
    machine: Machine
    runs: tuple[Observations, ...]
    cpu_known: bool
    """Whether the CPU time of the requests was measured: what rests on it is unknown else."""

    @property
    def overloaded(self) -> bool:
        """Whether most of its runs are."""
        return 2 * sum(run.overloaded for run in self.runs) > len(self.runs)


class Estimate(Struct, frozen=True, kw_only=True):
    """A number of an outcome, and where the true one lies; None where runs are too short to say."""

    value: float
    interval: Interval | None


def types_of(workloads: Iterable[Workload]) -> tuple[str, ...]:
    """The types of request that come anywhere in them."""
    found: set[str] = set()
    for workload in workloads:
        columns = columns_of(workload)
        found.update(
            (one.type for one in workload.requests) if columns is None else types_there(columns)
        )
    return tuple(sorted(found))


def outcome_of(experiment: Experiment, policy: Policy) -> Outcome:
    """The runs of one policy."""
    runs = (_observed(workload, experiment.machine, policy) for workload in experiment.workloads)
    return Outcome(
        policy=policy,
        machine=experiment.machine,
        runs=tuple(runs),
        cpu_known=experiment.first.cpu_known,
    )


def _observed(workload: Workload, machine: Machine, policy: Policy) -> Observations:
    work = columns_of(workload)
    columns = None if work is None else columns_on_kernel(work, machine, policy)
    if work is not None and columns is not None:
        observed = column_observations(columns, work, overloaded=False)
    else:
        observed = observations_of(simulate(workload, machine, policy), overloaded=False)
    return replace(observed, overloaded=_overloaded(observed, workload, machine, policy))


def _overloaded(
    observed: Observations, workload: Workload, machine: Machine, policy: Policy
) -> bool:
    """
    Whether requests come faster than they can be served.

    Either a station is offered more than it can do, or requests pile up as long as they come; of
    requests that are objects it is made sure that this is no burst at the end.
    """
    if max(offered_load(workload, machine)) > 1:
        return True
    if not observed.piles_up() or not arrival_rate_per_s(workload):
        return False
    return columns_of(workload) is not None or _goes_on(workload, machine, policy)


def _goes_on(workload: Workload, machine: Machine, policy: Policy) -> bool:
    """Whether requests that pile up go on to where all come once more, as in the long run."""
    try:
        run = simulate(repeated(workload), machine, policy)
    except AgentAuditError:
        return True  # a policy of the user's that knows of so many requests and no more
    return observations_of(run, overloaded=False).slows()


def warm_up(experiment: Experiment, outcomes: Iterable[Outcome]) -> int:
    """
    How many requests to leave out at the beginning of every run, by MSER-5.

    One number for all policies, because the same requests are to be compared: the largest of those
    that keep up. None are left out of a batch, which has no steady state to reach.
    """
    if any(all_at_once(workload) for workload in experiment.workloads):
        return 0
    settling = (outcome for outcome in outcomes if not outcome.overloaded)
    cuts = (warm_up_batches(mean_course(outcome.runs)) for outcome in settling)
    return max(cuts, default=0) * MSER_BATCH


def estimate(
    outcome: Outcome,
    measure: Measure,
    kind: Kind = Kind.LATENCY,
    *,
    type_: str = ALL,
    after: int = 0,
) -> Estimate:
    """A latency in nanoseconds: over replications their mean, of one run its own."""
    found = (run.measured(measure, kind, type_=type_, after=after) for run in outcome.runs)
    values = [value for value in found if value is not None]
    if len(outcome.runs) > 1:
        return Estimate(value=fmean(values), interval=mean_interval(values))
    interval = None
    if batched(outcome, measure, type_=type_, after=after):
        batches = outcome.runs[0].batches(measure, kind, type_=type_, after=after)
        interval = around(values[0], batches)
    return Estimate(value=values[0], interval=interval)


def batched(outcome: Outcome, measure: Measure, *, type_: str = ALL, after: int = 0) -> bool:
    """Whether one run is long enough for batch means of this measure."""
    count = outcome.runs[0].count(type_=type_, after=after)
    at_once = outcome.runs[0].arrives_at_once
    return not at_once and enough_for_batches(count, TAILS.get(measure, 50))


def difference(
    now: Outcome, base: Outcome, measure: Measure, *, type_: str = ALL, after: int = 0
) -> Difference:
    """A latency against that of another outcome on the same requests."""
    if now.overloaded or base.overloaded:
        return saturated(measure)
    if len(now.runs) == 1:
        whole = [estimate(one, measure, type_=type_, after=after).value for one in (now, base)]
        pairs: list[tuple[float, float]] = []
        if batched(now, measure, type_=type_, after=after):
            batches = (
                one.runs[0].batches(measure, type_=type_, after=after) for one in (now, base)
            )
            pairs = list(zip(*batches, strict=True))
        return paired(measure, pairs, now=whole[0], base=whole[1])
    found = (
        [run.measured(measure, type_=type_, after=after) for run in one.runs] for one in (now, base)
    )
    both = [(a, b) for a, b in zip(*found, strict=True) if a is not None and b is not None]
    return paired(measure, both, now=fmean(a for a, _ in both), base=fmean(b for _, b in both))


def paired(
    measure: str, pairs: Sequence[tuple[float, float]], *, now: float, base: float
) -> Difference:
    """The difference of two estimates, with the interval that pairs of numbers give it."""
    if not base:
        return Difference(measure=measure, change=0.0, interval=None, verdict=Verdict.EQUAL)
    interval = around((now - base) / base, [(a - b) / base for a, b in pairs])
    change = (now - base) / base
    return Difference(
        measure=measure, change=change, interval=interval, verdict=_verdict(change, interval)
    )


def saturated(measure: str) -> Difference:
    """What there is to say where one arm is overloaded."""
    return Difference(measure=measure, change=None, interval=None, verdict=Verdict.SATURATED)


def _verdict(change: float, interval: Interval | None) -> Verdict:
    unsure = interval is not None and interval.low <= 0 <= interval.high
    if unsure or abs(change) < EQUAL:
        return Verdict.EQUAL
    return Verdict.LOWER if change < 0 else Verdict.HIGHER
