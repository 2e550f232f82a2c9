"""
MAS against one queue, arXiv:2511.00739v3 figures 7 and 8.

The demands of GPU-heavy requests, the rates but one, and all latencies are unpublished. One rate
is: 24/s at p_LLM 0.75 on Sys 2. GPU-heavy requests are taken to be as long as fills that system's
LLM server at that rate, and to have as many tokens on Sys 1. Where the rate is not published, it is
a fifth more than the busier of CPU and LLM server can do: below that no queue forms that MAS could
sort. Sys 2 and its Web pipeline are those of figure 6.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean

from paper_batches import station, whole_curve
from paper_open import SYS2, TOOL_S
from paper_rows import Claim, Part, Row, capped, step

from agentaudit.model.results import RequestRecord
from agentaudit.model.workload import Heavy, Machine, Stage, Workload
from agentaudit.simulation.experiments.load import offered_load
from agentaudit.simulation.experiments.metrics import percentile
from agentaudit.simulation.machines.machine import RTX_PRO_6000
from agentaudit.simulation.policies.mas import MixedAdmission
from agentaudit.simulation.runs.engine import simulate
from agentaudit.simulation.stations.speed import largest_speed
from agentaudit.simulation.workloads.arrivals import parse_arrivals
from agentaudit.simulation.workloads.synthetic import TypeShape, WorkloadShape, synthetic_workload

MAS = MixedAdmission(name="mas", source="", cpu_cap=64, gpu_cap=128, shared_cap=32)
SEEDS = range(3)
LOAD = 1.2
LLM_S = 2.1
KNOWN_RATE = 24.0
WHOLE = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """What serves, and what the tools of the Web pipeline and a GPU-heavy request take there."""

    machine: Machine
    cpu_s: float
    chat_s: float


CHAT_S = (largest_speed(SYS2.gpu) / KNOWN_RATE - 0.25 * LLM_S) / 0.75
SLOWER = 19664.15 / 15264.86
"""Tokens per second with 64 at once, Sys 2 over Sys 1."""
SYSTEMS = {
    "Sys 1": System(
        machine=Machine(name="1", cores=64, cpu=station(2.0), gpu=whole_curve(RTX_PRO_6000)),
        cpu_s=18.2 / 2.0,
        chat_s=CHAT_S * SLOWER,
    ),
    "Sys 2": System(
        machine=SYS2,
        cpu_s=TOOL_S,
        chat_s=CHAT_S,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row of facts: who gains, by how much, and whether others are told to change little."""

    gpu_heavy: float
    system: str
    gainers: str
    p50: float
    p90: float
    others: str | None = None
    rate: float | None = None

    def __str__(self) -> str:
        of = "all" if self.gainers == WHOLE else f"{self.gainers}-heavy"
        return f"p_LLM {self.gpu_heavy:.2f}, {self.system}, {of}"


CASES = (
    Case(gpu_heavy=0.25, system="Sys 1", gainers="GPU", p50=2.37, p90=2.49, others="CPU"),
    Case(gpu_heavy=0.25, system="Sys 2", gainers="GPU", p50=1.82, p90=1.78),
    Case(gpu_heavy=0.50, system="Sys 1", gainers=WHOLE, p50=1.62, p90=1.30),
    Case(gpu_heavy=0.50, system="Sys 2", gainers="GPU", p50=1.39, p90=1.18, others="CPU"),
    Case(
        gpu_heavy=0.75, system="Sys 2", gainers="CPU", p50=2.09, p90=2.15, others="GPU",
        rate=KNOWN_RATE,
    ),
)  # fmt: skip


def mixed() -> Iterator[Part]:
    rows = [
        Row(what=f"{case}: {name}", paper=paper, ours=gain(case, case.gainers, part), ratio=True)
        for case in CASES
        for name, part, paper in (("P50", 50, case.p50), ("P90", 90, case.p90))
    ]
    yield Part(
        title=(
            "Figures 7 and 8 (v3), FCFS over MAS. Calibrated: figure 5, table 4, one published rate"
        ),
        rows=rows,
        claims=tuple(claims()),
    )


def claims() -> Iterator[Claim]:
    for case in CASES:
        yield Claim(what=f"{case}: gain", holds=gain(case, case.gainers, 90) > 1.02)
        if case.others:
            change = gain(case, case.others, 90)
            others = f"{case.others}-heavy"
            yield Claim(
                what=f"p_LLM {case.gpu_heavy:.2f}, {case.system}, {others}: not slower by a tenth",
                holds=change > 0.9,
            )


def gain(case: Case, of: str, part: int) -> float:
    """Of FCFS over MAS, of the middle 400 requests, as the paper does; the mean of three runs."""
    return fmean(
        latency(fcfs, of, part) / latency(mas, of, part)
        for fcfs, mas in (both(case, seed) for seed in SEEDS)
    )


@cache
def both(case: Case, seed: int) -> tuple[tuple[RequestRecord, ...], tuple[RequestRecord, ...]]:
    """The records of one run under FCFS, and under MAS."""
    machine, some = SYSTEMS[case.system].machine, 10.0
    offered = max(offered_load(drawn(case, some, seed), machine))
    workload = drawn(case, case.rate or some * LOAD / offered, seed)
    fcfs, mas = (simulate(workload, machine, policy).records for policy in (capped(224), MAS))
    return fcfs, mas


def drawn(case: Case, rate: float, seed: int) -> Workload:
    system, share = SYSTEMS[case.system], case.gpu_heavy
    web = (step(Stage.CPU, system.cpu_s, 0.2), step(Stage.GPU, LLM_S, 0.2))
    shape = WorkloadShape(
        types=(
            TypeShape(name="CPU", weight=1 - share, heavy=Heavy.CPU, steps=web),
            TypeShape(name="GPU", weight=share, steps=(step(Stage.GPU, system.chat_s, 0.2),)),
        ),
        requests=1500,
        arrivals=parse_arrivals(f"poisson:{rate},mix:{share}"),
        seed=seed,
    )
    return synthetic_workload(shape, source="figures 7 and 8")


def latency(records: Sequence[RequestRecord], of: str, part: int) -> int:
    middle = [record.latency_ns for record in records[550:950] if of in (WHOLE, record.type)]
    return percentile(sorted(middle), part)
