"""Percentiles, throughput, utilisation and overload."""

import pytest

from agentaudit.model.workload import (
    Heavy,
    Machine,
    SpeedCurve,
    Stage,
    Workload,
    WorkRequest,
    WorkStep,
)
from agentaudit.simulation.experiments.load import offered_load
from agentaudit.simulation.experiments.metrics import percentile, result_of
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.stations.speed import ideal_cores

SECOND = 1_000_000_000
MACHINE = Machine(
    name="m", cores=2, cpu=ideal_cores(2), gpu=SpeedCurve(points=((1, 1.0), (4, 2.0)))
)


def workload(count: int, every_s: float, *, cpu_s: float, gpu_s: float = 0.0) -> Workload:
    demands = ((Stage.CPU, cpu_s), (Stage.GPU, gpu_s))
    steps = tuple(WorkStep(stage=stage, demand_ns=round(s * SECOND)) for stage, s in demands)
    return Workload(
        requests=tuple(
            WorkRequest(
                request_id=place,
                type="even" if place % 2 == 0 else "odd",
                heavy=Heavy.CPU,
                arrival_ns=round(place * every_s * SECOND),
                steps=steps,
            )
            for place in range(count)
        ),
        source="t",
        arrivals="recorded",
        seed=0,
    )


def capped(cap: int | None) -> CappedConcurrency:
    return CappedConcurrency(name="capped", source="test", cap=cap)


@pytest.mark.parametrize(
    ("count", "part", "rank"),
    [(128, 50, 64), (128, 90, 116), (128, 99, 127), (1, 99, 1), (3, 50, 2), (10, 90, 9)],
)
def test_percentiles_are_ranks(count: int, part: int, rank: int) -> None:
    """As the paper's authors count: the 64th and the 116th of 128."""
    assert percentile(range(1, count + 1), part) == rank


def test_one_policy_in_numbers() -> None:
    """Four requests of 2 s on two cores, one at a time: they end after 2, 4, 6 and 8 s."""
    result = result_of(workload(4, 0, cpu_s=2), MACHINE, capped(1))

    assert [latency.type for latency in result.by_type] == ["all", "even", "odd"]
    assert result.overall.latency.p50_ns == 4 * SECOND
    assert result.overall.latency.p99_ns == 8 * SECOND
    assert result.overall.latency.mean_ns == 5 * SECOND
    assert result.overall.waiting.p90_ns == 6 * SECOND
    assert result.overall.service.p90_ns == 2 * SECOND
    assert result.by_type[2].requests == 2
    assert result.throughput_per_s == 0.5
    assert result.makespan_ns == 8 * SECOND
    assert (result.cpu_utilisation, result.gpu_utilisation) == (0.5, 0.0)
    assert (result.running_peak, result.overloaded) == (1, False)
    assert result.sample_latencies_ns == (2 * SECOND, 4 * SECOND, 6 * SECOND, 8 * SECOND)


def test_a_long_run_keeps_two_hundred_quantiles() -> None:
    latencies = result_of(workload(1000, 0, cpu_s=2), MACHINE, capped(1)).sample_latencies_ns

    assert len(latencies) == 200
    assert latencies[-1] == 2000 * SECOND
    assert list(latencies) == sorted(latencies)


def test_offered_load_is_a_share_of_what_can_be_served() -> None:
    """1 request/s of 1 CPU second on two cores; 0.5 GPU seconds where batches give 2."""
    cpu, gpu = offered_load(workload(11, 1, cpu_s=1, gpu_s=0.5), MACHINE)

    assert (cpu, gpu) == (0.5, 0.25)
    assert offered_load(workload(11, 0, cpu_s=1), MACHINE) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("every_s", "cpu_s", "cap", "overloaded"),
    [
        (1.0, 1.5, None, False),
        (1.0, 2.5, None, True),
        (1.0, 0.9, 1, False),
        (1.0, 1.5, 1, True),
        (0.0, 9.0, 1, False),
    ],
    ids=["served", "too much for two cores", "one by one", "too much for one slot", "a batch"],
)
def test_overload(every_s: float, cpu_s: float, cap: int | None, overloaded: bool) -> None:  # noqa: FBT001, expected
    result = result_of(workload(60, every_s, cpu_s=cpu_s), MACHINE, capped(cap))

    assert result.overloaded is overloaded
