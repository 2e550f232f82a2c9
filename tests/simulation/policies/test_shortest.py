"""Shortest job first: what it gains, and what it costs."""

from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentaudit.model.workload import (
    Heavy,
    Machine,
    SpeedCurve,
    Stage,
    Workload,
    WorkRequest,
    WorkStep,
)
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.policies.caps import default_caps
from agentaudit.simulation.policies.shortest import ShortestFirst
from agentaudit.simulation.run import Run
from agentaudit.simulation.runs.engine import simulate
from agentaudit.simulation.stations.speed import ideal_cores

SECOND = 1_000_000_000
MACHINE = Machine(name="one", cores=1, cpu=ideal_cores(1), gpu=SpeedCurve(points=((1, 1.0),)))
ORACLE = ShortestFirst(name="sjf-oracle", source="test", cap=1, expected_ns=None)
ONE_BY_ONE = CappedConcurrency(name="fcfs", source="test", cap=1)


def work(*requests: tuple[str, float, float]) -> Workload:
    """Requests by type, arrival and demand in seconds."""
    return Workload(
        requests=tuple(
            WorkRequest(
                request_id=place,
                type=kind,
                heavy=Heavy.CPU,
                arrival_ns=round(arrival_s * SECOND),
                steps=(WorkStep(stage=Stage.CPU, demand_ns=round(demand_s * SECOND)),),
            )
            for place, (kind, arrival_s, demand_s) in enumerate(requests)
        ),
        source="test",
        arrivals="recorded",
        seed=0,
    )


def by_type(workload: Workload) -> ShortestFirst:
    expected_ns = default_caps(workload, MACHINE).expected_ns
    return ShortestFirst(name="sjf", source="test", cap=1, expected_ns=expected_ns)


def mean_latency(run: Run) -> float:
    return fmean(record.latency_ns for record in run.records)


@settings(max_examples=60)
@given(st.lists(st.sampled_from([1, 2, 5, 20]), min_size=1, max_size=15))
def test_a_batch_on_one_server_has_no_larger_mean_than_first_come(demands: list[int]) -> None:
    """Smith's rule; where a type always needs the same, its mean tells as much as an oracle."""
    workload = work(*[(str(demand), 0, demand) for demand in demands])
    oracle = simulate(workload, MACHINE, ORACLE)

    assert mean_latency(oracle) <= mean_latency(simulate(workload, MACHINE, ONE_BY_ONE))
    assert simulate(workload, MACHINE, by_type(workload)).records == oracle.records


def test_what_is_expected_is_the_mean_of_the_type_and_not_the_very_request() -> None:
    """The short request of a long type waits for its type; an oracle would start it first."""
    workload = work(("long", 0, 1), ("long", 0, 9), ("short", 0, 2))

    assert default_caps(workload, MACHINE).expected_ns == {
        "long": 5 * SECOND,
        "short": 2 * SECOND,
    }
    assert [
        record.start_ns for record in simulate(workload, MACHINE, by_type(workload)).records
    ] == [
        2 * SECOND,
        3 * SECOND,
        0,
    ]
    assert [record.start_ns for record in simulate(workload, MACHINE, ORACLE).records] == [
        0,
        3 * SECOND,
        SECOND,
    ]


def test_a_type_that_nobody_knows_comes_last_and_equal_ones_in_order() -> None:
    policy = ShortestFirst(name="sjf", source="test", cap=1, expected_ns={"known": 9 * SECOND})
    workload = work(("new", 0, 1), ("known", 0, 1), ("known", 0, 1))

    starts = [record.start_ns // SECOND for record in simulate(workload, MACHINE, policy).records]

    assert starts == [2, 0, 1]


def test_a_long_request_starves_while_short_ones_keep_coming() -> None:
    """One short request a second, each of 1 s: the long one starts after the last of them."""
    short = [("short", second, 1.0) for second in range(60)]
    workload = work(*short[:1], ("long", 0.5, 5.0), *short[1:])

    run = simulate(workload, MACHINE, by_type(workload))
    starved = max(run.records, key=lambda record: record.waiting_ns)

    assert (starved.type, starved.waiting_ns) == ("long", round(59.5 * SECOND))
    assert simulate(workload, MACHINE, ONE_BY_ONE).records[1].waiting_ns == SECOND // 2


def test_a_cap_is_checked_when_made() -> None:
    with pytest.raises(ValueError, match="at least 1, not 0"):
        ShortestFirst(name="sjf", source="test", cap=0, expected_ns=None)
