"""How much is enough, against a queue whose answer is known, and where nothing is."""

from dataclasses import replace
from math import log

import pytest

from agentaudit.errors import UsageError
from agentaudit.model.answers import Found, Question
from agentaudit.model.measures import Measure
from agentaudit.model.workload import Machine, Stage
from agentaudit.simulation.arrivals import parse_arrivals
from agentaudit.simulation.capacity import searched
from agentaudit.simulation.compare import ranked_shipped
from agentaudit.simulation.experiment import Experiment
from agentaudit.simulation.machine import plain_machine
from agentaudit.simulation.metrics import Terms
from agentaudit.simulation.objectives import Objective
from agentaudit.simulation.replications import written_replications
from agentaudit.simulation.synthetic import StepShape, TypeShape, WorkloadShape
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


def test_what_there_is_no_answer_to() -> None:
    closed = written("closed", plain_machine(2))
    ranking = ranked_shipped(closed, names=["multi-processing"])

    with pytest.raises(UsageError, match="--find cores needs what is to be met"):
        searched(ranking, Question.CORES)
    with pytest.raises(UsageError, match="come at no rate"):
        asked(closed, Question.MAX_RATE, 1.0, policy="multi-processing")
