"""What arXiv:2511.00739 says of its policies, and what its authors measured."""

import csv
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import pytest

from agentaudit.model.results import RequestRecord
from agentaudit.model.workload import (
    Heavy,
    Machine,
    SpeedCurve,
    Stage,
    Workload,
    WorkRequest,
    WorkStep,
)
from agentaudit.simulation.experiments.metrics import percentile
from agentaudit.simulation.machines.machine import PRESETS, RTX_PRO_6000
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.policies.groups import BarrierMicroBatching, CombClosed
from agentaudit.simulation.policies.mas import MixedAdmission
from agentaudit.simulation.policy import Policy
from agentaudit.simulation.runs.engine import simulate
from agentaudit.simulation.stations.speed import ideal_cores
from agentaudit.simulation.workloads.arrivals import CLOSED, parse_arrivals
from agentaudit.simulation.workloads.synthetic import (
    StepShape,
    TypeShape,
    WorkloadShape,
    synthetic_workload,
)

SECOND = 1_000_000_000
SATURATED = SpeedCurve(points=((1, 1.0), (64, 64.0)))
IDEAL = Machine(name="figure 4", cores=64, cpu=SATURATED, gpu=SATURATED)
FIGURE_7A = Path(__file__).parent / "data" / "fig7a_completion_times.csv"


def capped(cap: int | None) -> CappedConcurrency:
    return CappedConcurrency(name="capped", source="test", cap=cap)


def batch(cpu_s: int, gpu_s: int) -> Workload:
    steps = (
        WorkStep(stage=Stage.CPU, demand_ns=cpu_s * SECOND),
        WorkStep(stage=Stage.GPU, demand_ns=gpu_s * SECOND),
    )
    requests = (
        WorkRequest(request_id=place, type="t", heavy=Heavy.CPU, arrival_ns=0, steps=steps)
        for place in range(128)
    )
    return Workload(requests=tuple(requests), source="figure 4", arrivals="closed", seed=0)


@pytest.mark.parametrize(
    ("policy", "median", "tail"),
    [
        (capped(None), 2.0, 2.0),
        (BarrierMicroBatching(name="m", source="test", size=64), 1.0, 2.0),
        (CombClosed(name="c", source="test", size=64, offset_ns=3 * SECOND), 1.2, 1.8),
    ],
    ids=["multi-processing", "micro-batching", "COMB"],
)
def test_the_ideal_case_of_figure_4(policy: Policy, median: float, tail: float) -> None:
    """Both stages saturate at 64; times are in those of one micro-batch, 4 s CPU and 1 s GPU."""
    records = simulate(batch(4, 1), IDEAL, policy).records
    latencies = sorted(record.latency_ns / (5 * SECOND) for record in records)

    assert latencies[63] == pytest.approx(median, rel=1e-6)
    assert latencies[115] == pytest.approx(tail, rel=1e-6)


def completions(cap: int | None) -> list[float]:
    """Of 128 requests at once on the system of v1: the k-th completion, mean of five runs."""
    steps = (
        StepShape(stage=Stage.WAIT, mean_ns=360_000_000, spread=0.05),
        StepShape(stage=Stage.CPU, mean_ns=1_420_000_000, spread=0.190),
        StepShape(stage=Stage.GPU, mean_ns=1_280_000_000, spread=0.198),
    )
    runs = []
    for seed in range(5):
        shape = WorkloadShape(
            types=(TypeShape(name="web", steps=steps),), requests=128, arrivals=CLOSED, seed=seed
        )
        workload = synthetic_workload(shape, source="figure 7a")
        records = simulate(workload, PRESETS["v1"], capped(cap)).records
        runs.append(sorted(record.finish_ns / SECOND for record in records))
    return [fmean(column) for column in zip(*runs, strict=True)]


def measured(column: str) -> list[float]:
    with FIGURE_7A.open(encoding="utf-8") as file:
        return [float(row[column]) for row in csv.DictReader(file)]


def test_figure_7a_without_a_cap() -> None:
    """The machine is fitted to stages of up to 64 requests; this is 128, and no fit."""
    ours, paper = completions(None), measured("baseline_mp128_s")

    assert ours[63] == pytest.approx(paper[63], rel=0.10)
    assert ours[115] == pytest.approx(paper[115], rel=0.10)
    assert fmean(ours) == pytest.approx(fmean(paper), rel=0.10)


def test_figure_7a_with_cgam() -> None:
    """The tail, the mean and the gain fit; the median falls on the jump between the two waves."""
    ours, paper = completions(64), measured("cgam_bcap64_s")
    without = completions(None)

    assert ours[115] == pytest.approx(paper[115], rel=0.10)
    assert fmean(ours) == pytest.approx(fmean(paper), rel=0.10)
    assert ours[-1] == pytest.approx(without[-1], rel=0.10)
    assert ours[31] < without[31] * 0.7
    gaps = [later - sooner for sooner, later in pairwise(ours)]
    assert 48 <= gaps.index(max(gaps)) <= 80


def mixed(gpu_heavy_share: float, rate: float) -> Workload:
    """The web pipeline beside pure inference on Sys 1; the demand of the latter is assumed."""
    shape = WorkloadShape(
        types=(
            TypeShape(
                name="web",
                weight=1 - gpu_heavy_share,
                heavy=Heavy.CPU,
                steps=(
                    StepShape(stage=Stage.CPU, mean_ns=9 * SECOND, spread=0.2),
                    StepShape(stage=Stage.GPU, mean_ns=SECOND // 2),
                ),
            ),
            TypeShape(
                name="chat",
                weight=gpu_heavy_share,
                steps=(StepShape(stage=Stage.GPU, mean_ns=SECOND, spread=0.2),),
            ),
        ),
        requests=1500,
        arrivals=parse_arrivals(f"poisson:{rate}"),
        seed=1,
    )
    return synthetic_workload(shape, source="figure 7 (v3)")


def p90(records: tuple[RequestRecord, ...], name: str) -> int:
    """Of the middle 400 requests, as the paper does it."""
    middle = [record.latency_ns for record in records[550:950] if record.type == name]
    return percentile(sorted(middle), 90)


def test_mas_helps_the_minority_and_leaves_the_majority() -> None:
    """p_LLM 0.25 on Sys 1, beyond what the CPU can serve: GPU-heavy requests pass the queue."""
    machine = Machine(name="sys 1", cores=64, cpu=ideal_cores(64), gpu=RTX_PRO_6000)
    policy = MixedAdmission(name="mas", source="test", cpu_cap=64, gpu_cap=128, shared_cap=32)
    workload = mixed(0.25, rate=12)

    fcfs, mas = (simulate(workload, machine, policy).records for policy in (capped(224), policy))

    assert p90(mas, "chat") < p90(fcfs, "chat") / 1.5
    assert p90(mas, "web") < p90(fcfs, "web") * 1.1


@pytest.mark.parametrize("script", ["simulation_paper.py", "simulation_fit.py"])
def test_the_page_shows_what_the_command_prints(script: str) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, str(root / "benchmarks" / script)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)

    assert printed.stdout.strip("\n") in (root / "docs" / "validation.md").read_text("utf-8")
