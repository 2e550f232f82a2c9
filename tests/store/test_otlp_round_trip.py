"""A recording as OTLP, imported again: the same requests, the same steps, at the same times."""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from typer.testing import CliRunner

from agentaudit.cli.main import app
from agentaudit.cli.traces import read_trace, step_rules
from agentaudit.model.trace import (
    ClockPair,
    Host,
    LabelSource,
    Request,
    Step,
    StepKind,
    Target,
    Trace,
)
from agentaudit.store.clocks import unix_offset_ns
from agentaudit.store.export_otlp import otlp

S = 1_000_000_000
UNIX_NS = 1_700_000_000 * S
RULES = step_rules(())
AGENT = """
import agentaudit, threading, time
def answer(number):
    for _ in range(3):
        with agentaudit.step("orchestration", f"answer {number % 2}"):
            with agentaudit.step("tool_call", "dig"):
                sum(range(3_000_000))
            with agentaudit.step("llm_inference", "ask"):
                time.sleep(0.05)
threads = [threading.Thread(target=answer, args=(number,)) for number in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
time.sleep(0.2)
"""

extents = st.tuples(st.integers(0, 9 * S), st.integers(1, S))
requests = st.lists(
    st.builds(
        lambda extent, type_, *, complete: Request(
            request_id=0,
            type=type_,
            arrival_ns=extent[0],
            finish_ns=sum(extent),
            complete=complete,
            source=LabelSource.STACK,
        ),
        extents,
        st.sampled_from([f"type {number}" for number in range(12)]),
        complete=st.booleans(),
    ),
    max_size=6,
)
steps = st.lists(
    st.tuples(
        extents,
        st.sampled_from(StepKind),
        st.sampled_from(["", "dig", "ask?"]),
        st.integers(0, 6),
        st.tuples(st.sampled_from([7, 8, 10_000_007]), st.integers(0, 3)),
    ),
    max_size=12,
)


def trace(found: Sequence[Request], told: Sequence[Any]) -> Trace:
    """Steps on any thread, side by side or not, of any request or of none."""
    numbered = [
        replace(request, request_id=at)
        for at, request in enumerate(
            sorted(found, key=lambda request: (request.arrival_ns, request.finish_ns)), start=1
        )
    ]
    return Trace(
        host=Host(name="here", system="Linux", cores=4, memory_bytes=1),
        target=Target(pid=7, command="agent", launched=True),
        start_ns=0,
        end_ns=10 * S,
        complete=True,
        ended_because="done",
        clocks=(ClockPair(monotonic_ns=0, unix_ns=UNIX_NS),),
        steps=tuple(
            Step(
                step_id=at,
                request_id=number if 0 < number <= len(numbered) else None,
                kind=kind,
                name=name,
                pid=pid,
                tid=tid,
                start_ns=extent[0],
                end_ns=sum(extent),
                cpu_ns=1,
            )
            for at, (extent, kind, name, number, (pid, tid)) in enumerate(told, start=1)
        ),
        requests=tuple(numbered),
        processes=(),
        cpu_samples=(),
    )


def imported(exported: Trace, folder: Path) -> Trace:
    """What it is after a round trip, through the command."""
    document, recording = folder / "run.otlp.jsonl", folder / "again.aatrace"
    document.write_bytes(b"".join(otlp(exported)))
    recording.unlink(missing_ok=True)
    done = CliRunner().invoke(app, ["trace", "import", str(document), "-o", str(recording)])
    assert done.exit_code == 0, done.output
    return read_trace(recording, RULES)


def requests_of(seen: Trace) -> list[tuple[int, int, str, bool]]:
    """In order of arrival, and in Unix time."""
    shift_ns = unix_offset_ns(seen.clocks)
    return [
        (one.arrival_ns + shift_ns, one.finish_ns + shift_ns, one.type, one.complete)
        for one in seen.requests
    ]


def steps_of(seen: Trace) -> Counter[tuple[object, ...]]:
    """All of them, with the request that each is of."""
    shift_ns = unix_offset_ns(seen.clocks)
    owners = dict(zip((one.request_id for one in seen.requests), requests_of(seen), strict=True))
    return Counter(
        (
            owners.get(step.request_id or 0),
            step.kind,
            (step.name or step.kind.value).partition("?")[0],
            step.start_ns + shift_ns,
            step.end_ns + shift_ns,
            step.tid,
        )
        for step in seen.steps
    )


@settings(max_examples=60, deadline=None)
@given(found=requests, told=steps)
def test_a_round_trip_keeps_requests_and_steps(
    tmp_path_factory: pytest.TempPathFactory, found: list[Request], told: list[Any]
) -> None:
    exported = trace(found, told)
    if not exported.requests and not exported.steps:
        return

    again = imported(exported, tmp_path_factory.mktemp("r"))

    assert sorted(requests_of(again)) == sorted(requests_of(exported))
    assert [edges[:2] for edges in requests_of(again)] == [
        edges[:2] for edges in requests_of(exported)
    ]
    assert steps_of(again) == steps_of(exported)


def test_a_real_recording_is_the_same_after_a_round_trip(tmp_path: Path) -> None:
    recording = tmp_path / "run.aatrace"
    words = ["profile", "-o", str(recording), "--", sys.executable, "-c", AGENT]
    assert CliRunner().invoke(app, words).exit_code == 0
    recorded = read_trace(recording, RULES)

    again = imported(recorded, tmp_path)

    assert len(recorded.requests) == 9
    assert requests_of(again) == requests_of(recorded)
    assert steps_of(again) == steps_of(recorded)
