"""Which policy and caps to use, judged on requests that no search has seen, or none."""

import pytest
from msgspec.structs import replace

from agentaudit.errors import UsageError
from agentaudit.model.answers import Holds, Recommendation
from agentaudit.model.measures import Measure
from agentaudit.model.workload import SpeedCurve
from agentaudit.simulation.answers.compare import ranked_shipped, scaled_caps
from agentaudit.simulation.answers.recommend import aim_of, recommendation
from agentaudit.simulation.experiments.experiment import Experiment
from agentaudit.simulation.experiments.metrics import Terms
from agentaudit.simulation.machines.machine import plain_machine
from tests.simulation.test_capacity import objective, written

SLOWING = replace(
    plain_machine(4), cpu=SpeedCurve(points=((1, 1.0), (4, 4.0), (8, 2.0), (64, 1.0)))
)
"""Cores that serve half as much when twice as many requests share them."""


def recommended(
    experiment: Experiment, *names: str, terms: Terms | None = None, aim: str | None = None
) -> Recommendation:
    terms = terms or Terms()
    ranking = ranked_shipped(experiment, names=names, terms=terms)
    return recommendation(ranking, aim_of(aim, terms), scaled_caps(experiment, ""))


def test_a_cap_is_found_where_cores_slow_each_other_down() -> None:
    """Near the number of cores; without one requests take four times as long."""
    found = recommended(
        written("closed", SLOWING, spread=0.2), "multi-processing", "micro-batching-rolling"
    )
    cap = int(found.parameters.removeprefix("cap="))

    assert found.change
    assert found.policy == found.best_found == "micro-batching-rolling"
    assert 3 <= cap <= 5
    assert found.after < found.before / 2
    assert found.sentences[0].startswith("Use micro-batching-rolling (cap=")
    assert "3 replications that the search has not seen" in found.sentences[0]
    assert {one.holds for one in found.sensitivity} == {Holds.HOLDS}
    assert (found.searched_on, found.judged_on) == (3, 3)


@pytest.mark.parametrize("aim", ["p90", "goodput"])
def test_a_cap_that_is_far_too_small_is_found_to_be(aim: str) -> None:
    """Half of what four cores can do comes in, and one request may run at once: all pile up."""
    terms = Terms(objectives=objective(20.0))
    experiment = written("poisson:2", plain_machine(4), spread=0.2)
    caps = "N_max=1,N_cap=1"
    ranking = ranked_shipped(experiment, names=("fcfs", "comb"), caps=caps, terms=terms)
    found = recommendation(ranking, aim_of(aim, terms), scaled_caps(experiment, caps))

    assert ranking.base.overloaded
    assert found.change
    assert int(found.parameters.removeprefix("cap=")) >= 4
    assert "which does not keep up" in found.sentences[0]


def test_nothing_is_changed_where_nothing_helps() -> None:
    """Few requests on many cores: a cap can only add waiting."""
    found = recommended(written("poisson:1", plain_machine(16)), "fcfs", "comb")

    assert not found.change
    assert (found.policy, found.parameters) == (found.baseline, found.baseline_parameters)
    assert found.sentences[0].startswith("Change nothing: of ")
    assert found.tried > 3


def test_what_does_the_same_is_no_evidence_for_changing_nothing() -> None:
    """Without a rival that does anything else, no assumption could decide for it."""
    found = recommended(written("poisson:1", plain_machine(16)), "fcfs")
    beside = recommended(written("poisson:1", plain_machine(16)), "fcfs", "sequential")

    assert not found.change
    assert found.sensitivity == ()
    assert "none does better than fcfs" in found.sentences[0]
    assert not any("assumptions made wrong" in sentence for sentence in found.sentences)
    assert beside.best_found == "sequential"
    assert "next comes sequential" in beside.sentences[0]
    assert all(one.before != one.after for one in beside.sensitivity)


def test_a_barrier_is_not_recommended_under_a_heavy_tail() -> None:
    """Of even work groups of four lose nothing; of uneven work each waits for its slowest."""
    names = ("multi-processing", "micro-batching", "micro-batching-rolling")
    even = recommended(written("closed", SLOWING, spread=0.0), *names)
    uneven = recommended(written("closed", SLOWING, spread=2.0), *names)

    assert not any("barrier" in sentence for sentence in even.sentences)
    assert uneven.policy == "micro-batching-rolling"
    assert any("The barrier of micro-batching costs" in said for said in uneven.sentences)


def test_a_cap_is_not_recommended_where_times_do_not_depend_on_load() -> None:
    """Cores for everybody: a cap can only add waiting, and that is said beside the answer."""
    experiment = written("closed", plain_machine(128), spread=0.5)
    found = recommended(experiment, "multi-processing", "micro-batching", "micro-batching-rolling")

    assert not found.change
    assert found.policy == "multi-processing"
    assert any("it can only add waiting" in sentence for sentence in found.sentences)


def test_keeping_up_is_better_than_any_percentile() -> None:
    """One after the other cannot serve what two cores can."""
    found = recommended(written("poisson:1.4", plain_machine(2)), "fcfs", "sequential")
    caught = recommended(written("poisson:5", plain_machine(2)), "fcfs", "comb")

    assert not found.change
    assert not caught.change
    assert caught.sentences[0].startswith("Change nothing yet: requests pile up")
    assert {one.holds for one in caught.sensitivity} == {Holds.SATURATED}
    assert caught.sentences[1].startswith("Requests pile up under each of")


def test_goodput_is_the_aim_where_there_are_objectives() -> None:
    terms = Terms(objectives=objective(40.0))
    found = recommended(
        written("closed", SLOWING), "multi-processing", "micro-batching-rolling", terms=terms
    )

    assert found.objective == "goodput"
    assert found.change
    assert found.after > found.before
    assert "requests/s in time" in found.sentences[0]


@pytest.mark.parametrize("measure", list(Measure))
def test_any_percentile_can_be_the_aim(measure: Measure) -> None:
    assert aim_of(measure.value, Terms()).name == measure


def test_what_cannot_be_the_aim() -> None:
    with pytest.raises(UsageError, match="goodput needs what is in time"):
        aim_of("goodput", Terms())
    with pytest.raises(UsageError, match="--objective is p50, p90, p95, p99, mean or goodput"):
        aim_of("p98", Terms())


def test_one_half_needs_another() -> None:
    few = written("closed", SLOWING)

    with pytest.raises(UsageError, match="needs 4 replications at least"):
        recommended(replace(few, workloads=few.workloads[:3]), "multi-processing")
