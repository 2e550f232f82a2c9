"""What a recording reads on the gauges of gates; what was not measured reads nothing."""

import pytest
from msgspec.structs import replace

from agentaudit.model.gauge import GAUGES
from agentaudit.model.trace import (
    EnergyReading,
    Host,
    LabelSource,
    Request,
    Step,
    StepKind,
    Target,
    Trace,
)
from agentaudit.profiling.breakdown import profile_of
from agentaudit.profiling.comparison import compare
from agentaudit.profiling.gauges import readings_of

S = 1_000_000_000


def step(kind: StepKind, start_s: float, end_s: float, cpu_s: float) -> Step:
    return Step(
        step_id=1, request_id=1, kind=kind, name="x", pid=1, tid=1, start_ns=round(start_s * S),
        end_ns=round(end_s * S), cpu_ns=round(cpu_s * S),
    )  # fmt: skip


TRACE = Trace(
    host=Host(name="a", system="", cores=2, memory_bytes=1),
    target=Target(pid=1, command="", launched=False),
    start_ns=0, end_ns=10 * S, complete=True, ended_because="", clocks=(),
    steps=(step(StepKind.TOOL_CALL, 0, 3, 3), step(StepKind.LLM_INFERENCE, 3, 4, 0)),
    requests=(Request(request_id=1, type="ask", arrival_ns=0, finish_ns=4 * S),),
    processes=(), cpu_samples=(), cpu_total_ns=4 * S,
    energy=(EnergyReading(component="cpu", joules=8.0, method="rapl"),),
)  # fmt: skip


def test_every_gauge_is_read() -> None:
    alone = readings_of(TRACE, profile_of(TRACE, "x"))
    beside = readings_of(
        TRACE, profile_of(TRACE, "x"), compare(TRACE, TRACE, ("a", "b"), version="1")
    )

    assert set(alone) == {gauge.name for gauge in GAUGES if not gauge.comparing}
    assert set(beside) == {gauge.name for gauge in GAUGES}


def test_the_numbers_are_those_of_the_recording() -> None:
    readings = readings_of(TRACE, profile_of(TRACE, "x"))

    assert readings["cpu_share"] == pytest.approx(0.2)
    assert readings["tool_cpu_share"] == pytest.approx(0.75)
    assert readings["unattributed_share"] == pytest.approx(0.25)
    assert readings["llm_wall_share"] == pytest.approx(0.25)
    assert readings["p90_s"] == 4
    assert readings["cpu_s_per_request"] == 4
    assert readings["energy_j_per_request"] == 8
    assert readings["gpu_share"] is None
    assert readings["peak_rss_mb"] is None


def test_what_was_imported_has_no_cpu_time() -> None:
    imported = replace(TRACE, target=replace(TRACE.target, imported="otlp"), cpu_total_ns=0)

    readings = readings_of(imported, profile_of(imported, "x"))

    assert readings["cpu_share"] is None
    assert readings["tool_cpu_share"] is None
    assert readings["p90_s"] == 4


def test_stand_ins_are_no_requests() -> None:
    guessed = replace(
        TRACE, requests=tuple(replace(r, source=LabelSource.NONE) for r in TRACE.requests)
    )

    readings = readings_of(guessed, profile_of(guessed, "x"))

    assert readings["p90_s"] is None
    assert readings["cpu_s_per_request"] is None
    assert readings["concurrency"] is None


def test_a_comparison_without_evidence_reads_nothing() -> None:
    comparison = compare(TRACE, TRACE, ("a", "b"), version="1")

    readings = readings_of(TRACE, profile_of(TRACE, "x"), comparison)

    assert readings["compare.p90"] is None
