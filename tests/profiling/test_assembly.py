"""Several sources of evidence at once: who is believed, and the parts adding up to the whole."""

from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from agentaudit.model.recording import ProcessBorn, ProcessGone, ProcessTick, ProcessTime, Record
from agentaudit.model.trace import LabelSource, Step, StepKind, Trace
from agentaudit.profiling.breakdown import breakdown_of
from tests.profiling.observations import (
    ASKING,
    BARE_ASK,
    EMBEDDING,
    HANDLING,
    LOOP_EMBED,
    LOOP_OTHER,
    LOOP_SEARCH,
    MS,
    PID,
    SEARCHING,
    WAITING,
    call,
    mark,
    run,
    span,
    trace_from,
    used,
)

T1, T2 = 11, 12
LLM, TOOL, RETRIEVAL = StepKind.LLM_INFERENCE, StepKind.TOOL_CALL, StepKind.RETRIEVAL


def told(found: Trace, *kinds: StepKind) -> list[tuple[str, float, float, str]]:
    return [
        (step.kind.value, step.start_ns / MS, step.end_ns / MS, step.source.value)
        for step in found.steps
        if step.kind in kinds
    ]


def cpu_ms(steps: Sequence[Step], kind: StepKind) -> float:
    return sum(step.cpu_ns for step in steps if step.kind is kind) / MS


def test_a_span_goes_before_the_stack_and_what_it_does_not_cover_stays() -> None:
    found = trace_from(
        run(1000, 1500, SEARCHING, tid=T1),
        run(1500, 2000, HANDLING, tid=T1),
        span("retrieval", 1100, 1300, tid=T1),
    )

    assert told(found, TOOL, RETRIEVAL) == [
        ("tool_call", 1000, 1100, "stack"),
        ("retrieval", 1100, 1300, "otel"),
        ("tool_call", 1300, 1500, "stack"),
    ]


def test_the_innermost_leaf_span_is_believed_and_agents_count_by_themselves_only() -> None:
    found = trace_from(
        run(1000, 2000, HANDLING, tid=T1),
        span("invoke_agent", 1000, 2000, own="root"),
        span("execute_tool", 1100, 1800, own="tool", within="root", tool="search"),
        span("chat", 1300, 1500, within="tool"),
    )

    assert told(found, TOOL, LLM) == [
        ("tool_call", 1100, 1300, "otel"),
        ("llm_inference", 1300, 1500, "otel"),
        ("tool_call", 1500, 1800, "otel"),
    ]
    assert {step.name for step in found.steps if step.kind is TOOL} == {"search"}


def test_a_span_goes_before_a_marker_of_the_same_call_and_a_marker_before_the_stack() -> None:
    found = trace_from(
        run(1000, 2000, SEARCHING, tid=T1),
        span("chat", 1000, 1300),
        mark(1, LLM, 1002, 1299, tid=T1),
        mark(2, RETRIEVAL, 1400, 1600, tid=T1),
    )

    assert told(found, LLM, RETRIEVAL) == [
        ("llm_inference", 1000, 1300, "otel"),
        ("retrieval", 1400, 1600, "marker"),
    ]
    assert {step.tid for step in found.steps if step.kind is LLM} == {T1}


def test_a_connection_goes_after_the_stack_and_tells_calls_apart_that_it_shows_as_one() -> None:
    found = trace_from(
        run(1000, 2000, ASKING, tid=T1),
        run(2000, 2500, SEARCHING, tid=T1),
        call(1, 1005, 1400),
        call(1, 1450, 1995),
        call(2, 2100, 2400),
    )

    assert told(found, LLM, TOOL)[:2] == [
        ("llm_inference", 1000, 1450, "stack"),
        ("llm_inference", 1450, 2000, "stack"),
    ]
    assert ("tool_call", 2000, 2500, "stack") in told(found, TOOL)


def test_steps_shorter_than_a_sample_keep_their_own_identity() -> None:
    marks = [mark(number, TOOL, 1000 + 4 * number, 1003 + 4 * number) for number in range(1, 50)]
    found = trace_from(run(1000, 1400, HANDLING), marks)

    assert len([step for step in found.steps if step.kind is TOOL]) == 49


def test_claims_find_their_threads_by_what_stacks_show_meanwhile() -> None:
    found = trace_from(
        run(1000, 1500, ASKING, tid=T1),
        run(1500, 2000, SEARCHING, tid=T1),
        run(1000, 1700, EMBEDDING, tid=T2),
        run(1700, 2000, ASKING, tid=T2),
        span("invoke_agent", 1000, 2000, own="a", trace="a", agent="first"),
        span("chat", 1002, 1501, within="a", trace="a"),
        span("execute_tool", 1502, 1999, within="a", trace="a"),
        span("invoke_agent", 1001, 1999, own="b", trace="b", agent="second"),
        span("retrieval", 1003, 1698, within="b", trace="b"),
        span("chat", 1701, 1998, within="b", trace="b"),
    )

    threads = {(step.kind, step.tid) for step in found.steps if step.source is LabelSource.OTEL}
    assert threads == {(LLM, T1), (TOOL, T1), (RETRIEVAL, T2), (LLM, T2)}
    types = {request.request_id: request.type for request in found.requests}
    assert {(types[step.request_id or 0], step.tid) for step in found.steps} == {
        ("first", T1), ("second", T2),
    }  # fmt: skip


def test_requests_that_share_a_loop_have_tracks_of_their_own() -> None:
    found = trace_from(
        run(1000, 3000, WAITING),
        span("invoke_agent", 1000, 2500, own="a", trace="a", agent="one"),
        span("chat", 1000, 2400, within="a", trace="a"),
        span("invoke_agent", 1200, 2800, own="b", trace="b", agent="two"),
        span("chat", 1200, 2000, within="b", trace="b"),
        span("execute_tool", 2000, 2700, within="b", trace="b"),
    )

    assert {request.type for request in found.requests} == {"one", "two"}
    assert told(found, LLM, TOOL) == [
        ("llm_inference", 1000, 2400, "otel"),
        ("llm_inference", 1200, 2000, "otel"),
        ("tool_call", 2000, 2700, "otel"),
    ]
    assert len({step.track for step in found.steps if step.kind is LLM}) == 2
    assert all(step.track for step in found.steps if step.request_id)


def test_cpu_of_a_loop_goes_to_the_work_that_its_stack_shows() -> None:
    found = trace_from(
        run(1000, 1100, WAITING),
        run(1100, 1200, LOOP_SEARCH),
        run(1200, 1300, LOOP_EMBED),
        run(1300, 2000, WAITING),
        used(1100, 1200, 99),
        used(1200, 1300, 80),
        span("invoke_agent", 1000, 2000, own="a", trace="a"),
        span("execute_tool", 1050, 1600, within="a", trace="a", tool="search"),
        span("invoke_agent", 1000, 2000, own="b", trace="b"),
        span("retrieval", 1190, 1310, within="b", trace="b"),
        span("invoke_agent", 1000, 2000, own="c", trace="c"),
        span("chat", 1000, 2000, within="c", trace="c"),
    )

    assert cpu_ms(found.steps, TOOL) == 99
    assert cpu_ms(found.steps, RETRIEVAL) == 80
    assert cpu_ms(found.steps, LLM) == 0


def test_a_stack_that_no_rule_knows_works_for_what_it_keeps_company_with() -> None:
    records: list[Record] = []
    for turn in range(20):
        at = 1000 + 200 * turn
        records += [
            run(at, at + 50, LOOP_OTHER),
            run(at + 50, at + 200, WAITING),
            *used(at, at + 40, 30),
            span("retrieval", at, at + 50, within="b", trace="b"),
        ]
    found = trace_from(
        records,
        span("invoke_agent", 900, 5100, own="a", trace="a"),
        span("execute_tool", 950, 5050, within="a", trace="a", tool="long"),
        span("invoke_agent", 900, 5100, own="b", trace="b"),
    )

    assert cpu_ms(found.steps, RETRIEVAL) == 600


def test_without_spans_connections_show_what_a_loop_waits_for() -> None:
    found = trace_from(
        run(1000, 1400, WAITING),
        run(1400, 1500, LOOP_SEARCH),
        run(1500, 3000, WAITING),
        used(1400, 1500, 95),
        call(1, 1000, 1400),
        call(2, 1100, 2500),
        call(9, 900, 2900, inbound=True),
    )

    assert told(found, LLM, TOOL) == [
        ("llm_inference", 1000, 1400, "socket"),
        ("llm_inference", 1100, 2500, "socket"),
        ("tool_call", 1400, 1500, "stack"),
    ]
    (request,) = found.requests
    assert (request.source, request.arrival_ns) == (LabelSource.SOCKET, 900 * MS)
    assert {step.request_id for step in found.steps if step.kind is LLM} == {request.request_id}


def test_a_connection_that_only_may_be_a_call_is_worth_less() -> None:
    found = trace_from(
        run(1000, 3000, WAITING), call(1, 1000, 1400), call(2, 1500, 2500, likely=True)
    )

    sure, likely = (step.confidence for step in found.steps if step.kind is LLM)
    assert sure > likely


def test_an_answer_that_comes_while_the_loop_is_busy_is_waited_for() -> None:
    found = trace_from(
        run(1000, 1300, WAITING),
        run(1300, 1500, LOOP_SEARCH),
        run(1500, 2000, WAITING),
        call(1, 1000, 1400),
    )

    assert told(found, LLM) == [("llm_inference", 1000, 1500, "socket")]


def test_a_program_that_a_loop_started_is_a_tool_of_the_request_with_its_time() -> None:
    child = 300
    found = trace_from(
        run(1000, 4000, WAITING),
        span("invoke_agent", 1000, 3000, own="a", trace="a", agent="one"),
        span("chat", 1000, 1500, within="a", trace="a"),
        ProcessBorn(at_ns=1600 * MS, pid=child, parent_pid=PID, parent_tid=PID, name="rg"),
        ProcessTick(
            since_ns=1700 * MS,
            at_ns=1740 * MS,
            times=(ProcessTime(pid=child, cpu_ns=33 * MS),),
        ),
        ProcessGone(at_ns=2500 * MS, pid=child),
    )

    (tool,) = (step for step in found.steps if step.kind is TOOL)
    assert (tool.name, tool.source, tool.children_cpu_ns) == ("rg", LabelSource.FORK, 33 * MS)
    assert tool.request_id == 1


def test_a_fork_is_of_the_tool_that_began_last() -> None:
    child = 300
    found = trace_from(
        run(1000, 4000, WAITING),
        span("execute_tool", 1000, 2000, trace="a", tool="first"),
        span("execute_tool", 1500, 2100, trace="b", tool="second"),
        ProcessBorn(at_ns=1501 * MS, pid=child, parent_pid=PID, parent_tid=PID, name="rg"),
        ProcessTick(
            since_ns=1700 * MS, at_ns=1740 * MS, times=(ProcessTime(pid=child, cpu_ns=33 * MS),)
        ),
        ProcessGone(at_ns=1900 * MS, pid=child),
    )

    children = {step.name: step.children_cpu_ns for step in found.steps if step.kind is TOOL}
    assert children == {"first": 0, "second": 33 * MS}


def test_spans_alone_make_a_trace_too() -> None:
    found = trace_from(
        span("invoke_agent", 1000, 3000, own="a", pid=0, agent="one"),
        span("chat", 1000, 2000, within="a", pid=0),
        span("execute_tool", 2000, 2500, within="a", pid=0),
        span("execute_tool", 2000, 2700, within="a", pid=0),
    )

    assert Counter(step.kind for step in found.steps if step.request_id == 1)[TOOL] == 2
    (request,) = found.requests
    assert (request.type, request.latency_ns) == ("one", 2000 * MS)


def test_what_cannot_be_placed_on_a_thread_says_so_in_its_confidence() -> None:
    found = trace_from(
        run(1000, 2000, HANDLING, tid=T1),
        run(1000, 2000, HANDLING, tid=T2),
        span("retrieval", 1200, 1300),
    )

    (step,) = (step for step in found.steps if step.kind is RETRIEVAL)
    assert step.tid == 0
    assert step.confidence < 0.9


spans = st.builds(
    lambda kind, start, length, family, tid: span(
        kind, start, start + length, within=f"r{family}", own=f"{kind}{start}{length}{tid}",
        trace=f"t{family}", tid=tid,
    ),
    st.sampled_from(["chat", "execute_tool", "retrieval", "other"]),
    st.integers(0, 4000), st.integers(0, 900), st.integers(0, 3), st.sampled_from([0, T1, T2, PID]),
)  # fmt: skip
marks = st.builds(
    lambda number, kind, start, length, tid: mark(
        number, kind, start, start + length, tid=tid, parent=number // 2
    ),
    st.integers(1, 6), st.sampled_from([LLM, TOOL, StepKind.ORCHESTRATION]),
    st.integers(0, 4000), st.integers(0, 900), st.sampled_from([T1, T2, PID]),
)  # fmt: skip
calls = st.builds(
    lambda number, start, length, inbound: call(number, start, start + length, inbound=inbound),
    st.integers(1, 9), st.integers(0, 4000), st.integers(0, 900), st.booleans(),
)  # fmt: skip
runs = st.builds(
    lambda start, length, stack, tid: run(start, start + length, stack, tid=tid),
    st.integers(0, 4000), st.integers(1, 800), st.sampled_from([ASKING, SEARCHING, BARE_ASK]),
    st.sampled_from([T1, T2]),
)  # fmt: skip
loop_runs = st.builds(
    lambda start, length, stack: run(start, start + length, stack),
    st.integers(0, 4000), st.integers(1, 800),
    st.sampled_from([WAITING, LOOP_SEARCH, LOOP_EMBED, LOOP_OTHER]),
)  # fmt: skip
readings = st.lists(st.tuples(st.sampled_from([T1, T2, PID]), st.floats(0, 20)), max_size=30)


def ticks(of_threads: Sequence[tuple[int, float]]) -> list[Record]:
    found: list[Record] = []
    for number, (tid, cpu) in enumerate(of_threads):
        found += used(number * 170, number * 170 + 20, cpu, tid=tid)
    return found


@given(
    st.lists(runs, max_size=6), st.lists(loop_runs, max_size=6), st.lists(spans, max_size=8),
    st.lists(marks, max_size=5), st.lists(calls, max_size=6), readings,
)  # fmt: skip
def test_every_nanosecond_goes_to_one_step_and_no_track_overlaps(  # noqa: PLR0917 -- one for each source
    of_threads: list[Record],
    of_loop: list[Record],
    of_spans: list[Record],
    of_marks: list[Record],
    of_calls: list[Record],
    counted: list[tuple[int, float]],
) -> None:
    """I9 with all sources at once, whatever they claim."""
    found = trace_from(of_threads, of_loop, of_spans, of_marks, of_calls, ticks(counted), end=6000)

    total_ns = sum(round(cpu * MS) for _, cpu in counted)
    assert found.cpu_total_ns == total_ns
    assert sum(step.cpu_ns for step in found.steps) == total_ns
    assert sum(kind.cpu_ns for kind in breakdown_of(found).kinds) == total_ns
    ends: dict[tuple[int, int, int], int] = {}
    for step in found.steps:
        place = step.pid, step.tid, step.track
        assert step.start_ns >= ends.get(place, 0)
        assert step.end_ns >= step.start_ns
        ends[place] = step.end_ns


@given(st.lists(runs, max_size=6), st.integers(0, 3500), st.integers(1, 900))
def test_stronger_evidence_changes_no_time_that_it_does_not_cover(
    of_threads: list[Record], start: int, length: int
) -> None:
    """Further from its edges, at least, than samples can tell apart."""
    before = trace_from(of_threads)
    after = trace_from(of_threads, span("retrieval", start, start + length, tid=T1))

    far = [at for at in range(5, 5000, 45) if not start - 40 <= at <= start + length + 40]
    assert [_kind_at(before, at) for at in far] == [_kind_at(after, at) for at in far]


def _kind_at(found: Trace, at_ms: int) -> StepKind | None:
    at_ns = at_ms * MS
    on_thread = (step for step in found.steps if step.tid == T1)
    return next((step.kind for step in on_thread if step.start_ns <= at_ns < step.end_ns), None)


def test_what_a_process_used_before_anything_was_seen_of_it_is_no_step() -> None:
    found = trace_from(
        run(1100, 1300, SEARCHING),
        used(1000, 1050, 50),
        used(1050, 1150, 90),
        used(1150, 1300, 150),
    )

    cpu = {step.kind: step.cpu_ns // MS for step in found.steps if step.cpu_ns}
    assert cpu == {StepKind.UNKNOWN: 100, StepKind.TOOL_CALL: 190}
