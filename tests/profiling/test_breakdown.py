"""What a trace says: shares with their intervals, load, timeline, and the verdict."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.model.profile import Bound
from agentaudit.model.trace import (
    ClockPair,
    CpuSample,
    GpuSample,
    Host,
    ProcessRecord,
    Request,
    SamplingRecord,
    Step,
    StepKind,
    Target,
    Trace,
)
from agentaudit.profiling.breakdown import (
    MOST_BINS,
    breakdown_of,
    profile_of,
    quantile_ns,
    unix_ns,
)
from agentaudit.profiling.shares import interval

S = 1_000_000_000


def step(
    kind: StepKind, start_s: float, end_s: float, cpu_s: float = 0, *, request: int | None = None
) -> Step:
    return Step(
        step_id=1, request_id=request, kind=kind, name="", pid=1, tid=1,
        start_ns=round(start_s * S), end_ns=round(end_s * S), cpu_ns=round(cpu_s * S),
    )  # fmt: skip


def trace(
    *steps: Step,
    requests: Sequence[Request] = (),
    cpu_s: float = 0,
    busy: float = 0.1,
    gpu: float | None = None,
    processes: Sequence[float] = (),
) -> Trace:
    """Ten seconds on two cores."""
    samples = tuple(
        CpuSample(
            at_ns=second * S, cpu_ns=round(cpu_s * S / 10), rss_bytes=second * 100, processes=1,
            system_busy=busy,
        )
        for second in range(1, 11)
    )  # fmt: skip
    gpus = [GpuSample(at_ns=S, device=0, busy=gpu, memory_bytes=0, power_watts=None)] if gpu else []
    lives = [
        ProcessRecord(pid=1, parent_pid=0, start_ns=0, end_ns=None, name="", cpu_ns=round(cpu * S))
        for cpu in processes
    ]
    return Trace(
        host=Host(name="", system="", cores=2, memory_bytes=0),
        target=Target(pid=1, command="", launched=False),
        start_ns=0, end_ns=10 * S, complete=True, ended_because="",
        clocks=(ClockPair(monotonic_ns=0, unix_ns=1000 * S),),
        steps=steps, requests=tuple(requests), processes=tuple(lives),
        cpu_samples=samples, gpu_samples=tuple(gpus),
        sampling=(
            SamplingRecord(
                sampler="", rate_hz=100.0, samples=0, failures=0, mean_interval_ns=1,
                max_interval_ns=1,
            ),
        ),
        cpu_total_ns=round(cpu_s * S),
    )  # fmt: skip


def request(number: int, start_s: float, end_s: float, *, complete: bool = True) -> Request:
    return Request(
        request_id=number, type="chat", arrival_ns=round(start_s * S),
        finish_ns=round(end_s * S), complete=complete,
    )  # fmt: skip


def test_what_no_step_was_found_for_is_unknown() -> None:
    breakdown = breakdown_of(trace(step(StepKind.TOOL_CALL, 0, 1, 3), cpu_s=4))

    shares = {kind.kind: (kind.cpu_ns, kind.cpu_share) for kind in breakdown.kinds}
    assert shares == {StepKind.TOOL_CALL: (3 * S, 0.75), StepKind.UNKNOWN: (S, 0.25)}
    assert (breakdown.cpu_attributed_ns, breakdown.cpu_unattributed_ns) == (3 * S, S)
    assert breakdown.cpu_utilisation == 0.2
    assert breakdown.peak_rss_bytes == 1000


@given(st.floats(0, 1), st.floats(1, 1e6))
def test_an_interval_holds_its_share_and_shrinks_with_samples(share: float, samples: float) -> None:
    low, high = interval(share, samples)
    narrow_low, narrow_high = interval(share, samples * 100)

    assert 0 <= low <= share <= high <= 1
    assert narrow_high - narrow_low <= high - low


def test_without_samples_a_share_may_be_anything() -> None:
    assert interval(0.3, 0) == (0.0, 1.0)


def test_the_interval_is_wilsons() -> None:
    assert interval(0.5, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)


def test_load_is_how_many_requests_were_open() -> None:
    requests = [request(1, 0, 4), request(2, 2, 6), request(3, 6, 8)]

    load = breakdown_of(trace(requests=requests)).load

    assert (load.requests, load.concurrency_peak) == (3, 2)
    assert load.concurrency_mean == pytest.approx(1.0)


def test_types_are_told_by_their_whole_requests() -> None:
    found = profile_of(
        trace(
            step(StepKind.LLM_INFERENCE, 0, 2, 0.1, request=1),
            step(StepKind.TOOL_CALL, 2, 3, 0.5, request=1),
            step(StepKind.LLM_INFERENCE, 9, 10, 0.1, request=2),
            requests=[request(1, 0, 3), request(2, 9, 10, complete=False)],
        ),
        "run.aatrace",
    )

    (chat,) = found.request_types
    assert (chat.requests, chat.p50_ns, chat.cpu_ns_mean, chat.llm_wall_ns_mean) == (
        2, 3 * S, round(0.6 * S), 2 * S,
    )  # fmt: skip
    assert chat.heavy == "gpu"
    assert (found.recording, found.recorded_at_unix_ns) == ("run.aatrace", 1000 * S)


def test_quantiles_are_values_that_were_seen() -> None:
    assert [quantile_ns([1, 2, 3, 4], share) for share in (0.0, 0.5, 0.9, 1.0)] == [1, 2, 4, 4]
    assert quantile_ns([], 0.5) == 0


def test_instants_are_told_by_the_nearest_pair_of_clocks() -> None:
    pairs = (ClockPair(monotonic_ns=0, unix_ns=100), ClockPair(monotonic_ns=50, unix_ns=170))

    assert [unix_ns(pairs, at) for at in (10, 40)] == [110, 160]
    assert unix_ns((), 40) == 0


spans = st.lists(st.tuples(st.floats(0, 9), st.floats(0.001, 1)), max_size=10)


@given(spans)
def test_the_timeline_holds_every_moment_of_work(work: list[tuple[float, float]]) -> None:
    steps = [step(StepKind.TOOL_CALL, start, start + length) for start, length in work]
    found = profile_of(trace(*steps, cpu_s=5), "")

    assert len(found.timeline) <= MOST_BINS
    assert (found.timeline[0].start_ns, found.timeline[-1].end_ns) == (0, 10 * S)
    active_ns = sum(sum(bin_.active_ns.values()) for bin_ in found.timeline)
    assert active_ns == sum(entry.wall_ns for entry in steps)
    used_ns = sum(bin_.busy_cores * (bin_.end_ns - bin_.start_ns) for bin_ in found.timeline)
    assert used_ns == pytest.approx(5 * S)


def test_an_empty_recording_has_no_timeline_and_no_verdict() -> None:
    from msgspec.structs import replace

    nothing = replace(trace(), end_ns=0)
    found = profile_of(nothing, "")

    assert found.timeline == ()
    assert found.breakdown.bound is Bound.UNDECIDED


MODEL = step(StepKind.LLM_INFERENCE, 0, 8, 0.1)
TOOL = step(StepKind.TOOL_CALL, 0, 5, 1)
IDLE = step(StepKind.IDLE, 0, 10, 0)


@pytest.mark.parametrize(
    ("found", "bound", "reason"),
    [
        (trace(TOOL, cpu_s=16), Bound.CPU, "1.60 of 2 cores (80%)"),
        (trace(TOOL, cpu_s=9.5, processes=[9.5]), Bound.CPU, "kept 0.9 cores busy"),
        (trace(MODEL, cpu_s=1, gpu=0.9), Bound.GPU, "the GPUs were 90% busy"),
        (trace(MODEL, IDLE, cpu_s=1), Bound.REMOTE_MODEL, "100% of the threads' working time"),
        (trace(IDLE, cpu_s=0.1), Bound.IDLE, "no thread was seen at work"),
        (trace(TOOL, MODEL, TOOL, cpu_s=6), Bound.UNDECIDED, "44% of the threads' working"),
        (trace(TOOL, cpu_s=6), Bound.UNDECIDED, "no model call was seen"),
    ],
)
def test_the_verdict_has_its_reasons(found: Trace, bound: Bound, reason: str) -> None:
    breakdown = breakdown_of(found)

    assert breakdown.bound is bound
    assert reason in "; ".join(breakdown.reasons)


def test_threads_that_wait_for_cores_on_a_busy_machine_are_cpu_bound() -> None:
    from msgspec.structs import replace

    waiting = replace(MODEL, run_queue_ns=S)
    breakdown = breakdown_of(trace(waiting, cpu_s=1, busy=0.95))

    assert breakdown.bound is Bound.CPU
    assert "all cores of the machine together were 95% busy" in breakdown.reasons


def test_an_agent_that_wants_next_to_nothing_is_idle_on_a_busy_machine() -> None:
    from msgspec.structs import replace

    waiting = replace(IDLE, run_queue_ns=S // 100)
    breakdown = breakdown_of(trace(waiting, cpu_s=0.005, busy=0.95))

    assert breakdown.bound is Bound.IDLE
    assert not any("waited for a core" in reason for reason in breakdown.reasons)


def test_cores_that_others_kept_busy_are_said_with_their_share() -> None:
    """A CPU-bound agent on a crowded machine may be fine on its own."""
    crowded = breakdown_of(trace(TOOL, cpu_s=2, busy=0.6)).reasons
    quiet = breakdown_of(trace(TOOL, cpu_s=12, busy=0.6)).reasons

    assert "other programs kept 50% of the cores busy: record again on a quiet machine" in crowded
    assert not any("other programs" in reason for reason in quiet)
