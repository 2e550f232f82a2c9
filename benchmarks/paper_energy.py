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
from agentaudit.simulation.engine import simulate
from agentaudit.simulation.machine import PRESETS
from agentaudit.simulation.power import Levels, joules
from agentaudit.simulation.run import Run
from agentaudit.simulation.synthetic import synthetic_workload

Given = TypeVar("Given")
WORKLOADS = Path(__file__).parent.parent / "sample_configs/workloads"
CPU = {1: 22, 2: 37, 4: 64, 8: 134, 16: 291, 32: 417, 64: 805, 128: 1807}
GPU = {1: 86, 2: 125, 4: 295, 8: 427, 16: 595, 32: 832, 64: 1329, 128: 2307}
"""Joules of a batch above idle, by its size."""
CALIBRATED = (1, 8, 64)
V1 = PRESETS["v1"]
SHARES = {"rag": 61.0, "web": 42.0, "chemcrow": 42.0, "swe-agent": 33.0, "toolformer": 11.5}
"""Percent, at 128 requests on Sys 2; of toolformer 11 to 12."""


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

    What Grace draws is one number, given by Web's share.
    """
    watts = known(known(V1.power).gpu)
    ratio = {}
    for name in SHARES:
        machine = PRESETS["sys2"]
        run = simulate(preset(name), machine, capped(None))
        busy = PowerCurve(points=((0, 0.0), (machine.cores, 1.0)))
        cpu = joules(busy, machine.cpu, run.cpu_levels, 0)
        ratio[name] = cpu / joules(watts, machine.gpu, run.gpu_levels, 0)
    web = SHARES["web"] / (100 - SHARES["web"]) / ratio["web"]
    share = {name: 100 * web * each / (1 + web * each) for name, each in ratio.items()}
    rows = [
        Row(what=f"{name}", paper=paper, ours=share[name], calibrated=name == "web")
        for name, paper in SHARES.items()
    ]
    pairs = [pair for pair in pairwise(SHARES) if pair != ("web", "chemcrow")]
    claims = tuple(
        Claim(what=f"{more} has a larger share than {less}", holds=share[more] > share[less])
        for more, less in pairs
    )
    title = "Figure 11 (v3), CPU share of dynamic energy at 128, Sys 2, %. Calibrated: web."
    return Part(title=title, rows=rows, claims=claims)


def preset(name: str) -> Workload:
    file, _ = written_source(WORKLOADS / f"{name}.yaml", requests=128)
    return synthetic_workload(file, source=name)


if __name__ == "__main__":
    for station, watts in zip(("cpu", "gpu"), watts_of_v1(), strict=True):
        print(station, *(f"{size}: {each:.1f}" for size, each in watts.points))
