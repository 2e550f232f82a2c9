"""Stacks of real programs, by short recordings of py-spy."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from agentaudit.model.recording import Record, StackDefined, StackRun, Watched
from agentaudit.model.trace import Incident, SamplingRecord
from agentaudit.probes.stacks.budget import QUIET_HZ, Budget
from agentaudit.probes.stacks.chrometrace import Frames
from agentaudit.probes.stacks.pyspy import Chunk, begun, find_pyspy
from agentaudit.probes.stacks.rolling import PySpy, RollingWatch
from agentaudit.probes.stacks.sampling import Stacks, StackTable

TWO_THREADS = """
import sys, threading, time
def waits():
    time.sleep(60)
def works():
    while True: pass
threading.Thread(target=waits, daemon=True).start()
threading.Thread(target=works, daemon=True).start()
print("ready"); sys.stdin.read()
"""


def pyspy() -> str:
    program = find_pyspy()
    if program is None:
        pytest.fail("py-spy is a dependency and must be found")
    return program


def looked(sampler: Stacks, pid: int, enough: Callable[[Sequence[Record]], bool]) -> list[Record]:
    records: list[Record] = []
    for _ in range(1000):
        records += sampler.look(time.monotonic_ns(), [pid])
        if enough(records):
            break
        time.sleep(0.02)
    return [*records, *sampler.close(time.monotonic_ns())]


def test_threads_are_seen_with_their_kernel_ids_and_functions(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    program = start(TWO_THREADS)
    sampler = Stacks([PySpy(pyspy(), 100)], 100, program.pid)

    records = looked(
        sampler, program.pid, lambda seen: sum(isinstance(r, Watched) for r in seen) > 1
    )

    stacks = {r.stack: r.frames for r in records if isinstance(r, StackDefined)}
    runs = [record for record in records if isinstance(record, StackRun)]
    functions = {stacks[run.stack][0].function for run in runs}
    assert {"waits", "works"} <= functions
    assert {run.tid for run in runs} >= {program.pid}
    assert len({run.tid for run in runs}) == 3
    assert all(run.end_ns > run.start_ns for run in runs)
    assert any(isinstance(record, SamplingRecord) for record in records)
    assert program.poll() is None


def test_recordings_follow_each_other_without_covering_each_other(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    program = start(TWO_THREADS)
    sampler = Stacks([PySpy(pyspy(), 50)], 50, program.pid)

    records = looked(
        sampler, program.pid, lambda seen: sum(isinstance(r, Watched) for r in seen) > 1
    )

    watched = [record for record in records if isinstance(record, Watched)]
    edges = [edge for stretch in watched for edge in (stretch.start_ns, stretch.end_ns)]
    assert edges == sorted(edges)
    by_thread: dict[int, int] = {}
    for run in (record for record in records if isinstance(record, StackRun)):
        assert run.start_ns >= by_thread.get(run.tid, 0)
        by_thread[run.tid] = run.end_ns


def test_nothing_of_ours_runs_after_the_end(start: Callable[..., subprocess.Popen[str]]) -> None:
    program = start(TWO_THREADS)
    sampler = Stacks([PySpy(pyspy(), 100)], 100, program.pid)
    sampler.look(time.monotonic_ns(), [program.pid])

    sampler.close(time.monotonic_ns())

    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    names = {Path(f"/proc/{child}/comm").read_text().strip() for child in children}
    assert "py-spy" not in names


def fake_pyspy(path: Path, text: str) -> str:
    path.write_text(f"#!{sys.executable}\nimport sys\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("Error: Permission Denied: Try running again as root", "may not be read"),
        ("Error: Failed to find python version", "Failed to find python version"),
        ("", "it said nothing"),
    ],
)
def test_a_sampler_that_fails_is_given_up_with_its_reason(
    tmp_path: Path, said: str, what: str
) -> None:
    program = fake_pyspy(tmp_path / "py-spy", f"sys.exit({said!r})")
    sampler = Stacks([PySpy(program, 100)], 100, os.getpid())

    records: list[Record] = []
    for _ in range(1000):
        records += sampler.look(time.monotonic_ns(), [os.getpid()])
        if records:
            break
        time.sleep(0.01)

    (incident,) = records
    assert isinstance(incident, Incident)
    assert what in incident.what
    assert sampler.close(time.monotonic_ns()) == []


def test_a_sampler_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentaudit.probes.stacks.rolling._CLOSING_S", 0.1)
    text = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(60)"
    sampler = Stacks([PySpy(fake_pyspy(tmp_path / "py-spy", text), 100)], 100, os.getpid())
    sampler.look(time.monotonic_ns(), [os.getpid()])

    records = sampler.close(time.monotonic_ns())

    assert [type(record) for record in records] == [Incident]


def test_a_machine_that_starts_no_more_programs_costs_the_steps_alone(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    program = start(TWO_THREADS)
    sampler = Stacks([PySpy(str(tmp_path / "gone"), 100)], 100, program.pid)

    records = [
        record for _ in range(3) for record in sampler.look(time.monotonic_ns(), [program.pid])
    ]

    assert [(record.what, record.lost) for record in records if isinstance(record, Incident)] == [
        (
            "py-spy cannot be started (No such file or directory)",
            f"the steps of process {program.pid}: its time is counted, but not told apart",
        )
    ]
    assert sampler.close(time.monotonic_ns()) == []


WAITS_AND_WORKS = """
import sys, time
def works():
    end = time.process_time() + 0.5
    while time.process_time() < end: pass
print("ready")
for line in sys.stdin:
    works()
"""


def test_a_process_that_does_not_run_is_not_looked_at_and_keeps_its_stacks(
    start: Callable[..., subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentaudit.probes.stacks.budget._STILL_NS", 300_000_000)
    monkeypatch.setattr("agentaudit.probes.stacks.rolling._EVERY_NS", 400_000_000)
    program = start(WAITS_AND_WORKS)
    sampler = Stacks([PySpy(pyspy(), 100)], 100, program.pid)

    def rests(seen: Sequence[Record]) -> bool:
        return sum(isinstance(r, Watched) and not r.samples for r in seen) > 2

    def works(seen: Sequence[Record]) -> bool:
        stacks = {r.stack for r in seen if isinstance(r, StackDefined) and _works(r)}
        return bool(stacks)

    records: list[Record] = []
    records += waited(sampler, program.pid, rests)
    assert not _pyspy_runs()
    assert program.stdin is not None
    program.stdin.write("\n")
    program.stdin.flush()
    records += waited(sampler, program.pid, works)
    records += sampler.close(time.monotonic_ns())

    watched = [record for record in records if isinstance(record, Watched)]
    edges = [edge for stretch in watched for edge in (stretch.start_ns, stretch.end_ns)]
    assert edges == sorted(edges)
    runs = [record for record in records if isinstance(record, StackRun)]
    rested = [r for r in runs for w in watched if not w.samples and w.end_ns == r.end_ns]
    assert rested
    assert all(run.end_ns > run.start_ns for run in runs)
    assert all(after.start_ns >= before.end_ns for before, after in pairwise(runs))


def _works(defined: StackDefined) -> bool:
    return any(frame.function == "works" for frame in defined.frames)


def _pyspy_runs() -> bool:
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return any(Path(f"/proc/{child}/comm").read_text().strip() == "py-spy" for child in children)


def waited(
    sampler: Stacks, pid: int, enough: Callable[[Sequence[Record]], bool]
) -> Sequence[Record]:
    records: list[Record] = []
    for _ in range(1500):
        records += sampler.look(time.monotonic_ns(), [pid])
        if enough(records):
            return records
        time.sleep(0.02)
    pytest.fail("it never came to that")


def test_a_process_that_waits_is_looked_at_less_until_it_works(
    start: Callable[..., subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    rates: list[int] = []

    def noted(program: str, rate_hz: int, pid: int) -> Chunk:
        rates.append(rate_hz)
        return begun(program, rate_hz, pid)

    monkeypatch.setattr("agentaudit.probes.stacks.rolling.begun", noted)
    program = start(WAITS_AND_WORKS)
    sampler = Stacks([PySpy(pyspy(), 100)], 100, program.pid)
    waited(sampler, program.pid, lambda _: rates[-2:] == [QUIET_HZ, QUIET_HZ])

    assert program.stdin is not None
    program.stdin.write("\n" * 40)
    program.stdin.flush()
    waited(sampler, program.pid, lambda _: rates[-1] > QUIET_HZ)

    sampler.close(time.monotonic_ns())
    assert rates[0] > QUIET_HZ


def test_looks_that_are_dear_become_few_and_their_cost_is_said(tmp_path: Path) -> None:
    budget = Budget(100)
    budget.rate_hz(7, quiet=False)
    budget.paid(7, 25, 500_000_000, 1_000_000_000)
    program = fake_pyspy(tmp_path / "py-spy", "import time; time.sleep(60)")
    watch = RollingWatch(program, 7, budget, StackTable(), Frames())

    records = list(watch.poll(time.monotonic_ns()))

    (incident,) = records
    assert isinstance(incident, Incident)
    assert incident.what == "25 looks a second at deep stacks cost 50% of a core"
    watch.close(time.monotonic_ns())
    assert watch.over


def test_a_recording_that_does_not_end_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentaudit.probes.stacks.pyspy._HANGS_NS", 100_000_000)
    chunk = begun(fake_pyspy(tmp_path / "py-spy", "import time; time.sleep(60)"), 100, os.getpid())

    for _ in range(1000):
        if chunk.ended(time.monotonic_ns()):
            break
        time.sleep(0.01)

    assert chunk.process.returncode == -9
    chunk.file.close()
    chunk.messages.close()
