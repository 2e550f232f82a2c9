"""asyncio tasks: what each waits for, and whose request it is."""

from agentaudit.model.trace import LabelSource, StepKind
from tests.profiling.observations import (
    BARE_ASK,
    MS,
    TASK_ASKING,
    WAITING,
    run,
    span,
    trace_from,
    waiting,
)

LLM = StepKind.LLM_INFERENCE


def test_waits_of_tasks_are_steps_side_by_side_and_roots_are_requests() -> None:
    found = trace_from(
        run(1000, 4000, WAITING),
        waiting(1, 1000, 2000, BARE_ASK),
        waiting(1, 2010, 2500, BARE_ASK),
        waiting(2, 1500, 3000, BARE_ASK),
    )

    waits = [step for step in found.steps if step.kind is LLM]
    assert [(step.start_ns / MS, step.end_ns / MS, step.source) for step in waits] == [
        (1000, 2500, LabelSource.STACK), (1500, 3000, LabelSource.STACK),
    ]  # fmt: skip
    assert [step.request_id for step in waits] == [1, 2]
    assert len({step.track for step in waits}) == 2


def test_a_task_that_another_awaits_is_part_of_its_request_and_tells_first() -> None:
    found = trace_from(
        run(1000, 4000, WAITING),
        waiting(1, 1000, 3000, BARE_ASK),
        waiting(2, 1200, 2000, BARE_ASK, root=1, parent=1),
    )

    (request,) = found.requests
    assert (request.arrival_ns, request.finish_ns) == (1000 * MS, 3000 * MS)
    assert [step.start_ns / MS for step in found.steps if step.kind is LLM] == [1200]


def test_the_programs_own_task_is_no_request_and_shows_requests_by_their_frame() -> None:
    found = trace_from(
        run(0, 10_000, WAITING),
        waiting(1, 0, 1000, TASK_ASKING),
        waiting(1, 1000, 5000, WAITING),
        waiting(1, 5000, 6000, TASK_ASKING),
        waiting(1, 6000, 10_000, WAITING),
    )

    assert [(request.arrival_ns / MS, request.finish_ns / MS) for request in found.requests] == [
        (0, 1000), (5000, 6000),
    ]  # fmt: skip
    assert [step.request_id for step in found.steps if step.kind is LLM] == [1, 2]


def test_a_span_of_the_same_wait_is_believed_and_learns_its_thread() -> None:
    found = trace_from(
        run(1000, 4000, WAITING),
        waiting(1, 1000, 2000, BARE_ASK),
        span("chat", 1010, 1990),
    )

    (step,) = (step for step in found.steps if step.kind is LLM)
    assert (step.source, step.start_ns / MS, step.tid) == (LabelSource.OTEL, 1010, 100)


def test_tasks_in_a_circle_end_somewhere() -> None:
    found = trace_from(
        run(1000, 4000, WAITING),
        waiting(1, 1000, 2000, BARE_ASK, root=2, parent=2),
        waiting(2, 1000, 2000, BARE_ASK, root=1, parent=1),
    )

    assert all(step.end_ns > step.start_ns for step in found.steps)
