"""What charts are drawn from: true to the run, and bounded whatever the workload."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from inline_snapshot import snapshot
from msgspec.structs import replace

from agentaudit.model.results import Simulation
from agentaudit.model.views import Bar, Doing, Stretch, Views
from agentaudit.model.workload import Machine, Workload
from agentaudit.simulation.answers import views
from agentaudit.simulation.answers.compare import NO_TERMS, simulation_of
from agentaudit.simulation.answers.ranking import ranked
from agentaudit.simulation.answers.views import with_views
from agentaudit.simulation.experiments.experiment import Experiment
from agentaudit.simulation.policy import Policy
from agentaudit.simulation.runs import bars
from agentaudit.simulation.runs.engine import simulate
from tests.simulation.test_engine import (
    SECOND,
    capped,
    cpu,
    gpu,
    machines,
    policies,
    wait,
    work,
    workloads,
)
from tests.simulation.test_schedule import TWO_CORES

MS = 1_000_000


def named(policy: Policy, name: str) -> Policy:
    return replace(policy, name=name)  # type: ignore[type-var]  # every policy here is a dataclass


def viewed(workload: Workload, machine: Machine, *policies: Policy) -> tuple[Simulation, Views]:
    experiment = Experiment(workloads=(workload,), machine=machine)
    ranking = ranked(experiment, policies, baseline=policies[0].name, terms=NO_TERMS)
    simulation = with_views(simulation_of(ranking), ranking)
    assert simulation.views is not None
    return simulation, simulation.views


def steady(count: int, every_ns: int) -> Workload:
    return work(*[(place * every_ns, (cpu(SECOND), gpu(SECOND))) for place in range(count)])


@settings(max_examples=40, deadline=None)
@given(workloads(), machines, policies, policies)
def test_views_are_true_to_the_runs(
    workload: Workload, machine: Machine, one: Policy, other: Policy
) -> None:
    """Busy time adds up, and a bar spans its request without a gap."""
    pair = (named(one, "one"), named(other, "other"))
    simulation, found = viewed(workload, machine, *pair)
    runs = {policy.name: simulate(workload, machine, policy) for policy in pair}

    assert [curve.policy for curve in found.busy] == [item.policy for item in simulation.results]
    for curve in found.busy:
        assert sum(curve.cpu_busy_ns) == runs[curve.policy].cpu_busy_ns
        assert sum(curve.gpu_busy_ns) == runs[curve.policy].gpu_busy_ns
        assert curve.end_ns == runs[curve.policy].makespan_ns
    for shown in found.bars:
        records = {record.request_id: record for record in runs[shown.policy].records}
        first_ns = runs[shown.policy].records[0].arrival_ns
        for bar in shown.bars:
            record = records[bar.request_id]
            assert bar.arrival_ns == record.arrival_ns - first_ns
            assert bar.finish_ns == record.finish_ns - first_ns
            edges = [bar.arrival_ns, *(stretch.end_ns for stretch in bar.stretches)]
            assert all(before < after for before, after in pairwise(edges))


def test_the_bars_of_a_small_run() -> None:
    """One at a time: the second waits for admission while the first runs."""
    workload = work(
        (0, (cpu(2 * MS), gpu(3 * MS))),
        (1 * MS, (cpu(2 * MS), wait(MS), cpu(MS))),
    )
    _, found = viewed(workload, TWO_CORES, capped(1))

    assert found.bars[0].bars == snapshot(
        (
            Bar(
                request_id=0,
                type="t",
                arrival_ns=0,
                stretches=(
                    Stretch(doing=Doing.CPU, end_ns=2000000),
                    Stretch(doing=Doing.GPU, end_ns=5000000),
                ),
            ),
            Bar(
                request_id=1,
                type="t",
                arrival_ns=1000000,
                stretches=(
                    Stretch(doing=Doing.ADMISSION, end_ns=5000000),
                    Stretch(doing=Doing.CPU, end_ns=7000000),
                    Stretch(doing=Doing.WAIT, end_ns=8000000),
                    Stretch(doing=Doing.CPU, end_ns=9000000),
                ),
            ),
        )
    )
    assert (found.first_bar, found.load) == (0, None)


def test_a_bar_has_few_stretches_and_keeps_the_long_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bars, "MOST_STRETCHES", 3)
    workload = work((0, (cpu(9 * MS), gpu(MS), cpu(2 * MS), gpu(8 * MS), wait(5 * MS))))
    _, found = viewed(workload, TWO_CORES, capped(1))

    assert found.bars[0].bars[0].stretches == (
        Stretch(doing=Doing.CPU, end_ns=12 * MS),
        Stretch(doing=Doing.GPU, end_ns=20 * MS),
        Stretch(doing=Doing.WAIT, end_ns=25 * MS),
    )


def test_the_point_at_the_workloads_own_rate_is_the_comparison() -> None:
    simulation, found = viewed(steady(40, SECOND // 2), TWO_CORES, named(capped(3), "three"))
    assert found.load is not None
    (curve,) = found.load.curves
    (own,) = [point for point in curve.points if point.rate_per_s == found.load.own_rate_per_s]

    assert own.p90_ns == simulation.results[0].overall.latency.p90_ns
    assert found.load.own_rate_per_s == pytest.approx(2)
    assert found.load.largest_rate_per_s == pytest.approx(1.5)  # two calls, half as long again
    rates = [point.rate_per_s for point in curve.points]
    assert rates == sorted(set(rates))
    assert [point.overloaded for point in curve.points] == sorted(
        point.overloaded for point in curve.points
    )
    assert curve.points[-1].overloaded


def test_bars_begin_where_two_policies_differ_most() -> None:
    """A burst in the middle of a calm day."""
    calm = [(place * 10 * SECOND, (cpu(SECOND),)) for place in range(60)]
    burst = [(600 * SECOND, (cpu(SECOND),))] * 24
    after = [((70 + place) * 10 * SECOND, (cpu(SECOND),)) for place in range(20)]
    workload = work(*calm, *burst, *after)
    _, found = viewed(workload, TWO_CORES, named(capped(1), "one"), named(capped(None), "all"))

    assert found.first_bar == 60
    assert len(found.bars[0].bars) == views.MOST_BARS


def test_views_of_many_requests_are_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST_STEPS", 100)
    monkeypatch.setattr(views, "MOST_STEPS_AT_A_RATE", 60)
    _, found = viewed(steady(500, SECOND), TWO_CORES, named(capped(1), "one"))

    assert found.requests == 50
    assert found.load is not None
    assert found.load.requests == 30
    assert all(len(curve.cpu_busy_ns) <= views.MOST_BINS for curve in found.busy)


def test_a_request_of_more_steps_than_are_looked_at_is_still_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(views, "MOST_STEPS", 1)
    _, found = viewed(work((0, (cpu(MS), gpu(MS))), (5, (cpu(MS),))), TWO_CORES, capped(1))

    assert [bar.request_id for bar in found.bars[0].bars] == [0]


def test_requests_without_any_work_are_bars_without_length() -> None:
    _, found = viewed(work((0, ()), (5, ())), TWO_CORES, capped(1))

    assert found.bars[0].bars == (
        Bar(request_id=0, type="t", arrival_ns=0, stretches=()),
        Bar(request_id=1, type="t", arrival_ns=5, stretches=()),
    )
