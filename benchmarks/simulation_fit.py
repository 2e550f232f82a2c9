"""
Fits the preset machine `v1` to the stage latencies of the paper's first version, up to 64 requests.

    python benchmarks/simulation_fit.py

Data: figure 4c of arXiv:2511.00739v1 as the authors re-ran it (LangChain, multi-processing, 48
cores and a B200). Free are the total speed of each station at 8, 16, 32 and 64 requests and the
spread of its demands there; they are chosen so that simulated mean latencies are the measured ones,
and so are the ranges from least to greatest, where the figure shows one: of few requests it shows
none of LexRank, and of the LLM the greatest only. Nothing at 128 requests is used.
"""

from dataclasses import dataclass, field
from statistics import fmean

from msgspec.structs import replace

from agentaudit.model.execution import StageLatency
from agentaudit.model.workload import Machine, SpeedCurve, Stage, Workload
from agentaudit.simulation.machines.calibration import refined, stage_curve
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.runs.engine import simulate
from agentaudit.simulation.workloads.arrivals import CLOSED
from agentaudit.simulation.workloads.synthetic import (
    StepShape,
    TypeShape,
    WorkloadShape,
    synthetic_workload,
)

SECOND = 1_000_000_000
SIZES = (8, 16, 32, 64)
FETCH_S, LEXRANK_S, LLM_S = 0.36, 1.42, 1.28
LEXRANK = {8: 1.47, 16: 1.53, 32: 1.86, 64: 2.83}
LLM = {8: 1.71, 16: 1.90, 32: 2.17, 64: 2.63}
LEXRANK_RANGE = {32: 2.05 - 1.57, 64: 3.75 - 1.87}
LLM_RANGE = {8: 2 * (1.75 - 1.71), 16: 2 * (2.05 - 1.90), 32: 2.69 - 0.89, 64: 3.18 - 1.09}
"""Least to greatest; of 8 and 16 twice from the mean to the greatest."""
SEEDS = range(5)
ROUNDS = 12
ALL_AT_ONCE = CappedConcurrency(name="multi-processing", source="", cap=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """Seconds of one stage over several runs."""

    times: tuple[float, ...]

    @property
    def mean(self) -> float:
        return fmean(self.times)

    @property
    def width(self) -> float:
        """Greatest less least, the mean over the runs."""
        size = len(self.times) // len(SEEDS)
        runs = [self.times[size * run : size * (run + 1)] for run in range(len(SEEDS))]
        return fmean(max(run) - min(run) for run in runs)


@dataclass(slots=True)
class Fit:
    """What is being fitted: total speeds by number of jobs, and spreads by number of requests."""

    cpu: dict[int, float]
    gpu: dict[int, float]
    cpu_spread: dict[int, float] = field(default_factory=lambda: dict.fromkeys(LEXRANK_RANGE, 0.1))
    gpu_spread: dict[int, float] = field(default_factory=lambda: dict.fromkeys(LLM_RANGE, 0.1))


def web(*, requests: int, seed: int, fit: Fit) -> WorkloadShape:
    """LangChain's requests: fetch pages, summarise them on a core, ask the model."""
    steps = (
        StepShape(stage=Stage.WAIT, mean_ns=round(FETCH_S * SECOND), spread=0.05),
        StepShape(
            stage=Stage.CPU,
            mean_ns=round(LEXRANK_S * SECOND),
            spread=fit.cpu_spread.get(requests, 0.0),
        ),
        StepShape(
            stage=Stage.GPU, mean_ns=round(LLM_S * SECOND), spread=fit.gpu_spread.get(requests, 0.0)
        ),
    )
    return WorkloadShape(
        types=(TypeShape(name="web", steps=steps),), requests=requests, arrivals=CLOSED, seed=seed
    )


def stages(requests: int, fit: Fit) -> tuple[Stages, Stages]:
    """LexRank and LLM times of `requests` that start together."""
    machine = Machine(name="fit", cores=48, cpu=curve(fit.cpu), gpu=curve(fit.gpu))
    lexrank: list[float] = []
    llm: list[float] = []
    for seed in SEEDS:
        workload = synthetic_workload(web(requests=requests, seed=seed, fit=fit), source="")
        # Who is on the CPU does not depend on the GPU here, so a run without it tells them apart.
        summarised = simulate(_without_last_step(workload), machine, ALL_AT_ONCE).records
        finished = simulate(workload, machine, ALL_AT_ONCE).records
        for request, before, after in zip(workload.requests, summarised, finished, strict=True):
            lexrank.append((before.finish_ns - request.steps[0].demand_ns) / SECOND)
            llm.append((after.finish_ns - before.finish_ns) / SECOND)
    return Stages(times=tuple(lexrank)), Stages(times=tuple(llm))


def _without_last_step(workload: Workload) -> Workload:
    requests = (request.changed(steps=request.steps[:-1]) for request in workload.requests)
    return replace(workload, requests=tuple(requests))


def curve(speeds: dict[int, float]) -> SpeedCurve:
    return SpeedCurve(points=tuple(sorted(speeds.items())))


def fitted() -> Fit:
    """Each round scales every speed and spread by what simulation says over what was measured."""
    fit = Fit(cpu=_first_guess(LEXRANK_S, LEXRANK), gpu=_first_guess(LLM_S, LLM))
    for _ in range(ROUNDS):
        simulated = {size: stages(size, fit) for size in SIZES}
        lexrank = {size: both[0].mean for size, both in simulated.items()}
        llm = {size: both[1].mean for size, both in simulated.items()}
        fit.cpu = refined(fit.cpu, lexrank, LEXRANK)
        fit.gpu = refined(fit.gpu, llm, LLM)
        for size, width in LEXRANK_RANGE.items():
            fit.cpu_spread[size] *= width / simulated[size][0].width
        for size, width in LLM_RANGE.items():
            fit.gpu_spread[size] *= width / simulated[size][1].width
    return fit


def _first_guess(alone_s: float, measured: dict[int, float]) -> dict[int, float]:
    """What equal calls that start together would say, as `simulate calibrate` has it."""
    latencies = [StageLatency(concurrency=1, seconds=alone_s)]
    latencies += [StageLatency(concurrency=size, seconds=time) for size, time in measured.items()]
    return dict(stage_curve(latencies).points)


def main() -> None:
    fit = fitted()
    print("cpu", tuple((size, round(speed, 2)) for size, speed in sorted(fit.cpu.items())))
    print("gpu", tuple((size, round(speed, 2)) for size, speed in sorted(fit.gpu.items())))
    for name, spreads in (("LexRank", fit.cpu_spread), ("the LLM", fit.gpu_spread)):
        print(f"spread of {name}", *(f"{size}: {spread:.3f}" for size, spread in spreads.items()))
    print("requests  LexRank s  measured  LLM s  measured")
    for size in SIZES:
        lexrank, llm = stages(size, fit)
        print(
            f"{size:8}  {lexrank.mean:9.2f}  {LEXRANK[size]:8.2f}"
            f"  {llm.mean:5.2f}  {LLM[size]:8.2f}"
        )


if __name__ == "__main__":
    main()
