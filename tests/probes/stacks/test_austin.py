"""Austin: the real one where it is installed, and programs that stand in for one that fails."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from agentaudit.cli.samplers import SamplerChoice, samplers_of
from agentaudit.errors import UsageError
from agentaudit.model.recording import Record, StackDefined, StackRun, Watched
from agentaudit.model.trace import Incident, SamplingRecord
from agentaudit.probes.stacks.austin import Austin, AustinError, AustinWatch, Program, find_austin
from agentaudit.probes.stacks.sampling import Stacks, StackTable
from tests.probes.programs import Start

TWO_THREADS = """
import sys, threading, time
class Tool:
    def waits(self): time.sleep(60)
def works():
    while True: pass
threading.Thread(target=Tool().waits, daemon=True).start()
threading.Thread(target=works, daemon=True).start()
print("ready"); sys.stdin.read()
"""
US = os.getpid()


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Program:
    """The real one, from AGENTAUDIT_AUSTIN or the path."""
    named = os.environ.get("AGENTAUDIT_AUSTIN")
    if named:
        monkeypatch.setenv("PATH", f"{Path(named).parent}:{os.environ['PATH']}")
    try:
        return find_austin()
    except AustinError as error:
        if os.environ.get("AGENTAUDIT_TESTS_REQUIRE_SYSTEM"):
            pytest.fail(f"Austin: {error}; .ci/austin fetches one")
        pytest.skip(f"Austin: {error}")


def stands_in(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Program:
    """A program named austin that does what it is told to."""
    path = folder / "austin"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return Program(path=str(path), major=4)


def looked(
    sampler: Stacks, pid: int, enough: Callable[[Sequence[Record]], bool]
) -> Sequence[Record]:
    records: list[Record] = []
    for _ in range(1500):
        records += sampler.look(time.monotonic_ns(), [pid])
        if enough(records):
            break
        time.sleep(0.02)
    return [*records, *sampler.close(time.monotonic_ns())]


def given_up(watch: AustinWatch) -> str:
    while not watch.problem:
        watch.poll(time.monotonic_ns())
        time.sleep(0.01)
    return watch.problem


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Austin reads no Python so new")
def test_threads_are_seen_with_their_kernel_ids_and_functions(
    start: Start, program: Program
) -> None:
    target = start(TWO_THREADS)
    before_ns = time.monotonic_ns()
    sampler = Stacks([Austin(program, 100)], 100, target.pid)

    records = looked(
        sampler, target.pid, lambda seen: sum(isinstance(r, Watched) for r in seen) > 2
    )

    stacks = {r.stack: r.frames for r in records if isinstance(r, StackDefined)}
    runs = [record for record in records if isinstance(record, StackRun)]
    assert {"Tool.waits", "works"} <= {stacks[run.stack][0].function for run in runs}
    assert len({run.tid for run in runs}) == 3
    assert all(before_ns < run.start_ns < run.end_ns < time.monotonic_ns() for run in runs)
    assert [r.sampler for r in records if isinstance(r, SamplingRecord)] == ["austin"]
    for tid in {run.tid for run in runs}:
        of_thread = [run for run in runs if run.tid == tid]
        assert all(one.end_ns <= two.start_ns for one, two in pairwise(of_thread))
    assert target.poll() is None


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Austin reads no Python so new")
def test_a_target_that_is_killed_is_no_incident(start: Start, program: Program) -> None:
    target = start(TWO_THREADS)
    watch = AustinWatch(program, 100, target.pid, StackTable())
    while not any(isinstance(record, Watched) for record in watch.poll(time.monotonic_ns())):
        time.sleep(0.02)

    target.kill()
    target.communicate()
    while not watch.over:
        watch.poll(time.monotonic_ns())
        time.sleep(0.01)

    assert watch.problem == ""


def test_processes_are_taken_that_it_reads_well() -> None:
    old, new = Program(path="austin", major=3), Program(path="austin", major=4)

    assert Austin(old, 100).suits(US, "CPython 3.8")
    assert Austin(new, 100).suits(US, "CPython 3.13")
    assert not Austin(new, 100).suits(US, "CPython 3.8")
    assert not Austin(new, 100).suits(US, "CPython 3.14")
    assert Austin(new, 100, asked=True).suits(US, "CPython 3.14")
    assert not Austin(new, 100).suits(US, "CPython")
    assert not Austin(new, 100).suits(4194305, "CPython 3.12")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("echo austin 5.1.0", "is version 5.1; we know 3 and 4"),
        ("echo version GLIBC_2.38 not found >&2; exit 1", "GLIBC_2.38 not found"),
        ("exit 1", "it told no version"),
    ],
)
def test_a_program_that_does_not_run_is_no_sampler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, why: str
) -> None:
    stands_in(tmp_path, monkeypatch, text)

    with pytest.raises(AustinError, match=why):
        find_austin()
    with pytest.raises(UsageError, match="--sampler austin: .*" + why):
        samplers_of(SamplerChoice.AUSTIN, 100, US)
    assert "austin" not in [s.name for s in samplers_of(SamplerChoice.AUTO, 100, US)]


def test_none_and_one_that_cannot_be_started_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stands_in(tmp_path, monkeypatch, "exit")
    (tmp_path / "austin").write_bytes(b"\x7fELF")
    with pytest.raises(AustinError, match="does not run"):
        find_austin()
    (tmp_path / "austin").unlink()
    if shutil.which("austin") is None:
        with pytest.raises(AustinError, match="pip install"):
            find_austin()


def test_one_that_runs_is_taken_where_it_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stands_in(tmp_path, monkeypatch, "echo austin 4.0.0")

    assert [s.name for s in samplers_of(SamplerChoice.AUSTIN, 100, US)] == ["austin"]
    assert [s.name for s in samplers_of(SamplerChoice.AUTO, 100, US)][3] == "austin"
    stands_in(tmp_path, monkeypatch, "echo austin 3.7.0")
    monkeypatch.setattr("agentaudit.probes.processes.runtimes.python_of", lambda _: "CPython 3.15")
    with pytest.raises(UsageError, match=r"cannot read CPython 3\.15"):
        samplers_of(SamplerChoice.AUSTIN, 100, US)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("echo Insufficient permissions >&2; exit 37", "Insufficient permissions"),
        ("exit 3", "it said nothing"),
        ("echo nonsense; sleep 60", "austin wrote nonsense"),
    ],
)
def test_one_that_fails_is_given_up_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, why: str
) -> None:
    watch = AustinWatch(stands_in(tmp_path, monkeypatch, text), 100, US, StackTable())

    assert why in given_up(watch)
    assert watch.over
    assert watch.poll(0) == ()


def test_one_that_is_gone_cannot_be_started(tmp_path: Path) -> None:
    watch = AustinWatch(Program(path=str(tmp_path / "gone"), major=4), 100, US, StackTable())

    assert watch.problem == "austin cannot be started (No such file or directory)"


def test_one_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentaudit.probes.stacks.austin._CLOSING_S", 0.1)
    text = "trap '' INT; echo ready >&2; while :; do sleep 1; done"
    sampler = Stacks([Austin(stands_in(tmp_path, monkeypatch, text), 100)], 100, US)
    monkeypatch.setattr("agentaudit.probes.stacks.sampling.python_of", lambda _: "CPython 3.12")
    sampler.look(0, [US])

    records = sampler.close(0)

    assert [type(record) for record in records] == [Incident]
