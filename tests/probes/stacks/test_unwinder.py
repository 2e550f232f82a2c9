"""Real processes of CPython 3.14 and newer, sampled by their own interpreter."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from agentaudit.model.observed import TaskRun
from agentaudit.model.recording import Record, StackDefined, StackRun, Watched
from agentaudit.model.trace import Incident, SamplingRecord
from agentaudit.probes import companions as starting
from agentaudit.probes.processes.runtimes import python_of
from agentaudit.probes.stacks import unwinder
from agentaudit.probes.stacks.sampling import Stacks, StackTable
from agentaudit.probes.stacks.unwinder import Unwinder, UnwinderWatch
from tests.probes.programs import StartNewest

THREADS = """
import sys, threading, time
class Tool:
    def waits(self): time.sleep(600)
def works():
    while True: pass
threading.Thread(target=Tool().waits, daemon=True).start()
threading.Thread(target=works, daemon=True).start()
print("ready"); sys.stdin.read()
"""
ACROSS_C = """
import sys, threading
def draws(): return (step for step in iter(int, 1) if endless())
def endless():
    while True: pass
def works(): return sum(draws())
def sorts(): return sorted([1], key=lambda _: works())
threading.Thread(target=sorts, daemon=True).start()
print("ready"); sys.stdin.read()
"""
REQUESTS = """
import asyncio
async def model(): await asyncio.sleep(0.3)
async def tool(): await asyncio.sleep(0.3)
async def answer(number):
    while True:
        await model()
        await asyncio.gather(tool(), tool())
async def main():
    tasks = [asyncio.create_task(answer(n), name=f"request-{n}") for n in range(5)]
    print("ready")
    await asyncio.wait(tasks)
asyncio.run(main())
"""


def seen(sampler: Stacks, pid: int, enough: Callable[[Sequence[Record]], bool]) -> Iterator[Record]:
    records: list[Record] = []
    for _ in range(1500):
        records += sampler.look(time.monotonic_ns(), [pid])
        if enough(records):
            break
        time.sleep(0.02)
    yield from records


def many(kind: type[Record], count: int) -> Callable[[Sequence[Record]], bool]:
    return lambda records: sum(isinstance(record, kind) for record in records) >= count


def incidents(records: Sequence[Record]) -> list[str]:
    return [record.what for record in records if isinstance(record, Incident)]


def polled(watch: UnwinderWatch) -> list[Record]:
    """All that a companion says until it is given up."""
    records: list[Record] = []
    while not watch.problem:
        records += watch.poll(time.monotonic_ns())
        time.sleep(0.01)
    return records


def companions() -> list[Path]:
    """Children of ours that run an interpreter for somebody."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    lines = [Path(f"/proc/{child}/cmdline") for child in children]
    return [line for line in lines if b"entry.py" in line.read_bytes()]


def test_threads_are_seen_with_their_kernel_ids_and_functions(start_newest: StartNewest) -> None:
    program = start_newest(THREADS)
    sampler = Stacks([Unwinder(100)], 100, program.pid)

    records = [*seen(sampler, program.pid, many(Watched, 2))]
    tids = {int(path.name) for path in Path(f"/proc/{program.pid}/task").iterdir()}
    records += sampler.close(time.monotonic_ns())

    stacks = {r.stack: r.frames for r in records if isinstance(r, StackDefined)}
    runs = [record for record in records if isinstance(record, StackRun)]
    assert {"Tool.waits", "works"} <= {stacks[run.stack][0].function for run in runs}
    assert {run.tid for run in runs} == tids
    assert all(run.end_ns > run.start_ns for run in runs)
    assert [r.sampler for r in records if isinstance(r, SamplingRecord)] == [Unwinder.name]
    assert incidents(records) == []
    assert program.process.poll() is None
    assert companions() == []


def test_stacks_go_on_where_c_code_called_python(start_newest: StartNewest) -> None:
    program = start_newest(ACROSS_C)
    sampler = Stacks([Unwinder(100)], 100, program.pid)

    records = [*seen(sampler, program.pid, many(Watched, 1)), *sampler.close(0)]

    stacks = [[f.function for f in r.frames] for r in records if isinstance(r, StackDefined)]
    assert [
        "endless",
        "draws.<locals>.<genexpr>",
        "works",
        "sorts.<locals>.<lambda>",
        "sorts",
        "Thread.run",
        "Thread._bootstrap_inner",
        "Thread._bootstrap",
    ] in stacks


def test_runs_of_a_thread_follow_each_other_without_a_gap(start_newest: StartNewest) -> None:
    program = start_newest(THREADS)
    sampler = Stacks([Unwinder(200)], 200, program.pid)

    records = [*seen(sampler, program.pid, many(Watched, 3)), *sampler.close(0)]

    watched = [record for record in records if isinstance(record, Watched)]
    assert all(one.end_ns == two.start_ns for one, two in pairwise(watched))
    for tid in {record.tid for record in records if isinstance(record, StackRun)}:
        runs = [r for r in records if isinstance(r, StackRun) and r.tid == tid]
        assert all(one.end_ns == two.start_ns for one, two in pairwise(runs))


def test_requests_of_one_event_loop_are_told_apart(start_newest: StartNewest) -> None:
    program = start_newest(REQUESTS)
    sampler = Stacks([Unwinder(100)], 100, program.pid)

    records = [*seen(sampler, program.pid, many(Watched, 3)), *sampler.close(0)]

    stacks = {
        r.stack: [f.function for f in r.frames] for r in records if isinstance(r, StackDefined)
    }
    runs = [record for record in records if isinstance(record, TaskRun)]
    requests = {run.task: run.name for run in runs if run.name.startswith("request-")}
    tools = [run for run in runs if stacks[run.stack][:2] == ["sleep", "tool"]]
    assert sorted(requests.values()) == [f"request-{number}" for number in range(5)]
    assert any(stacks[run.stack][:3] == ["sleep", "model", "answer"] for run in runs)
    assert {run.parent for run in tools} == set(requests)
    assert all(stacks[run.stack][2] == "answer" for run in tools)
    assert {run.root for run in tools} == {run.root for run in runs}
    assert {run.tid for run in runs} == {program.pid}


def test_a_target_that_is_killed_ends_its_companion_and_is_no_incident(
    start_newest: StartNewest,
) -> None:
    program = start_newest(THREADS)
    sampler = Stacks([Unwinder(100)], 100, program.pid)

    records = [*seen(sampler, program.pid, many(Watched, 1))]
    os.kill(program.pid, signal.SIGKILL)
    program.process.wait()
    records += seen(sampler, program.pid, lambda _: not companions())
    records += sampler.close(time.monotonic_ns())

    assert incidents(records) == []
    assert many(StackRun, 1)(records)
    assert sum(isinstance(record, SamplingRecord) for record in records) == 1


def test_a_companion_that_is_killed_is_followed_by_the_next_sampler(
    start_newest: StartNewest,
) -> None:
    program = start_newest(THREADS)
    watch = UnwinderWatch(100, program.pid, StackTable())
    while not any(isinstance(record, Watched) for record in watch.poll(time.monotonic_ns())):
        time.sleep(0.02)

    for companion in companions():
        os.kill(int(companion.parent.name), signal.SIGKILL)
    polled(watch)

    assert "does not tell its stacks: killed by signal 9" in watch.problem
    assert watch.over
    assert program.process.poll() is None


def test_an_interpreter_that_cannot_read_its_kind_says_so() -> None:
    watch = UnwinderWatch(100, os.getpid(), StackTable())

    if sys.version_info < (3, 14):
        polled(watch)
    watch.close(0)

    assert sys.version_info >= (3, 14) or "No module named '_remote_debugging'" in watch.problem


def test_the_sampler_is_for_interpreters_that_are_new_enough() -> None:
    us = os.getpid()

    assert Unwinder(100).suits(us, "CPython 3.14")
    assert not Unwinder(100).suits(us, "CPython 3.13")
    assert not Unwinder(100).suits(us, "CPython")
    assert not Unwinder(100).suits(4194305, "CPython 3.15")


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("echo no luck >&2; exit 3", "no luck"),
        ("exit 3", "it ended with code 3"),
        ('echo \'["hello","3.14"]\'; echo nonsense; sleep 60', "it wrote nonsense"),
        ('echo \'["hello","3.14"]\'; echo \'["problem",""]\'', "it did not say why"),
        ("sleep 60", "it did not begin in time"),
    ],
)
def test_a_companion_that_fails_is_given_up_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, why: str
) -> None:
    path = tmp_path / "python3.14"
    path.write_text(f"#!/bin/sh\n{program}\n")
    path.chmod(0o755)
    for module in (starting, unwinder):
        monkeypatch.setattr(module, "interpreter_of", lambda _: str(path))
    monkeypatch.setattr(unwinder, "_STARTING_NS", 10**9)

    watch = UnwinderWatch(100, os.getpid(), StackTable())
    polled(watch)

    assert why in watch.problem
    assert list(watch.poll(0)) == []
    assert companions() == []


def test_a_companion_that_does_not_end_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "python3.14"
    path.write_text(
        "#!/bin/sh\ntrap '' INT TERM\necho '[\"hello\",\"\"]'\nsleep 60 & wait; sleep 60\n"
    )
    path.chmod(0o755)
    for module in (starting, unwinder):
        monkeypatch.setattr(module, "interpreter_of", lambda _: str(path))
    monkeypatch.setattr(unwinder, "_CLOSING_S", 0.1)

    watch = UnwinderWatch(100, os.getpid(), StackTable())
    watch.close(0)

    assert watch.over
    assert companions() == []


def test_a_process_that_is_gone_or_no_python_cannot_be_watched() -> None:
    with subprocess.Popen(["sleep", "60"]) as program:
        watch = UnwinderWatch(100, program.pid, StackTable())
        program.kill()

    assert "cannot be started (the process is gone, or its program is no Python)" in watch.problem
    assert python_of(program.pid) is None
