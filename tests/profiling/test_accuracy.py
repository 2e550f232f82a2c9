"""What a recording says, held against what an agent says of itself."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from agentaudit.model.accuracy import Check, Outcome, SelfTest
from agentaudit.model.trace import Host, Step, StepKind, Target, Trace
from agentaudit.profiling.accuracy import (
    Claim,
    Truth,
    cpu_shares,
    cpu_total,
    requests,
    step_counts,
    truth_of,
    wall_shares,
)
from agentaudit.report.tables.selftest import render_selftest

MS = 1_000_000


def trace(*steps: tuple[StepKind, int, int]) -> Trace:
    """A trace whose steps are (kind, CPU, wall) in milliseconds."""
    made = [
        Step(
            step_id=number, request_id=None, kind=kind, name="", pid=7, tid=7,
            start_ns=0, end_ns=wall * MS, cpu_ns=cpu * MS,
        )
        for number, (kind, cpu, wall) in enumerate(steps)
    ]  # fmt: skip
    return Trace(
        host=Host(name="", system="", cores=2, memory_bytes=0),
        target=Target(pid=7, command="", launched=True),
        start_ns=0, end_ns=1000 * MS, complete=True, ended_because="", clocks=(),
        steps=tuple(made), requests=(), processes=(), cpu_samples=(),
        cpu_total_ns=sum(step.cpu_ns for step in made),
    )  # fmt: skip


TOOL, MODEL, IDLE = StepKind.TOOL_CALL, StepKind.LLM_INFERENCE, StepKind.IDLE
TRUTH = Truth(
    total_cpu_ns=100 * MS,
    requests=0,
    cpu_ns={TOOL: 100 * MS},
    wall_ns={TOOL: 100 * MS, MODEL: 300 * MS},
    steps={TOOL: 1, MODEL: 1},
)


def test_a_recording_that_is_right_is_off_by_nothing() -> None:
    right = trace((TOOL, 100, 100), (MODEL, 0, 300), (IDLE, 0, 600))

    checks = [
        cpu_total("x", right, TRUTH, limit=1),
        cpu_shares("x", right, TRUTH, limit=3),
        wall_shares("x", right, TRUTH, limit=3),
        requests("x", right, TRUTH, limit=0),
        step_counts("x", right, TRUTH, limit=0),
    ]

    assert [check.off for check in checks] == [0, 0, 0, 0, 0]
    assert {check.outcome for check in checks} == {Outcome.PASS}


def test_the_kind_that_is_furthest_off_is_named() -> None:
    wrong = trace((TOOL, 50, 50), (MODEL, 50, 350))

    cpu = cpu_shares("x", wrong, TRUTH, limit=3)
    wall = wall_shares("x", wrong, TRUTH, limit=20)

    assert (cpu.truth, cpu.measured, cpu.outcome) == ("tool_call 100.0%", "50.0%", Outcome.FAIL)
    assert (wall.off, wall.outcome) == (12.5, Outcome.PASS)


def test_requests_that_were_not_seen_fail() -> None:
    truth = Truth(total_cpu_ns=1, requests=4)

    assert requests("x", trace(), truth, limit=5).outcome is Outcome.FAIL


def test_an_agent_that_told_of_no_step_leaves_the_question_open() -> None:
    check = cpu_shares("x", trace(), Truth(total_cpu_ns=1, requests=0), limit=3)

    assert (check.outcome, check.off) == (Outcome.UNKNOWN, None)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_claim_holds_up_to_its_limit(off: float, limit: float) -> None:
    outcome = Claim(group="x", text="y", limit=limit, unit="%").check("", "", off).outcome

    assert (outcome is Outcome.PASS) == (off <= limit)


def test_the_truth_is_read_as_it_is_written() -> None:
    text = {
        "total_cpu_ns": 5, "requests": 1, "cpu_ns": {"tool_call": 4, "nonsense": 9},
        "wall_ns": {"tool_call": 7, "stopped": 1}, "steps": {"tool_call": 2},
    }  # fmt: skip

    truth = truth_of(json.loads(json.dumps(text)))

    assert truth == Truth(
        total_cpu_ns=5, requests=1, cpu_ns={TOOL: 4}, wall_ns={TOOL: 7}, steps={TOOL: 2}
    )
    for wrong in ({}, {"total_cpu_ns": 0, "requests": 1}, {"total_cpu_ns": "5", "requests": 1}):
        with pytest.raises(ValueError, match="did not say"):
            truth_of(wrong)


def shown(*checks: Check) -> str:
    result = SelfTest(
        machine="here", python="Python 3.11", recorded_at_unix_ns=0, checks=checks, tool_version="1"
    )
    console = Console(width=80, no_color=True, highlight=False, markup=False)
    with console.capture() as capture:
        console.print(render_selftest(result))
    return capture.get()


def test_a_table_fits_a_terminal_and_says_how_it_went() -> None:
    right = Claim(group="children", text="CPU in total", limit=1, unit="%").check("1 s", "1 s", 0.1)
    wrong = Claim(group="spans", text="CPU by kind", limit=3, unit="pp")
    open_ = wrong.unknown("no \x1b[31minterpreter")

    assert "All 1 claim" in shown(right)
    assert "1 claim of 2 could not be checked" in shown(right, open_)
    text = shown(right, wrong.check("memory_write 22.9%", "11.0%", 11.9), open_)
    assert "1 claim of 3 does not hold" in text
    assert "memory_write 22.9%" in text
    assert "11.90 pp" in text
    assert "\x1b" not in text
