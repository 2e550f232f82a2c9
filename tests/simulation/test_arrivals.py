"""When requests arrive, and which."""

from itertools import pairwise
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.errors import UsageError
from agentaudit.model.workload import Heavy, Stage, Workload, WorkRequest, WorkStep
from agentaudit.simulation.workloads.arrivals import CLOSED, RECORDED, ArrivalKind, parse_arrivals
from agentaudit.simulation.workloads.shaping import shaped

RECORDED_AT = (0, 10, 40, 100)
WORKLOAD = Workload(
    requests=tuple(
        WorkRequest(
            request_id=place + 5,
            type=f"type {place}",
            heavy=Heavy.CPU,
            arrival_ns=at_ns,
            steps=(WorkStep(stage=Stage.CPU, demand_ns=place + 1),),
        )
        for place, at_ns in enumerate(RECORDED_AT)
    ),
    source="run",
    arrivals="recorded",
    seed=0,
)


def instants(workload: Workload) -> list[int]:
    return [request.arrival_ns for request in workload.requests]


def test_recorded_arrivals_are_kept() -> None:
    kept = shaped(WORKLOAD, arrivals=RECORDED, requests=None, seed=3)

    assert kept.requests == WORKLOAD.requests
    assert (kept.arrivals, kept.seed) == ("recorded", 3)


def test_closed_is_all_at_once() -> None:
    closed = shaped(WORKLOAD, arrivals=CLOSED, requests=None, seed=0)

    assert instants(closed) == [0, 0, 0, 0]
    assert closed.arrivals == "closed"


def test_scaled_is_so_many_times_as_fast() -> None:
    scaled = shaped(WORKLOAD, arrivals=parse_arrivals("scaled:2"), requests=None, seed=0)

    assert instants(scaled) == [0, 5, 20, 50]
    assert scaled.arrivals == "recorded, 2 times as fast"


def test_poisson_has_its_rate() -> None:
    drawn = shaped(WORKLOAD, arrivals=parse_arrivals("poisson:50"), requests=20_000, seed=1)
    gaps = [later - sooner for sooner, later in pairwise(instants(drawn))]

    assert fmean(gaps) == pytest.approx(20_000_000, rel=0.03)
    assert min(gaps) >= 0
    assert drawn.arrivals == "poisson 50/s"


@given(st.integers(1, 60), st.integers(0, 2**40))
def test_a_drawn_request_is_one_of_the_recorded_whole(count: int, seed: int) -> None:
    drawn = shaped(WORKLOAD, arrivals=CLOSED, requests=count, seed=seed)
    known = {(request.type, request.steps) for request in WORKLOAD.requests}

    assert len(drawn.requests) == count
    assert {(request.type, request.steps) for request in drawn.requests} <= known
    assert len({request.request_id for request in drawn.requests}) == count


def test_equal_seeds_draw_the_same_and_others_do_not() -> None:
    one, again, other = (
        shaped(WORKLOAD, arrivals=parse_arrivals("poisson:1"), requests=50, seed=seed)
        for seed in (7, 7, 8)
    )

    assert one == again
    assert one.requests != other.requests


def test_what_a_seed_draws_never_changes() -> None:
    """On no machine and in no version of Python."""
    drawn = shaped(WORKLOAD, arrivals=parse_arrivals("poisson:1"), requests=5, seed=7)

    assert [(request.type[-1], request.arrival_ns) for request in drawn.requests] == [
        ("2", 530778088),
        ("2", 956225934),
        ("0", 1665710103),
        ("2", 2367653792),
        ("3", 2993131516),
    ]


def test_more_recorded_arrivals_draw_their_gaps_from_those_there_are() -> None:
    drawn = shaped(WORKLOAD, arrivals=RECORDED, requests=200, seed=1)
    gaps = {later - sooner for sooner, later in pairwise(instants(drawn))}

    assert gaps == {10, 30, 60}
    assert any("The 200 requests are drawn" in said for said in drawn.assumptions)
    assert any("times between arrivals" in said for said in drawn.assumptions)


def test_one_request_has_no_gap_to_draw() -> None:
    single = Workload(requests=WORKLOAD.requests[:1], source="run", arrivals="recorded", seed=0)

    with pytest.raises(UsageError, match="--arrivals closed"):
        shaped(single, arrivals=RECORDED, requests=2, seed=0)

    assert instants(shaped(single, arrivals=RECORDED, requests=1, seed=0)) == [0]


@pytest.mark.parametrize("count", [0, -1, 10**8])
def test_a_count_is_between_one_and_ten_million(count: int) -> None:
    with pytest.raises(UsageError, match="--requests is from 1 to"):
        shaped(WORKLOAD, arrivals=CLOSED, requests=count, seed=0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "burst",
        "poisson",
        "poisson:",
        "poisson:0",
        "poisson:-1",
        "scaled:x",
        "poisson:nan",
        "poisson:inf",
        "poisson:1e-300",
        "closed:3",
        "users",
        "users:0",
        "users:2.5",
        "users:2:soon",
        "users:2:1s:3",
        "gamma:2",
        "gamma:2:0",
        "gamma:2:1000",
        "onoff:2:1s",
        "onoff:2:0s:1s",
        "onoff:2:1s:1s:1:1",
        "onoff:0.001:1ms:1ms",
        "onoff:0.001:1s:999999999s",
        "poisson:2,mix:1.5",
        "poisson:2,mix:0.5:0",
        "poisson:2,mix",
        "poisson:2,users:3",
        "poisson:2,mix:0.5,mix:0.5",
    ],
)
def test_arrivals_that_cannot_be(text: str) -> None:
    with pytest.raises(UsageError, match="arrivals"):
        parse_arrivals(text)


def test_arrivals_as_a_person_writes_them() -> None:
    texts = (
        *("recorded", "closed", "poisson:2", "gamma:2:3", "onoff:20:2s:8s"),
        *("scaled:2", "users:8:500ms"),
    )
    kinds = [parse_arrivals(text).kind for text in texts]

    assert kinds == list(ArrivalKind)
