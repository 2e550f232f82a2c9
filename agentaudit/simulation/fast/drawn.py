"""Workloads of shapes as columns: ten million requests without an object for each."""

from collections.abc import Iterator, Sequence
from random import Random

import numpy as np
from msgspec.structs import replace

from agentaudit.simulation.fast.columns import (
    HEAVIES,
    NOBODY,
    Codes,
    Ints,
    Places,
    StepKind,
    WorkColumns,
)
from agentaudit.simulation.fast.draws import Stream, exponential, lognormal
from agentaudit.simulation.workloads.arrival_laws import gamma_gaps, on_off
from agentaudit.simulation.workloads.arrivals import ArrivalKind, Arrivals
from agentaudit.simulation.workloads.mixing import Mix, check_mix
from agentaudit.simulation.workloads.shaping import told
from agentaudit.simulation.workloads.synthetic import ASSUMED, TypeShape, WorkloadShape, heavy_of

_CHUNK = 1 << 18
"""Requests drawn at once: what is drawn does not depend on it, what it takes meanwhile does."""
_SECOND_NS = 1e9


def drawn_columns(shape: WorkloadShape, *, source: str) -> WorkColumns:
    """The workload that `synthetic_workload` makes of a shape, to the nanosecond, as columns."""
    stream = Stream(f"{shape.seed} demands")
    kind_of = _types(shape, stream)
    kinds = tuple(
        dict.fromkeys(_step_kind(kind, place) for kind in shape.types for place in _places(kind))
    )
    begin = _begins(shape.types, kind_of)
    kind, demand_ns = _steps(shape, kind_of, begin, kinds, stream)
    heavies = np.array([HEAVIES.index(heavy_of(kind)) for kind in shape.types], dtype=np.int8)
    arrival_ns, follows, think_ns = _arrivals(shape.arrivals, shape.requests, shape.seed)
    columns = WorkColumns(
        ids=None,
        types=tuple(kind.name for kind in shape.types),
        type=kind_of,
        heavy=heavies[kind_of],
        arrival_ns=arrival_ns,
        begin=begin,
        kinds=kinds,
        kind=kind,
        demand_ns=demand_ns,
        follows=follows,
        think_ns=think_ns,
        source=source,
        arrivals=str(shape.arrivals),
        seed=shape.seed,
        assumptions=(ASSUMED, *told(shape.arrivals, have=shape.requests, count=shape.requests)),
    )
    mix = shape.arrivals.mix
    return columns if mix is None else _mixed(columns, mix)


def _types(shape: WorkloadShape, stream: Stream) -> Places:
    """Which type each request is of."""
    edges = np.cumsum([kind.weight for kind in shape.types])
    kind_of = np.empty(shape.requests, dtype=np.int32)
    for chunk in _chunks(shape.requests):
        points = stream.uniform(chunk.stop - chunk.start) * edges[-1]
        kind_of[chunk] = np.searchsorted(edges[:-1], points, side="right")
    return kind_of


def _begins(types: Sequence[TypeShape], kind_of: Places) -> Places:
    lengths = np.array([len(kind.steps) for kind in types], dtype=np.int32)
    begin = np.zeros(len(kind_of) + 1, dtype=np.int32)
    np.cumsum(lengths[kind_of], out=begin[1:])
    return begin


def _steps(
    shape: WorkloadShape,
    kind_of: Places,
    begin: Places,
    kinds: tuple[StepKind, ...],
    stream: Stream,
) -> tuple[Places, Ints]:
    """The kind and the demand of every step; those with a spread take two draws, in their order."""
    kind = np.empty(int(begin[-1]), dtype=np.int32)
    demand_ns = np.empty(int(begin[-1]), dtype=np.int64)
    taken = np.array([2 * sum(step.spread > 0 for step in kind.steps) for kind in shape.types])
    for chunk in _chunks(shape.requests):
        types = kind_of[chunk]
        drawn_before = np.concatenate(([0], np.cumsum(taken[types])))
        draws = stream.uniform(int(drawn_before[-1]))
        for number, of_type in enumerate(shape.types):
            requests = np.flatnonzero(types == number)
            first, draw = begin[chunk][requests], drawn_before[requests]
            for place, step in enumerate(of_type.steps):
                kind[first + place] = kinds.index(_step_kind(of_type, place))
                demands: Ints | int = step.mean_ns
                if step.spread:
                    factors = lognormal(draws[draw], draws[draw + 1], step.spread)
                    demands = np.maximum(np.rint(step.mean_ns * factors), 1).astype(np.int64)
                    draw = draw + 2
                demand_ns[first + place] = demands
    return kind, demand_ns


def _arrivals(arrivals: Arrivals, count: int, seed: int) -> tuple[Ints, Places | None, Ints | None]:
    """When each request comes, whom it follows, and how long its user thinks."""
    name, rate = f"{seed} arrivals", arrivals.number
    match arrivals.kind:
        case ArrivalKind.POISSON:
            return _poisson(rate, count, Stream(name)), None, None
        case ArrivalKind.USERS:
            return _by_users(arrivals, count, Stream(name))
        case ArrivalKind.GAMMA:
            instants = gamma_gaps(rate, arrivals.variation, count, Random(name))  # noqa: S311
            return np.fromiter(instants, np.int64, count), None, None
        case ArrivalKind.ON_OFF:
            rates = (rate, arrivals.off_rate)
            instants = on_off(rates, arrivals.phases_ns, count, Random(name))  # noqa: S311
            return np.fromiter(instants, np.int64, count), None, None
        case ArrivalKind.CLOSED | ArrivalKind.RECORDED | ArrivalKind.SCALED:
            return np.zeros(count, dtype=np.int64), None, None


def _poisson(rate_per_s: float, count: int, stream: Stream) -> Ints:
    arrival_ns, at_s = np.empty(count, dtype=np.int64), 0.0
    for chunk in _chunks(count):
        gaps = exponential(stream.uniform(chunk.stop - chunk.start)) / rate_per_s
        gaps[0] += at_s
        instants = np.cumsum(gaps)
        at_s = float(instants[-1])
        arrival_ns[chunk] = np.rint(instants * _SECOND_NS)
    return arrival_ns


def _by_users(arrivals: Arrivals, count: int, stream: Stream) -> tuple[Ints, Places, Ints]:
    """Requests dealt out among users; each stands in the order where its user's thoughts end."""
    users = min(round(arrivals.number), count)
    think_ns = np.empty(count, dtype=np.int64)
    for chunk in _chunks(count):
        thoughts = exponential(stream.uniform(chunk.stop - chunk.start)) * arrivals.think_ns
        think_ns[chunk] = np.rint(thoughts)
    rounds = np.zeros((-(-count // max(users, 1)), users), dtype=np.int64)
    rounds.reshape(-1)[:count] = think_ns
    arrival_ns = np.cumsum(rounds, axis=0).reshape(-1)[:count]
    follows = np.arange(-users, count - users, dtype=np.int32)
    follows[:users] = NOBODY
    think_ns[:users] = 0
    return arrival_ns, follows, think_ns


def _mixed(columns: WorkColumns, mix: Mix) -> WorkColumns:
    """Requests drawn whole from those of their class, as `mixing.mixed` does."""
    check_mix([HEAVIES[code] for code in np.unique(columns.heavy).tolist()], mix)
    count = len(columns)
    draws = Stream(f"{columns.seed} requests").uniform(2 * count)
    likely = np.array(mix.likely)[np.arange(count) // mix.phase % 2]
    wanted: Codes = (draws[::2] < likely).astype(np.int8)
    chosen = np.empty(count, dtype=np.int32)
    for code in range(len(HEAVIES)):
        of_class = np.flatnonzero(columns.heavy == code)
        picked = wanted == code
        chosen[picked] = of_class[(draws[1::2][picked] * len(of_class)).astype(np.int64)]
    lengths = np.diff(columns.begin)[chosen]
    begin = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
    steps = np.repeat(columns.begin[chosen] - begin[:-1], lengths) + np.arange(begin[-1])
    return replace(
        columns,
        type=columns.type[chosen],
        heavy=columns.heavy[chosen],
        begin=begin,
        kind=columns.kind[steps],
        demand_ns=columns.demand_ns[steps],
    )


def _places(kind: TypeShape) -> range:
    return range(len(kind.steps))


def _step_kind(kind: TypeShape, place: int) -> StepKind:
    step = kind.steps[place]
    return StepKind(
        stage=step.stage,
        threads=step.threads,
        name=step.name,
        interpreted=step.interpreted,
        tokens=step.tokens,
    )


def _chunks(count: int) -> Iterator[slice]:
    return (slice(start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK))
