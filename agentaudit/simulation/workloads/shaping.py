"""
A workload whose requests arrive in another way, or of which others are drawn.

Which requests are drawn, and when they come, follow from the seed alone. Only `Random.random` is
drawn from, whose sequence is the same in every version of Python.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from random import Random

from msgspec.structs import replace

from agentaudit.errors import UsageError
from agentaudit.model.workload import Workload, WorkRequest
from agentaudit.simulation.exact import logarithm
from agentaudit.simulation.workloads.arrival_laws import gamma_gaps, on_off, poisson
from agentaudit.simulation.workloads.arrivals import LARGEST_WORKLOAD, TIMED, ArrivalKind, Arrivals
from agentaudit.simulation.workloads.mixing import mix_sentence, mixed
from agentaudit.simulation.workloads.resampling import drawn_sessions, pick


def shaped(workload: Workload, *, arrivals: Arrivals, requests: int | None, seed: int) -> Workload:
    """
    The workload with its requests arriving in another way, and as many as asked for.

    Another number of requests is drawn from those there are, with replacement: whole, so that the
    steps of a request stay together, and in whole sessions where users ask in turn and the recorded
    times are kept.
    """
    _check(workload, arrivals, requests)
    draw = Random(f"{seed} requests")  # noqa: S311 - a simulation repeats, it keeps no secret
    gap_draw = Random(f"{seed} arrivals")  # noqa: S311 - likewise
    count = requests if requests is not None else len(workload.requests)
    drawn = arrivals.mix is not None or count != len(workload.requests)
    if arrivals.kind is ArrivalKind.RECORDED and not drawn:
        return replace(workload, seed=seed)
    in_sessions = workload.users and arrivals.kind in TIMED and arrivals.mix is None
    if in_sessions:
        made = _in_sessions(workload, arrivals, count, draw)
    else:
        chosen = _chosen(workload, arrivals, count, draw)
        made = tuple(_arriving(chosen, workload, arrivals, gap_draw))
    said = (
        _told_sessions(workload, count)
        if in_sessions
        else told(arrivals, have=len(workload.requests), count=count)
    )
    return replace(
        workload,
        requests=made,
        arrivals=str(arrivals),
        seed=seed,
        assumptions=(*workload.assumptions, *said),
    )


def _check(workload: Workload, arrivals: Arrivals, requests: int | None) -> None:
    if requests is not None and not 1 <= requests <= LARGEST_WORKLOAD:
        raise UsageError(f"--requests is from 1 to {LARGEST_WORKLOAD}, not {requests}")
    timed = arrivals.kind in TIMED
    if timed and requests is not None and requests > 1 and len(workload.requests) == 1:
        raise UsageError(
            "one recorded request has no time to the next: choose how requests arrive with"
            " --arrivals closed or --arrivals poisson:RATE"
        )


def _in_sessions(
    workload: Workload, arrivals: Arrivals, count: int, draw: Random
) -> tuple[WorkRequest, ...]:
    requests: Sequence[WorkRequest] = workload.requests
    if count != len(requests):
        requests = drawn_sessions(requests, count, draw)
    return tuple(_sooner(request, arrivals.number) for request in requests)


def _sooner(request: WorkRequest, speed: float) -> WorkRequest:
    arrival_ns, think_ns = round(request.arrival_ns / speed), round(request.think_ns / speed)
    return request.changed(arrival_ns=arrival_ns, think_ns=think_ns)


def _chosen(
    workload: Workload, arrivals: Arrivals, count: int, draw: Random
) -> Sequence[WorkRequest]:
    requests = workload.requests
    if arrivals.mix is not None:
        chosen = list(mixed(requests, arrivals.mix, count, draw))
    elif count != len(requests):
        chosen = [pick(requests, draw) for _ in range(count)]
    else:
        return requests
    return [request.changed(request_id=place) for place, request in enumerate(chosen)]


def _arriving(
    chosen: Sequence[WorkRequest], workload: Workload, arrivals: Arrivals, draw: Random
) -> Iterator[WorkRequest]:
    if arrivals.kind is ArrivalKind.USERS:
        yield from _by_users(chosen, arrivals, draw)
        return
    instants = _instants(workload, arrivals, len(chosen), draw)
    for request, at_ns in zip(chosen, instants, strict=True):
        yield request.changed(arrival_ns=at_ns, follows=None, think_ns=0)


def _instants(workload: Workload, arrivals: Arrivals, count: int, draw: Random) -> Iterator[int]:
    """When so many requests come that do not wait for others."""
    rate = arrivals.number
    match arrivals.kind:
        case ArrivalKind.CLOSED:
            return iter([0] * count)
        case ArrivalKind.POISSON:
            return poisson(rate, count, draw)
        case ArrivalKind.GAMMA:
            return gamma_gaps(rate, arrivals.variation, count, draw)
        case ArrivalKind.ON_OFF:
            return on_off((rate, arrivals.off_rate), arrivals.phases_ns, count, draw)
        case ArrivalKind.RECORDED | ArrivalKind.SCALED | ArrivalKind.USERS:
            return _recorded_instants(workload, rate, count, draw)


def _recorded_instants(workload: Workload, speed: float, count: int, draw: Random) -> Iterator[int]:
    recorded = sorted(request.arrival_ns for request in workload.requests)
    if count == len(recorded):
        yield from (round((at_ns - recorded[0]) / speed) for at_ns in recorded)
        return
    gaps = [later - sooner for sooner, later in pairwise(recorded)]
    at_ns = 0
    for _ in range(count):
        yield round(at_ns / speed)
        at_ns += pick(gaps, draw) if gaps else 0


def _by_users(
    chosen: Sequence[WorkRequest], arrivals: Arrivals, draw: Random
) -> Iterator[WorkRequest]:
    """Requests dealt out among users, whose first thoughts spread their first questions."""
    users = round(arrivals.number)
    asked: list[WorkRequest] = []
    for place, request in enumerate(chosen):
        think_ns = round(-logarithm(1.0 - draw.random()) * arrivals.think_ns)
        before = asked[place - users] if place >= users else None
        asked.append(
            request.changed(
                arrival_ns=think_ns + (before.arrival_ns if before else 0),
                follows=before.request_id if before else None,
                think_ns=think_ns if before else 0,
            )
        )
    yield from asked


def told(arrivals: Arrivals, *, have: int, count: int) -> Iterator[str]:
    """What is assumed where requests are drawn from so many."""
    if arrivals.mix is not None:
        yield mix_sentence(arrivals.mix)
    if arrivals.mix is not None or count != have:
        yield (
            f"The {count} requests are drawn with replacement from the {have} there are, each"
            " whole; the order of types is not kept."
        )
    if count != have and arrivals.kind in TIMED:
        yield (
            "The times between arrivals are drawn in the same way, one by one, so bursts are not"
            " kept."
        )


def _told_sessions(workload: Workload, count: int) -> Iterator[str]:
    have = len(workload.requests)
    if count != have:
        yield (
            f"The {count} requests are drawn in whole sessions from the {have} there are; the last"
            " may be cut short."
        )
