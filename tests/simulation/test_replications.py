"""Requests drawn anew: as many, of the recorded ones, in blocks, and the same for equal seeds."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.errors import UsageError
from agentaudit.model.workload import Heavy, Stage, Workload, WorkRequest, WorkStep
from agentaudit.simulation.experiments.replications import (
    block_length,
    recorded_replications,
    redrawn,
    replication_count,
    written_replications,
)
from agentaudit.simulation.workloads.arrivals import RECORDED, parse_arrivals
from agentaudit.simulation.workloads.synthetic import StepShape, TypeShape, WorkloadShape

counts = st.integers(1, 120)


def recorded(count: int) -> Workload:
    """Each request needs as many nanoseconds as its number, and comes twice as late."""
    return Workload(
        requests=tuple(
            WorkRequest(
                request_id=place,
                type="t",
                heavy=Heavy.CPU,
                arrival_ns=2 * place,
                steps=(WorkStep(stage=Stage.CPU, demand_ns=place + 1),),
            )
            for place in range(count)
        ),
        source="run.aatrace",
        arrivals="recorded",
        seed=0,
    )


def needs(workload: Workload) -> list[int]:
    return [request.steps[0].demand_ns for request in workload.requests]


@given(counts, st.integers(0, 100))
def test_as_many_recorded_requests_in_order(count: int, seed: int) -> None:
    drawn = redrawn(recorded(count), seed)
    arrivals = [request.arrival_ns for request in drawn.requests]

    assert len(drawn.requests) == count
    assert [request.request_id for request in drawn.requests] == list(range(count))
    assert set(needs(drawn)) <= set(needs(recorded(count)))
    assert arrivals == [2 * place for place in range(count)]
    assert drawn == redrawn(recorded(count), seed)


def test_blocks_stay_together() -> None:
    """Of 1000 requests ten in a row: nine of ten follow the one before as recorded."""
    found = needs(redrawn(recorded(1000), 3))
    together = sum(later == sooner + 1 for sooner, later in pairwise(found))

    assert block_length(1000) == 10
    assert together >= 890


def test_the_first_replication_is_the_recording() -> None:
    made = recorded_replications(recorded(40), arrivals=RECORDED, requests=None, seed=5, count=3)

    assert made[0].requests == recorded(40).requests
    assert len({tuple(needs(one)) for one in made}) == 3
    assert "blocks of 3 in a row, with the times between them" in made[0].assumptions[-1]


def test_another_number_is_drawn_once() -> None:
    made = recorded_replications(
        recorded(40), arrivals=parse_arrivals("poisson:2"), requests=60, seed=5, count=3
    )

    assert {len(one.requests) for one in made} == {60}
    assert len({tuple(needs(one)) for one in made}) == 3
    assert "blocks" not in "".join(made[0].assumptions)


@pytest.mark.parametrize("requests", [None, 50])
@pytest.mark.parametrize(("count", "said"), [(1, "1 request, which is"), (9, "9 requests, which")])
def test_few_requests_are_said_to_be_few(count: int, said: str, requests: int | None) -> None:
    how = parse_arrivals("closed")
    few, many = (
        recorded_replications(recorded(of), arrivals=how, requests=requests, seed=0, count=2)
        for of in (count, 20)
    )

    assert f"The recording holds {said}" in " ".join(few[0].assumptions)
    assert "The recording holds" not in " ".join(many[0].assumptions)


def test_a_workload_file_has_a_seed_for_each() -> None:
    step = StepShape(stage=Stage.CPU, mean_ns=1000, spread=1.0)
    shape = WorkloadShape(
        types=(TypeShape(name="t", steps=(step,)),),
        requests=20,
        arrivals=parse_arrivals("poisson:2"),
        seed=7,
    )

    made = written_replications(shape, source="w.yaml", count=10)

    assert [one.seed for one in made] == list(range(7, 17))
    assert len({tuple(needs(one)) for one in made}) == 10


def test_long_runs_need_one() -> None:
    assert [replication_count(None, many) for many in (1, 4999, 5000)] == [10, 10, 1]
    assert replication_count(3, 10**6) == 3
    with pytest.raises(UsageError, match="from 1 to 1000, not 0"):
        replication_count(0, 10)
