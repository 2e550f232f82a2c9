"""Users who ask again when they are answered: laws, and a closed queue with a known answer."""

from math import log, sqrt
from random import Random
from statistics import fmean, stdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

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
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.policies.catalogue import all_at_once
from agentaudit.simulation.runs.engine import simulate
from agentaudit.simulation.stations.speed import ideal_cores
from agentaudit.simulation.workloads.arrivals import parse_arrivals
from agentaudit.simulation.workloads.shaping import shaped

SECOND = 1_000_000_000
ONE = SpeedCurve(points=((1, 1.0),))


def exponential(draw: Random, mean_s: float) -> int:
    return round(-log(1 - draw.random()) * mean_s * SECOND)


def batch(demands_ns: list[int]) -> Workload:
    requests = tuple(
        WorkRequest(
            request_id=place,
            type="t",
            heavy=Heavy.CPU,
            arrival_ns=0,
            steps=(WorkStep(stage=Stage.CPU, demand_ns=demand_ns),),
        )
        for place, demand_ns in enumerate(demands_ns)
    )
    return Workload(requests=requests, source="test", arrivals="closed", seed=0)


def machine(cores: int) -> Machine:
    return Machine(name="test", cores=cores, cpu=ideal_cores(cores), gpu=ONE)


def capped(cap: int | None) -> CappedConcurrency:
    return CappedConcurrency(name="capped", source="test", cap=cap)


@settings(max_examples=60)
@given(
    st.lists(st.integers(0, 5 * SECOND), min_size=1, max_size=30),
    st.integers(1, 8),
    st.sampled_from(["0", "1s", "40ms"]),
    st.integers(0, 3),
)
def test_a_user_asks_one_question_at_a_time(
    demands_ns: list[int], users: int, think: str, seed: int
) -> None:
    arrivals = parse_arrivals(f"users:{users}:{think}")
    workload = shaped(batch(demands_ns), arrivals=arrivals, requests=None, seed=seed)

    run = simulate(workload, machine(2), capped(None))

    ended = {record.request_id: record.finish_ns for record in run.records}
    came = {record.request_id: record.arrival_ns for record in run.records}
    assert run.running_peak <= users
    assert len(run.records) == len(demands_ns)
    for request in workload.requests:
        if request.follows is not None:
            assert came[request.request_id] == ended[request.follows] + request.think_ns
    assert [record.arrival_ns for record in run.records] == sorted(came.values())
    assert workload.users == (min(users, len(demands_ns)) if len(demands_ns) > users else 0)


@pytest.mark.parametrize(
    ("users", "times_s", "cores", "exact"),
    [
        (20, (5.0, 1.0), 4, (3.1646103458, 1.3198933879)),
        (64, (10.0, 2.0), 16, (5.3261593570, 2.0161631881)),
    ],
)
def test_users_of_a_few_servers(
    users: int, times_s: tuple[float, float], cores: int, exact: tuple[float, float]
) -> None:
    """
    M/M/c with a finite population (machine repair): birth and death in closed form.

    Servers serve in order, as slots of a policy: so many requests run at once, each on its core.
    """
    (think_s, service_s), (throughput, response_s) = times_s, exact
    rates, responses = [], []
    for seed in range(20):
        draw = Random(seed)  # noqa: S311, a test repeats, it keeps no secret
        work = batch([exponential(draw, service_s) for _ in range(4000)])
        arrivals = parse_arrivals(f"users:{users}:{think_s}s")
        workload = shaped(work, arrivals=arrivals, requests=None, seed=seed)
        records = simulate(workload, machine(cores), capped(cores)).records[800:3200]
        span_s = (records[-1].arrival_ns - records[0].arrival_ns) / SECOND
        rates.append((len(records) - 1) / span_s)
        responses.append(fmean(record.latency_ns for record in records) / SECOND)

    assert abs(fmean(rates) - throughput) < 3 * stdev(rates) / sqrt(20)
    assert abs(fmean(responses) - response_s) < 3 * stdev(responses) / sqrt(20)


def test_who_waits_for_an_answer_offers_no_load_of_his_own() -> None:
    workload = shaped(
        batch([SECOND] * 9), arrivals=parse_arrivals("users:3"), requests=None, seed=0
    )

    assert workload.users == 3
    assert workload.arrivals == "3 users"
    assert not all_at_once(workload)
    assert offered_load(workload, machine(1)) == (0.0, 0.0)


def test_requests_that_cannot_come_are_an_error() -> None:
    one, other = batch([1, 1]).requests
    circle = (one.changed(follows=1), other.changed(follows=0))
    nobody = (one, other.changed(follows=7))

    with pytest.raises(ValueError, match="circle"):
        simulate(replace(batch([]), requests=circle), machine(1), capped(None))
    with pytest.raises(ValueError, match="request 1 follows 7, which is none"):
        simulate(replace(batch([]), requests=nobody), machine(1), capped(None))
