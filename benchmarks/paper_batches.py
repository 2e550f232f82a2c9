"""The paper's third version: batches of 128 on two systems, under COMB and its rivals."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from paper_rows import SECOND, Claim, Part, Row, capped, shape, step

from agentaudit.model.results import RequestRecord
from agentaudit.model.workload import Machine, SpeedCurve, Stage
from agentaudit.simulation.machines.machine import H200, RTX_PRO_6000
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.policies.groups import BarrierMicroBatching, CombClosed
from agentaudit.simulation.runs.engine import simulate
from agentaudit.simulation.workloads.synthetic import synthetic_workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """One row of figure 5: what was measured with 128 at once, and how much less 64 take."""

    name: str
    cpu_s: float
    cpu_inflation: float
    gpu_s: float
    gpu_inflation: float
    gpu_first: float
    """The share of the GPU stage that comes before the CPU stage."""
    gpu: SpeedCurve
    """Table 4, for fewer than 64 at once."""
    offset_s: float
    totals: tuple[float, float, float]
    """Baseline, micro-batching, COMB."""
    gains: tuple[float, float]
    """r(64), r(128) of table 3."""


FIGURE_5 = (
    Closed(
        name="Web, Sys 1", cpu_s=18.2, cpu_inflation=2.0, gpu_s=2.1, gpu_inflation=1.0,
        gpu_first=0.0, gpu=RTX_PRO_6000, offset_s=8, totals=(20.3, 21.4, 21.1), gains=(1.94, 1.0),
    ),
    Closed(
        name="Web, Sys 2", cpu_s=12.1, cpu_inflation=1.9, gpu_s=2.1, gpu_inflation=1.0,
        gpu_first=0.0, gpu=H200, offset_s=8, totals=(14.2, 16.5, 15.6), gains=(1.76, 1.05),
    ),
    Closed(
        name="SWE, Sys 1", cpu_s=22.6, cpu_inflation=1.53, gpu_s=28.8, gpu_inflation=1.18,
        gpu_first=4.4 / 5.4, gpu=RTX_PRO_6000, offset_s=15, totals=(51.4, 71.4, 53.3),
        gains=(1.43, 1.18),
    ),
    Closed(
        name="SWE, Sys 2", cpu_s=27.2, cpu_inflation=1.94, gpu_s=11.0, gpu_inflation=1.06,
        gpu_first=4.4 / 5.4, gpu=H200, offset_s=15, totals=(38.5, 55.9, 45.1), gains=(1.45, 1.15),
    ),
)  # fmt: skip
SIZE = 64
Shipped = CappedConcurrency | BarrierMicroBatching | CombClosed
IDEAL = SpeedCurve(points=((1, 1.0), (64, 64.0)))


def batches() -> Iterator[Part]:
    yield figure_4(
        "Figure 4 (v3), drawn, not measured, times of one micro-batch. Nothing calibrated."
    )
    yield Part(
        title="Table 3 (v3), gain ratios. Calibrated: baseline of figure 5, inflations, table 4.",
        rows=tuple(table_3()),
        claims=tuple(falling_gains()),
    )
    yield Part(
        title="Figure 5 (v3), makespan of 128, s. Calibrated: baselines, inflations, table 4.",
        rows=tuple(figure_5()),
        claims=tuple(orders()),
    )
    yield Part(
        title="Section 5.1 (v3), P50 and P90 over each other. Calibrated: the same.",
        rows=tuple(section_5_1()),
    )


def station(inflation: float, below: SpeedCurve = IDEAL) -> SpeedCurve:
    """Demands are times beside 63 others: 1 up to there or by a curve, `inflation` at 128."""
    speeds = dict(below.points)
    scale = SIZE / speeds[SIZE]
    few = tuple((size, speed * scale) for size, speed in speeds.items() if size <= SIZE)
    return SpeedCurve(points=(*few, (2 * SIZE, 2 * SIZE / inflation)))


def whole_curve(curve: SpeedCurve) -> SpeedCurve:
    """Table 4, with the time of a request beside 63 others as the unit of demand."""
    scale = SIZE / dict(curve.points)[SIZE]
    return SpeedCurve(points=tuple((size, speed * scale) for size, speed in curve.points))


def micro_batching() -> BarrierMicroBatching:
    return BarrierMicroBatching(name="micro-batching", source="", size=SIZE)


def comb(offset_s: float) -> CombClosed:
    return CombClosed(name="comb", source="", size=SIZE, offset_ns=round(offset_s * SECOND))


@cache
def served(row: Closed, policy: Shipped, requests: int = 128) -> tuple[RequestRecord, ...]:
    """Records of a batch."""
    cpu_s, gpu_s = row.cpu_s / row.cpu_inflation, row.gpu_s / row.gpu_inflation
    machine = Machine(
        name=row.name,
        cores=64,
        cpu=station(row.cpu_inflation),
        gpu=station(row.gpu_inflation, row.gpu),
    )
    steps = (
        step(Stage.GPU, gpu_s * row.gpu_first),
        step(Stage.CPU, cpu_s),
        step(Stage.GPU, gpu_s * (1 - row.gpu_first)),
    )
    workload = synthetic_workload(shape(steps, requests, 0), source="figure 5")
    return simulate(workload, machine, policy).records


def last_s(records: Sequence[RequestRecord], rank: int = 0) -> float:
    """The last finish, or that of a rank, in seconds."""
    return sorted(record.finish_ns for record in records)[rank - 1] / SECOND


def figure_4(title: str) -> Part:
    steps = (step(Stage.CPU, 0.8), step(Stage.GPU, 0.2))
    workload = synthetic_workload(shape(steps, 128, 0), source="figure 4")
    machine = Machine(name="figure 4", cores=SIZE, cpu=IDEAL, gpu=IDEAL)
    rows = []
    for name, policy, median, tail in (
        ("multi-processing", capped(None), 2.0, 2.0),
        ("micro-batching", micro_batching(), 1.0, 2.0),
        ("COMB, s = 0.6", comb(0.6), 1.2, 1.8),
    ):
        records = simulate(workload, machine, policy).records
        rows.append(Row(what=f"{name}: P50", paper=median, ours=last_s(records, 64)))
        rows.append(Row(what=f"{name}: P90", paper=tail, ours=last_s(records, 116)))
    return Part(title=title, rows=rows)


def gain(row: Closed, size: int) -> float:
    half, whole = (last_s(served(row, capped(None), count)) for count in (size // 2, size))
    return 2 * half / whole


def table_3() -> Iterator[Row]:
    for row in FIGURE_5:
        for size, paper in zip((64, 128), row.gains, strict=True):
            yield Row(what=f"{row.name}: r({size})", paper=paper, ours=gain(row, size))


def falling_gains() -> Iterator[Claim]:
    for row in FIGURE_5:
        holds = gain(row, 64) > gain(row, 128)
        yield Claim(what=f"{row.name}: r(64) is above r(128)", holds=holds)


def figure_5() -> Iterator[Row]:
    for row in FIGURE_5:
        names = ("baseline", "micro-batching", f"COMB, s = {row.offset_s:g} s")
        policies: tuple[Shipped, ...] = (capped(None), micro_batching(), comb(row.offset_s))
        for name, policy, paper in zip(names, policies, row.totals, strict=True):
            yield Row(
                what=f"{row.name}: {name}",
                paper=paper,
                ours=last_s(served(row, policy)),
                calibrated=name == "baseline",
            )
    web = FIGURE_5[1]
    for name, policy, paper in (
        ("micro-batching", micro_batching(), 8.6),
        ("COMB", comb(web.offset_s), 8.35),
    ):
        ours = last_s(served(web, policy), SIZE)
        yield Row(what=f"{web.name}: {name}, end of the first 64", paper=paper, ours=ours)


def orders() -> Iterator[Claim]:
    for row in FIGURE_5:
        base, groups, offset = (
            last_s(served(row, policy))
            for policy in (capped(None), micro_batching(), comb(row.offset_s))
        )
        for what, holds in (
            ("baseline before COMB", base < offset * (1 - 1e-6)),
            ("COMB before micro-batching", offset < groups),
        ):
            yield Claim(what=f"{row.name}: {what}", holds=holds)


def section_5_1() -> Iterator[Row]:
    """P50 and P90 are taken of requests; the bars suggest the ends of the two micro-batches."""
    _, web, swe1, swe2 = FIGURE_5
    for row, what, policies, rank, paper in (
        (web, "P50, baseline over micro-batching", (capped(None), micro_batching()), 64, 1.65),
        (web, "P90, baseline over micro-batching", (capped(None), micro_batching()), 116, 0.86),
        (web, "P50, micro-batching over COMB", (micro_batching(), comb(8)), 64, 1.03),
        (web, "P90, micro-batching over COMB", (micro_batching(), comb(8)), 116, 1.05),
        (web, "P50, baseline over COMB", (capped(None), comb(8)), 64, 1.7),
        (swe1, "P90, baseline over micro-batching", (capped(None), micro_batching()), 116, 0.72),
        (swe2, "P90, baseline over micro-batching", (capped(None), micro_batching()), 116, 0.69),
        (swe1, "P90, micro-batching over COMB", (micro_batching(), comb(15)), 116, 1.40),
    ):
        before, after = (last_s(served(row, policy), rank) for policy in policies)
        yield Row(what=f"{row.name}: {what}", paper=paper, ours=before / after, ratio=True)
