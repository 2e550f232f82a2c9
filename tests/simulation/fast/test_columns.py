"""Draws that never change, workloads drawn as columns, and latencies without records."""

from dataclasses import replace
from math import exp, log
from statistics import NormalDist, fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.model.workload import Machine, Stage
from agentaudit.simulation import engine
from agentaudit.simulation.admission_numbers import AdmissionNumbers, Rule
from agentaudit.simulation.arrivals import parse_arrivals
from agentaudit.simulation.fast import drawn, draws
from agentaudit.simulation.fast.columns import run_of, workload_of
from agentaudit.simulation.fast.drawn import drawn_columns
from agentaudit.simulation.fast.execution import execute
from agentaudit.simulation.fast.latencies import percentile_ns
from agentaudit.simulation.machine import PRESETS
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.statistics import rank
from agentaudit.simulation.synthetic import StepShape, TypeShape, WorkloadShape

SECOND = 1_000_000_000
SHAPE = WorkloadShape(
    types=(
        TypeShape(
            name="web",
            weight=3,
            steps=(
                StepShape(stage=Stage.CPU, mean_ns=2 * SECOND, spread=0.5, threads=2),
                StepShape(stage=Stage.WAIT, mean_ns=0),
                StepShape(stage=Stage.GPU, mean_ns=SECOND, name="answer"),
            ),
        ),
        TypeShape(name="chat", steps=(StepShape(stage=Stage.GPU, mean_ns=SECOND, spread=1.5),)),
    ),
    requests=8000,
    arrivals=parse_arrivals("poisson:50"),
    seed=1,
)
CAPPED = CappedConcurrency(name="capped", source="test", cap=9)
MACHINE: Machine = PRESETS["v1"]


@given(st.floats(1e-300, 1e300))
def test_logarithms_are_right(value: float) -> None:
    assert draws.logarithm(np.array([value]))[0] == pytest.approx(log(value), rel=4e-16, abs=1e-16)


@given(st.floats(-300, 300))
def test_exponentials_are_right(value: float) -> None:
    assert draws.exponent(np.array([value]))[0] == pytest.approx(exp(value), rel=4e-16 + 1e-15)


@given(st.floats(1e-15, 1 - 1e-15))
def test_normal_draws_are_the_percentage_points(point: float) -> None:
    expected = NormalDist().inv_cdf(point)

    assert draws.normal(np.array([point]))[0] == pytest.approx(expected, rel=1e-14, abs=1e-15)


def test_what_a_seed_draws_never_changes() -> None:
    """The first words of SplitMix64 from state 0 are those of its authors' program."""
    words = draws.uniform(0, np.arange(3, dtype=np.uint64)) * 2.0**52
    shape = replace(SHAPE, requests=3)
    columns = drawn_columns(shape, source="t")

    expected = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    assert [int(word) for word in words] == [word >> 12 for word in expected]
    assert columns.arrival_ns.tolist() == [14857609, 78163550, 80948326]
    assert columns.demand_ns.tolist() == [
        4336818257,
        0,
        1000000000,
        1387337769,
        0,
        1000000000,
        1989707605,
        0,
        1000000000,
    ]


def test_demands_arrivals_and_types_are_as_asked_for() -> None:
    workload = workload_of(drawn_columns(SHAPE, source="t"))
    tools = [request.steps[0].demand_ns for request in workload.requests if request.type == "web"]

    assert fmean(tools) == pytest.approx(2 * SECOND, rel=0.02)
    assert np.std(tools) / fmean(tools) == pytest.approx(0.5, rel=0.05)
    assert workload.requests[-1].arrival_ns / 8000 == pytest.approx(SECOND / 50, rel=0.03)
    assert len(tools) / 8000 == pytest.approx(0.75, abs=0.02)
    assert workload.requests[0].steps[0].threads in (1, 2)


@pytest.mark.parametrize("arrivals", ["poisson:50", "users:7:2s", "closed"])
def test_a_longer_workload_begins_with_the_shorter(
    arrivals: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = replace(SHAPE, arrivals=parse_arrivals(arrivals))
    longer = workload_of(drawn_columns(shape, source="t"))
    monkeypatch.setattr(drawn, "_CHUNK", 64)
    shorter = workload_of(drawn_columns(replace(shape, requests=500), source="t"))
    first = sorted(longer.requests, key=lambda request: request.request_id)[:500]

    assert sorted(shorter.requests, key=lambda request: request.request_id) == first


@pytest.mark.parametrize("arrivals", ["poisson:50", "users:7:2s", "closed"])
def test_columns_run_as_the_workload_they_stand_for(arrivals: str) -> None:
    columns = drawn_columns(replace(SHAPE, arrivals=parse_arrivals(arrivals)), source="t")
    workload = workload_of(columns)

    run = execute(columns, MACHINE, CAPPED.numbers())

    expected = engine.simulate(workload, MACHINE, CAPPED)
    assert run is not None
    assert run_of(run, columns) == expected
    assert run.makespan_ns == expected.makespan_ns
    latencies_ns = sorted(record.latency_ns for record in expected.records)
    for part in (1, 50, 90, 100):
        place = rank(len(latencies_ns), part)
        assert percentile_ns(run.finish_ns - run.arrival_ns, part) == latencies_ns[place]


def test_no_requests_take_no_time() -> None:
    columns = drawn_columns(replace(SHAPE, requests=0), source="t")

    run = execute(columns, MACHINE, AdmissionNumbers(rule=Rule.CAPPED, size=1))

    assert run is not None
    assert run.makespan_ns == 0
