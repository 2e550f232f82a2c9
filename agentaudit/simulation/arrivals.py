"""
When requests arrive, and which: recorded, all at once, Poisson, scaled, or users who ask in turn.

Which requests are drawn, and when they come, follow from the seed alone.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from math import isfinite, log
from random import Random
from typing import TypeVar

from agentaudit.errors import UsageError
from agentaudit.model.workload import Workload, WorkRequest

Item = TypeVar("Item")
LARGEST_WORKLOAD = 10_000_000
WAYS = "recorded, closed, poisson:RATE, scaled:FACTOR or users:N[:THINKING]"
_TIME = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s)?", re.ASCII)


class ArrivalKind(StrEnum):
    """The ways in which requests may come."""

    RECORDED = "recorded"
    CLOSED = "closed"
    POISSON = "poisson"
    SCALED = "scaled"
    USERS = "users"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """
    A way to arrive.

    `number` is requests per second for poisson, a factor for scaled, and how many there are for
    users, who each think for `think_ns` on average between an answer and the next question.
    """

    kind: ArrivalKind
    number: float = 1.0
    think_ns: int = 0

    def __str__(self) -> str:
        match self.kind:
            case ArrivalKind.POISSON:
                return f"poisson {self.number:g}/s"
            case ArrivalKind.SCALED:
                return f"recorded, {self.number:g} times as fast"
            case ArrivalKind.USERS:
                thinking = f", thinking {self.think_ns / 1e9:g} s" if self.think_ns else ""
                return f"{self.number:g} users{thinking}"
            case ArrivalKind.RECORDED | ArrivalKind.CLOSED:
                return str(self.kind.value)


RECORDED = Arrivals(kind=ArrivalKind.RECORDED)
CLOSED = Arrivals(kind=ArrivalKind.CLOSED)


def parse_arrivals(text: str) -> Arrivals:
    """What `WAYS` lists; UsageError for anything else."""
    name, *numbers = text.split(":")
    if name in ("recorded", "closed") and not numbers:
        return Arrivals(kind=ArrivalKind(name))
    if name in ("poisson", "scaled") and len(numbers) == 1:
        return Arrivals(kind=ArrivalKind(name), number=_number(text, numbers[0]))
    if name == "users" and len(numbers) in (1, 2):
        return _users(text, *numbers)
    raise UsageError(f"arrivals are {WAYS}, not {text!r}")


def _users(text: str, number: str, think: str = "0") -> Arrivals:
    if not (number.isascii() and number.isdigit() and 1 <= int(number) <= LARGEST_WORKLOAD):
        raise UsageError(
            f"arrivals users: needs a whole number of users, as in users:8, not {text!r}"
        )
    match = _TIME.fullmatch(think)
    if match is None:
        raise UsageError(
            f"arrivals users: time to think is as in users:8:2s or users:8:500ms, not {text!r}"
        )
    think_ns = round(float(match[1]) * (1e6 if match[2] == "ms" else 1e9))
    return Arrivals(kind=ArrivalKind.USERS, number=int(number), think_ns=think_ns)


def _number(text: str, number: str) -> float:
    try:
        value = float(number)
    except ValueError:
        value = 0.0
    if not (isfinite(value) and value > 0):
        name = text.partition(":")[0]
        raise UsageError(f"arrivals {name}: needs a number above 0, as in {name}:2.5, not {text!r}")
    return value


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
    if arrivals.kind is ArrivalKind.RECORDED and not drawn:
        return replace(workload, seed=seed)
    chosen = list(workload.requests)
    if drawn:
        chosen = [_pick(workload.requests, draw) for _ in range(count)]
        chosen = [replace(request, request_id=place) for place, request in enumerate(chosen)]
    return replace(
        workload,
        requests=tuple(_arriving(chosen, workload, arrivals, gap_draw)),
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


def _arriving(
    chosen: Sequence[WorkRequest], workload: Workload, arrivals: Arrivals, draw: Random
) -> Iterator[WorkRequest]:
    if arrivals.kind is ArrivalKind.USERS:
        yield from _by_users(chosen, arrivals, draw)
        return
    instants = _instants(workload, arrivals, len(chosen), draw)
    for request, at_ns in zip(chosen, instants, strict=True):
        yield replace(request, arrival_ns=at_ns, follows=None, think_ns=0)


def _instants(workload: Workload, arrivals: Arrivals, count: int, draw: Random) -> Iterator[int]:
    if arrivals.kind is ArrivalKind.CLOSED:
        yield from (0 for _ in range(count))
        return
    if arrivals.kind is ArrivalKind.POISSON:
        yield from _poisson(arrivals.number, count, draw)
        return
    recorded = sorted(request.arrival_ns for request in workload.requests)
    speed = arrivals.number
    if count == len(recorded):
        yield from (round((at_ns - recorded[0]) / speed) for at_ns in recorded)
        return
    gaps = [later - sooner for sooner, later in pairwise(recorded)]
    at_ns = 0
    for _ in range(count):
        yield round(at_ns / speed)
        at_ns += _pick(gaps, draw) if gaps else 0


def _by_users(
    chosen: Sequence[WorkRequest], arrivals: Arrivals, draw: Random
) -> Iterator[WorkRequest]:
    """Requests dealt out among users, whose first thoughts spread their first questions."""
    users = round(arrivals.number)
    asked: list[WorkRequest] = []
    for place, request in enumerate(chosen):
        think_ns = round(-log(1.0 - draw.random()) * arrivals.think_ns)
        before = asked[place - users] if place >= users else None
        asked.append(
            replace(
                request,
                arrival_ns=think_ns + (before.arrival_ns if before else 0),
                follows=before.request_id if before else None,
                think_ns=think_ns if before else 0,
            )
        )
    yield from asked


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
