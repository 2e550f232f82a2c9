"""Where a policy hurts, and why: barriers under uneven work, and caps that have nothing to gain."""

from collections.abc import Iterator
from statistics import fmean, pstdev

from agentaudit.lists import listed
from agentaudit.model.measures import Measure, Verdict
from agentaudit.model.workload import Workload
from agentaudit.simulation.answers.ranking import Ranking
from agentaudit.simulation.experiments.experiment import Outcome, difference, estimate
from agentaudit.simulation.fast.requests import columns_of
from agentaudit.simulation.fast.totals import mean_alone_ns
from agentaudit.simulation.runs.observations import Kind
from agentaudit.simulation.workloads.needs import alone_ns

_STRETCHED = 1.02
_STARVED = 3.0
"""A tail that is so many times as long, while that of others is shorter, is starvation."""
_BARRIER, _ROLLING = "micro-batching", "micro-batching-rolling"


def hurting(ranking: Ranking) -> Iterator[str]:
    """A sentence for each reason that some policy here has to be slower than it need be."""
    yield from _barrier(ranking)
    yield from _starving(ranking)
    yield from _nothing_to_gain(ranking)


def stretch(ranking: Ranking, outcome: Outcome) -> float:
    """By how much the others make the service of a request longer than it is alone."""
    served = estimate(outcome, Measure.MEAN, Kind.SERVICE, after=ranking.terms.after).value
    needed = fmean(_alone_ns(workload) for workload in ranking.experiment.workloads)
    alone = needed + ranking.experiment.machine.dispatch_ns
    return served / alone if alone else 1.0


def _barrier(ranking: Ranking) -> Iterator[str]:
    names = {outcome.policy.name for outcome in ranking.outcomes}
    if not {_BARRIER, _ROLLING} <= names:
        return
    barrier, rolling = ranking.of(_BARRIER), ranking.of(_ROLLING)
    found = difference(barrier, rolling, Measure.P90, after=ranking.terms.after)
    if found.verdict is Verdict.HIGHER and found.change is not None:
        yield (
            f"The barrier of {_BARRIER} costs {found.change:.0%} of P90 against the same cap"
            " without one: each group waits for its slowest request, and requests here vary by"
            f" {_variation(ranking.experiment.first):.0%} of their mean."
        )


def _starving(ranking: Ranking) -> Iterator[str]:
    """Types of requests that wait so that others need not."""
    before = {one.type: one.latency.p99_ns for one in ranking.base_result.by_type[1:]}
    starved: dict[str, dict[str, float]] = {}
    for result in ranking.results:
        change = {one.type: one.latency.p99_ns / max(before[one.type], 1)
                  for one in result.by_type[1:] if one.type in before}  # fmt: skip
        if min(change.values(), default=1.0) < 1:
            for name, times in change.items():
                if times >= _STARVED:
                    starved.setdefault(name, {})[result.policy] = times
    for name, policies in starved.items():
        yield (
            f"{listed([*policies])} {'starves' if len(policies) == 1 else 'starve'} {name} requests"
            " for the sake of others: their P99 is"
            f" {listed([f'{times:.1f}' for times in policies.values()])} times that under"
            f" {ranking.baseline}."
        )


def _nothing_to_gain(ranking: Ranking) -> Iterator[str]:
    """Where no request slows another down, holding one back can only make it later."""
    free = next((one for one in ranking.outcomes if one.policy.name == "multi-processing"), None)
    if free is None or free.overloaded or stretch(ranking, free) >= _STRETCHED:
        return
    if not ranking.experiment.first.cpu_known:
        return  # what they do to each other on the cores nobody has seen
    yield (
        f"Requests hardly slow each other down: with no cap service takes"
        f" {stretch(ranking, free):.2f} times as long as alone. There is nothing that a cap or a"
        " group could gain; it can only add waiting."
    )


def _alone_ns(workload: Workload) -> float:
    columns = columns_of(workload)
    return fmean(map(alone_ns, workload.requests)) if columns is None else mean_alone_ns(columns)


def _variation(workload: Workload) -> float:
    """The coefficient of variation of what requests need."""
    needs = [float(sum(step.demand_ns for step in one.steps)) for one in workload.requests]
    return pstdev(needs) / fmean(needs) if any(needs) else 0.0
