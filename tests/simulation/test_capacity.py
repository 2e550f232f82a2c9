"""How much is enough, against a queue whose answer is known, and where nothing is."""

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agentaudit.errors import UsageError
from agentaudit.model.answers import Found, Question
from agentaudit.model.measures import Measure
from agentaudit.model.workload import Machine, Stage
from agentaudit.simulation.answers.changes import with_users
from agentaudit.simulation.answers.compare import ranked_shipped
from agentaudit.simulation.answers.searched import searched
from agentaudit.simulation.experiments.experiment import Experiment
from agentaudit.simulation.experiments.metrics import Terms
from agentaudit.simulation.experiments.replications import written_replications
from agentaudit.simulation.machines.machine import plain_machine
from agentaudit.simulation.objectives import Objective
from agentaudit.simulation.workloads.arrivals import parse_arrivals
from agentaudit.simulation.workloads.synthetic import StepShape, TypeShape, WorkloadShape
from tests.simulation.test_queueing_oracles import exponential, poisson

SECOND = 1_000_000_000


def objective(seconds: float, measure: Measure = Measure.P90) -> tuple[Objective, ...]:
    return (Objective(measure=measure, limit_ns=round(seconds * SECOND)),)


def asked(
    experiment: Experiment,
    question: Question,
    seconds: float,
    *,
    policy: str = "fcfs",
    caps: str = "",
) -> tuple[Found, ...]:
    terms = Terms(objectives=objective(seconds))
    ranking = ranked_shipped(experiment, names=[policy], caps=caps, terms=terms)
    return searched(ranking, question)


def written(
    rate: str, machine: Machine, *, cpu_s: float = 1.0, gpu_s: float = 0.0, spread: float = 1.0
) -> Experiment:
    steps = (
        StepShape(stage=Stage.CPU, mean_ns=round(cpu_s * SECOND), spread=spread),
        StepShape(stage=Stage.GPU, mean_ns=round(gpu_s * SECOND)),
    )
    shape = WorkloadShape(
        types=(TypeShape(name="t", steps=steps),),
        requests=100,
        arrivals=parse_arrivals(rate),
        seed=1,
    )
    made = written_replications(shape, source="w.yaml", count=6)
    return Experiment(workloads=made, machine=machine)


def test_where_nothing_is_asked_of_the_machine_no_rate_is_too_high() -> None:
    experiment = written("poisson:1", plain_machine(1), cpu_s=0.0, spread=0.0)
    (found,) = asked(experiment, Question.MAX_RATE, 5.0)

    assert (found.value, found.interval) == (None, None)
    assert "no rate is too high for the machine" in found.sentence


def test_requests_that_ask_nothing_by_chance_tell_of_no_rate() -> None:
    """Of two replications one has no work for the machine, and the other's rate is the answer."""
    some = written("poisson:1", plain_machine(1), spread=0.0)
    none = written("poisson:1", plain_machine(1), cpu_s=0.0, spread=0.0)
    mixed = replace(some, workloads=(some.workloads[0], none.workloads[1]))
    alone = replace(some, workloads=some.workloads[:1])
    (found,), (wanted,) = (asked(one, Question.MAX_RATE, 5.0) for one in (mixed, alone))

    assert found.value == wanted.value


def test_the_highest_rate_of_mm1() -> None:
    """P90 of M/M/1 in order is ln(10) / (mu - lambda): under 5 s up to mu - ln(10) / 5."""
    workloads = tuple(poisson(0.4, 3000, seed, cpu=(1.0, exponential)) for seed in range(8))
    experiment = Experiment(workloads=workloads, machine=plain_machine(1))
    (found,) = asked(experiment, Question.MAX_RATE, 5.0, caps="N_max=1")

    assert found.interval is not None
    assert found.value is not None
    assert found.interval.low <= 1 - log(10) / 5 <= found.interval.high
    assert found.interval.half_width < 0.05
    assert "is met up to" in found.sentence


def test_an_objective_that_one_alone_misses_is_missed_at_any_rate() -> None:
    (found,) = asked(written("poisson:1", plain_machine(2)), Question.MAX_RATE, 0.001)

    assert found.value is None
    assert "missed at any rate" in found.sentence


def test_a_rate_that_capacity_ends_is_said_to_end_there() -> None:
    (found,) = asked(written("poisson:1", plain_machine(2)), Question.MAX_RATE, 1000.0)

    assert found.value == pytest.approx(2.0, rel=0.2)
    assert "Beyond, requests pile up" in found.sentence


def test_cores_are_the_fewest_that_are_enough() -> None:
    """Two a second of a second each: with three cores P90 is under 4 s, with two it is not."""
    (found,) = asked(written("poisson:2", plain_machine(8), spread=0.2), Question.CORES, 4.0)

    assert found.value == 3
    assert "With 2: p90 is " in found.sentence


def test_more_cores_never_help_where_the_time_is_spent_elsewhere() -> None:
    experiment = written("poisson:0.2", plain_machine(2), cpu_s=0.1, gpu_s=5.0)
    (cores,) = asked(experiment, Question.CORES, 4.0)
    (gpus,) = asked(experiment, Question.GPUS, 4.0)

    assert cores.value is gpus.value is None
    assert "No number of cores meets p90 < 4 s" in cores.sentence
    assert "More of them change nothing" in cores.sentence


def test_gpus_are_the_fewest_that_are_enough() -> None:
    """One call at a time, two seconds of calls a second: three servers keep up in time."""
    serial = replace(plain_machine(64), gpu=replace(plain_machine(1).gpu, points=((1, 1.0),)))
    experiment = written("poisson:2", serial, cpu_s=0.01, gpu_s=1.0)
    (found,) = asked(experiment, Question.GPUS, 4.0)

    assert found.value == 3


def users(rate: str, requests: int = 1000, *, replications: int = 4) -> Experiment:
    shape = WorkloadShape(
        types=(
            TypeShape(name="t", steps=(StepShape(stage=Stage.CPU, mean_ns=SECOND, spread=0.5),)),
        ),
        requests=requests,
        arrivals=parse_arrivals(rate),
        seed=1,
    )
    made = written_replications(shape, source="w", count=replications)
    return Experiment(workloads=made, machine=plain_machine(4))


def mean_response_s(count: int, *, thinking_s: float, cores: int) -> float:
    """Of count users at shared cores, each request a second: a birth-death chain, insensitive."""
    weights = [1.0]
    for busy in range(count):
        weights.append(weights[-1] * (count - busy) / thinking_s / min(busy + 1, cores))
    served = sum(weight * min(busy, cores) for busy, weight in enumerate(weights)) / sum(weights)
    return count / served - thinking_s


@given(st.integers(2, 12), st.integers(1, 30))
def test_requests_are_dealt_out_among_any_number_of_users(have: int, wanted: int) -> None:
    """All of them, in order, each user's one after the other; as many users change nothing."""
    given_experiment = users(f"users:{have}:5s", 40, replications=1)
    dealt = with_users(given_experiment, wanted).first
    follows = {one.request_id: one.follows for one in dealt.requests}

    assert [one.steps for one in dealt.requests] == [
        one.steps for one in given_experiment.first.requests
    ]
    assert dealt.users == wanted
    assert all(before == after - wanted for after, before in follows.items() if before is not None)
    assert with_users(given_experiment, have) == given_experiment


def test_the_most_users_of_shared_cores() -> None:
    terms = Terms(objectives=objective(1.35, Measure.MEAN))
    ranking = ranked_shipped(users("users:40:5s"), names=["multi-processing"], terms=terms)
    (found,) = searched(ranking, Question.USERS)
    exact = [mean_response_s(count, thinking_s=5.0, cores=4) for count in range(1, 30)]
    most = sum(response < 1.35 for response in exact)

    assert mean_response_s(20, thinking_s=5.0, cores=4) == pytest.approx(1.3198933879)
    assert most == 20
    assert found.value is not None
    assert most - 2 <= found.value <= most
    assert f"With {found.value + 1:.0f}: mean is" in found.sentence


def test_what_runs_are_too_short_to_tell_of_users() -> None:
    (many,) = asked(users("users:2:5s", 50), Question.USERS, 1000.0)
    (none,) = asked(users("users:2:5s", 50), Question.USERS, 0.001)

    assert many.value == 10
    assert "runs of 50 requests tell of no more users than ask 5 times each" in many.sentence
    assert none.value is None
    assert "is missed even by one user" in none.sentence


def test_users_are_asked_of_those_who_wait() -> None:
    with pytest.raises(UsageError, match="come from no users who wait for their answers"):
        asked(written("poisson:1", plain_machine(2)), Question.USERS, 1.0)


def test_what_there_is_no_answer_to() -> None:
    closed = written("closed", plain_machine(2))
    ranking = ranked_shipped(closed, names=["multi-processing"])

    with pytest.raises(UsageError, match="--find cores needs what is to be met"):
        searched(ranking, Question.CORES)
    alone = replace(closed.first, requests=closed.first.requests[:1])
    with pytest.raises(UsageError, match="one request comes at no rate"):
        asked(replace(closed, workloads=(alone,)), Question.MAX_RATE, 1.0)


@pytest.mark.parametrize(
    ("arrivals", "told"),
    [("users:3:1s", "not from 3 users who wait for answers"), ("closed", "not all at once")],
)
def test_a_rate_is_found_of_requests_that_came_at_none(arrivals: str, told: str) -> None:
    """As if they came at random: within a fifth of what the law itself gives."""
    (found,) = asked(written(arrivals, plain_machine(2)), Question.MAX_RATE, 4.0)
    (lawful,) = asked(written("poisson:1", plain_machine(2)), Question.MAX_RATE, 4.0)

    assert found.value == pytest.approx(lawful.value, rel=0.2)
    assert f"requests come at random times, and {told}." in found.sentence


def test_a_rate_is_found_of_many_requests_that_came_at_none() -> None:
    """Large workloads stay columns."""
    large = users("users:3:1s", 20_000, replications=1)
    (found,) = asked(large, Question.MAX_RATE, 1000.0)

    assert found.value == pytest.approx(4.0, rel=0.1)


def test_a_capacity_is_told_with_what_would_make_it_another() -> None:
    """Demands a fifth larger leave five sixths of the rate, or less where requests wait as well."""
    experiment = written("poisson:1", plain_machine(2))
    (rate,) = asked(experiment, Question.MAX_RATE, 4.0)
    (cores,) = asked(experiment, Question.CORES, 4.0)
    wrong = {one.assumption: one.value or 0.0 for one in rate.wrong}
    found = rate.value or 0.0

    assert not any(assumption.startswith("rate") for assumption in wrong)
    assert wrong["demands +20%"] <= found / 1.2 * 1.02 < found < wrong["demands -20%"]
    assert "With demands +20% it is" in rate.sentence
    assert {one.assumption for one in cores.wrong} > {"rate +20%", "demands +20%"}


def test_of_very_many_requests_a_capacity_is_searched_for_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("agentaudit.simulation.answers.searched._MOST_REQUESTS", 10)

    (found,) = asked(written("poisson:1", plain_machine(2)), Question.MAX_RATE, 4.0)

    assert found.wrong == ()


def test_tools_that_nobody_measured_are_not_said_to_make_it_no_worse() -> None:
    experiment = written("poisson:1", plain_machine(4), cpu_s=0.0, gpu_s=1.0)
    unseen = tuple(replace(workload, cpu_known=False) for workload in experiment.workloads)
    (found,) = asked(replace(experiment, workloads=unseen), Question.MAX_RATE, 8.0)

    assert "demands +20%" in {one.assumption for one in found.wrong}
    assert "tools with a heavy tail" not in {one.assumption for one in found.wrong}
