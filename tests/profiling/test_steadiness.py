"""How sure means are, and when a verdict is too close to call."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agentaudit.model.observed import LoadPlanned, LoadRequest
from agentaudit.model.profile import Bound
from agentaudit.model.trace import (
    CpuSample,
    GpuSample,
    Host,
    LabelSource,
    SamplingRecord,
    Step,
    StepKind,
    Target,
    Trace,
)
from agentaudit.profiling.breakdown import breakdown_of
from agentaudit.profiling.driven_load import driven_load
from agentaudit.profiling.steadiness import cores_interval, gpu_interval, model_interval

S = 1_000_000_000


def step(kind: StepKind, start_s: float, end_s: float, cpu_s: float = 0) -> Step:
    return Step(
        step_id=1, request_id=None, kind=kind, name="", pid=1, tid=1, cpu_ns=round(cpu_s * S),
        start_ns=round(start_s * S), end_ns=round(end_s * S), source=LabelSource.STACK,
    )  # fmt: skip


def trace(*steps: Step, cores: list[float], gpu: list[float] | None = None) -> Trace:
    """One sample a second."""
    return Trace(
        host=Host(name="", system="", cores=2, memory_bytes=0),
        target=Target(pid=1, command="", launched=False),
        start_ns=0, end_ns=len(cores) * S, complete=True, ended_because="", clocks=(),
        steps=steps, requests=(), processes=(),
        cpu_samples=tuple(
            CpuSample(
                at_ns=at * S, cpu_ns=round(used * S), rss_bytes=0, processes=1, system_busy=0.1
            )
            for at, used in enumerate(cores, start=1)
        ),
        gpu_samples=tuple(
            GpuSample(at_ns=at * S, device=0, busy=busy, memory_bytes=0, power_watts=None)
            for at, busy in enumerate(gpu or [], start=1)
        ),
        sampling=(
            SamplingRecord(
                sampler="", rate_hz=100.0, samples=90, failures=10, mean_interval_ns=1,
                max_interval_ns=1,
            ),
        ),
        cpu_total_ns=round(sum(cores) * S),
    )  # fmt: skip


@given(st.lists(st.floats(0, 2), min_size=5, max_size=40))
def test_the_interval_of_the_cores_is_around_their_mean(cores: list[float]) -> None:
    found = cores_interval(trace(cores=cores))

    assert found is not None
    assert found[0] - 1e-6 <= sum(cores) / len(cores) <= found[1] + 1e-6


def test_a_short_recording_has_no_interval() -> None:
    assert cores_interval(trace(cores=[1.0] * 4)) is None
    assert gpu_interval(trace(cores=[1.0] * 9)) is None
    assert model_interval(trace(cores=[1.0] * 9)) is None


def test_students_interval() -> None:
    assert cores_interval(trace(cores=[1, 2, 1, 2, 1, 2])) == pytest.approx(
        (0.925, 2.075), abs=0.001
    )


def test_a_steady_share_decides_and_a_wild_one_does_not() -> None:
    steady = breakdown_of(trace(cores=[1.5] * 10))
    wild = breakdown_of(trace(cores=[0.1, 2.0, 2.0, 2.0, 2.0, 0.2, 2.0, 2.0, 2.0, 0.5]))

    assert steady.bound is Bound.CPU
    assert (steady.cores_low, steady.cores_high) == pytest.approx((1.5, 1.5))
    assert wild.bound is Bound.UNDECIDED
    assert "too close to call" in wild.reasons[-1]


def test_waiting_and_gpus_have_intervals_as_well() -> None:
    waits = [step(StepKind.LLM_INFERENCE, at, at + 0.9) for at in range(10)]
    works = [step(StepKind.TOOL_CALL, at + 0.9, at + 1) for at in range(10)]
    waiting = breakdown_of(trace(*waits, *works, cores=[0.3] * 10))
    gpu = breakdown_of(trace(*waits, cores=[0.3] * 10, gpu=[0.9] * 10))

    assert waiting.bound is Bound.REMOTE_MODEL
    assert any("90% of the threads' working time" in reason for reason in waiting.reasons)
    assert any("95 % interval 90% to 90%" in reason for reason in waiting.reasons)
    assert gpu.bound is Bound.GPU


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("server", "(GPU time is what the model's server said it computed)"),
        ("", "(the model's own GPU was not measured)"),
    ],
)
def test_a_gpu_that_was_not_seen_here_is_said_to_be_so(source: str, words: str) -> None:
    wait = replace(step(StepKind.LLM_INFERENCE, 0, 9), gpu_ns=S, gpu_source=source)

    reasons = breakdown_of(trace(wait, cores=[0.1] * 10)).reasons

    assert any(words in reason for reason in reasons)


def test_the_cores_that_it_may_use_are_the_measure() -> None:
    found = trace(cores=[0.45] * 10)
    limited = replace(found, target=replace(found.target, cpu_limit_cores=0.5))

    breakdown = breakdown_of(limited)

    assert breakdown.bound is Bound.CPU
    assert breakdown.cpu_utilisation == pytest.approx(0.9)
    assert "it may use 0.5 of the host's 2 cores" in breakdown.reasons
    assert breakdown_of(found).cpu_utilisation == pytest.approx(0.225)


def test_only_what_was_sampled_is_in_doubt() -> None:
    sampled = step(StepKind.TOOL_CALL, 0, 5, 5)
    exact = replace(sampled, source=LabelSource.OTEL, confidence=0.98)
    other = step(StepKind.RETRIEVAL, 5, 10, 5)

    in_doubt = {
        kind.kind: kind for kind in breakdown_of(trace(sampled, other, cores=[1] * 10)).kinds
    }
    known = {kind.kind: kind for kind in breakdown_of(trace(exact, other, cores=[1] * 10)).kinds}

    tool = StepKind.TOOL_CALL
    assert in_doubt[tool].cpu_share_low < 0.5 < in_doubt[tool].cpu_share_high
    assert known[tool].cpu_share_low == 0.5
    assert known[tool].cpu_share_high < in_doubt[tool].cpu_share_high


def test_load_of_our_own_is_what_was_sent_and_came_back() -> None:
    planned = LoadPlanned(at_ns=0, shape="closed", target="http://127.0.0.1:1/", concurrency=2)
    requests = [
        LoadRequest(number=1, user=1, start_ns=0, end_ns=4 * S, status=200),
        LoadRequest(number=2, user=2, start_ns=2 * S, end_ns=6 * S, status=500, failed=True),
    ]

    load = driven_load([planned, *requests])

    assert load is not None
    assert (load.requests, load.failed, load.sessions, load.concurrency_peak) == (2, 1, 2, 2)
    assert load.concurrency_mean == pytest.approx(8 / 6)
    assert (load.duration_ns, load.problem) == (6 * S, "status 500")
    assert driven_load(requests) is None
    assert driven_load([planned]) is not None
