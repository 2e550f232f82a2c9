"""
The paper's third version in open loop: COMB's cap on Sys 2, arXiv:2511.00739v3 figure 6.

What the tools of the Web pipeline can be served at is published twice. In figure 5 their stage of
64 processes takes 12.1 s / 1.9, and of 128 it takes 12.1 s: 10.0 and 10.6 requests a second. Under
a cap of 64 in figure 6 a request takes 5.8 s, its call of the model included: 11 a second, with as
many on the CPU as are not at the model. So the cores are saturated long before 128, and each
further process only makes all others slower; up to the fewest of the three they are taken to be
independent, and past 128 they serve no faster. Nothing measured under N_max enters.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from statistics import fmean

from msgspec.structs import replace
from paper_batches import FIGURE_5, SIZE, whole_curve
from paper_rows import SECOND, SEEDS, Claim, Part, Row, capped, shape, step

from agentaudit.model.results import RequestRecord
from agentaudit.model.workload import Machine, SpeedCurve, Stage
from agentaudit.simulation.experiments.metrics import percentile
from agentaudit.simulation.machines.machine import H200
from agentaudit.simulation.runs.engine import simulate
from agentaudit.simulation.stations.speed import total_speed
from agentaudit.simulation.workloads.arrivals import ArrivalKind, Arrivals
from agentaudit.simulation.workloads.synthetic import synthetic_workload

WEB = FIGURE_5[1]
LLM = whole_curve(H200)
SERVICE_AT_64_S = 5.8
AT_64_PER_S = SIZE / SERVICE_AT_64_S
RHO = {11: 1.54, 12: 1.66, 13: 3.09, 14: 3.18}
"""Of the CPU under N_max = 256, by requests per second."""


def calls_at(rate: float) -> int:
    """How many calls the LLM server has open when it answers so many a second."""
    return next(calls for calls in range(1, 512) if total_speed(LLM, calls) >= rate * WEB.gpu_s)


TOOLS_AT_64 = SIZE - calls_at(AT_64_PER_S)
TOOL_S = TOOLS_AT_64 / AT_64_PER_S
"""What a tool takes beside so many others, and so alone."""
TOOLS = SpeedCurve(
    points=(
        (1, 1.0),
        (TOOLS_AT_64, float(TOOLS_AT_64)),
        (SIZE, SIZE * TOOL_S * WEB.cpu_inflation / WEB.cpu_s),
        (2 * SIZE, 2 * SIZE * TOOL_S / WEB.cpu_s),
    )
)
SYS2 = Machine(name="sys 2", cores=72, cpu=TOOLS, gpu=LLM)


def open_loop() -> Iterator[Part]:
    yield Part(
        title="Figure 6 (v3), Web on Sys 2. Calibrated: service at N_cap 64, figure 5, table 4.",
        rows=tuple(figure_6()),
        claims=tuple(claims_of_figure_6()),
    )


@cache
def under_cap(cap: int, rate: float) -> tuple[tuple[RequestRecord, ...], ...]:
    """The middle third of 1500 requests at `rate` per second, of five runs."""
    steps = (step(Stage.CPU, TOOL_S, 0.2), step(Stage.GPU, WEB.gpu_s, 0.2))
    arrivals = Arrivals(kind=ArrivalKind.POISSON, number=rate)
    shapes = (replace(shape(steps, 1500, seed), arrivals=arrivals) for seed in SEEDS)
    workloads = (synthetic_workload(one, source="figure 6") for one in shapes)
    return tuple(simulate(workload, SYS2, capped(cap)).records[500:1000] for workload in workloads)


def figure_6() -> Iterator[Row]:
    small, large = under_cap(64, 13), under_cap(256, 13)
    ours = mean_service_s(small)
    yield Row(
        what="N_cap 64, 13/s: mean service, s", paper=SERVICE_AT_64_S, ours=ours, calibrated=True
    )
    yield Row(what="N_cap 64, 13/s: requests/s", paper=11.0, ours=throughput_per_s(small))
    for rate, paper in RHO.items():
        ours = rate * mean_service_s(under_cap(256, rate)) / SYS2.cores
        yield Row(what=f"N_max 256, {rate}/s: CPU load", paper=paper, ours=ours)
    for label, part, paper in (("P50", 50, 2.9), ("P90", 90, 3.9)):
        ours = service(large, part) / service(small, part)
        yield Row(what=f"service {label}, baseline over COMB", paper=paper, ours=ours, ratio=True)
    for label, part, paper in (("P50", 50, 1.6), ("P90", 90, 1.8)):
        ours = latency(large, part) / latency(small, part)
        yield Row(what=f"total {label}, baseline over COMB", paper=paper, ours=ours, ratio=True)
    ours = throughput_per_s(small) / throughput_per_s(large)
    yield Row(what="throughput, COMB over baseline", paper=1.7, ours=ours, ratio=True)


def claims_of_figure_6() -> Iterator[Claim]:
    at = {cap: under_cap(cap, 13) for cap in (48, 64, 82, 96)}
    rho = [rate * mean_service_s(under_cap(64, rate)) / SYS2.cores for rate in (11, 12, 13, 14)]
    waits = {cap: waiting_s(found) for cap, found in at.items()}
    yield Claim(
        what="N_cap 64: CPU load from 0.89 to 1.13 at 11 to 14/s, give or take 0.05",
        holds=min(rho) >= 0.84 and max(rho) <= 1.18,
    )
    yield Claim(
        what="N_cap 48 serves faster than 64",
        holds=mean_service_s(at[48]) < mean_service_s(at[64]),
    )
    yield Claim(what="N_cap 48 queues far more than 64", holds=waits[48] > 1.5 * waits[64])
    yield Claim(
        what="N_cap 82 and 96 serve more slowly than 64",
        holds=min(mean_service_s(at[82]), mean_service_s(at[96])) > 1.02 * mean_service_s(at[64]),
    )


Runs = Sequence[Sequence[RequestRecord]]


def service(runs: Runs, part: int) -> float:
    return fmean(percentile(sorted(one.service_ns for one in run), part) for run in runs)


def latency(runs: Runs, part: int) -> float:
    return fmean(percentile(sorted(one.latency_ns for one in run), part) for run in runs)


def mean_service_s(runs: Runs) -> float:
    return fmean(one.service_ns for run in runs for one in run) / SECOND


def waiting_s(runs: Runs) -> float:
    return fmean(one.waiting_ns for run in runs for one in run) / SECOND


def throughput_per_s(runs: Runs) -> float:
    return fmean(_throughput_per_s([one.finish_ns for one in run]) for run in runs)


def _throughput_per_s(finishes: Sequence[int]) -> float:
    return len(finishes) * SECOND / (max(finishes) - min(finishes))
