"""Requests of frameworks whose `run` is a plain function around an event loop."""

from agentaudit.model.recording import Frame, StackDefined
from agentaudit.model.trace import LabelSource, StepKind
from tests.profiling.observations import (
    HANDLER,
    MS,
    RUN_ONCE,
    SEARCH,
    SELECT,
    STACKS,
    TASK_ASKING,
    call,
    run,
    span,
    trace_from,
    used,
)

ROOT = Frame(file="/app/main.py", function="<module>")
OWN = [
    (SELECT, RUN_ONCE, HANDLER, ROOT),
    (SEARCH, RUN_ONCE, HANDLER, ROOT),
    (ROOT,),
    (RUN_ONCE,),
    (SELECT, HANDLER, RUN_ONCE, ROOT),
]
HELD, HELD_SEARCH, BETWEEN, TORN, WITHIN = range(len(STACKS), len(STACKS) + len(OWN))
DEFINED = [StackDefined(stack=len(STACKS) + at, frames=stack) for at, stack in enumerate(OWN)]


def test_a_request_frame_around_an_event_loop_tells_requests_apart() -> None:
    found = trace_from(
        DEFINED,
        [run(900, 1000, HELD_SEARCH), run(1000, 1300, HELD), run(1300, 1500, HELD_SEARCH)],
        [run(1500, 1600, BETWEEN), run(1600, 1700, HELD_SEARCH), run(1700, 1900, HELD)],
        [run(1900, 2100, HELD_SEARCH), call(1, 1000, 1300), call(1, 1700, 1900)],
        *(used(900, 1000, 100), used(1300, 1500, 200)),
        *(used(1600, 1700, 100), used(1900, 2100, 200)),
    )

    assert [
        (request.arrival_ns // MS, request.finish_ns // MS, request.source)
        for request in found.requests
    ] == [(900, 1500, LabelSource.STACK), (1600, 2100, LabelSource.STACK)]
    asked = [step for step in found.steps if step.kind is StepKind.LLM_INFERENCE]
    assert [step.request_id for step in asked] == [1, 2]


def test_a_stack_without_its_root_does_not_make_it_an_event_loop_of_many_requests() -> None:
    found = trace_from(
        DEFINED,
        run(1000, 1300, HELD_SEARCH),
        run(1300, 1400, TORN),
        run(1400, 1500, BETWEEN),
        run(1600, 1900, HELD_SEARCH),
        used(1000, 1300, 300),
    )

    assert {request.source for request in found.requests} == {LabelSource.STACK}


def test_a_request_frame_within_an_event_loop_tells_nothing_since_it_leaves_while_it_waits() -> (
    None
):
    found = trace_from(
        DEFINED,
        run(1000, 1300, TASK_ASKING),
        run(1300, 1400, WITHIN),
        run(1400, 1900, TASK_ASKING),
        used(1000, 1300, 300),
    )

    assert {request.source for request in found.requests} == {LabelSource.NONE}


def test_work_that_begins_with_the_answer_does_not_lengthen_the_wait_for_it() -> None:
    found = trace_from(
        DEFINED,
        [run(1000, 1290, HELD), run(1290, 1500, HELD_SEARCH), run(1500, 1900, BETWEEN)],
        used(1290, 1500, 210), call(1, 1000, 1300),
    )  # fmt: skip

    (asked,) = (step for step in found.steps if step.kind is StepKind.LLM_INFERENCE)
    assert asked.end_ns == 1300 * MS


def test_an_answer_that_comes_amid_other_work_is_read_after_it() -> None:
    found = trace_from(
        DEFINED,
        [run(1000, 1100, HELD), run(1100, 1500, HELD_SEARCH), run(1500, 1900, BETWEEN)],
        used(1100, 1500, 400), call(1, 1000, 1300),
    )  # fmt: skip

    (asked,) = (step for step in found.steps if step.kind is StepKind.LLM_INFERENCE)
    assert asked.end_ns == 1500 * MS


def test_a_request_that_spans_tell_of_is_not_told_again_by_the_frame_around_its_loop() -> None:
    found = trace_from(
        DEFINED,
        [run(1000, 1300, HELD), run(1300, 1500, HELD_SEARCH), run(1500, 1900, BETWEEN)],
        [span("invoke_agent", 1010, 1490, own="root"), span("chat", 1020, 1290, within="root")],
        used(1300, 1500, 200),
    )  # fmt: skip

    assert [request.source for request in found.requests] == [LabelSource.OTEL]
