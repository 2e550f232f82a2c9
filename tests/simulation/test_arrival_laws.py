"""Laws of arrivals: their rates, how they vary, how their gaps hang together, their seeds."""

from itertools import islice, pairwise
from math import sqrt
from random import Random
from statistics import fmean, pstdev

import pytest

from agentaudit.errors import UsageError
from agentaudit.model.workload import Heavy, Stage, Workload, WorkRequest, WorkStep
from agentaudit.simulation.workloads.arrival_laws import gamma_gaps, on_off, poisson
from agentaudit.simulation.workloads.arrivals import RECORDED, parse_arrivals
from agentaudit.simulation.workloads.mixing import Mix
from agentaudit.simulation.workloads.resampling import drawn_sessions, sessions
from agentaudit.simulation.workloads.shaping import shaped

SECOND = 1_000_000_000
COUNT = 40_000


def seeded(seed: int = 1) -> Random:
    return Random(seed)  # noqa: S311, a test repeats, it keeps no secret


def gaps(instants: list[int]) -> list[float]:
    return [(later - sooner) / SECOND for sooner, later in pairwise([0, *instants])]


def variation(values: list[float]) -> float:
    return pstdev(values) / fmean(values)


def correlation(values: list[float]) -> float:
    """Of each value with the next."""
    mean = fmean(values)
    return fmean((a - mean) * (b - mean) for a, b in pairwise(values)) / pstdev(values) ** 2


@pytest.mark.parametrize("cv", [0.2, 0.7, 1.0, 2.0, 4.0])
def test_gamma_gaps_have_their_rate_and_variation_and_no_memory(cv: float) -> None:
    found = gaps(list(gamma_gaps(5.0, cv, COUNT, seeded())))

    assert 1 / fmean(found) == pytest.approx(5.0, rel=5 * cv / sqrt(COUNT))
    assert variation(found) == pytest.approx(cv, rel=0.08)
    assert abs(correlation(found)) < 0.03


def test_gamma_of_variation_one_is_poisson() -> None:
    """Exponential gaps: 1 - 1/e of them are shorter than their mean."""
    for law in (gamma_gaps(2.0, 1.0, COUNT, seeded()), poisson(2.0, COUNT, seeded())):
        shorter = fmean(gap < 0.5 for gap in gaps(list(law)))

        assert shorter == pytest.approx(0.6321, abs=0.01)


def test_on_and_off_have_their_mean_rate_and_hang_together() -> None:
    """20/s for 2 s and 1/s for 8 s are 4.8/s; short gaps come after short ones."""
    found = gaps(list(on_off((20.0, 1.0), (2 * SECOND, 8 * SECOND), COUNT, seeded())))

    assert 1 / fmean(found) == pytest.approx(4.8, rel=0.05)
    assert variation(found) > 1.5
    assert correlation(found) > 0.1
    assert parse_arrivals("onoff:20:2s:8s:1").rate_per_s == pytest.approx(4.8)


def test_nothing_comes_while_it_is_off() -> None:
    """
    An interrupted Poisson process has hyperexponential gaps (Kuczura, Bell System Tech. J., 1973).

    cv^2 = 1 + 2 r a / (a + b)^2, where a and b are the rates of leaving on and off.
    """
    rate, leaving_on, leaving_off = 20.0, 1 / 2, 1 / 8
    expected = 1 + 2 * rate * leaving_on / (leaving_on + leaving_off) ** 2
    found = gaps(list(on_off((rate, 0.0), (2 * SECOND, 8 * SECOND), COUNT, seeded())))

    assert 1 / fmean(found) == pytest.approx(4.0, rel=0.05)
    assert variation(found) ** 2 == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize(
    ("text", "instants"),
    [
        ("gamma:1:2", [111394693, 164570579, 219069906, 219074654]),
        ("gamma:1:0.5", [663300447, 1130370117, 1930691015, 3166898310]),
        ("onoff:5:1s:1s", [141896834, 282285572, 407381116, 1115325933]),
    ],
)
def test_what_a_seed_draws_never_changes(text: str, instants: list[int]) -> None:
    """On no machine and in no version of Python."""
    drawn = shaped(MIXED, arrivals=parse_arrivals(text), requests=4, seed=7)

    assert [request.arrival_ns for request in drawn.requests] == instants


def request(number: int, heavy: Heavy = Heavy.CPU, *, follows: int | None = None) -> WorkRequest:
    stage = Stage.CPU if heavy is Heavy.CPU else Stage.GPU
    return WorkRequest(
        request_id=number,
        type=heavy.value,
        heavy=heavy,
        arrival_ns=number * SECOND,
        steps=(WorkStep(stage=stage, demand_ns=number + 1),),
        follows=follows,
        think_ns=0 if follows is None else number + 100,
    )


def workload(*requests: WorkRequest) -> Workload:
    return Workload(requests=requests, source="run", arrivals="recorded", seed=0)


MIXED = workload(*[request(number, list(Heavy)[number % 2]) for number in range(10)])


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_a_mix_has_its_share_in_phases_of_32(share: float) -> None:
    how = parse_arrivals(f"poisson:9,mix:{share}")
    drawn = shaped(MIXED, arrivals=how, requests=12_800, seed=1).requests
    heavy = [one.heavy is Heavy.GPU for one in drawn]
    more = [fmean(heavy[first : first + 32]) for first in range(0, len(heavy), 64)]
    fewer = [fmean(heavy[first : first + 32]) for first in range(32, len(heavy), 64)]

    assert fmean(heavy) == pytest.approx(share, abs=0.02)
    assert (fmean(more), fmean(fewer)) == pytest.approx(Mix(gpu_heavy=share).likely, abs=0.02)


def test_a_mix_needs_both_classes() -> None:
    with pytest.raises(UsageError, match="none of the requests is GPU-heavy"):
        shaped(workload(request(0)), arrivals=parse_arrivals("closed,mix:0.5"), requests=4, seed=1)


def test_a_mix_keeps_the_number_of_requests() -> None:
    drawn = shaped(MIXED, arrivals=parse_arrivals("recorded,mix:1"), requests=None, seed=1)

    assert [one.arrival_ns for one in drawn.requests] == [one.arrival_ns for one in MIXED.requests]
    assert {one.heavy for one in drawn.requests} == {Heavy.GPU}


TWO_USERS = (
    *(request(0), request(1), request(2, follows=0), request(3, follows=1)),
    *(request(4, follows=2), request(90, follows=4)),
)


def test_sessions_are_told_by_who_follows_whom() -> None:
    found = [[one.request_id for one in members] for members in sessions(TWO_USERS)]

    assert found == [[0, 2, 4, 90], [1, 3]]


def test_users_of_a_closed_loop_go_on_with_other_sessions() -> None:
    """As many users as before, and each session in its order with its own thoughts."""
    drawn = shaped(workload(*TWO_USERS), arrivals=RECORDED, requests=30, seed=3)
    demands = [one.steps[0].demand_ns for one in drawn.requests]
    followed = {one.request_id: one for one in drawn.requests}

    assert drawn.users == 2
    assert len(drawn.requests) == 30
    assert [one.request_id for one in drawn.requests] == list(range(30))
    for one in drawn.requests:
        before = followed.get(-1 if one.follows is None else one.follows)
        if one.steps[0].demand_ns in {3, 5, 91} and before is not None:
            assert demands[before.request_id] < one.steps[0].demand_ns


def test_sessions_that_came_one_after_the_other_come_so_again() -> None:
    """Ten sessions of two requests, one a second: whole, at distances that there were."""
    steps = [
        one
        for number in range(0, 20, 2)
        for one in (request(number), request(number + 1, follows=number))
    ]
    drawn = drawn_sessions(steps, 40, seeded())
    starts = [one.arrival_ns for one in drawn if one.follows is None]

    assert len(starts) == 20
    assert {later - sooner for sooner, later in pairwise(starts)} == {2 * SECOND}
    assert all(
        after.follows == first.request_id
        and after.steps[0].demand_ns == first.steps[0].demand_ns + 1
        for first, after in zip(islice(drawn, 0, None, 2), islice(drawn, 1, None, 2), strict=True)
    )


def test_sessions_are_scaled_with_their_thoughts() -> None:
    scaled = shaped(
        workload(*TWO_USERS), arrivals=parse_arrivals("scaled:2"), requests=None, seed=0
    )

    assert [one.think_ns for one in scaled.requests] == [0, 0, 51, 52, 52, 95]
    assert scaled.users == 2
