"""Requests: who tells of them, where several do, and whose the work around them is."""

import pytest

from agentaudit.model.recording import Record
from agentaudit.model.rule import LabelRules
from agentaudit.model.trace import LabelSource, StepKind
from agentaudit.rules.request_frames import request_rules
from tests.profiling.observations import (
    ASKING,
    BARE_ASK,
    FRAMES,
    HANDLING,
    MS,
    SEARCHING,
    SPANS,
    WAITING,
    call,
    mark,
    run,
    span,
    trace_from,
    used,
)

TOOL, LLM = StepKind.TOOL_CALL, StepKind.LLM_INFERENCE


def test_a_frame_around_a_root_span_is_the_same_request_as_its_user_sees_it() -> None:
    found = trace_from(
        run(1000, 1100, HANDLING, tid=1),
        run(1100, 1900, ASKING, tid=1),
        run(1900, 2000, HANDLING, tid=1),
        used(1900, 1990, 40, tid=1),
        span("invoke_agent", 1080, 1920, own="a", agent="one"),
        span("chat", 1100, 1900, within="a"),
    )

    (request,) = found.requests
    assert (request.type, request.source) == ("one", LabelSource.OTEL)
    assert (request.arrival_ns, request.finish_ns) == (1000 * MS, 2000 * MS)
    assert {step.request_id for step in found.steps} == {1}


def test_requests_without_spans_stand_beside_those_with() -> None:
    found = trace_from(
        run(1000, 2000, ASKING, tid=1),
        run(3000, 4000, SEARCHING, tid=1),
        span("invoke_agent", 1000, 2000, own="a", agent="one"),
        span("chat", 1010, 1990, within="a"),
    )

    assert [request.source for request in found.requests] == [
        LabelSource.OTEL, LabelSource.STACK,
    ]  # fmt: skip


def test_request_frames_go_before_connections_that_came_in() -> None:
    found = trace_from(run(1000, 2000, ASKING, tid=1), call(1, 900, 2100, inbound=True))

    assert [request.source for request in found.requests] == [LabelSource.STACK]


def test_a_connection_tells_of_a_request_where_nothing_else_does() -> None:
    found = trace_from(
        run(1000, 2000, BARE_ASK, tid=1),
        run(2000, 4000, BARE_ASK, tid=1),
        call(1, 1000, 2000, inbound=True),
        call(1, 2100, 3900, inbound=True),
    )

    assert [request.source for request in found.requests] == [LabelSource.SOCKET] * 2
    assert {request.type for request in found.requests} == {"request gpu-heavy"}


def test_markers_around_markers_are_a_request() -> None:
    found = trace_from(
        run(1000, 2000, HANDLING, tid=1),
        mark(1, StepKind.ORCHESTRATION, 1000, 2000, tid=1, name="answer"),
        mark(2, TOOL, 1100, 1500, tid=1, parent=1),
    )

    (request,) = found.requests
    assert (request.type, request.source) == ("answer", LabelSource.MARKER)


def test_time_on_the_cpu_in_an_agent_span_that_nothing_names_is_orchestration() -> None:
    rules = LabelRules(frames=(), spans=SPANS)
    found = trace_from(
        run(1000, 3000, HANDLING, tid=1),
        used(1100, 1120, 19, tid=1),
        used(2500, 2520, 18, tid=1),
        span("invoke_agent", 1000, 2000, own="a", tid=1),
        span("chat", 1500, 1900, within="a", tid=1),
        rules=rules,
    )

    assert {step.kind: step.cpu_ns / MS for step in found.steps if step.cpu_ns} == {
        StepKind.ORCHESTRATION: 19, StepKind.UNKNOWN: 18,
    }  # fmt: skip


def test_too_many_names_are_no_types() -> None:
    spans: list[Record] = []
    for number in range(12):
        at = 1000 + 500 * number
        root = f"root{number}"
        spans += [
            span("invoke_agent", at, at + 400, own=root, agent=f"ticket {number}"),
            span("chat", at, at + 300, within=root),
        ]

    found = trace_from(spans)

    assert {request.type for request in found.requests} == {"request gpu-heavy"}


def test_work_on_other_threads_is_of_the_request_that_waited_least() -> None:
    found = trace_from(
        run(900, 5000, WAITING),
        run(1010, 1500, BARE_ASK, tid=7),
        run(2005, 2500, BARE_ASK, tid=8),
        call(1, 1000, 4000, inbound=True),
        call(2, 2000, 4500, inbound=True),
    )

    assert [step.request_id for step in found.steps if step.kind is LLM] == [1, 2]


@pytest.mark.parametrize("named", ["server.py:Handler.handle", "app/server.py:*handle"])
def test_a_request_frame_may_be_named(named: str) -> None:
    frames = [rule for rule in FRAMES if rule.when != "request"]
    rules = LabelRules(frames=(*request_rules([named]), *frames), spans=SPANS)
    found = trace_from(run(1000, 2000, ASKING, tid=1), run(2000, 2500, BARE_ASK), rules=rules)

    assert [(request.source, request.latency_ns) for request in found.requests] == [
        (LabelSource.STACK, 1000 * MS)
    ]
