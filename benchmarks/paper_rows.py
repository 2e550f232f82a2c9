"""Rows of the paper's table: a number beside ours, or a claim that holds or does not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from agentaudit.model.workload import Stage
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.workloads.arrivals import CLOSED
from agentaudit.simulation.workloads.synthetic import StepShape, TypeShape, WorkloadShape

SECOND = 1_000_000_000
SEEDS = range(5)
TOLERANCE = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One number of the paper, and ours. `calibrated` rows were put in and are no prediction."""

    what: str
    paper: float
    ours: float
    calibrated: bool = False
    ratio: bool = False
    """Whether it is one thing over another, above 1 or below: then its sign can be wrong too."""

    @property
    def error(self) -> float:
        return self.ours / self.paper - 1

    @property
    def within(self) -> bool:
        return abs(self.error) <= TOLERANCE

    def __str__(self) -> str:
        mark = "=" if self.calibrated else " " if self.within else "!"
        return f"{mark} {self.what:54} {self.paper:8.2f} {self.ours:9.2f} {self.error:+8.1%}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the paper says of an order, a direction or a shape, and whether it comes out so."""

    what: str
    holds: bool

    def __str__(self) -> str:
        return f"{' ' if self.holds else '!'} {self.what:73} {'holds' if self.holds else 'fails'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Rows that were calibrated alike."""

    title: str
    rows: Sequence[Row]
    claims: Sequence[Claim] = ()

    @property
    def predictions(self) -> list[Row]:
        return [row for row in self.rows if not row.calibrated]

    def lines(self) -> Iterator[str]:
        yield f"\n{self.title}"
        yield from map(str, self.rows)
        yield from map(str, self.claims)
        if self.predictions:
            yield f"  {told(self.predictions)}"


def told(rows: Sequence[Row]) -> str:
    within = sum(row.within for row in rows)
    middle = median(abs(row.error) for row in rows)
    return f"{within} of {len(rows)} predictions within {TOLERANCE:.0%}, median error {middle:.1%}"


def capped(cap: int | None) -> CappedConcurrency:
    return CappedConcurrency(name="capped", source="", cap=cap)


def step(stage: Stage, mean_s: float, spread: float = 0.0) -> StepShape:
    return StepShape(stage=stage, mean_ns=round(mean_s * SECOND), spread=spread)


def shape(steps: tuple[StepShape, ...], requests: int, seed: int) -> WorkloadShape:
    kind = TypeShape(name="request", steps=steps)
    return WorkloadShape(types=(kind,), requests=requests, arrivals=CLOSED, seed=seed)
