"""Steps of one request, laid so that none covers another, and waits for an interpreter."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agentaudit.model.trace import Request, Step, StepKind
from agentaudit.simulation.courses import Course
from agentaudit.simulation.recordings.interpreters import Interpreters, one_interpreter
from agentaudit.simulation.recordings.timeline import overlapping, stretches

REQUEST = Request(request_id=0, type="ask", arrival_ns=0, finish_ns=100)
LLM, TOOL = StepKind.LLM_INFERENCE, StepKind.TOOL_CALL
WORK, IDLE = StepKind.ORCHESTRATION, StepKind.IDLE


def step(  # noqa: PLR0913, a step has these parts
    step_id: int,
    kind: StepKind,
    start_ns: int,
    end_ns: int,
    *,
    cpu_ns: int = 0,
    queue_ns: int = 0,
    tid: int = 1,
    request_id: int | None = 0,
) -> Step:
    return Step(
        step_id=step_id,
        request_id=request_id,
        kind=kind,
        name="",
        pid=1,
        tid=tid,
        start_ns=start_ns,
        end_ns=end_ns,
        cpu_ns=cpu_ns,
        run_queue_ns=queue_ns,
    )


def laid(*steps: Step) -> list[tuple[int | None, int, int]]:
    return [
        (found.step.step_id if found.step else None, found.start_ns, found.end_ns)
        for found in stretches(REQUEST, steps)
    ]


def test_a_model_call_counts_before_what_waits_for_it() -> None:
    idle, call = step(1, IDLE, 0, 100), step(2, LLM, 20, 80, tid=2)

    assert laid(idle, call) == [(1, 0, 20), (2, 20, 80), (1, 80, 100)]
    assert not overlapping([idle, call])


def test_steps_end_with_their_request() -> None:
    assert laid(step(1, TOOL, -50, 30), step(2, TOOL, 60, 200)) == [
        (1, 0, 30),
        (None, 30, 60),
        (2, 60, 100),
    ]


def test_work_beside_other_work_is_told_and_beside_a_call_is_not() -> None:
    tools = stretches(REQUEST, [step(1, TOOL, 0, 100), step(2, TOOL, 0, 100, cpu_ns=40, tid=2)])
    calls = stretches(REQUEST, [step(1, LLM, 0, 100), step(2, TOOL, 0, 100, cpu_ns=40, tid=2)])

    assert [found.beside_ns for found in tools] == [(40,)]
    assert [found.beside_ns for found in calls] == [()]


@given(
    st.lists(
        st.tuples(st.sampled_from(StepKind), st.integers(-20, 120), st.integers(1, 60)), max_size=8
    )
)
def test_stretches_are_the_requests_time(parts: list[tuple[StepKind, int, int]]) -> None:
    """Without a gap, and nothing of it twice."""
    steps = [
        step(number, kind, start_ns, start_ns + wall_ns)
        for number, (kind, start_ns, wall_ns) in enumerate(parts)
    ]
    found = stretches(REQUEST, steps)

    assert sum(one.wall_ns for one in found) == REQUEST.latency_ns
    assert [one.end_ns for one in found[:-1]] == [one.start_ns for one in found[1:]]


def test_python_code_waits_for_what_others_of_its_process_ran() -> None:
    waiting = step(1, WORK, 0, 100)
    found = Interpreters([waiting, step(2, WORK, 0, 200, cpu_ns=80, tid=2)])

    assert found.wait_ns(waiting, 0, 100) == 40
    assert found.wait_ns(waiting, 0, 50) == 20


def test_on_an_event_loop_the_queue_of_its_thread_counts() -> None:
    waiting = step(1, WORK, 0, 100)
    others = [step(2, WORK, 0, 100, cpu_ns=10, queue_ns=30), step(3, WORK, 0, 100, queue_ns=50)]

    assert Interpreters([waiting, *others]).wait_ns(waiting, 0, 100) == 90


def test_tools_and_models_wait_for_no_interpreter() -> None:
    call = step(1, LLM, 0, 100)

    assert Interpreters([call, step(2, WORK, 0, 100, cpu_ns=50)]).wait_ns(call, 0, 100) == 0


def test_one_interpreter_serves_several_requests() -> None:
    assert one_interpreter([step(1, TOOL, 0, 1), step(2, TOOL, 1, 2, request_id=1)])
    assert not one_interpreter([step(1, TOOL, 0, 1), step(2, TOOL, 1, 2, request_id=None)])


def test_worker_processes_have_interpreters_of_their_own() -> None:
    """Two of them work for request after request; what a third does for all is next to nothing."""
    worked = [
        replace(step(number, TOOL, 0, 50, cpu_ns=50, request_id=number), pid=100 + number % 2)
        for number in range(8)
    ]
    handed_out = [replace(one, step_id=8 + one.step_id, cpu_ns=1, pid=7) for one in worked]

    assert not one_interpreter(worked)
    assert not one_interpreter([*worked, *handed_out])
    assert one_interpreter([replace(one, pid=7) for one in worked])


def test_a_course_adds_up_what_lies_between() -> None:
    course = Course([(0, 10, 5.0), (5, 15, 10.0), (7, 7, 99.0)])

    assert course.between(-5, 20) == 15.0
    assert course.between(5, 10) == 7.5
