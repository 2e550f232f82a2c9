"""From a recording to a trace: whose work everything was, and the parts adding up to the whole."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from agentaudit.model.recording import (
    Closed,
    Frame,
    GpuProcessTime,
    Opened,
    ProcessBorn,
    ProcessGone,
    ProcessNamed,
    ProcessTick,
    ProcessTime,
    Record,
    StackDefined,
    StackRun,
    ThreadGone,
    ThreadTick,
    ThreadTime,
    Watched,
    recording_of,
)
from agentaudit.model.rule import LabelRules
from agentaudit.model.trace import (
    GpuSample,
    Host,
    LabelSource,
    Step,
    StepKind,
    Target,
    Trace,
)
from agentaudit.profiling.attribution import trace_of
from agentaudit.profiling.breakdown import breakdown_of
from agentaudit.rules.steps import load_step_rules
from agentaudit.store.shipped import shipped

MS = 1_000_000
AGENT, CHILD = 100, 200
RULES = LabelRules(frames=load_step_rules([shipped("rules") / "steps"]))
STDLIB = "/usr/lib/python3.12/"
HANDLER = Frame(file="/app/server.py", function="Handler.do_POST")
LOOP = Frame(file=f"{STDLIB}socketserver.py", function="ThreadingMixIn.process_request_thread")
RESEARCH = Frame(file="/app/agent.py", function="Agent.research")
CHAT = Frame(file="/app/agent.py", function="Agent.chat")
TOOL = Frame(file="/app/tools.py", function="Toolbox.search")
MODEL = Frame(file="/app/llm.py", function="Client.ask")
STACKS = [
    (TOOL, RESEARCH, HANDLER, LOOP),
    (MODEL, RESEARCH, HANDLER, LOOP),
    (MODEL, CHAT, HANDLER, LOOP),
    (RESEARCH, HANDLER, LOOP),
    (LOOP,),
    (TOOL,),
    (MODEL,),
]
RESEARCH_TOOL, RESEARCH_MODEL, CHAT_MODEL, RESEARCH_SELF, SERVER, BARE_TOOL, BARE_MODEL = range(7)


def run(start: int, end: int, stack: int, *, tid: int = AGENT, pid: int = AGENT) -> StackRun:
    return StackRun(pid=pid, tid=tid, start_ns=start * MS, end_ns=end * MS, stack=stack)


def threads(since: int, at: int, cpu: float, *, tid: int = AGENT, queue: float = 0) -> ThreadTick:
    times = (ThreadTime(pid=AGENT, tid=tid, cpu_ns=round(cpu * MS), queue_ns=round(queue * MS)),)
    return ThreadTick(since_ns=since * MS, at_ns=at * MS, times=times)


def process(since: int, at: int, cpu: float, *, pid: int = AGENT, reaped: float = 0) -> ProcessTick:
    times = (ProcessTime(pid=pid, cpu_ns=round(cpu * MS), reaped_ns=round(reaped * MS)),)
    return ProcessTick(since_ns=since * MS, at_ns=at * MS, times=times)


def born(at: int, pid: int = CHILD, *, parent: int = AGENT, tid: int = AGENT) -> ProcessBorn:
    return ProcessBorn(at_ns=at * MS, pid=pid, parent_pid=parent, parent_tid=tid, name="rg")


def trace(*body: Record, end_ms: int = 10_000, closed: bool = True) -> Trace:
    opened = Opened(
        tool_version="1",
        start_ns=0,
        rate_hz=100.0,
        host=Host(name="h", system="Linux", cores=2, memory_bytes=1),
        target=Target(pid=AGENT, command="agent", launched=False),
    )
    stacks = [StackDefined(stack=at, frames=frames) for at, frames in enumerate(STACKS)]
    root = ProcessBorn(at_ns=0, pid=AGENT, parent_pid=1, parent_tid=0, name="python")
    end = (Closed(at_ns=end_ms * MS, because="the duration was reached"),) if closed else ()
    return trace_of(recording_of([opened, root, *stacks, *body, *end]), RULES)


def steps(found: Trace, kind: StepKind) -> Sequence[Step]:
    return [step for step in found.steps if step.kind is kind]


def test_a_step_has_its_thread_its_time_and_the_reason_of_its_label() -> None:
    found = trace(
        run(1000, 1100, RESEARCH_TOOL), threads(1020, 1040, 20, queue=3), process(1000, 1100, 20)
    )

    (step,) = found.steps
    assert (step.kind, step.name) == (StepKind.TOOL_CALL, "Toolbox.search")
    assert (step.pid, step.tid, step.start_ns, step.end_ns) == (
        AGENT, AGENT, 1000 * MS, 1100 * MS,
    )  # fmt: skip
    assert (step.cpu_ns, step.run_queue_ns) == (20 * MS, 3 * MS)
    assert (step.source, step.confidence) == (LabelSource.STACK, 0.5)


def test_a_child_works_for_the_step_of_the_thread_that_forked_it() -> None:
    found = trace(
        run(1000, 1500, RESEARCH_TOOL),
        run(1500, 2000, RESEARCH_MODEL),
        born(1010),
        process(1100, 1140, 30, pid=CHILD),
        process(1140, 1180, 40, pid=CHILD),
        ProcessGone(at_ns=1400 * MS, pid=CHILD),
        process(1380, 1420, 0, reaped=25),
    )

    (tool,) = steps(found, StepKind.TOOL_CALL)
    assert (tool.cpu_ns, tool.children_cpu_ns) == (95 * MS, 95 * MS)
    assert found.cpu_total_ns == 95 * MS


def test_a_fork_at_the_edge_belongs_to_the_tool_and_not_to_the_model_before_it() -> None:
    found = trace(
        run(1000, 1500, RESEARCH_MODEL),
        run(1500, 2000, RESEARCH_TOOL),
        born(1495),
        process(1520, 1560, 30, pid=CHILD),
    )

    assert [step.children_cpu_ns for step in found.steps] == [0, 30 * MS]


def test_a_child_of_a_child_works_for_the_same_step() -> None:
    found = trace(
        run(1000, 1500, RESEARCH_TOOL),
        born(1010),
        born(1020, 201, parent=CHILD, tid=CHILD),
        process(1100, 1140, 30, pid=201),
    )

    assert steps(found, StepKind.TOOL_CALL)[0].children_cpu_ns == 30 * MS


def test_a_child_that_nobody_saw_fork_works_for_the_tool_call_that_is_open() -> None:
    found = trace(run(1000, 1500, RESEARCH_TOOL), process(1200, 1240, 1, reaped=12))

    assert steps(found, StepKind.TOOL_CALL)[0].children_cpu_ns == 12 * MS


def test_time_of_children_that_nobody_can_place_is_unattributed() -> None:
    found = trace(run(1000, 1500, RESEARCH_MODEL), process(1200, 1240, 0, reaped=12))

    assert sum(step.cpu_ns for step in found.steps) == 0
    assert breakdown_of(found).cpu_unattributed_ns == 12 * MS


def test_a_child_that_outlives_its_step_stands_for_itself() -> None:
    found = trace(
        run(1000, 1500, RESEARCH_TOOL),
        run(1500, 5000, RESEARCH_MODEL),
        born(1010),
        ProcessNamed(pid=CHILD, name="mcp-server"),
        process(4000, 4040, 30, pid=CHILD),
        process(4040, 4080, 10, pid=CHILD),
    )

    server = next(step for step in found.steps if step.pid == CHILD)
    assert (server.kind, server.name, server.source) == (
        StepKind.TOOL_CALL, "mcp-server", LabelSource.FORK,
    )  # fmt: skip
    assert (server.cpu_ns, server.request_id) == (40 * MS, None)
    assert found.processes[-1].name == "mcp-server"


def test_a_target_without_stacks_is_counted_and_not_told_apart() -> None:
    found = trace(process(0, 1000, 700))

    assert found.steps == ()
    (unknown,) = breakdown_of(found).kinds
    assert (unknown.kind, unknown.cpu_ns) == (StepKind.UNKNOWN, 700 * MS)


def test_a_number_used_again_is_another_process() -> None:
    found = trace(
        run(1000, 1500, RESEARCH_TOOL),
        run(1500, 3000, RESEARCH_MODEL),
        run(3000, 3500, RESEARCH_TOOL),
        born(1010),
        process(1100, 1140, 30, pid=CHILD),
        ProcessGone(at_ns=1200 * MS, pid=CHILD),
        born(3010),
        process(3100, 3140, 50, pid=CHILD),
    )

    assert [step.children_cpu_ns for step in steps(found, StepKind.TOOL_CALL)] == [
        30 * MS, 50 * MS,
    ]  # fmt: skip
    assert [life.cpu_ns for life in found.processes if life.pid == CHILD] == [30 * MS, 50 * MS]


def test_what_a_thread_used_up_to_its_end_is_its_last_steps() -> None:
    found = trace(
        run(1000, 1200, RESEARCH_TOOL, tid=7),
        threads(1100, 1120, 10, tid=7),
        process(1100, 1140, 10),
        ThreadGone(at_ns=1150 * MS, pid=AGENT, tid=7),
        process(1140, 1180, 6),
    )

    (step,) = found.steps
    assert (step.cpu_ns, step.end_ns) == (16 * MS, 1150 * MS)


def test_a_thread_whose_stack_nobody_saw_is_unknown() -> None:
    found = trace(
        run(1000, 1200, RESEARCH_TOOL),
        threads(1020, 1040, 10, tid=9),
        threads(1040, 1060, 10, tid=9),
        process(1000, 1100, 20),
    )

    (step,) = steps(found, StepKind.UNKNOWN)
    assert (step.tid, step.cpu_ns, step.source) == (9, 20 * MS, LabelSource.NONE)


def test_requests_are_told_by_their_frame_and_named_by_their_way() -> None:
    found = trace(
        run(900, 1000, SERVER, tid=1),
        run(1000, 1400, RESEARCH_TOOL, tid=1),
        run(1400, 2000, RESEARCH_MODEL, tid=1),
        run(2000, 2100, SERVER, tid=1),
        run(2100, 2600, CHAT_MODEL, tid=1),
        run(2600, 2700, SERVER, tid=1),
        run(1500, 2500, CHAT_MODEL, tid=2),
    )

    assert [
        (request.type, request.arrival_ns // MS, request.finish_ns // MS, request.complete)
        for request in found.requests
    ] == [
        ("research", 1000, 2000, True),
        ("chat", 1500, 2500, True),
        ("chat", 2100, 2600, True),
    ]
    assert breakdown_of(found).load.concurrency_peak == 2
    assert {step.request_id for step in steps(found, StepKind.TOOL_CALL)} == {1}


def test_requests_of_one_way_are_named_by_what_dominates_them() -> None:
    found = trace(
        run(1000, 1400, CHAT_MODEL, tid=1), run(1500, 1600, CHAT_MODEL, tid=2), run(0, 900, SERVER)
    )

    assert {request.type for request in found.requests} == {"do_POST gpu-heavy"}


def test_requests_at_the_edges_are_not_complete_and_scraps_are_left_out() -> None:
    found = trace(
        run(0, 500, CHAT_MODEL, tid=1),
        run(1000, 1500, CHAT_MODEL, tid=2),
        run(0, 30, CHAT_MODEL, tid=3),
        run(9000, 10_500, CHAT_MODEL, tid=4),
    )

    assert [request.complete for request in found.requests] == [False, True, False]
    assert max(step.end_ns for step in found.steps) == found.end_ns


def test_work_on_another_thread_belongs_to_the_only_request_that_is_open() -> None:
    found = trace(
        run(1000, 3000, RESEARCH_SELF, tid=1),
        run(1500, 1800, BARE_TOOL, tid=2),
        run(4000, 4500, BARE_TOOL, tid=2),
    )

    assert [step.request_id for step in steps(found, StepKind.TOOL_CALL)] == [1, None]


def test_without_request_frames_busy_stretches_stand_in_and_it_is_said() -> None:
    found = trace(
        run(1000, 1500, BARE_TOOL), run(1500, 2500, BARE_MODEL), run(4000, 4400, BARE_TOOL)
    )

    assert [request.source for request in found.requests] == [LabelSource.NONE] * 2
    assert [incident.probe for incident in found.incidents] == ["requests"]


def test_gpu_time_is_spread_over_the_model_calls_that_were_open() -> None:
    used = GpuProcessTime(since_ns=1000 * MS, at_ns=2000 * MS, device=0, pid=AGENT, busy_ns=900)
    found = trace(
        run(1000, 2000, CHAT_MODEL, tid=1),
        run(1500, 3000, CHAT_MODEL, tid=2),
        run(1000, 2000, RESEARCH_TOOL, tid=3),
        used,
        GpuSample(at_ns=2000 * MS, device=0, busy=0.9, memory_bytes=1, power_watts=None),
    )

    assert sorted(step.gpu_ns for step in found.steps) == [0, 300, 600]
    assert breakdown_of(found).gpu_utilisation == 0.9


def test_gpu_time_with_no_model_call_open_is_claimed_by_nobody() -> None:
    used = GpuProcessTime(since_ns=5000 * MS, at_ns=6000 * MS, device=0, pid=AGENT, busy_ns=900)

    assert [step.gpu_ns for step in trace(run(1000, 2000, CHAT_MODEL), used).steps] == [0]


def test_a_recording_that_was_cut_off_tells_what_it_has() -> None:
    watched = Watched(pid=AGENT, start_ns=0, end_ns=MS, samples=40, failures=2, max_gap_ns=5)
    found = trace(run(1000, 1500, CHAT_MODEL), watched, closed=False)

    assert not found.complete
    assert found.end_ns == 1500 * MS
    assert [(record.samples, record.failures) for record in found.sampling] == [(40, 2)]


def test_a_child_with_evidence_of_its_own_has_lanes_of_its_own() -> None:
    found = trace(
        run(1000, 2000, RESEARCH_MODEL),
        born(900),
        run(1000, 2000, BARE_TOOL, pid=CHILD, tid=CHILD),
        process(1000, 1040, 20, pid=CHILD),
    )

    assert {step.pid for step in steps(found, StepKind.TOOL_CALL)} == {CHILD}


def test_a_child_whose_stacks_tell_nothing_works_for_its_parent() -> None:
    found = trace(
        run(1000, 2000, RESEARCH_TOOL),
        born(1010),
        run(1100, 2000, SERVER, pid=CHILD, tid=CHILD),
        process(1200, 1240, 20, pid=CHILD),
    )

    assert {step.pid for step in found.steps} == {AGENT}
    assert steps(found, StepKind.TOOL_CALL)[0].children_cpu_ns == 20 * MS


run_records = st.builds(
    lambda start, length, stack, tid, pid: run(start, start + length, stack, tid=tid, pid=pid),
    st.integers(0, 4000),
    st.integers(1, 800),
    st.integers(0, len(STACKS) - 1),
    st.integers(1, 3),
    st.sampled_from([AGENT, CHILD]),
)
others = st.one_of(
    st.builds(born, st.integers(0, 3000), st.integers(200, 203), tid=st.integers(1, 3)),
    st.builds(
        lambda at, pid: ProcessGone(at_ns=at * MS, pid=pid),
        st.integers(0, 5000),
        st.integers(200, 203),
    ),
    st.builds(
        lambda at, tid: ThreadGone(at_ns=at * MS, pid=AGENT, tid=tid),
        st.integers(0, 5000),
        st.integers(1, 3),
    ),
)


@given(
    runs=st.lists(run_records, max_size=10),
    events=st.lists(others, max_size=6),
    used=st.lists(
        st.tuples(st.integers(1, 3), st.floats(0, 20), st.floats(0, 20), st.integers(200, 203)),
        max_size=25,
    ),
)
def test_the_parts_of_a_trace_add_up_to_the_whole(
    runs: list[StackRun], events: list[Record], used: list[tuple[int, float, float, int]]
) -> None:
    """I9: CPU time by kind, `unknown` among them, is what the kernel counted, to the nanosecond."""
    ticks: list[Record] = []
    for number, (tid, cpu, child_cpu, pid) in enumerate(used):
        at = number * 200
        ticks += [
            threads(at, at + 20, cpu, tid=tid),
            process(at, at + 20, cpu, reaped=child_cpu / 2),
            process(at, at + 20, child_cpu, pid=pid),
        ]
    counted = sum(
        time.cpu_ns + time.reaped_ns
        for tick in ticks
        if isinstance(tick, ProcessTick)
        for time in tick.times
    )

    found = trace(*runs, *events, *ticks, end_ms=6000)
    breakdown = breakdown_of(found)

    assert found.cpu_total_ns == counted
    assert sum(kind.cpu_ns for kind in breakdown.kinds) == found.cpu_total_ns
    assert breakdown.cpu_unattributed_ns >= 0
    assert sum(kind.wall_ns for kind in breakdown.kinds) == sum(s.wall_ns for s in found.steps)
