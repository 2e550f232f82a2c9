"""
Energy, arXiv:2511.00739v1 figure 5 and v3 figure 11: dynamic joules, and the CPU's share of them.

Power is the product's: watts by the number of active threads and calls. Three rows give the watts
at three numbers, and the others are predicted.

    python benchmarks/paper_energy.py

prints the watts above idle with which the batches in question draw what was measured; they are
those of the preset `v1`.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import TypeVar

import numpy as np
from paper_first import web
from paper_rows import SEEDS, Claim, Part, Row, capped, shape

from agentaudit.cli.workloads import written_source
from agentaudit.model.workload import PowerCurve, SpeedCurve, Workload
from agentaudit.simulation.machines.machine import PRESETS
from agentaudit.simulation.run import Run
from agentaudit.simulation.runs.engine import simulate
from agentaudit.simulation.stations.power import Levels, joules
from agentaudit.simulation.workloads.synthetic import synthetic_workload

Given = TypeVar("Given")
WORKLOADS = Path(__file__).parent.parent / "sample_configs/workloads"
CPU = {1: 22, 2: 37, 4: 64, 8: 134, 16: 291, 32: 417, 64: 805, 128: 1807}
GPU = {1: 86, 2: 125, 4: 295, 8: 427, 16: 595, 32: 832, 64: 1329, 128: 2307}
"""Joules of a batch above idle, by its size."""
CALIBRATED = (1, 8, 64)
V1 = PRESETS["v1"]
FEW = (1, 2, 4, 8)
FEW_SHARES = {"rag": 61.0, "web": 47.5, "chemcrow": 37.5, "swe-agent": 13.0, "toolformer": 14.5}
"""The CPU's percent of dynamic energy with so few at once on Sys 2: the middle of what is told."""
SHARES: Mapping[str, Mapping[int, float]] = {
    "rag": dict.fromkeys((16, 32, 64, 128), 61.0),
    "web": {16: 50.0, 32: 57.0, 128: 42.0},
    "chemcrow": {16: 55.0, 32: 60.0, 128: 42.0},
    "swe-agent": {64: 25.0, 128: 33.0},
    "toolformer": {128: 11.5},
}
"""The same of more at once; of toolformer 11 to 12."""


def energy() -> Iterator[Part]:
    yield figure_5_v1()
    yield figure_11()


@cache
def batch(size: int) -> tuple[Run, ...]:
    """LangChain on FreshQA; latencies are of another system than that whose energy was measured."""
    workloads = (
        synthetic_workload(shape(web(size), size, seed), source="energy") for seed in SEEDS
    )
    return tuple(simulate(workload, V1, capped(None)) for workload in workloads)


def known(given: Given | None) -> Given:
    if given is None:
        raise AssertionError("the preset has watts")
    return given


def mean_joules(watts: PowerCurve, speeds: SpeedCurve, levels: list[Levels]) -> float:
    return fmean(joules(watts, speeds, one, 0) for one in levels)


def calibrated(
    speeds: SpeedCurve, measured: Mapping[int, float], levels: Mapping[int, list[Levels]]
) -> PowerCurve:
    """
    Watts above idle with which the calibrated batches draw what was measured.

    Joules are linear in the watts of each point, so they are one system of equations.
    """
    each = []
    for chosen in CALIBRATED:
        points = ((0, 0.0), *((size, float(size == chosen)) for size in CALIBRATED))
        watt = PowerCurve(points=points)
        each.append([mean_joules(watt, speeds, levels[size]) for size in CALIBRATED])
    watts = np.linalg.solve(np.transpose(each), [measured[size] for size in CALIBRATED])
    return PowerCurve(points=((0, 0.0), *zip(CALIBRATED, watts.tolist(), strict=True)))


def watts_of_v1() -> tuple[PowerCurve, PowerCurve]:
    """Of CPU and GPU, above idle."""
    cpu = {size: [run.cpu_levels for run in batch(size)] for size in CALIBRATED}
    gpu = {size: [run.gpu_levels for run in batch(size)] for size in CALIBRATED}
    return calibrated(V1.cpu, CPU, cpu), calibrated(V1.gpu, GPU, gpu)


def figure_5_v1() -> Part:
    power = known(V1.power)
    rows, shares = [], []
    for size, of_cpu in CPU.items():
        cpu = mean_joules(known(power.cpu), V1.cpu, [run.cpu_levels for run in batch(size)])
        gpu = mean_joules(known(power.gpu), V1.gpu, [run.gpu_levels for run in batch(size)])
        shares.append(cpu / (cpu + gpu))
        for name, paper, found in (("CPU", of_cpu, cpu), ("GPU", GPU[size], gpu)):
            rows.append(
                Row(
                    what=f"{size} at once: {name}",
                    paper=paper,
                    ours=found,
                    calibrated=size in CALIBRATED,
                )
            )
    rows.append(Row(what="128 at once: CPU share, %", paper=44.0, ours=100 * shares[-1]))
    claims = (
        Claim(
            what="the CPU's share grows from 1 to 128 at once", holds=shares[-1] > 1.5 * shares[0]
        ),
    )
    title = "Figure 5 (v1), dynamic joules of a batch. Calibrated: 1, 8 and 64 at once."
    return Part(title=title, rows=rows, claims=claims)


def figure_11() -> Part:
    """
    By the presets of `simulate scheduler`. The GPU is an H200 as in v1, and draws as there.

    What a thread of each tool makes Grace draw is told by that workload's own share with few at
    once. Where a tool uses no core, nothing is.
    """
    ours = {name: {size: share(name, size) for size in told} for name, told in SHARES.items()}
    rows = [
        Row(what=f"{name}, {size} at once", paper=paper, ours=ours[name][size])
        for name, told in SHARES.items()
        for size, paper in told.items()
    ]
    pairs = [pair for pair in pairwise(SHARES) if pair != ("web", "chemcrow")]
    claims = tuple(
        Claim(
            what=f"{more} has a larger share than {less} at 128",
            holds=ours[more][128] > ours[less][128],
        )
        for more, less in pairs
    )
    title = "Figure 11 (v3), CPU share of dynamic energy, Sys 2, %. Calibrated: 1 to 8 at once."
    return Part(title=title, rows=rows, claims=claims)


def share(name: str, size: int) -> float:
    """Percent of the dynamic energy of so many at once."""
    few = fmean(cpu_over_gpu(name, each) for each in FEW)
    if not few:
        return 0.0
    known_few = FEW_SHARES[name] / (100 - FEW_SHARES[name])
    now = known_few * cpu_over_gpu(name, size) / few
    return 100 * now / (1 + now)


@cache
def cpu_over_gpu(name: str, size: int) -> float:
    """Joules of the CPU, were its watts those of as many threads as run, over those of the GPU."""
    machine, watts = PRESETS["sys2"], known(known(V1.power).gpu)
    busy = PowerCurve(points=((0, 0.0), (machine.cores, 1.0)))
    runs = [simulate(preset(name, size, seed), machine, capped(None)) for seed in SEEDS]
    cpu = fmean(joules(busy, machine.cpu, run.cpu_levels, 0) for run in runs)
    return cpu / fmean(joules(watts, machine.gpu, run.gpu_levels, 0) for run in runs)


def preset(name: str, requests: int, seed: int) -> Workload:
    file, _ = written_source(WORKLOADS / f"{name}.yaml", requests=requests, seed=seed)
    return synthetic_workload(file, source=name)


if __name__ == "__main__":
    for station, watts in zip(("cpu", "gpu"), watts_of_v1(), strict=True):
        print(station, *(f"{size}: {each:.1f}" for size, each in watts.points))
