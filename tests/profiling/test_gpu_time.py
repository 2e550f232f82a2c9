"""GPU time of steps: by overlap, of calls to that process alone, no more than was measured."""

from hypothesis import given
from hypothesis import strategies as st

from agentaudit.model.recording import GpuProcessTime, Record
from agentaudit.model.trace import Step, StepKind, Trace
from tests.profiling.observations import (
    ASKING,
    EMBEDDING,
    MS,
    PID,
    WAITING,
    call,
    run,
    span,
    trace_from,
)

SERVER = 900


def busy(since: float, at: float, ms: float, *, pid: int = PID) -> GpuProcessTime:
    return GpuProcessTime(
        since_ns=round(since * MS), at_ns=round(at * MS), device=0, pid=pid, busy_ns=round(ms * MS)
    )


def calls_of(found: Trace) -> list[Step]:
    return [step for step in found.steps if step.kind is StepKind.LLM_INFERENCE]


def test_time_of_our_own_processes_goes_to_all_inference_that_was_open() -> None:
    found = trace_from(
        run(1000, 2000, ASKING, tid=1),
        run(1500, 2000, EMBEDDING, tid=2),
        busy(1000, 2000, 900),
    )

    assert {step.kind: (step.gpu_ns / MS, step.gpu_source) for step in found.steps} == {
        StepKind.LLM_INFERENCE: (600, "device"), StepKind.RETRIEVAL: (300, "device"),
    }  # fmt: skip


def test_retrieval_that_embeds_nothing_gets_none() -> None:
    found = trace_from(
        run(1000, 2000, ASKING, tid=1), span("retrieval", 1000, 2000, tid=2), busy(1000, 2000, 900)
    )

    assert {step.kind.value: step.gpu_ns / MS for step in found.steps} == {
        "llm_inference": 900, "retrieval": 0,
    }  # fmt: skip


def test_time_of_a_server_beside_us_goes_to_the_calls_to_that_server_alone() -> None:
    found = trace_from(
        run(1000, 3000, WAITING),
        call(1, 1000, 2000, peer_pid=SERVER),
        call(2, 1000, 3000, peer_pid=SERVER + 1),
        busy(1500, 2500, 400, pid=SERVER),
        busy(2500, 2900, 300, pid=SERVER),
    )

    assert [step.gpu_ns / MS for step in calls_of(found)] == [400, 0]


def test_strangers_on_the_device_are_not_ours() -> None:
    found = trace_from(
        run(1000, 3000, WAITING), call(1, 1000, 2000), busy(1000, 2000, 400, pid=SERVER)
    )

    assert [step.gpu_ns for step in calls_of(found)] == [0]


def test_the_servers_own_word_stands_in_where_no_device_was_seen() -> None:
    found = trace_from(
        span("invoke_agent", 1000, 4000, own="a"),
        span("chat", 1000, 2000, within="a", server_ms=700),
        span("chat", 2000, 3000, within="a", server_ms=5000),
    )

    assert [(step.gpu_ns / MS, step.gpu_source) for step in calls_of(found)] == [
        (700, "server"), (1000, "server"),
    ]  # fmt: skip


def test_what_a_device_measured_is_not_counted_a_second_time() -> None:
    found = trace_from(
        run(1000, 2000, ASKING, tid=1),
        span("chat", 1000, 2000, tid=1, server_ms=700),
        busy(1000, 2000, 400),
    )

    assert [(step.gpu_ns / MS, step.gpu_source) for step in calls_of(found)] == [(400, "device")]


@given(
    st.lists(st.tuples(st.integers(0, 4000), st.integers(1, 900), st.integers(1, 4)), max_size=6),
    st.lists(
        st.tuples(st.integers(0, 4000), st.integers(1, 500), st.sampled_from([PID, SERVER, 7])),
        max_size=8,
    ),
)
def test_no_step_claims_more_than_devices_measured(
    asked: list[tuple[int, int, int]], worked: list[tuple[int, int, int]]
) -> None:
    records: list[Record] = [
        call(number, start, start + length, peer_pid=SERVER) for start, length, number in asked
    ]
    records += [busy(since, since + length, length, pid=pid) for since, length, pid in worked]
    measured = sum(length for _, length, pid in worked if pid != 7) * MS

    found = trace_from(run(0, 5000, WAITING), records)

    assert sum(step.gpu_ns for step in found.steps) <= measured
