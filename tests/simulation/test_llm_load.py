"""Batch curves fitted to recorded calls, and demands at batch size 1."""

from random import Random

import pytest

from agentaudit.model.trace import Step, StepKind
from agentaudit.model.workload import SpeedCurve
from agentaudit.simulation.recordings.llm_load import (
    batch_one_demands,
    fitted_batch_curve,
    llm_calls,
)

MS = 1_000_000


def call(
    step_id: int,
    start_ns: int,
    end_ns: int,
    name: str = "chat",
    *,
    kind: StepKind = StepKind.LLM_INFERENCE,
) -> Step:
    return Step(
        step_id=step_id,
        request_id=step_id,
        kind=kind,
        name=name,
        pid=1,
        tid=1,
        start_ns=start_ns,
        end_ns=end_ns,
        cpu_ns=0,
    )


def batches(growth: float, sizes: list[int], noise: float = 0.0) -> list[Step]:
    """Batches one after another, each call of a batch of n taking 100 ms * (1 + g * (n - 1))."""
    draw = Random(1)  # noqa: S311, a test repeats, it keeps no secret
    calls: list[Step] = []
    at_ns = 0
    for size in sizes:
        takes_ns = round(100 * MS * (1 + growth * (size - 1)) * (1 + noise * draw.random()))
        first = len(calls)
        calls.extend(call(first + place, at_ns, at_ns + takes_ns) for place in range(size))
        at_ns += 2 * takes_ns
    return calls


def test_a_linear_slowdown_is_found() -> None:
    fitted = fitted_batch_curve(batches(0.25, [1, 2, 3, 4] * 5))

    assert fitted is not None
    assert dict(fitted.curve.points) == pytest.approx({1: 1.0, 2: 2 / 1.25, 4: 4 / 1.75})
    assert "50 recorded calls" in fitted.sentence
    assert "adds 25%" in fitted.sentence


def test_the_last_point_is_the_most_that_was_recorded() -> None:
    fitted = fitted_batch_curve(batches(0.5, [1, 3] * 10))

    assert fitted is not None
    assert [size for size, _ in fitted.curve.points] == [1, 2, 3]


@pytest.mark.parametrize(
    "calls",
    [
        batches(0.25, [1, 2, 3]),
        batches(0.25, [4] * 10),
        batches(0.0, [1, 2, 3, 4] * 5, noise=0.3),
        batches(-0.1, [1, 2, 3, 4] * 5),
        [call(place, place, place + 10, str(place)) for place in range(30)],
    ],
    ids=["few calls", "one load", "no slowdown", "faster together", "no call like another"],
)
def test_no_curve_is_fitted_to_what_does_not_show_one(calls: list[Step]) -> None:
    assert fitted_batch_curve(calls) is None


def test_longer_prompts_are_no_slower_server() -> None:
    """Two names, of which the longer calls come together; neither is slowed down by company."""
    short = [call(place, place * 100 * MS, (place * 100 + 50) * MS, "short") for place in range(30)]
    long = [call(100 + place, 10**10, 10**10 + 500 * MS, "long") for place in range(30)]

    assert fitted_batch_curve([*short, *long]) is None


def test_a_call_alone_for_half_its_time() -> None:
    """100 ms alone at full speed, then 100 ms with another at 3/4 of it."""
    curve = SpeedCurve(points=((1, 1.0), (2, 1.5)))
    calls = [call(0, 0, 200 * MS), call(1, 100 * MS, 200 * MS)]

    assert batch_one_demands(calls, curve) == {0: 175 * MS, 1: 75 * MS}


def test_only_llm_steps_that_took_time_are_calls() -> None:
    steps = [call(0, 0, 5), call(1, 5, 5), call(2, 0, 5, kind=StepKind.TOOL_CALL)]

    assert [step.step_id for step in llm_calls(steps)] == [0]
