"""What changes would do, under the baseline and the best policy, on the same requests."""

from msgspec.structs import replace

from agentaudit.model.answers import Arm, WhatIf
from agentaudit.model.measures import Verdict
from agentaudit.model.workload import Machine
from agentaudit.simulation.answers.changes import parse_change
from agentaudit.simulation.answers.compare import ranked_shipped
from agentaudit.simulation.answers.what_if import usual_changes, what_ifs
from agentaudit.simulation.experiments.experiment import Experiment
from agentaudit.simulation.machines.machine import plain_machine
from agentaudit.simulation.stations.speed import ideal_cores
from agentaudit.simulation.workloads.arrivals import parse_arrivals
from tests.simulation.test_capacity import written


def answered(
    experiment: Experiment, *changes: str, policy: str = "fcfs"
) -> tuple[tuple[WhatIf, ...], str]:
    ranking = ranked_shipped(experiment, names=[policy])
    rows, sentences = what_ifs(ranking, [parse_change(text) for text in changes])
    return rows, " ".join(sentences)


def only(row: WhatIf) -> Arm:
    (arm,) = row.arms
    return arm


def test_what_limits_is_what_helps() -> None:
    """Two cores nearly full, and an LLM server that hardly anybody asks."""
    rows, said = answered(written("poisson:1.7", plain_machine(2), gpu_s=0.01), "cpu=2x", "gpu=2x")
    verdicts = [only(row).difference for row in rows]

    assert [row.change for row in rows] == ["", "cpu=2x", "gpu=2x"]
    assert verdicts[0] is None
    assert [one.verdict for one in verdicts[1:] if one] == [Verdict.LOWER, Verdict.EQUAL]
    assert said == "Inference with gpu=2x would help less than more cores (cpu=2x)."


def test_inference_that_helps_is_said_to_help() -> None:
    experiment = written("poisson:0.3", plain_machine(4), cpu_s=0.1, gpu_s=4.0)
    _, said = answered(experiment, "cpu=2x", "gpu=2x")

    assert said.endswith(
        "Inference with gpu=2x would help more than a scheduler change or more cores (cpu=2x)."
    )


def test_inference_that_does_nothing_is_said_to_do_nothing() -> None:
    _, said = answered(written("poisson:0.5", plain_machine(4), gpu_s=0.0), "gpu=2x")

    assert "Inference with gpu=2x would not help by more than chance." in said


def test_nothing_is_said_of_latencies_that_pile_up_whatever_is_changed() -> None:
    """Faster inference shortens such a run, and no request of a longer one."""
    ranking = ranked_shipped(written("poisson:40", plain_machine(2), gpu_s=1.0), names=["fcfs"])
    what_if, said = usual_changes(ranking)

    assert what_if == (
        "What if, under fcfs, P90: 4 cores instead of 2, requests still pile up;"
        " an LLM server twice as fast, requests still pile up."
    )
    assert said == "Faster inference would not be enough: requests still pile up."


def test_more_cores_may_be_what_keeps_up() -> None:
    ranking = ranked_shipped(written("poisson:2.5", plain_machine(2)), names=["fcfs"])
    (what_if, said) = usual_changes(ranking)

    assert " s, and nothing piles up; " in what_if
    assert what_if.endswith("an LLM server twice as fast, requests still pile up.")
    assert said == "Faster inference would help less than more cores."


def test_a_scheduler_that_stays_is_no_change_that_helps_more() -> None:
    """Slower inference is worse than no change at all, and no change is no change of schedulers."""
    experiment = written("poisson:0.3", plain_machine(4), cpu_s=0.1, gpu_s=1.0)
    _, said = answered(experiment, "gpu=0.5x")

    assert said == "Inference with gpu=0.5x would not help by more than chance."


def test_a_change_may_decide_whether_requests_pile_up() -> None:
    calm, busy = (written(rate, plain_machine(2)) for rate in ("poisson:1", "poisson:4"))
    rows, said = answered(calm, "rate=5x")

    assert only(rows[1]).overloaded
    assert "With rate=5x fcfs no longer keeps up" in said
    assert (
        "With cpu=8 fcfs keeps up, which it does not as it is: P90 " in answered(busy, "cpu=8")[1]
    )


def test_caps_grow_with_cores_and_with_nothing_else() -> None:
    rows, _ = answered(written("poisson:1", plain_machine(2), gpu_s=0.5), "cpu=2x", "gpu=2x")

    assert [only(row).parameters for row in rows] == ["cap=10", "cap=21", "cap=10"]


def test_the_best_policy_stands_beside_the_baseline() -> None:
    """Even work, one after the other: groups of two leave the cores sooner than eight at once."""
    machine = Machine(name="m", cores=2, cpu=ideal_cores(2), gpu=plain_machine(1).gpu)
    closed = written("closed", machine, spread=0.0)
    assert str(parse_arrivals("closed")) == closed.first.arrivals
    rows, _ = answered(
        replace(closed, workloads=closed.workloads[:2]), "cpu=2x", policy="sequential"
    )

    assert [arm.policy for arm in rows[0].arms] == ["multi-processing"]


def test_cores_that_cannot_be_doubled_are_left_out_of_what_is_usual() -> None:
    ranking = ranked_shipped(written("poisson:1", plain_machine(4096), gpu_s=1.0), names=["fcfs"])
    (said,) = usual_changes(ranking)

    assert said.startswith("What if, under fcfs, P90: an LLM server twice as fast, from")
