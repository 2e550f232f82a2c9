"""
Energy, arXiv:2511.00739v1 figure 5 and v3 figure 11: dynamic joules, and the CPU's share of them.

Power is the product's: busy cores and a busy GPU draw so many watts each, whatever they do. One row
gives the watts, and the others are predicted.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

from paper_first import WEB
from paper_rows import Claim, Part, Row, capped, shape

from agentaudit.cli.workloads import written_source
from agentaudit.model.workload import Machine, Power, Workload
from agentaudit.simulation.engine import simulate
from agentaudit.simulation.expenses import energy_of
from agentaudit.simulation.machine import PRESETS
from agentaudit.simulation.observations import observations_of
from agentaudit.simulation.synthetic import synthetic_workload

WORKLOADS = Path(__file__).parent.parent / "sample_configs/workloads"
A_WATT_EACH = Power(cpu_idle_watts=0, cpu_busy_watts=1, gpu_idle_watts=0, gpu_busy_watts=1)
JOULES = {
    1: (22, 86), 2: (37, 125), 4: (64, 295), 8: (134, 427), 16: (291, 595), 32: (417, 832),
    64: (805, 1329), 128: (1807, 2307),
}  # fmt: skip
CALIBRATED = 64
SHARES = {"rag": 61.0, "web": 42.0, "chemcrow": 42.0, "swe-agent": 33.0, "toolformer": 11.5}
"""Percent, at 128 requests on Sys 2; of toolformer 11 to 12."""


def energy() -> Iterator[Part]:
    yield figure_5_v1()
    yield figure_11()


@cache
def joules(workload: Workload, machine: Machine) -> tuple[float, float]:
    """Of CPU and GPU for the whole batch, if a busy CPU and a busy GPU drew a watt each."""
    run = simulate(workload, machine, capped(None))
    found = energy_of(observations_of(run, overloaded=False), replace(machine, power=A_WATT_EACH))
    if found is None or found.cpu_joules is None or found.gpu_joules is None:
        raise AssertionError("the machine has watts")
    count = len(workload.requests)
    return found.cpu_joules * count, found.gpu_joules * count


def figure_5_v1() -> Part:
    """LangChain on FreshQA; measured on another system than that of the latencies."""
    ours = {
        size: joules(synthetic_workload(shape(WEB, size, 0), source="energy"), PRESETS["v1"])
        for size in JOULES
    }
    watts = [JOULES[CALIBRATED][place] / ours[CALIBRATED][place] for place in (0, 1)]
    rows, shares = [], []
    for size, measured in JOULES.items():
        cpu, gpu = (ours[size][place] * watts[place] for place in (0, 1))
        shares.append(cpu / (cpu + gpu))
        for name, paper, found in (("CPU", measured[0], cpu), ("GPU", measured[1], gpu)):
            rows.append(
                Row(
                    what=f"{size} at once: {name}",
                    paper=paper,
                    ours=found,
                    calibrated=size == CALIBRATED,
                )
            )
    rows.append(Row(what="128 at once: CPU share, %", paper=44.0, ours=100 * shares[-1]))
    claims = (
        Claim(
            what="the CPU's share grows from 1 to 128 at once", holds=shares[-1] > 1.5 * shares[0]
        ),
    )
    title = f"Figure 5 (v1), dynamic joules of a batch. Calibrated: {CALIBRATED} at once."
    return Part(title=title, rows=rows, claims=claims)


def figure_11() -> Part:
    """By the presets of `simulate scheduler`; only the ratio of the two powers matters."""
    ratio = {}
    for name in SHARES:
        cpu, gpu = joules(preset(name), PRESETS["sys2"])
        ratio[name] = cpu / gpu
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
