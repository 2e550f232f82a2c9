"""From recordings to workloads: demands without the load of the recording."""

import pytest
from msgspec.structs import replace

from agentaudit.errors import IncompleteError, InputError
from agentaudit.model.contention import Contention
from agentaudit.model.trace import CpuSample, Host, Request, Step, StepKind, Target, Trace
from agentaudit.model.workload import Heavy, Machine, SpeedCurve, Stage, Workload
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.recordings.replay import workloads_of
from agentaudit.simulation.runs.engine import simulate
from agentaudit.simulation.stations.speed import ideal_cores

MS = 1_000_000
BATCHING = SpeedCurve(points=((1, 1.0), (2, 1.25)))
TOOL, LLM = StepKind.TOOL_CALL, StepKind.LLM_INFERENCE


def step(  # noqa: PLR0913, a step has these parts
    step_id: int,
    kind: StepKind,
    start_ms: int,
    end_ms: int,
    *,
    cpu_ms: int = 0,
    request_id: int | None = 0,
    threads: int = 1,
) -> Step:
    return Step(
        step_id=step_id,
        request_id=request_id,
        kind=kind,
        name="",
        pid=1,
        tid=1,
        start_ns=start_ms * MS,
        end_ns=end_ms * MS,
        cpu_ns=cpu_ms * MS,
        threads=threads,
    )


def request(
    request_id: int, arrival_ms: int, finish_ms: int, *, kind: str = "ask", complete: bool = True
) -> Request:
    return Request(
        request_id=request_id,
        type=kind,
        arrival_ns=arrival_ms * MS,
        finish_ns=finish_ms * MS,
        complete=complete,
    )


def trace(steps: list[Step], requests: list[Request], samples: tuple[CpuSample, ...] = ()) -> Trace:
    return Trace(
        host=Host(name="h", system="Linux", cores=2, memory_bytes=0),
        target=Target(pid=1, command="agent", launched=False),
        start_ns=0,
        end_ns=10_000 * MS,
        complete=True,
        ended_because="asked",
        clocks=(),
        steps=tuple(steps),
        requests=tuple(requests),
        processes=(),
        cpu_samples=samples,
    )


def busy(at_ms: int, share: float) -> CpuSample:
    return CpuSample(at_ns=at_ms * MS, cpu_ns=0, rss_bytes=0, processes=1, system_busy=share)


def plan(workload: Workload, place: int = 0) -> list[tuple[Stage, int]]:
    return [(item.stage, item.demand_ns // MS) for item in workload.requests[place].steps]


def replayed(recorded: Trace) -> Workload:
    return workloads_of(recorded, source="run.aatrace", gpu=BATCHING)[0]


def test_a_tool_becomes_its_cpu_time_and_what_it_waited() -> None:
    """600 ms of which 400 ms ran on an idle host: 200 ms were spent on the outside."""
    workload = replayed(trace([step(0, TOOL, 100, 700, cpu_ms=400)], [request(0, 100, 700)]))

    assert plan(workload) == [(Stage.CPU, 400), (Stage.WAIT, 200)]
    assert workload.requests[0].arrival_ns == 0
    assert workload.requests[0].heavy is Heavy.CPU


def test_time_without_cpu_on_a_full_host_is_queueing_and_is_simulated_anew() -> None:
    recorded = trace(
        [step(0, TOOL, 100, 700, cpu_ms=400)],
        [request(0, 100, 700)],
        (busy(300, 0.97), busy(600, 0.99), busy(900, 0.2)),
    )

    workload = replayed(recorded)

    assert plan(workload) == [(Stage.CPU, 400)]
    assert any("queueing for a core" in sentence for sentence in workload.assumptions)


def test_threads_of_a_tool_run_at_once() -> None:
    workload = replayed(trace([step(0, TOOL, 0, 300, cpu_ms=600, threads=2)], [request(0, 0, 300)]))

    assert plan(workload) == [(Stage.CPU, 600)]
    assert workload.requests[0].steps[0].threads == 2


def test_a_library_on_several_threads_does_no_python_code_meanwhile() -> None:
    """100 ms of Python code, and then 400 ms of linear algebra on two threads."""
    algebra = replace(
        step(0, TOOL, 0, 500, cpu_ms=900, threads=2), name="fit", children_cpu_ns=400 * MS
    )
    workload = replayed(trace([algebra], [request(0, 0, 500)]))

    assert workload.requests[0].steps[0].interpreted == pytest.approx(100 / 900)
    assert any("the most: fit, on 2)" in said for said in workload.assumptions)


def test_queueing_of_all_threads_of_a_step_is_simulated_anew() -> None:
    """Two threads of one step, each with half a core for a second: nobody waits for the outside."""
    crowded = replace(
        step(0, TOOL, 0, 1000, cpu_ms=1000, threads=2),
        children_cpu_ns=500 * MS, run_queue_ns=500 * MS, children_queue_ns=500 * MS,
    )  # fmt: skip

    assert plan(replayed(trace([crowded], [request(0, 0, 1000)]))) == [(Stage.CPU, 1000)]


def test_llm_calls_are_taken_back_to_batch_one() -> None:
    """Two calls that share a server at 5/8 of its speed each for 800 ms need 500 ms alone."""
    recorded = trace(
        [
            step(0, LLM, 0, 800, cpu_ms=0, request_id=0),
            step(1, LLM, 0, 800, cpu_ms=0, request_id=1),
            step(2, TOOL, 800, 801, cpu_ms=1, request_id=1),
        ],
        [request(0, 0, 800, kind="chat"), request(1, 0, 801, kind="search")],
    )

    workload = replayed(recorded)

    assert plan(workload) == [(Stage.GPU, 500)]
    assert workload.requests[0].heavy is Heavy.GPU


def test_replaying_under_the_recorded_load_takes_the_recorded_time() -> None:
    """The conversion and the engine are each other's inverse where nothing had to be assumed."""
    machine = Machine(name="h", cores=2, cpu=ideal_cores(2), gpu=BATCHING)
    recorded = trace(
        [
            step(0, LLM, 0, 900, request_id=0),
            step(1, LLM, 200, 1000, request_id=1),
            step(2, TOOL, 900, 1200, cpu_ms=300, request_id=0),
            step(3, TOOL, 1000, 1500, cpu_ms=500, request_id=1),
        ],
        [request(0, 0, 1200), request(1, 200, 1500)],
    )
    policy = CappedConcurrency(name="all", source="test", cap=None)

    records = simulate(replayed(recorded), machine, policy).records

    assert [record.finish_ns for record in records] == pytest.approx([1200 * MS, 1500 * MS], abs=5)


def test_a_clients_own_cpu_time_is_not_the_servers() -> None:
    workload = replayed(trace([step(0, LLM, 0, 100, cpu_ms=20)], [request(0, 0, 100)]))

    assert plan(workload) == [(Stage.CPU, 20), (Stage.GPU, 80)]


def test_a_pause_between_steps_is_waiting() -> None:
    recorded = trace(
        [step(0, TOOL, 0, 100, cpu_ms=100), step(1, TOOL, 150, 250, cpu_ms=100)],
        [request(0, 0, 250)],
    )

    assert plan(replayed(recorded)) == [(Stage.CPU, 100), (Stage.WAIT, 50), (Stage.CPU, 100)]


def test_types_are_classified_as_a_whole() -> None:
    """A scheduler knows the type on arrival, and not that this one will be short of tools."""
    recorded = trace(
        [
            step(0, TOOL, 0, 1000, cpu_ms=1000, request_id=0),
            step(1, LLM, 2000, 2100, request_id=1),
        ],
        [request(0, 0, 1000), request(1, 2000, 2100)],
    )

    assert {item.heavy for item in replayed(recorded).requests} == {Heavy.CPU}


def test_a_type_called_all_is_told_from_all_requests_together() -> None:
    workload = replayed(trace([step(0, TOOL, 0, 1, cpu_ms=1)], [request(0, 0, 1, kind="all")]))

    assert [item.type for item in workload.requests] == ["all (type)"]


def test_what_is_left_out_is_said() -> None:
    recorded = replace(
        trace(
            [
                step(0, TOOL, 0, 100, cpu_ms=100),
                step(1, TOOL, 0, 100, cpu_ms=100, request_id=1),
                step(2, TOOL, 0, 100, cpu_ms=200, request_id=None),
            ],
            [
                request(0, 0, 100),
                request(1, 0, 100, complete=False),
                request(2, 0, 100),
            ],
        ),
        cpu_total_ns=400 * MS,
    )

    workload = replayed(recorded)

    assert [item.request_id for item in workload.requests] == [0]
    said = "\n".join(workload.assumptions)
    assert "2 of 3 recorded requests are left out" in said
    assert "75% of the recorded CPU time belongs to no replayed request" in said


def test_overlapping_steps_are_named_and_run_side_by_side() -> None:
    """While both are open they are one piece of work on two threads; then one goes on."""
    recorded = trace(
        [step(7, TOOL, 0, 100, cpu_ms=100), step(8, TOOL, 40, 140, cpu_ms=100)],
        [request(0, 0, 140)],
    )

    workload = replayed(recorded)

    assert plan(workload) == [(Stage.CPU, 160), (Stage.CPU, 40)]
    assert [item.threads for item in workload.requests[0].steps] == [2, 1]
    assert any("the first: step 8 of request 0" in said for said in workload.assumptions)


def counted(share: float) -> tuple[Contention, ...]:
    """The kernel counted waits for cores."""
    return (
        Contention(
            start_ns=0,
            end_ns=10_000 * MS,
            cpu_ns=100 * MS,
            queue_ns=round(100 * MS * (1 / share - 1)),
            share=share,
            others=2 / share - 1,
        ),
    )


def test_what_a_tools_program_waited_for_a_core_is_no_waiting_for_the_outside() -> None:
    """700 ms: 200 ms on a core, 450 ms queueing for one, and 50 ms of something else."""
    tool = replace(
        step(0, TOOL, 0, 700, cpu_ms=200), children_cpu_ns=200 * MS, children_queue_ns=450 * MS
    )
    recorded = replace(trace([tool], [request(0, 0, 700)]), contention=counted(0.5))

    assert plan(replayed(recorded)) == [(Stage.CPU, 200), (Stage.WAIT, 50)]


def test_who_is_woken_for_a_moment_waits_longer_than_its_share() -> None:
    """2 ms at half a core wait 2 ms by even sharing; 40 ms were waited, and 38 ms are kept."""
    call = replace(step(0, LLM, 0, 142, cpu_ms=2), run_queue_ns=40 * MS)
    recorded = replace(trace([call], [request(0, 0, 142)]), contention=counted(0.5))

    workload = replayed(recorded)

    assert plan(workload) == [(Stage.WAIT, 38), (Stage.CPU, 2), (Stage.GPU, 100)]
    assert any("woken late" in said for said in workload.assumptions)


def test_waiting_for_others_of_the_interpreter_is_simulated_anew() -> None:
    """Python code that stood still for 80 ms, in 60 of which another request's ran."""
    code, others = StepKind.ORCHESTRATION, StepKind.RETRIEVAL
    recorded = replace(
        trace(
            [
                step(0, code, 0, 100, cpu_ms=20),
                step(1, others, 0, 100, cpu_ms=60, request_id=1),
            ],
            [request(0, 0, 100), request(1, 0, 100, kind="other")],
        ),
        contention=counted(1.0),
    )

    workload = replayed(recorded)

    assert plan(workload) == [(Stage.CPU, 20), (Stage.WAIT, 20)]
    assert any("waiting for the interpreter" in said for said in workload.assumptions)


def test_impossible_steps_are_all_named_at_once() -> None:
    recorded = trace(
        [
            step(3, TOOL, 100, 50, cpu_ms=1),
            step(4, TOOL, 0, 50, cpu_ms=-1),
            step(5, TOOL, 0, 50, threads=0),
            replace(step(6, TOOL, 0, 50), run_queue_ns=-1),
        ],
        [request(0, 0, 100)],
    )

    with pytest.raises(InputError) as raised:
        replayed(recorded)

    assert [problem.message for problem in raised.value.problems] == [
        "step 3 (tool_call) of request 0 ends 50000000 ns before it starts",
        "step 4 (tool_call) of request 0 used -1000000 ns of CPU time, which is less than none",
        "step 5 (tool_call) of request 0 ran on 0 threads, which is less than one",
        "step 6 (tool_call) of request 0 waited for a core less than not at all",
    ]
    assert {problem.file for problem in raised.value.problems} == {"run.aatrace"}


def test_a_request_stands_once() -> None:
    recorded = trace([step(0, TOOL, 0, 50, cpu_ms=1)], [request(0, 0, 100), request(0, 50, 100)])

    with pytest.raises(InputError, match="request 0 stands 2 times"):
        replayed(recorded)


@pytest.mark.parametrize(
    "recorded",
    [
        trace([], []),
        trace([], [request(0, 0, 100)]),
        trace([step(0, TOOL, 0, 1, cpu_ms=1)], [request(0, 0, 100, complete=False)]),
    ],
)
def test_a_recording_without_whole_requests_is_incomplete(recorded: Trace) -> None:
    with pytest.raises(IncompleteError, match="no whole request"):
        replayed(recorded)


def test_a_recording_without_cpu_time_is_incomplete() -> None:
    with pytest.raises(IncompleteError, match="of 1 request none has CPU time"):
        replayed(trace([step(0, LLM, 0, 100)], [request(0, 0, 100)]))


def test_tokens_and_the_share_of_python_code_are_those_recorded() -> None:
    """A tool of which children did three quarters, and a call with its prompt and its answer."""
    tool = replace(step(0, TOOL, 0, 100, cpu_ms=100), children_cpu_ns=75 * MS)
    call = replace(step(1, LLM, 100, 200), tokens_in=900, tokens_out=100)
    recorded = trace([tool, call], [request(0, 0, 200)])
    workload, _ = workloads_of(recorded, source="test", gpu=BATCHING)
    steps = workload.requests[0].steps

    assert [item.interpreted for item in steps] == [0.25, 1.0]
    assert [item.tokens for item in steps] == [0, 1000]
