"""The paper's third version in open loop: COMB's cap on Sys 2."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from statistics import fmean

from paper_batches import station
from paper_rows import SECOND, Claim, Part, Row, capped, shape, step

from agentaudit.model.results import RequestRecord
from agentaudit.model.workload import Machine, Stage
from agentaudit.simulation.arrivals import ArrivalKind, Arrivals
from agentaudit.simulation.engine import simulate
from agentaudit.simulation.metrics import percentile
from agentaudit.simulation.synthetic import synthetic_workload

LLM_S = 2.1
SERVICE_AT_64_S = 5.8
SYS2 = Machine(name="sys 2", cores=72, cpu=station(1.9), gpu=station(1.0))
RHO = {11: 1.54, 12: 1.66, 13: 3.09, 14: 3.18}
"""Of the CPU under N_max = 256, by requests per second."""


def open_loop() -> Iterator[Part]:
    yield Part(
        title="Figure 6 (v3), Web on Sys 2. Calibrated: service at N_cap 64, inflations.",
        rows=tuple(figure_6()),
        claims=tuple(claims_of_figure_6()),
    )


@cache
def under_cap(cap: int, rate: float) -> tuple[RequestRecord, ...]:
    """The middle third of 1500 requests at `rate` per second."""
    steps = (step(Stage.CPU, SERVICE_AT_64_S - LLM_S, 0.2), step(Stage.GPU, LLM_S, 0.2))
    arrivals = Arrivals(kind=ArrivalKind.POISSON, number=rate)
    workload = synthetic_workload(
        replace(shape(steps, 1500, 1), arrivals=arrivals), source="figure 6"
    )
    return simulate(workload, SYS2, capped(cap)).records[500:1000]


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
    waits = {cap: fmean(record.waiting_ns for record in found) for cap, found in at.items()}
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


def service(records: Sequence[RequestRecord], part: int) -> int:
    return percentile(sorted(record.service_ns for record in records), part)


def latency(records: Sequence[RequestRecord], part: int) -> int:
    return percentile(sorted(record.latency_ns for record in records), part)


def mean_service_s(records: Sequence[RequestRecord]) -> float:
    return fmean(record.service_ns for record in records) / SECOND


def throughput_per_s(records: Sequence[RequestRecord]) -> float:
    finishes = [record.finish_ns for record in records]
    return len(finishes) * SECOND / (max(finishes) - min(finishes))
