"""Workloads made of types of requests: every request draws its type and its demands by a seed."""

from collections.abc import Sequence
from itertools import accumulate
from math import sqrt
from random import Random

from msgspec import Struct

from agentaudit.model.workload import Heavy, Machine, Stage, Workload, WorkRequest, WorkStep
from agentaudit.simulation.exact import cosine, exponent, logarithm
from agentaudit.simulation.recordings.replay import heavy_resource
from agentaudit.simulation.workloads.arrivals import Arrivals
from agentaudit.simulation.workloads.shaping import shaped

ASSUMED = "The workload is written by hand; nothing in it was measured here."


class StepShape(Struct, frozen=True, kw_only=True):
    """A step: the mean of what it takes alone, and the standard deviation over that mean."""

    stage: Stage
    mean_ns: int
    spread: float = 0.0
    threads: int = 1
    name: str = ""
    tokens: int = 0
    interpreted: float = 1.0


class TypeShape(Struct, frozen=True, kw_only=True):
    """A type of request; `heavy` None means whatever its steps make it."""

    name: str
    steps: tuple[StepShape, ...]
    weight: float = 1.0
    heavy: Heavy | None = None


class WorkloadShape(Struct, frozen=True, kw_only=True):
    """What a workload file says."""

    types: tuple[TypeShape, ...]
    requests: int
    arrivals: Arrivals
    seed: int
    machine: Machine | None = None


def synthetic_workload(shape: WorkloadShape, *, source: str) -> Workload:
    """
    The workload of a shape. Demands are lognormal where a step has a spread.

    `fast.drawn` makes the same as columns, for more requests than there should be objects.
    """
    draw = Random(f"{shape.seed} demands")  # noqa: S311 - a simulation repeats, it keeps no secret
    heavy = {kind.name: heavy_of(kind) for kind in shape.types}
    kinds = [_pick_type(shape.types, draw) for _ in range(shape.requests)]
    workload = Workload(
        requests=tuple(
            WorkRequest(
                request_id=place,
                type=kind.name,
                heavy=heavy[kind.name],
                arrival_ns=0,
                steps=tuple(_work_step(step, draw) for step in kind.steps),
            )
            for place, kind in enumerate(kinds)
        ),
        source=source,
        arrivals="closed",
        seed=shape.seed,
        assumptions=(ASSUMED,),
    )
    return shaped(workload, arrivals=shape.arrivals, requests=None, seed=shape.seed)


def heavy_of(kind: TypeShape) -> Heavy:
    """What the type says, or what its steps make it."""
    means = tuple(WorkStep(stage=step.stage, demand_ns=step.mean_ns) for step in kind.steps)
    return kind.heavy or heavy_resource(means)


def _pick_type(types: Sequence[TypeShape], draw: Random) -> TypeShape:
    edges = list(accumulate(kind.weight for kind in types))
    point = draw.random() * edges[-1]
    return next(kind for kind, edge in zip(types, edges, strict=True) if point < edge)


def _work_step(step: StepShape, draw: Random) -> WorkStep:
    demand_ns = step.mean_ns
    if step.spread:
        demand_ns = max(round(step.mean_ns * lognormal(step.spread, draw)), 1)
    return WorkStep(
        stage=step.stage,
        demand_ns=demand_ns,
        threads=step.threads,
        name=step.name,
        interpreted=step.interpreted,
        tokens=step.tokens,
    )


def lognormal(spread: float, draw: Random) -> float:
    """A draw with mean 1, by Box and Muller, from `Random.random` alone."""
    variance = logarithm(1.0 + spread * spread)
    normal = sqrt(-2 * logarithm(1.0 - draw.random())) * cosine(draw.random())
    return exponent(sqrt(variance) * normal - variance / 2)
