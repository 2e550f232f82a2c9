"""Workloads of shapes as columns: ten million requests without an object for each."""

import numpy as np
from numpy.typing import NDArray

from agentaudit.errors import UsageError
from agentaudit.model.workload import WorkStep
from agentaudit.simulation.arrivals import ArrivalKind, Arrivals
from agentaudit.simulation.fast.columns import (
    HEAVIES,
    NOBODY,
    Ints,
    Places,
    StepKind,
    WorkColumns,
)
from agentaudit.simulation.fast.draws import exponential, lognormal, stream, uniform
from agentaudit.simulation.replay import heavy_resource
from agentaudit.simulation.synthetic import TypeShape, WorkloadShape

_CHUNK = 1 << 18
"""Requests drawn at once: what is drawn does not depend on it, what it takes meanwhile does."""
_SECOND_NS = 1e9


def drawn_columns(shape: WorkloadShape, *, source: str) -> WorkColumns:
    """
    The workload of a shape, as `synthetic_workload` makes it but for what is drawn.

    Type, arrival and demands of a request are functions of the seed and of its place alone: a
    longer workload begins with the same requests. See `fast.draws` for the numbers.
    """
    count = shape.requests
    kind_of = _types(shape)
    kinds = list(
        dict.fromkeys(
            StepKind(stage=step.stage, threads=step.threads, name=step.name)
            for kind in shape.types
            for step in kind.steps
        )
    )
    lengths = np.array([len(kind.steps) for kind in shape.types], dtype=np.int32)
    begin = np.zeros(count + 1, dtype=np.int32)
    np.cumsum(lengths[kind_of], out=begin[1:])
    kind, demand_ns = _steps(shape, kind_of, begin, kinds)
    arrival_ns, follows, think_ns = _arrivals(shape.arrivals, count, shape.seed)
    heavy = np.array([_heavy(kind) for kind in shape.types], dtype=np.int8)
    return WorkColumns(
        ids=None,
        types=tuple(kind.name for kind in shape.types),
        type=kind_of,
        heavy=heavy[kind_of],
        arrival_ns=arrival_ns,
        begin=begin,
        kinds=tuple(kinds),
        kind=kind,
        demand_ns=demand_ns,
        follows=follows,
        think_ns=think_ns,
        source=source,
        arrivals=str(shape.arrivals),
        seed=shape.seed,
        assumptions=("The workload is written by hand; nothing in it was measured here.",),
    )


def _types(shape: WorkloadShape) -> Places:
    """Which type each request is of."""
    edges = np.cumsum([kind.weight for kind in shape.types])
    key = stream(shape.seed, "types")
    kind_of = np.empty(shape.requests, dtype=np.int32)
    for chunk in _chunks(shape.requests):
        point = uniform(key, chunk) * edges[-1]
        kind_of[_part(chunk)] = np.searchsorted(edges[:-1], point, side="right")
    return kind_of


def _steps(
    shape: WorkloadShape, kind_of: Places, begin: Places, kinds: list[StepKind]
) -> tuple[Places, Ints]:
    """The kind and the demand of every step; those of a request have counters of their own."""
    key = stream(shape.seed, "demands")
    most = max(len(kind.steps) for kind in shape.types)
    kind = np.empty(int(begin[-1]), dtype=np.int32)
    demand_ns = np.empty(int(begin[-1]), dtype=np.int64)
    for chunk in _chunks(shape.requests):
        for place, of_type in enumerate(shape.types):
            requests = chunk[kind_of[_part(chunk)] == place]
            first = begin[requests]
            for number, step in enumerate(of_type.steps):
                code = StepKind(stage=step.stage, threads=step.threads, name=step.name)
                kind[first + number] = kinds.index(code)
                demands: Ints | int = step.mean_ns
                if step.spread:
                    draws = uniform(key, requests * np.uint64(most) + np.uint64(number))
                    wanted = np.rint(step.mean_ns * lognormal(draws, step.spread))
                    demands = np.maximum(wanted, 1).astype(np.int64)
                demand_ns[first + number] = demands
    return kind, demand_ns


def _arrivals(arrivals: Arrivals, count: int, seed: int) -> tuple[Ints, Places | None, Ints | None]:
    """When each request comes, whom it follows, and how long its user thinks."""
    key = stream(seed, "arrivals")
    gaps_ns = np.zeros(count, dtype=np.int64)
    if arrivals.kind is ArrivalKind.CLOSED:
        return gaps_ns, None, None
    known = arrivals.kind in (ArrivalKind.POISSON, ArrivalKind.USERS) and arrivals.mix is None
    if not known:
        raise UsageError(f"arrivals {arrivals} cannot be drawn as columns")
    users = arrivals.kind is ArrivalKind.USERS
    mean_ns = float(arrivals.think_ns) if users else _SECOND_NS / arrivals.number
    for chunk in _chunks(count):
        drawn = exponential(uniform(key, chunk))
        gaps_ns[_part(chunk)] = np.rint(drawn * mean_ns).astype(np.int64)
    if not users:
        return np.cumsum(gaps_ns), None, None
    number = min(round(arrivals.number), count)
    follows = np.arange(-number, count - number, dtype=np.int32)
    follows[:number] = NOBODY
    arrival_ns = gaps_ns.copy()
    arrival_ns[number:] = 0  # they come when they are due, and stand in the order of their ids
    gaps_ns[:number] = 0
    return arrival_ns, follows, gaps_ns


def _heavy(kind: TypeShape) -> int:
    means = tuple(WorkStep(stage=step.stage, demand_ns=step.mean_ns) for step in kind.steps)
    return HEAVIES.index(kind.heavy or heavy_resource(means))


def _chunks(count: int) -> list[NDArray[np.uint64]]:
    return [
        np.arange(start, min(start + _CHUNK, count), dtype=np.uint64)
        for start in range(0, count, _CHUNK)
    ]


def _part(chunk: NDArray[np.uint64]) -> slice:
    return slice(int(chunk[0]), int(chunk[-1]) + 1)
