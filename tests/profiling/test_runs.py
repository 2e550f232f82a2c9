"""Runs of a command that the recorder started are requests."""

from agentaudit.model.observed import LoadRequest
from agentaudit.model.recording import ProcessBorn, StackRun
from agentaudit.model.trace import LabelSource, StepKind
from tests.profiling.observations import (
    BARE_ASK,
    MS,
    PID,
    mark,
    run,
    trace_from,
    used,
)

CHILD = PID + 1


def a_run(number: int, start: int, end: int, pid: int = PID) -> LoadRequest:
    return LoadRequest(
        number=number, user=1, start_ns=start * MS, end_ns=end * MS, status=0, pid=pid
    )


def test_a_run_is_a_request_from_its_start_to_its_end() -> None:
    found = trace_from(
        run(1000, 1400, BARE_ASK), used(1000, 1400, 20), a_run(1, 900, 1500),
    )  # fmt: skip

    (request,) = found.requests
    assert (request.type, request.source) == ("run", LabelSource.FORK)
    assert (request.arrival_ns, request.finish_ns) == (900 * MS, 1500 * MS)
    assert {step.request_id for step in found.steps if step.kind is not StepKind.IDLE} == {1}


def test_what_a_run_starts_is_of_the_run() -> None:
    born = ProcessBorn(at_ns=950 * MS, pid=CHILD, parent_pid=PID, parent_tid=PID, name="python")
    asking = StackRun(pid=CHILD, tid=CHILD, start_ns=1000 * MS, end_ns=1400 * MS, stack=BARE_ASK)
    other = a_run(2, 910, 1490, pid=CHILD + 1)

    found = trace_from(born, asking, a_run(1, 900, 1500), other)

    assert [step.request_id for step in found.steps if step.pid == CHILD] == [1]
    assert len(found.requests) == 2


def test_a_number_that_is_used_again_is_another_run() -> None:
    found = trace_from(
        run(1000, 1400, BARE_ASK),
        run(2000, 2400, BARE_ASK),
        a_run(1, 900, 1500),
        a_run(2, 1900, 2500),
    )

    calls = [step for step in found.steps if step.kind is StepKind.LLM_INFERENCE]
    assert [step.request_id for step in calls] == [1, 2]


def test_an_agent_that_tells_of_its_requests_knows_better() -> None:
    found = trace_from(
        mark(1, StepKind.ORCHESTRATION, 1000, 1100),
        mark(2, StepKind.TOOL_CALL, 1010, 1090, parent=1),
        run(1000, 1400, BARE_ASK),
        a_run(1, 900, 1500),
    )

    assert {request.source for request in found.requests} == {LabelSource.MARKER}


def test_a_request_over_http_is_nobodys_run() -> None:
    found = trace_from(run(1000, 1400, BARE_ASK), a_run(1, 900, 1500, pid=0))

    assert {request.source for request in found.requests} == {LabelSource.NONE}
