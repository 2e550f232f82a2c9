"""Draws that never change, workloads drawn as columns, and latencies without records."""

from math import cos, exp, log, pi
from random import Random
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot
from msgspec.structs import replace

from agentaudit.errors import UsageError
from agentaudit.model.workload import Machine, Stage
from agentaudit.simulation import exact
from agentaudit.simulation.admission_numbers import AdmissionNumbers, Rule
from agentaudit.simulation.fast import drawn, draws
from agentaudit.simulation.fast.columns import run_of, workload_of
from agentaudit.simulation.fast.drawn import drawn_columns
from agentaudit.simulation.fast.execution import execute
from agentaudit.simulation.fast.latencies import percentile_ns
from agentaudit.simulation.machines.machine import PRESETS
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.runs import engine
from agentaudit.simulation.statistics import rank
from agentaudit.simulation.workloads.arrivals import parse_arrivals
from agentaudit.simulation.workloads.synthetic import (
    StepShape,
    TypeShape,
    WorkloadShape,
    synthetic_workload,
)

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
def test_logarithms_are_right_and_the_same_in_arrays(value: float) -> None:
    found = exact.logarithm(value)

    assert found == pytest.approx(log(value), rel=4e-16, abs=1e-16)
    assert draws.logarithm(np.array([value]))[0] == found


@given(st.floats(-300, 300))
def test_exponentials_are_right_and_the_same_in_arrays(value: float) -> None:
    found = exact.exponent(value)

    assert found == pytest.approx(exp(value), rel=4e-16 + 1e-15)
    assert draws.exponent(np.array([value]))[0] == found


@given(st.floats(0, 1))
def test_cosines_are_right_and_the_same_in_arrays(turns: float) -> None:
    found = exact.cosine(turns)

    assert found == pytest.approx(cos(2 * pi * turns), abs=1e-15)
    assert draws.cosine(np.array([turns]))[0] == found


@given(st.text(max_size=9), st.integers(0, 2000))
def test_arrays_are_drawn_as_one_number_after_the_other(seed: str, count: int) -> None:
    stream, draw = draws.Stream(seed), Random(seed)  # noqa: S311
    drawn_so_far = [*stream.uniform(count).tolist(), *stream.uniform(7).tolist()]

    assert drawn_so_far == [draw.random() for _ in range(count + 7)]


def test_what_a_seed_draws_never_changes() -> None:
    columns = drawn_columns(replace(SHAPE, requests=3), source="t")

    assert columns.arrival_ns.tolist() == snapshot([16270640, 39328874, 63957642])
    assert columns.demand_ns.tolist() == snapshot(
        [1865428202, 0, 1000000000, 2575873414, 0, 1000000000, 1243732849, 0, 1000000000]
    )


WAYS = (
    *("closed", "poisson:50", "users:7:2s", "users:9999", "gamma:50:3", "gamma:50:0.5"),
    *("onoff:80:2s:8s", "onoff:80:2s:3s:5", "poisson:50,mix:0.3", "users:7:2s,mix:0.7:5"),
)


@pytest.mark.parametrize("arrivals", WAYS)
@pytest.mark.parametrize("chunk", [64, 1 << 18])
def test_columns_are_the_workload_of_the_shape(
    arrivals: str, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever engine runs it, and however much is drawn at once."""
    monkeypatch.setattr(drawn, "_CHUNK", chunk)
    shape = replace(SHAPE, requests=500, arrivals=parse_arrivals(arrivals))
    workload = synthetic_workload(shape, source="t")
    ordered = sorted(workload.requests, key=lambda one: (one.arrival_ns, one.request_id))

    found = workload_of(drawn_columns(shape, source="t"))

    assert found == replace(workload, requests=tuple(ordered))


def test_a_mix_needs_both_classes() -> None:
    shape = replace(SHAPE, types=SHAPE.types[1:], arrivals=parse_arrivals("poisson:5,mix:0.5"))

    with pytest.raises(UsageError, match="none of the requests is CPU-heavy"):
        drawn_columns(shape, source="t")


def test_demands_arrivals_and_types_are_as_asked_for() -> None:
    workload = workload_of(drawn_columns(SHAPE, source="t"))
    tools = [request.steps[0].demand_ns for request in workload.requests if request.type == "web"]

    assert fmean(tools) == pytest.approx(2 * SECOND, rel=0.02)
    assert np.std(tools) / fmean(tools) == pytest.approx(0.5, rel=0.05)
    assert workload.requests[-1].arrival_ns / 8000 == pytest.approx(SECOND / 50, rel=0.03)
    assert len(tools) / 8000 == pytest.approx(0.75, abs=0.02)
    assert workload.requests[0].steps[0].threads in (1, 2)


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
