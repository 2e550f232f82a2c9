"""Two recordings, compared: real changes are found, noise is not, and what is unknown is said."""

import random
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agentaudit.model.comparison import Change, Comparison, Direction, Measure, Subject
from agentaudit.model.trace import (
    ClockPair,
    CpuSample,
    Host,
    LabelSource,
    Request,
    SamplingRecord,
    Step,
    StepKind,
    Target,
    Trace,
)
from agentaudit.profiling.comparison import FEWEST, compare
from agentaudit.profiling.resampling import Sample, ratio_of

MS = 1_000_000
S = 1_000 * MS
HOST = Host(name="a", system="Linux", cores=4, memory_bytes=2**33, cpu_model="x")


def recorded(
    requests: int, *, seed: int, cpu_ms: Mapping[str, float], spread: float = 0.2
) -> Trace:
    """Requests one after the other, each with a model call and these tools."""
    draw = random.Random(seed)  # noqa: S311, a test
    steps: list[Step] = []
    served: list[Request] = []
    at_ns = 0
    for number in range(1, requests + 1):
        begun_ns = at_ns
        for name, mean_ms in {"chat": 50.0, **cpu_ms}.items():
            length_ns = round(mean_ms * MS * draw.lognormvariate(0, spread))
            model = name == "chat"
            steps.append(
                Step(
                    step_id=len(steps) + 1, request_id=number, name=name, pid=1, tid=1,
                    kind=StepKind.LLM_INFERENCE if model else StepKind.TOOL_CALL,
                    start_ns=at_ns, end_ns=at_ns + length_ns, cpu_ns=0 if model else length_ns,
                )
            )  # fmt: skip
            at_ns += length_ns
        served.append(Request(request_id=number, type="ask", arrival_ns=begun_ns, finish_ns=at_ns))
    return whole(steps, served, at_ns)


def whole(steps: Sequence[Step], requests: Sequence[Request], end_ns: int) -> Trace:
    total_ns = sum(step.cpu_ns for step in steps)
    return Trace(
        host=HOST,
        target=Target(pid=1, command="agent", launched=False, runtime="CPython 3.11"),
        start_ns=0, end_ns=end_ns, complete=True, ended_because="asked",
        clocks=(ClockPair(monotonic_ns=0, unix_ns=S),), steps=tuple(steps),
        requests=tuple(requests), processes=(), cpu_total_ns=total_ns,
        cpu_samples=(CpuSample(at_ns=end_ns, cpu_ns=total_ns, rss_bytes=1, processes=1,
                               system_busy=0.2),),
        sampling=(SamplingRecord(sampler="py-spy", rate_hz=100, samples=1000, failures=0,
                                 mean_interval_ns=10 * MS, max_interval_ns=20 * MS),),
    )  # fmt: skip


def compared(before: Trace, after: Trace) -> Comparison:
    return compare(before, after, ("old", "new"), version="1")


def found(comparison: Comparison, subject: Subject, name: str, measure: Measure) -> Change:
    return next(
        change
        for change in comparison.changes
        if (change.subject, change.name, change.measure) == (subject, name, measure)
    )


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6), requests=st.integers(FEWEST, 40))
def test_a_recording_is_no_change_to_itself(seed: int, requests: int) -> None:
    trace = recorded(requests, seed=seed, cpu_ms={"search": 20, "fetch": 5})

    changes = compared(trace, trace).changes

    assert {change.direction for change in changes} == {Direction.SAME}
    assert all(change.ratio == 1 for change in changes)


def test_noise_is_rarely_called_a_change() -> None:
    """Forty pairs of equal agents: at a level of 5 % for the whole table, two are expected."""
    false = sum(
        bool(comparison.grown or comparison.shrunk)
        for comparison in (
            compared(
                recorded(30, seed=2 * pair, cpu_ms={"search": 20, "fetch": 5}),
                recorded(30, seed=2 * pair + 1, cpu_ms={"search": 20, "fetch": 5}),
            )
            for pair in range(40)
        )
    )

    assert false <= 5


def test_the_step_that_got_slower_is_found_and_no_other() -> None:
    before = recorded(60, seed=1, cpu_ms={"search": 20, "fetch": 5})
    after = recorded(60, seed=2, cpu_ms={"search": 30, "fetch": 5})

    comparison = compared(before, after)

    search = found(comparison, Subject.STEP, "search", Measure.CPU)
    assert search.direction is Direction.GREW
    assert search.ratio_low is not None
    assert search.ratio_high is not None
    assert search.ratio_low < 1.5 < search.ratio_high
    assert found(comparison, Subject.STEP, "fetch", Measure.CPU).direction is Direction.SAME
    assert found(comparison, Subject.KIND, "tool_call", Measure.CPU).direction is Direction.GREW
    assert "chat" not in {change.name for change in comparison.grown}


def test_what_grows_one_way_shrinks_the_other() -> None:
    slow = recorded(40, seed=1, cpu_ms={"search": 40})
    fast = recorded(40, seed=2, cpu_ms={"search": 20})

    grown = {(change.name, change.measure) for change in compared(fast, slow).grown}
    shrunk = {(change.name, change.measure) for change in compared(slow, fast).shrunk}

    assert grown == shrunk
    assert grown


def test_a_new_step_is_new_and_a_lost_one_is_gone() -> None:
    before = recorded(20, seed=1, cpu_ms={"search": 20})
    after = recorded(20, seed=2, cpu_ms={"crawl": 20})

    comparison = compared(before, after)

    new = found(comparison, Subject.STEP, "crawl", Measure.CPU)
    gone = found(comparison, Subject.STEP, "search", Measure.WALL_P50)
    assert (new.direction, new.ratio) == (Direction.APPEARED, None)
    assert (gone.direction, gone.after_ns) == (Direction.VANISHED, None)


def test_few_requests_say_nothing() -> None:
    few = recorded(FEWEST - 1, seed=1, cpu_ms={"search": 20})
    many = recorded(50, seed=2, cpu_ms={"search": 200})

    comparison = compared(few, many)

    assert {change.direction for change in comparison.changes} == {Direction.UNKNOWN}
    assert comparison.overall(Measure.CPU) is not None


def test_requests_cut_off_by_an_edge_do_not_count() -> None:
    trace = recorded(20, seed=1, cpu_ms={"search": 20})
    cut = replace(
        trace, requests=tuple(replace(request, complete=False) for request in trace.requests)
    )

    comparison = compared(cut, trace)

    assert comparison.before.requests == 0
    assert comparison.overall(Measure.CPU) is not None
    assert comparison.grown == ()


def test_request_types_are_compared_by_themselves() -> None:
    trace = recorded(40, seed=1, cpu_ms={"search": 20})
    typed = replace(
        trace,
        requests=tuple(
            replace(request, type="odd" if request.request_id % 2 else "even")
            for request in trace.requests
        ),
    )

    names = {
        change.name
        for change in compared(typed, typed).changes
        if change.subject is Subject.REQUEST_TYPE
    }

    assert names == {"odd", "even"}


def test_what_else_differs_is_said() -> None:
    trace = recorded(20, seed=1, cpu_ms={"search": 20})
    other = replace(
        trace,
        host=replace(HOST, name="b", cores=8),
        target=replace(trace.target, runtime="CPython 3.13", imported="otlp"),
        complete=False,
        sampling=(),
        requests=tuple(
            replace(request, arrival_ns=0, finish_ns=trace.end_ns, source=LabelSource.NONE)
            for request in trace.requests
        ),
        cpu_samples=tuple(replace(sample, system_busy=0.9) for sample in trace.cpu_samples),
    )

    said = " | ".join(compared(trace, other).differences)

    assert "another machine (a, now b)" in said
    assert "other cores (4, now 8)" in said
    assert "another runtime" in said
    assert "imported" in said
    assert "another sampler (py-spy, now none)" in said
    assert "the newer recording is cut off" in said
    assert "another load" in said
    assert "requests of the newer recording are busy stretches of threads" in said
    assert "other programs" in said
    assert compared(trace, trace).differences == ()


def test_shares_move_with_the_time() -> None:
    before = recorded(60, seed=1, cpu_ms={"search": 20, "fetch": 20})
    idle = replace(before.steps[0], kind=StepKind.ORCHESTRATION, cpu_ns=20 * before.cpu_total_ns)
    after = replace(before, steps=(*before.steps, idle), cpu_total_ns=21 * before.cpu_total_ns)

    shares = {share.kind: share for share in compared(before, after).shares}

    assert shares[StepKind.ORCHESTRATION].before == 0
    assert shares[StepKind.TOOL_CALL].before == pytest.approx(1)
    assert shares[StepKind.TOOL_CALL].after == pytest.approx(1 / 21)
    assert shares[StepKind.TOOL_CALL].beyond_noise
    assert compared(replace(before, cpu_total_ns=0), after).shares == ()


@given(
    values=st.lists(st.lists(st.integers(1, 10**12), max_size=3), min_size=1, max_size=20),
    quantile=st.sampled_from([None, 0.5, 0.9]),
)
@settings(max_examples=25)
def test_an_interval_holds_its_ratio(values: list[list[int]], quantile: float | None) -> None:
    sample = Sample.of(values)

    ratio = ratio_of(sample, sample, quantile)

    assert ratio is None or ratio.low <= ratio.value <= ratio.high
