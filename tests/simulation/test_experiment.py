"""Outcomes on the same requests: differences, equality, saturation and warm-up."""

from statistics import fmean

import pytest
from msgspec.structs import replace

from agentaudit.model.measures import Measure, Verdict
from agentaudit.model.workload import Stage, Workload
from agentaudit.simulation.experiments.experiment import (
    Experiment,
    Outcome,
    difference,
    estimate,
    outcome_of,
    paired,
    warm_up,
)
from agentaudit.simulation.experiments.load import repeated
from agentaudit.simulation.experiments.metrics import Terms, policy_result
from agentaudit.simulation.experiments.replications import written_replications
from agentaudit.simulation.machines.machine import plain_machine
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.workloads.arrivals import parse_arrivals
from agentaudit.simulation.workloads.synthetic import StepShape, TypeShape, WorkloadShape

SECOND = 1_000_000_000


def experiment(
    rate: float, *, requests: int = 120, count: int = 8, spread: float = 1.0
) -> Experiment:
    """A second of CPU each on two cores; at 2/s they are full."""
    step = StepShape(stage=Stage.CPU, mean_ns=SECOND, spread=spread)
    shape = WorkloadShape(
        types=(TypeShape(name="t", steps=(step,)),),
        requests=requests,
        arrivals=parse_arrivals(f"poisson:{rate}"),
        seed=1,
    )
    made = written_replications(shape, source="w.yaml", count=count)
    return Experiment(workloads=made, machine=plain_machine(2))


def capped(cap: int | None) -> CappedConcurrency:
    return CappedConcurrency(name=f"cap {cap}", source="test", cap=cap)


def outcome(rate: float, cap: int | None, **options: int) -> Outcome:
    return outcome_of(experiment(rate, **options), capped(cap))


def test_a_number_is_the_mean_of_its_replications() -> None:
    found = outcome(1.0, None)
    values = [run.measured(Measure.P90) or 0 for run in found.runs]
    told = estimate(found, Measure.P90)

    assert told.value == fmean(values)
    assert told.interval is not None
    assert told.interval.low < told.value < told.interval.high


def test_the_same_does_not_differ() -> None:
    found = difference(outcome(1.0, None), outcome(1.0, None), Measure.P90)

    assert (found.change, found.verdict) == (0.0, Verdict.EQUAL)
    assert found.interval is not None
    assert found.interval.half_width == 0.0


def test_a_cap_of_one_is_higher_and_the_other_way_round_lower() -> None:
    """One at a time on two cores, at six tenths of what it can serve."""
    one, free = outcome(0.6, 1), outcome(0.6, None)

    assert difference(one, free, Measure.P90).verdict is Verdict.HIGHER
    assert difference(free, one, Measure.P90).verdict is Verdict.LOWER


def test_differences_are_known_better_than_numbers() -> None:
    """Common random numbers: the interval of the difference is a part of that of the number."""
    base = outcome(1.2, None)
    now = outcome_of(replace(experiment(1.2), machine=plain_machine(3)), capped(None))
    alone = estimate(base, Measure.P90)
    found = difference(now, base, Measure.P90)

    assert alone.interval is not None
    assert found.interval is not None
    assert found.interval.half_width < alone.interval.half_width / alone.value


def test_an_overloaded_arm_gives_no_difference() -> None:
    found = difference(outcome(3.0, None), outcome(1.0, None), Measure.P90)

    assert (found.verdict, found.change) == (Verdict.SATURATED, None)


def test_a_difference_that_chance_makes_is_none() -> None:
    noise = [(1.0, 2.0), (3.0, 2.0), (1.5, 2.0), (2.4, 2.0)]
    found = paired("p90", noise, now=1.975, base=2.0)
    sure = paired("p90", [(1.0, 2.0), (1.0, 2.0)], now=1.0, base=2.0)
    small = paired("p90", [(1.99, 2.0), (1.99, 2.0)], now=1.99, base=2.0)

    assert found.verdict is small.verdict is Verdict.EQUAL
    assert sure.verdict is Verdict.LOWER
    assert paired("p90", [], now=1.0, base=0.0).verdict is Verdict.EQUAL


def test_one_long_run_is_cut_into_batches() -> None:
    """P90 of 500 requests can be told; P99 cannot."""
    found = outcome(1.0, None, requests=500, count=1)

    assert estimate(found, Measure.P90).interval is not None
    assert estimate(found, Measure.P99).interval is None
    calm = outcome(0.4, None, requests=500, count=1)
    found = outcome(0.4, 1, requests=500, count=1)
    assert difference(found, calm, Measure.P50).interval is not None
    assert difference(found, calm, Measure.P99).interval is None


def test_warm_up_is_left_out_of_steady_runs_only() -> None:
    """A run that begins empty under much load takes a while to fill."""
    busy = experiment(1.8, requests=400, count=10)
    closed = replace(busy, workloads=tuple(at_once(workload) for workload in busy.workloads))
    after = warm_up(busy, [outcome_of(busy, capped(None))])

    assert 0 < after <= 200
    assert after % 5 == 0
    assert warm_up(closed, [outcome_of(closed, capped(None))]) == 0
    assert warm_up(experiment(5.0), [outcome(5.0, None)]) == 0


def at_once(workload: Workload) -> Workload:
    return replace(workload, requests=tuple(one.changed(arrival_ns=0) for one in workload.requests))


@pytest.mark.parametrize("cap", [None, 1])
def test_littles_law_holds_for_queues_of_results(cap: int | None) -> None:
    """Mean number = rate x mean time, within what is cut off at the end of a run."""
    run = outcome(0.6, cap, requests=2000, count=1)
    result = policy_result(run, Terms())
    assert result.queue is not None
    rate = 0.6
    waiting_s, service_s = (
        one.mean_ns / SECOND for one in (result.overall.waiting, result.overall.service)
    )

    assert result.queue.waiting_mean == pytest.approx(rate * waiting_s, rel=0.1, abs=1e-9)
    assert result.queue.in_service_mean == pytest.approx(rate * service_s, rel=0.1)


def bunched(bunch: int) -> Workload:
    """100 requests every two seconds, and so many more at once when the last of them comes."""
    (even,) = experiment(0.5, requests=100 + bunch, count=1, spread=0.0).workloads
    return replace(
        even,
        requests=tuple(
            one.changed(arrival_ns=min(place, 99) * 2 * SECOND)
            for place, one in enumerate(even.requests)
        ),
    )


def test_a_burst_at_the_end_is_no_overload() -> None:
    """By the shape of the run alone requests pile up; were all to come again they would not."""
    found = outcome_of(Experiment(workloads=(bunched(40),), machine=plain_machine(2)), capped(None))

    assert found.runs[0].piles_up()
    assert not found.overloaded


def test_what_piles_up_for_want_of_slots_goes_on_to() -> None:
    """Three quarters of what two cores can do, and one at a time."""
    found = outcome(1.5, 1, requests=200, count=5)

    assert [run.overloaded for run in found.runs] == [True] * 5


def test_the_same_requests_once_more_come_at_the_same_distances() -> None:
    once = experiment(1.0, requests=50, count=1).first
    twice = repeated(once)
    arrivals = [one.arrival_ns for one in twice.requests]

    assert [one.steps for one in twice.requests] == [one.steps for one in once.requests] * 2
    assert len({one.request_id for one in twice.requests}) == 100
    assert arrivals == sorted(arrivals)
    assert arrivals[50] - arrivals[0] == arrivals[99] - arrivals[49]
