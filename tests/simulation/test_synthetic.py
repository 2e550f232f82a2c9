"""Workloads drawn from shapes."""

from collections import Counter
from statistics import fmean, pstdev

import pytest
from msgspec.structs import replace

from agentaudit.model.workload import Heavy, Stage
from agentaudit.simulation.workloads.arrivals import CLOSED, parse_arrivals
from agentaudit.simulation.workloads.synthetic import (
    StepShape,
    TypeShape,
    WorkloadShape,
    synthetic_workload,
)

SECOND = 1_000_000_000
TOOL = StepShape(stage=Stage.CPU, mean_ns=2 * SECOND, spread=0.5)
CALL = StepShape(stage=Stage.GPU, mean_ns=SECOND)
SHAPE = WorkloadShape(
    types=(
        TypeShape(name="search", weight=3, steps=(TOOL, CALL)),
        TypeShape(name="chat", steps=(CALL,)),
    ),
    requests=8000,
    arrivals=CLOSED,
    seed=1,
)


def test_demands_have_their_mean_and_spread() -> None:
    workload = synthetic_workload(SHAPE, source="w.yaml")
    tools = [
        step.demand_ns
        for request in workload.requests
        for step in request.steps
        if step.stage is Stage.CPU
    ]

    assert fmean(tools) == pytest.approx(2 * SECOND, rel=0.02)
    assert pstdev(tools) / fmean(tools) == pytest.approx(0.5, rel=0.05)


def test_types_come_by_weight() -> None:
    workload = synthetic_workload(SHAPE, source="w.yaml")
    counts = Counter(request.type for request in workload.requests)

    assert counts["search"] / 8000 == pytest.approx(0.75, abs=0.02)


def test_types_are_heavy_by_their_steps_or_as_they_say() -> None:
    said = replace(SHAPE, types=(replace(SHAPE.types[0], heavy=Heavy.GPU), SHAPE.types[1]))
    heavies = [
        {request.type: request.heavy for request in synthetic_workload(shape, source="w").requests}
        for shape in (SHAPE, said)
    ]

    assert heavies == [
        {"search": Heavy.CPU, "chat": Heavy.GPU},
        {"search": Heavy.GPU, "chat": Heavy.GPU},
    ]


def test_equal_seeds_draw_the_same() -> None:
    shape = replace(SHAPE, requests=50, arrivals=parse_arrivals("poisson:2"))
    one, again = (synthetic_workload(shape, source="w.yaml") for _ in range(2))
    other = synthetic_workload(replace(shape, seed=2), source="w.yaml")

    assert one == again
    assert one.requests != other.requests
    assert (one.arrivals, one.seed) == ("poisson 2/s", 1)
