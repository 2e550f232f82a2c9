"""When requests arrive, and which: recorded, all at once, Poisson, scaled; resampled by a seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from math import isfinite, log
from random import Random
from typing import TypeVar

from agentaudit.errors import UsageError
from agentaudit.model.workload import Workload

Item = TypeVar("Item")
LARGEST_WORKLOAD = 10_000_000


class ArrivalKind(StrEnum):
    """The ways in which requests may come."""

    RECORDED = "recorded"
    CLOSED = "closed"
    POISSON = "poisson"
    SCALED = "scaled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """A way to arrive; `number` is requests per second for poisson, a factor for scaled."""

    kind: ArrivalKind
    number: float = 1.0

    def __str__(self) -> str:
        match self.kind:
            case ArrivalKind.POISSON:
                return f"poisson {self.number:g}/s"
            case ArrivalKind.SCALED:
                return f"recorded, {self.number:g} times as fast"
            case ArrivalKind.RECORDED | ArrivalKind.CLOSED:
                return str(self.kind.value)


RECORDED = Arrivals(kind=ArrivalKind.RECORDED)
CLOSED = Arrivals(kind=ArrivalKind.CLOSED)


def parse_arrivals(text: str) -> Arrivals:
    """`recorded`, `closed`, `poisson:RATE` or `scaled:FACTOR`; UsageError for anything else."""
    name, colon, number = text.partition(":")
    if name in ("recorded", "closed") and not colon:
        return Arrivals(kind=ArrivalKind(name))
    if name not in ("poisson", "scaled"):
        raise UsageError(
            f"arrivals are recorded, closed, poisson:RATE or scaled:FACTOR, not {text!r}"
        )
    try:
        value = float(number)
    except ValueError:
        value = 0.0
    if not (isfinite(value) and value > 0):
        raise UsageError(f"arrivals {name}: needs a number above 0, as in {name}:2.5, not {text!r}")
    return Arrivals(kind=ArrivalKind(name), number=value)


def shaped(workload: Workload, *, arrivals: Arrivals, requests: int | None, seed: int) -> Workload:
    """
    The workload with its requests arriving in another way, and as many as asked for.

    Another number of requests is drawn from those there are, whole, with replacement, so that the
    steps of a request stay together. Equal seeds draw the same. Only `Random.random` is drawn
    from, whose sequence is the same in every version of Python.
    """
    _check(workload, arrivals, requests)
    draw = Random(f"{seed} requests")  # noqa: S311 - a simulation repeats, it keeps no secret
    gap_draw = Random(f"{seed} arrivals")  # noqa: S311 - likewise
    count = requests if requests is not None else len(workload.requests)
    drawn = requests is not None and requests != len(workload.requests)
    chosen = list(workload.requests)
    if drawn:
        chosen = [_pick(workload.requests, draw) for _ in range(count)]
    instants = _instants(workload, arrivals, count, gap_draw)
    return replace(
        workload,
        requests=tuple(
            replace(request, request_id=place if drawn else request.request_id, arrival_ns=at_ns)
            for place, (request, at_ns) in enumerate(zip(chosen, instants, strict=True))
        ),
        arrivals=str(arrivals),
        seed=seed,
        assumptions=(
            *workload.assumptions,
            *_sentences(workload, arrivals, count, drawn=drawn),
        ),
    )


def _check(workload: Workload, arrivals: Arrivals, requests: int | None) -> None:
    if requests is not None and not 1 <= requests <= LARGEST_WORKLOAD:
        raise UsageError(f"--requests is from 1 to {LARGEST_WORKLOAD}, not {requests}")
    timed = arrivals.kind in (ArrivalKind.RECORDED, ArrivalKind.SCALED)
    if timed and requests is not None and requests > 1 and len(workload.requests) == 1:
        raise UsageError(
            "one recorded request has no time to the next: choose how requests arrive with"
            " --arrivals closed or --arrivals poisson:RATE"
        )


def _instants(workload: Workload, arrivals: Arrivals, count: int, draw: Random) -> Iterator[int]:
    recorded = sorted(request.arrival_ns for request in workload.requests)
    match arrivals.kind:
        case ArrivalKind.CLOSED:
            yield from (0 for _ in range(count))
        case ArrivalKind.POISSON:
            yield from _poisson(arrivals.number, count, draw)
        case ArrivalKind.RECORDED | ArrivalKind.SCALED:
            speed = arrivals.number
            if count == len(recorded):
                yield from (round((at_ns - recorded[0]) / speed) for at_ns in recorded)
                return
            gaps = [later - sooner for sooner, later in pairwise(recorded)]
            at_ns = 0
            for _ in range(count):
                yield round(at_ns / speed)
                at_ns += _pick(gaps, draw) if gaps else 0


def _poisson(rate_per_s: float, count: int, draw: Random) -> Iterator[int]:
    at_s = 0.0
    for _ in range(count):
        at_s -= log(1.0 - draw.random()) / rate_per_s
        yield round(at_s * 1e9)


def _pick(values: Sequence[Item], draw: Random) -> Item:
    return values[int(draw.random() * len(values))]


def _sentences(workload: Workload, arrivals: Arrivals, count: int, *, drawn: bool) -> Iterator[str]:
    have = len(workload.requests)
    timed = arrivals.kind in (ArrivalKind.RECORDED, ArrivalKind.SCALED)
    if drawn:
        yield (
            f"The {count} requests are drawn with replacement from the {have} there are, each"
            " whole; the order of types is not kept."
        )
    if drawn and timed:
        yield (
            "The times between arrivals are drawn in the same way, one by one, so bursts are not"
            " kept."
        )
