"""Workloads, machines and caps to draw, for laws that compare engines."""

from hypothesis import strategies as st

from agentaudit.model.workload import (
    Heavy,
    Machine,
    SpeedCurve,
    Stage,
    Workload,
    WorkRequest,
    WorkStep,
)
from agentaudit.simulation.policies.caps import Caps

SECOND = 1_000_000_000

# Few different numbers, so that events fall into the same instant.
times = st.one_of(st.sampled_from([0, 1, 10, 1000]), st.integers(0, 10**10))
steps = st.builds(
    WorkStep,
    stage=st.sampled_from(Stage),
    demand_ns=times,
    threads=st.integers(1, 3),
    name=st.sampled_from(["", "search"]),
    interpreted=st.sampled_from([1.0, 0.0, 0.5]) | st.floats(0, 1),
    tokens=st.sampled_from([0, 900]),
)


@st.composite
def requests(draw: st.DrawFn, place: int) -> WorkRequest:
    """One that follows another, where it does, follows one that comes before it in the list."""
    before = draw(st.none() | st.integers(0, place - 1)) if place else None
    return WorkRequest(
        request_id=7 * (place + 1) % 31,
        type=draw(st.sampled_from(["chat", "web"])),
        heavy=draw(st.sampled_from(Heavy)),
        arrival_ns=draw(times),
        steps=tuple(draw(st.lists(steps, max_size=4))),
        follows=None if before is None else 7 * (before + 1) % 31,
        think_ns=0 if before is None else draw(times),
    )


@st.composite
def workloads(draw: st.DrawFn) -> Workload:
    """Up to 30 requests with ids in no order; in some nobody follows."""
    count, open_loop = draw(st.integers(1, 30)), draw(st.booleans())
    drawn = [draw(requests(place)) for place in range(count)]
    if open_loop:
        drawn = [request.changed(follows=None, think_ns=0) for request in drawn]
    return Workload(requests=tuple(drawn), source="drawn", arrivals="recorded", seed=0)


curves = st.lists(st.floats(0.01, 100.0), min_size=1, max_size=4).map(
    lambda speeds: SpeedCurve(points=tuple((2**k, speed) for k, speed in enumerate(speeds)))
)
machines = st.builds(
    Machine,
    name=st.just("drawn"),
    cores=st.integers(1, 8),
    cpu=curves,
    gpu=curves,
    dispatch_ns=st.sampled_from([0, 7]),
)
sizes = st.integers(1, 5)
caps = st.builds(
    Caps,
    group=sizes,
    slots=sizes,
    total=sizes,
    cpu=sizes,
    gpu=sizes,
    shared=st.integers(0, 3),
    offset_ns=st.sampled_from([0, 10, SECOND]),
)
