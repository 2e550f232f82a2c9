"""Stacks of real programs, sampled from outside."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from agentaudit.model.recording import Record, StackDefined, StackRun, Watched
from agentaudit.model.trace import Incident, SamplingRecord
from agentaudit.probes.pyspy import find_pyspy
from agentaudit.probes.stacks import RollingPySpy, StackTable

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


def looked(
    sampler: RollingPySpy, pid: int, enough: Callable[[Sequence[Record]], bool]
) -> list[Record]:
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
    sampler = RollingPySpy(pyspy(), 100, program.pid)

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
    sampler = RollingPySpy(pyspy(), 50, program.pid)

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
    sampler = RollingPySpy(pyspy(), 100, program.pid)
    sampler.look(time.monotonic_ns(), [program.pid])

    sampler.close(time.monotonic_ns())

    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    names = {Path(f"/proc/{child}/comm").read_text().strip() for child in children}
    assert "py-spy" not in names


def test_a_target_that_is_no_python_is_said() -> None:
    program = subprocess.Popen(["sleep", "60"])
    sampler = RollingPySpy(pyspy(), 100, program.pid)

    records = [*sampler.look(1, [program.pid]), *sampler.close(2)]
    program.kill()
    program.wait()

    (incident,) = records
    assert isinstance(incident, Incident)
    assert "was not seen to run Python" in incident.what


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
    sampler = RollingPySpy(program, 100, os.getpid())

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
    monkeypatch.setattr("agentaudit.probes.stacks._CLOSING_S", 0.1)
    text = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(60)"
    sampler = RollingPySpy(fake_pyspy(tmp_path / "py-spy", text), 100, os.getpid())
    sampler.look(time.monotonic_ns(), [os.getpid()])

    records = sampler.close(time.monotonic_ns())

    assert [type(record) for record in records] == [Incident]


def test_more_processes_than_can_be_sampled_are_named(tmp_path: Path) -> None:
    program = fake_pyspy(tmp_path / "py-spy", "import time; time.sleep(60)")
    others = [subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1) for _ in range(5)]
    pids = [other.pid for other in others]
    sampler = RollingPySpy(program, 100, os.getpid())

    early = sampler.look(0, pids)
    late = sampler.look(2_000_000_000, pids)
    sampler.close(2_000_000_000)
    for other in others:
        other.kill()
        other.communicate()

    assert early == []
    assert [type(record) for record in late] == [Incident]


def test_a_stack_is_defined_once() -> None:
    table = StackTable()

    first, definitions = table.of(())
    again, none = table.of(())

    assert (first, again) == (0, 0)
    assert (len(definitions), len(none)) == (1, 0)


def test_a_machine_that_starts_no_more_programs_costs_the_steps_alone(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    program = start(TWO_THREADS)
    sampler = RollingPySpy(str(tmp_path / "gone"), 100, program.pid)

    records = [
        record for _ in range(3) for record in sampler.look(time.monotonic_ns(), [program.pid])
    ]

    assert [(record.what, record.lost) for record in records if isinstance(record, Incident)] == [
        (
            "py-spy cannot be started (No such file or directory)",
            f"the steps of process {program.pid} from then on",
        )
    ]
    assert sampler.close(time.monotonic_ns()) == []
