"""A recording is checked against its own simulation."""

import pytest
from msgspec.structs import replace

from agentaudit.model.contention import Contention
from agentaudit.model.trace import (
    Host,
    Request,
    Step,
    StepKind,
    Target,
    Trace,
)
from agentaudit.simulation.experiments.recorded import recorded_workload

SECOND = 1_000_000_000


def tool(place: int, takes_s: float) -> Step:
    return Step(
        step_id=place,
        request_id=place,
        kind=StepKind.TOOL_CALL,
        name="search",
        pid=1,
        tid=1,
        start_ns=place * SECOND,
        end_ns=place * SECOND + round(takes_s * SECOND),
        cpu_ns=SECOND // 2,
    )


def request(place: int, takes_s: float) -> Request:
    return Request(
        request_id=place,
        type="ask",
        arrival_ns=place * SECOND,
        finish_ns=place * SECOND + round(takes_s * SECOND),
    )


TRACE = Trace(
    host=Host(name="h", system="Linux", cores=1, memory_bytes=0),
    target=Target(pid=1, command="agent", launched=False),
    start_ns=0,
    end_ns=9 * SECOND,
    complete=True,
    ended_because="asked",
    clocks=(),
    steps=tuple(tool(place, 0.5) for place in range(4)),
    requests=tuple(request(place, 0.5) for place in range(4)),
    processes=(),
    cpu_samples=(),
)


def test_a_recording_that_is_reproduced() -> None:
    workload, machine = recorded_workload(TRACE, source="run.aatrace")

    assert machine.cores == 1
    assert workload.assumptions[0] == (
        "Check: the recorded load, simulated as it came with nothing held back, gives P50 500 ms,"
        " recorded 500 ms (+0%) and P90 500 ms, recorded 500 ms (+0%)."
    )


def test_time_of_which_nothing_was_recorded_is_waiting_and_is_told() -> None:
    """Requests that waited half a second before their first step, for a reason not recorded."""
    late = tuple(replace(one, arrival_ns=one.arrival_ns - SECOND // 2) for one in TRACE.requests)
    workload, _ = recorded_workload(replace(TRACE, requests=late), source="run.aatrace")

    assert "P50 1,000 ms, recorded 1,000 ms (+0%)" in workload.assumptions[0]
    assert any("2.0 s" in said and "50% of their time" in said for said in workload.assumptions)


def test_what_ran_beside_runs_beside_when_it_did() -> None:
    """Another program takes half of the only core during the second request, and no other."""
    slowed = tuple(
        replace(step, end_ns=step.start_ns + SECOND, run_queue_ns=SECOND // 2)
        if place == 1
        else step
        for place, step in enumerate(TRACE.steps)
    )
    requests = tuple(request(place, 1.0 if place == 1 else 0.5) for place in range(4))
    contended = tuple(
        Contention(
            start_ns=place * SECOND,
            end_ns=(place + 1) * SECOND,
            cpu_ns=SECOND // 2,
            queue_ns=SECOND // 2 if place == 1 else 0,
            share=0.5 if place == 1 else 1.0,
            others=1.0 if place == 1 else 0.0,
        )
        for place in range(4)
    )
    recorded = replace(TRACE, steps=slowed, requests=requests, contention=contended)

    workload, machine = recorded_workload(recorded, source="run.aatrace")

    assert "P50 500 ms, recorded 500 ms (+0%) and P90 1,000 ms" in workload.assumptions[0]
    assert 1 / (1 + machine.background) == pytest.approx((1 + 0.5 + 1 + 1) / 4)
    assert any("0.14 threads beside" in said for said in machine.assumptions)


def test_requests_that_an_edge_cut_off_are_load_and_no_latency() -> None:
    """The last of two that share the core never ends; the first is as slow as it was."""
    steps = (
        replace(tool(0, 1.0), run_queue_ns=SECOND // 2),
        replace(tool(1, 1.0), start_ns=0, end_ns=SECOND, run_queue_ns=SECOND // 2),
    )
    requests = (
        request(0, 1.0),
        replace(request(1, 1.0), arrival_ns=0, finish_ns=SECOND, complete=False),
    )
    workload, _ = recorded_workload(
        replace(TRACE, steps=steps, requests=requests), source="run.aatrace"
    )

    assert len(workload.requests) == 1
    assert "P50 1,000 ms, recorded 1,000 ms (+0%)" in workload.assumptions[0]
