"""A recording is checked against its own simulation."""

from dataclasses import replace

from agentaudit.model.trace import Host, Request, Step, StepKind, Target, Trace
from agentaudit.simulation.recorded import recorded_workload

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


def test_time_that_the_simulation_does_not_know_of_shows() -> None:
    """Requests that waited half a second before their first step, for a reason not recorded."""
    late = tuple(replace(one, arrival_ns=one.arrival_ns - SECOND // 2) for one in TRACE.requests)
    workload, _ = recorded_workload(replace(TRACE, requests=late), source="run.aatrace")

    assert "P50 500 ms, recorded 1,000 ms (-50%)" in workload.assumptions[0]
