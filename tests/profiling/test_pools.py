"""What the threads of a library use belongs to the step that called it, which knows how many."""

from agentaudit.model.recording import ProcessTick, ProcessTime, Record, ThreadTick, ThreadTime
from agentaudit.model.trace import Step, StepKind, Trace
from tests.profiling.observations import (
    ASKING,
    EMBEDDING,
    HANDLING,
    MS,
    PID,
    SEARCHING,
    run,
    trace_from,
)

POOL = 150
OTHER = 101


def tick(since: int, **used: tuple[float, float]) -> tuple[Record, Record]:
    """In 25 ms each thread, `t100` for example, ran and queued for so long."""
    times = tuple(
        ThreadTime(pid=PID, tid=int(name[1:]), cpu_ns=round(ran * MS), queue_ns=round(queued * MS))
        for name, (ran, queued) in used.items()
    )
    ran_ns = sum(time.cpu_ns for time in times)
    between = since * MS, (since + 25) * MS
    return (
        ThreadTick(since_ns=between[0], at_ns=between[1], times=times),
        ProcessTick(
            since_ns=between[0],
            at_ns=between[1],
            times=(ProcessTime(pid=PID, cpu_ns=ran_ns),),
        ),
    )


def ticks(since: int, until: int, **used: tuple[float, float]) -> list[Record]:
    return [record for at in range(since, until, 25) for record in tick(at, **used)]


def steps(trace: Trace, kind: StepKind) -> list[Step]:
    return [step for step in trace.steps if step.kind is kind]


def test_a_tool_has_the_time_of_its_librarys_threads_and_knows_how_many_there_are() -> None:
    trace = trace_from(run(0, 1000, SEARCHING), ticks(0, 1000, t100=(25, 0), t150=(25, 0)))
    (tool,) = steps(trace, StepKind.TOOL_CALL)

    assert (tool.cpu_ns, tool.children_cpu_ns, tool.threads) == (2000 * MS, 1000 * MS, 2)
    assert not steps(trace, StepKind.UNKNOWN)


def test_on_a_full_host_threads_that_queue_are_there_as_well() -> None:
    """Four threads on two cores: each runs for half of the time, and wants a core for all of it."""
    busy = {f"t{tid}": (12.5, 12.5) for tid in (PID, POOL, POOL + 1, POOL + 2)}
    trace = trace_from(run(0, 1000, SEARCHING), ticks(0, 1000, **busy))
    (tool,) = steps(trace, StepKind.TOOL_CALL)

    assert (tool.cpu_ns, tool.threads) == (2000 * MS, 4)
    assert (tool.run_queue_ns, tool.children_queue_ns) == (500 * MS, 1500 * MS)


def test_a_step_that_waits_for_its_librarys_threads_has_their_time() -> None:
    trace = trace_from(run(0, 1000, EMBEDDING), ticks(0, 1000, t150=(25, 0)))
    (step,) = steps(trace, StepKind.RETRIEVAL)

    assert (step.cpu_ns, step.children_cpu_ns, step.threads) == (1000 * MS, 1000 * MS, 1)


def test_of_two_steps_the_one_that_computes_has_called() -> None:
    trace = trace_from(
        run(0, 1000, SEARCHING),
        run(0, 1000, EMBEDDING, tid=OTHER),
        ticks(0, 1000, t100=(25, 0), t150=(25, 0)),
    )
    (tool,) = steps(trace, StepKind.TOOL_CALL)
    (waits,) = steps(trace, StepKind.RETRIEVAL)

    assert tool.children_cpu_ns >= 999 * MS
    assert waits.children_cpu_ns <= MS


def test_what_nobody_called_stays_unknown() -> None:
    """Beside a wait for a model, and beside no leaf work at all."""
    for stack in (ASKING, HANDLING):
        trace = trace_from(run(0, 1000, stack), ticks(0, 1000, t100=(0.1, 0), t150=(25, 0)))
        (unknown,) = steps(trace, StepKind.UNKNOWN)

        assert (unknown.tid, unknown.cpu_ns) == (POOL, 1000 * MS)
        assert all(not step.children_cpu_ns for step in trace.steps)


def test_a_model_in_this_process_has_the_time_of_its_threads() -> None:
    trace = trace_from(run(0, 1000, ASKING), ticks(0, 1000, t100=(25, 0), t150=(25, 0)))
    (call,) = steps(trace, StepKind.LLM_INFERENCE)

    assert (call.cpu_ns, call.threads) == (2000 * MS, 2)


def test_upkeep_of_a_thread_without_a_stack_is_nobodys_work() -> None:
    trace = trace_from(run(0, 1000, SEARCHING), ticks(0, 1000, t100=(25, 0), t150=(0.5, 0)))
    (tool,) = steps(trace, StepKind.TOOL_CALL)

    assert (tool.children_cpu_ns, tool.threads) == (0, 1)
    assert sum(step.cpu_ns for step in trace.steps) == trace.cpu_total_ns


def test_a_thread_too_short_to_be_sampled_may_have_had_a_stack() -> None:
    trace = trace_from(run(0, 1000, SEARCHING), ticks(0, 150, t150=(25, 0)))
    (unknown,) = steps(trace, StepKind.UNKNOWN)

    assert (unknown.tid, unknown.cpu_ns) == (POOL, 150 * MS)
