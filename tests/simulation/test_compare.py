"""Comparisons and the advice that follows from them."""

from collections.abc import Sequence

import numpy as np
import pytest
from msgspec.structs import replace

from agentaudit.errors import UsageError
from agentaudit.model.results import Simulation
from agentaudit.model.workload import (
    Heavy,
    Machine,
    SpeedCurve,
    Stage,
    Workload,
    WorkRequest,
    WorkStep,
)
from agentaudit.simulation.answers.advice import advice
from agentaudit.simulation.answers.compare import NO_TERMS, ranked_shipped, simulation_of
from agentaudit.simulation.answers.ranking import Ranking, ranked
from agentaudit.simulation.experiments.experiment import Experiment, Outcome
from agentaudit.simulation.experiments.metrics import policy_result
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.policies.shortest import ShortestFirst
from agentaudit.simulation.policy import Policy
from agentaudit.simulation.runs.observations import Observations
from agentaudit.simulation.stations.speed import ideal_cores

SECOND = 1_000_000_000
MACHINE = Machine(
    name="m", cores=4, cpu=ideal_cores(4), gpu=SpeedCurve(points=((1, 1.0), (8, 8.0)))
)
SLOWING = replace(MACHINE, cpu=SpeedCurve(points=((1, 1.0), (4, 4.0), (8, 2.0))))
"""Cores that serve half as much when twice as many requests share them."""


def compare_shipped(
    workload: Workload, machine: Machine, *, names: Sequence[str] = (), caps: str = ""
) -> Simulation:
    """One run of each shipped policy of these names; see `ranked_shipped`."""
    experiment = Experiment(workloads=(workload,), machine=machine)
    return simulation_of(ranked_shipped(experiment, names=names, caps=caps))


def compare(
    workload: Workload, machine: Machine, policies: Sequence[Policy], *, baseline: str
) -> Simulation:
    """One run of each of these policies; see `ranked`."""
    experiment = Experiment(workloads=(workload,), machine=machine)
    return simulation_of(ranked(experiment, policies, baseline=baseline, terms=NO_TERMS))


def request(place: int, cpu_s: float, gpu_s: float, *, every_s: float) -> WorkRequest:
    demands = ((Stage.CPU, cpu_s), (Stage.GPU, gpu_s))
    return WorkRequest(
        request_id=place,
        type="tools" if cpu_s > gpu_s else "chat",
        heavy=Heavy.CPU if cpu_s > gpu_s else Heavy.GPU,
        arrival_ns=round(place * every_s * SECOND),
        steps=tuple(WorkStep(stage=stage, demand_ns=round(s * SECOND)) for stage, s in demands),
    )


def workload(count: int = 40, *, cpu_s: float, gpu_s: float, every_s: float = 0.0) -> Workload:
    return Workload(
        requests=tuple(request(place, cpu_s, gpu_s, every_s=every_s) for place in range(count)),
        source="run.aatrace",
        arrivals="closed" if every_s == 0 else "recorded",
        seed=7,
        assumptions=("The moon is round.",),
    )


def mixed(every_s: float, *, tool_s: float = 4.0) -> Workload:
    """One tool request after three of chat."""
    requests = tuple(
        request(place, *((tool_s, 0.1) if place % 4 == 0 else (0.01, 0.5)), every_s=every_s)
        for place in range(200)
    )
    return replace(workload(1, cpu_s=1, gpu_s=1), requests=requests, arrivals="recorded")


def advised(simulation: Simulation, *words: str) -> str:
    """The first sentence of advice that holds all the words."""
    return next(
        (said for said in simulation.advice if all(word in said for word in words)),
        f"nothing about {words} in {simulation.advice}",
    )


def policies(simulation: Simulation) -> list[str]:
    return [result.policy for result in simulation.results]


def test_the_artifact_says_what_was_compared() -> None:
    simulation = compare_shipped(workload(cpu_s=1, gpu_s=1), MACHINE)

    assert simulation.workload_source == "run.aatrace"
    assert (simulation.requests, simulation.seed, simulation.arrivals) == (40, 7, "closed")
    assert simulation.baseline == "multi-processing"
    assert simulation.machine is MACHINE
    assert simulation.assumptions[0] == "The moon is round."


def test_the_best_stand_first_and_overloaded_policies_last() -> None:
    simulation = compare_shipped(
        workload(200, cpu_s=1, gpu_s=1, every_s=0.5), MACHINE, names=["sequential", "mas"]
    )

    assert policies(simulation) == ["fcfs", "mas", "sequential"]
    assert [result.overloaded for result in simulation.results] == [False, False, True]


def test_caps_are_scaled_except_those_given() -> None:
    simulation = compare_shipped(
        workload(cpu_s=1, gpu_s=0), MACHINE, names=["fcfs", "comb", "mas"], caps="B_cap=3"
    )

    assert {result.policy: result.parameters for result in simulation.results} == {
        "fcfs": "cap=14",
        "comb-closed": "B_cap=3 s=1s",
        "mas": "E_CPU=4 E_GPU=8 E_shared=2",
    }


def test_where_speed_falls_under_load_a_cap_is_advised() -> None:
    simulation = compare_shipped(workload(cpu_s=4, gpu_s=1), SLOWING)

    best = simulation.results[0].policy
    assert best in ("micro-batching", "micro-batching-rolling", "comb-closed")
    assert advised(simulation, "Use").startswith(f"Use {best} (")
    assert "instead of multi-processing (no cap): P90 from" in advised(simulation, "Use")
    assert "than a scheduler change or more cores" in advised(simulation, "help less")


def test_where_it_does_not_nothing_is_advised() -> None:
    """A GPU that serves each request at its own pace, and cores with room."""
    simulation = compare_shipped(workload(4, cpu_s=1, gpu_s=1), MACHINE, names=["fcfs", "mas"])

    assert "No policy lowers P50 or P90" in simulation.advice[0]
    assert simulation.advice[0].endswith("on this machine.")


def test_a_cap_that_can_only_hurt_is_called_so() -> None:
    simulation = compare_shipped(
        workload(8, cpu_s=1, gpu_s=8), MACHINE, names=["sequential", "comb"], caps="B_cap=2"
    )

    assert simulation.advice[0].endswith("and a cap can only hurt it.")


def test_the_median_may_matter_more_than_the_tail() -> None:
    """Waves of four take 6 s each: ten of them end later than all at once, half much sooner."""
    simulation = compare_shipped(
        workload(cpu_s=4, gpu_s=2), MACHINE, names=["micro-batching"], caps="B_cap=4"
    )

    assert simulation.advice[0] == (
        "If the median matters more than the tail, micro-batching (B_cap=4) does better: against"
        " multi-processing, P50 from 50 s to 30 s (-40%), P90 from 50 s to 54 s (+8%)."
    )


def test_policies_that_do_the_same_are_called_equal() -> None:
    simulation = compare_shipped(
        workload(8, cpu_s=4, gpu_s=0), SLOWING, names=["micro-batching", "comb-closed"]
    )

    assert advised(simulation, "does the same within 2%") in simulation.advice


def test_what_classes_gain_and_lose() -> None:
    simulation = compare_shipped(mixed(0.22), MACHINE, names=["fcfs", "mas"], caps="N_max=5")

    assert "P90 of chat from" in advised(simulation, "Under MAS")
    chat = {result.policy: result.by_type[1].latency.p90_ns for result in simulation.results}
    assert chat["mas"] < chat["fcfs"] / 2


def test_one_class_has_nothing_to_keep_apart() -> None:
    cpu_heavy = compare_shipped(workload(cpu_s=2, gpu_s=1), MACHINE)
    gpu_heavy = compare_shipped(workload(cpu_s=1, gpu_s=2), MACHINE)

    assert advised(cpu_heavy, "All requests are CPU-heavy") in cpu_heavy.advice
    assert advised(gpu_heavy, "All requests are GPU-heavy") in gpu_heavy.advice


def test_classes_that_mas_leaves_alone() -> None:
    simulation = compare_shipped(mixed(5.0), MACHINE)

    assert advised(simulation, "changes the P90 of no type") in simulation.advice


def test_cores_that_would_help_more_than_inference() -> None:
    simulation = compare_shipped(workload(cpu_s=2, gpu_s=0.1), MACHINE)

    assert "8 cores instead of 4" in advised(simulation, "What if")
    assert "more cores" in advised(simulation, "Faster inference would help less than")


def test_inference_that_would_help_most() -> None:
    simulation = compare_shipped(workload(4, cpu_s=0.1, gpu_s=2), MACHINE)

    assert advised(simulation, "Faster inference would help more than") in simulation.advice


def test_what_only_an_oracle_can_do_is_no_scheduler_change() -> None:
    """Questions are asked of those that can be used."""
    experiment = Experiment(workloads=(workload(4, cpu_s=1, gpu_s=1),), machine=MACHINE)
    ranking = ranked_shipped(experiment, names=["fcfs", "sjf-oracle"])
    oracle_first = replace(
        ranking, outcomes=tuple(sorted(ranking.outcomes, key=lambda one: one is ranking.base))
    )

    assert oracle_first.outcomes[0].policy.name == "sjf-oracle"
    assert oracle_first.best is ranking.base


def test_who_gains_at_the_tail_may_lose_at_the_median_to_the_baseline_itself() -> None:
    """Nobody has a lower median than the baseline, so it is the one to stay with for that."""
    cap = CappedConcurrency(name="cap", source="test", cap=4)
    base = CappedConcurrency(name="base", source="test", cap=None)
    outcomes = (
        outcome(cap, [2, 2, 2, 8, 8] * 20),
        outcome(base, [1, 1, 1, 10, 10] * 20),
    )
    results = tuple(policy_result(one, NO_TERMS, outcomes[1]) for one in outcomes)
    experiment = Experiment(workloads=(workload(100, cpu_s=1, gpu_s=1),), machine=MACHINE)
    ranking = Ranking(
        experiment=experiment, terms=NO_TERMS, baseline="base", outcomes=outcomes, results=results,
        remade=lambda name, _: {"cap": cap, "base": base}[name],
    )  # fmt: skip

    said = advice(ranking)

    assert said[0].startswith("Use cap (cap=4) instead of base (no cap): P90 from 10 s to 8 s")
    assert said[1] == (
        "If the median matters more than the tail, stay with base: cap takes P50 from 1 s to 2 s"
        " (+100%)."
    )


def outcome(policy: Policy, latencies_s: Sequence[int]) -> Outcome:
    """A run in which requests took so long."""
    arrival_ns = np.arange(len(latencies_s)) * SECOND
    finish_ns = arrival_ns + np.array(latencies_s) * SECOND
    run = Observations(
        types=("t",), overloaded=False, makespan_ns=int(finish_ns.max()), cpu_busy_ns=0,
        gpu_busy_ns=0, running_peak=1, _arrival=arrival_ns, _start=arrival_ns, _finish=finish_ns,
        _type=np.zeros(len(latencies_s), np.int32),
    )  # fmt: skip
    return Outcome(policy=policy, machine=MACHINE, runs=(run,), cpu_known=True)


def test_of_equals_the_baseline_comes_first() -> None:
    simulation = compare_shipped(workload(4, cpu_s=1, gpu_s=1), MACHINE, names=["comb", "mas"])

    assert policies(simulation)[0] == simulation.baseline


def test_an_empty_workload_and_a_missing_baseline() -> None:
    policy = CappedConcurrency(name="all", source="test", cap=None)

    with pytest.raises(UsageError, match="no requests"):
        compare(workload(0, cpu_s=1, gpu_s=1), MACHINE, [policy], baseline="all")
    with pytest.raises(UsageError, match="baseline 'fcfs' is not among"):
        compare(workload(cpu_s=1, gpu_s=1), MACHINE, [policy], baseline="fcfs")


def test_a_type_that_waits_so_that_others_need_not_is_named() -> None:
    """A chat of 1 s each second, and once a tool of 8 s: shortest first, it waits for the last."""
    chats = tuple(request(place, 0.0, 1.0, every_s=1.0) for place in range(40))
    tool = (request(40, 8.0, 0.0, every_s=0.0)).changed(arrival_ns=SECOND // 2)
    stream = replace(workload(1, cpu_s=1, gpu_s=1), requests=(*chats, tool), arrivals="recorded")
    expected = {"chat": SECOND, "tools": 8 * SECOND}
    first_come = CappedConcurrency(name="fcfs", source="test", cap=1)
    shortest = ShortestFirst(name="sjf", source="test", cap=1, expected_ns=expected)

    told = compare(stream, MACHINE, (first_come, shortest), baseline="fcfs").advice

    assert (
        "sjf starves tools requests for the sake of others: their P99 is 5.6 times that under fcfs."
        in told
    )
    assert not any(
        "starves" in one for one in compare(stream, MACHINE, (first_come,), baseline="fcfs").advice
    )
