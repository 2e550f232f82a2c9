"""Real processes of every CPython that is here, their stacks read from their memory."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from agentaudit.model.recording import Record, StackDefined, StackRun, Watched
from agentaudit.probes.processes.runtimes import python_of, version_of
from agentaudit.probes.stacks import watcher
from agentaudit.probes.stacks.memory import Memory
from agentaudit.probes.stacks.process_memory import (
    MemoryWatch,
    ProcessMemory,
    Seen,
    _Memory,
)
from agentaudit.probes.stacks.sampling import StackTable
from agentaudit.probes.stacks.symbols import symbols_of
from agentaudit.probes.stacks.threads import LibraryThreads
from agentaudit.probes.stacks.walker import Place, Walker
from tests.probes.programs import Start, StartNewest, said, say

THREADS = """
import json, sys, threading, time
def größe():
    while True: pass
def 探す(): time.sleep(600)
def 𐎀(): time.sleep(600)
def waits():
    print(json.dumps({**numbers, "waits": threading.get_native_id()}))
    sys.stdin.read()
def begun(function):
    thread = threading.Thread(target=function, daemon=True)
    thread.start()
    return thread
threads = {function.__name__: begun(function) for function in (größe, 探す, 𐎀)}
print("ready")
numbers = {name: thread.native_id for name, thread in threads.items()}
waits()
"""
ACROSS_C = """
def endless():
    while True: pass
def draws():
    yield endless()
def works(_): return sum(draws())
def sorts(): return sorted([1], key=works)
print("ready")
sorts()
"""
DEEP = """
import sys
def down(depth):
    if depth: return down(depth - 1)
    print("ready"); sys.stdin.read()
def begins(): down(500)
begins()
"""
COROUTINES = """
import asyncio
def endless():
    while True: pass
async def tool(): endless()
async def answers(): await tool()
async def main():
    print("ready")
    await asyncio.gather(answers())
asyncio.run(main())
"""
ONE_BY_ONE = """
import json, threading, time
def lives():
    numbers.append(threading.get_native_id())
    end = time.monotonic() + 0.04
    while time.monotonic() < end: pass
numbers = []
print("ready")
for number in range(12):
    thread = threading.Thread(target=lives)
    thread.start()
    thread.join()
print(json.dumps(numbers))
input()
"""
SHORT_LIVED = """
import threading
def short(): pass
def begins():
    while True: threading.Thread(target=short).start()
print("ready")
begins()
"""
BECOMES = """
import os, sys
print("ready"); sys.stdin.readline()
os.execv(sys.argv[1], sys.argv[1:])
"""
LATER = """
def later():
    while True: pass
later()
"""
FORKS = """
import os, sys
def child():
    os.close(1)
    while os.getppid() == parent: pass
    os._exit(0)
parent = os.getpid()
number = os.fork()
if not number: child()
print("ready"); print(number)
sys.stdin.read()
"""
BUSY = """
def leaf(): pass
def two(): leaf()
def one(): two()
def four(): leaf()
def three(): four()
def five(): pass
def six(_):
    five()
    return 0
def draws():
    for _ in range(3):
        five()
        yield 1
def main():
    while True:
        one()
        three()
        sum(draws())
        sorted([1, 2, 3], key=six)
print("ready")
main()
"""
MAIN = ("<module>", "main")
POSSIBLE = {
    ("<module>",),
    MAIN,
    (*MAIN, "one"),
    (*MAIN, "one", "two"),
    (*MAIN, "one", "two", "leaf"),
    (*MAIN, "three"),
    (*MAIN, "three", "four"),
    (*MAIN, "three", "four", "leaf"),
    (*MAIN, "draws"),
    (*MAIN, "draws", "five"),
    (*MAIN, "six"),
    (*MAIN, "six", "five"),
}
"""Chains of functions that `BUSY` can have, from the root on."""


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes on is told often."""
    monkeypatch.setattr(watcher, "_CUT_NS", 100_000_000)


def watched(pid: int) -> MemoryWatch:
    return ProcessMemory(100).watch(pid, StackTable())


def heard(watch: MemoryWatch, enough: Callable[[Sequence[Record]], bool]) -> Sequence[Record]:
    """What is told until that is enough, or nobody looks any more."""
    records: list[Record] = []
    for _ in range(1500):
        records += watch.poll(0)
        if enough(records) or watch.problem or watch.over:
            break
        time.sleep(0.01)
    return [*records, *watch.poll(0)]


def seen(pid: int, enough: Callable[[Sequence[Record]], bool]) -> Sequence[Record]:
    watch = watched(pid)
    return [*heard(watch, enough), *watch.close(0)]


def accounts(count: int) -> Callable[[Sequence[Record]], bool]:
    return lambda records: sum(isinstance(record, Watched) for record in records) >= count


def running(function: str) -> Callable[[Sequence[Record]], bool]:
    return lambda records: any(function in chain for _, chain in runs(records))


def chains(records: Iterable[Record]) -> Sequence[Sequence[str]]:
    """Names of functions from the root on; those before 3.11 know no more than the last part."""
    return [
        [frame.function.rpartition(".")[2] for frame in reversed(record.frames)]
        for record in records
        if isinstance(record, StackDefined)
    ]


def runs(records: Iterable[Record]) -> Sequence[tuple[int, Sequence[str]]]:
    """Threads, and what they ran."""
    known = [*records]
    defined = chains(known)
    return [(run.tid, defined[run.stack]) for run in known if isinstance(run, StackRun)]


def files(records: Iterable[Record]) -> set[str]:
    defined = [record for record in records if isinstance(record, StackDefined)]
    return {frame.file for record in defined for frame in record.frames}


def test_threads_are_seen_with_their_kernel_ids_functions_and_files(start_in: Start) -> None:
    program = start_in(THREADS, name="größe_探す_𐎀.py")
    numbers = json.loads(said(program))

    records = seen(program.pid, accounts(2))

    tasks = {int(path.name) for path in Path(f"/proc/{program.pid}/task").iterdir()}
    functions = {chain[-1]: tid for tid, chain in runs(records)}
    assert functions == numbers
    assert {tid for tid, _ in runs(records)} == tasks
    assert any(file.endswith("/größe_探す_𐎀.py") for file in files(records))
    assert program.poll() is None


def test_stacks_go_on_across_c_code_to_the_root(start_in: Start) -> None:
    program = start_in(ACROSS_C)

    records = seen(program.pid, accounts(2))

    assert ["<module>", "sorts", "works", "draws", "endless"] in chains(records)
    assert {chain[0] for _, chain in runs(records)} == {"<module>"}


def test_of_deep_recursion_the_frames_next_to_the_root_are_kept(start_in: Start) -> None:
    program = start_in(DEEP)

    records = seen(program.pid, accounts(2))

    assert {tuple(chain) for _, chain in runs(records)} == {("<module>", "begins", *["down"] * 198)}


def test_coroutines_are_seen_with_those_that_await_them(start_in: Start) -> None:
    program = start_in(COROUTINES)

    records = seen(program.pid, running("endless"))

    (busy,) = {tuple(chain) for _, chain in runs(records) if chain[-1] == "endless"}
    assert busy[0] == "<module>"
    assert busy[-3:] == ("answers", "tool", "endless")


def test_threads_that_follow_each_other_have_numbers_of_their_own(start_in: Start) -> None:
    program = start_in(ONE_BY_ONE)
    watch = watched(program.pid)

    numbers = json.loads(said(program))
    records = watch.close(0)

    lived = {tid for tid, chain in runs(records) if chain[-1:] == ["lives"]}
    assert isinstance(numbers, list)
    assert len(lived) > 3
    assert lived <= {*numbers}


def test_threads_that_end_at_once_do_no_harm(start_in: Start) -> None:
    program = start_in(SHORT_LIVED)
    watch = watched(program.pid)

    records = [*heard(watch, accounts(4)), *watch.close(0)]

    assert watch.problem == ""
    assert (program.pid, "begins") in {(tid, chain[1]) for tid, chain in runs(records) if chain[1:]}


def test_a_forked_child_is_seen_under_its_own_number(start_in: Start) -> None:
    program = start_in(FORKS)
    number = json.loads(said(program))
    assert isinstance(number, int)

    records = seen(number, accounts(2))

    assert {(tid, tuple(chain)) for tid, chain in runs(records)} == {
        (number, ("<module>", "child"))
    }


def test_a_process_that_became_another_python_is_understood_again(
    start_in: Start, tmp_path: Path
) -> None:
    later = tmp_path / "later.py"
    later.write_text(LATER)
    program = start_in(BECOMES, sys.executable, str(later))
    watch = watched(program.pid)

    before = heard(watch, accounts(1))
    say(program, "\n")
    after = [*before, *heard(watch, lambda records: running("later")([*before, *records]))]
    records = [*after, *watch.close(0)]

    assert watch.problem == ""
    assert (program.pid, ["<module>", "later"]) in runs(records)


def test_a_process_that_became_no_python_is_given_up_with_a_sentence(
    start_in: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentaudit.probes.stacks.process_memory._PATIENCE_NS", 500_000_000)
    program = start_in(BECOMES, "/bin/sleep", "60")
    watch = watched(program.pid)

    heard(watch, accounts(1))
    say(program, "\n")
    heard(watch, accounts(10**9))

    assert watch.problem == (
        f"the memory of process {program.pid} does not tell its stacks:"
        " LookupError: it runs no CPython whose version shows"
    )
    assert watch.over


def test_a_process_that_was_killed_is_over_and_no_problem(start_in: Start) -> None:
    program = start_in(BUSY)
    watch = watched(program.pid)
    before = heard(watch, accounts(1))

    program.kill()
    program.wait()
    heard(watch, accounts(10**9))

    assert accounts(1)(before)
    assert watch.over
    assert watch.problem == ""
    assert watch.close(0) == []


def test_a_process_that_may_not_be_read_is_given_up_at_once(
    start_in: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> bytes:
        raise PermissionError("Operation not permitted")

    monkeypatch.setattr(Memory, "read", refuses)
    watch = watched(start_in(BUSY).pid)

    records = [*heard(watch, accounts(10**9)), *watch.close(0)]

    assert watch.problem.endswith("PermissionError: Operation not permitted")
    assert [record.failures for record in records if isinstance(record, Watched)] == [1]


def test_what_is_seen_of_a_busy_process_is_what_it_can_do(start_in: Start) -> None:
    program = start_in(BUSY)
    stacks = sampled(program.pid, 300)

    impossible = [stack for stack in stacks if stack not in POSSIBLE]
    assert len(impossible) <= len(stacks) * 0.03  # of a program that does nothing but call
    assert ("<module>", "main") in {stack[:2] for stack in stacks}


def sampled(pid: int, times: int) -> list[tuple[str, ...]]:
    """The stacks of that many looks at odd moments; one that fails is none."""
    memory = Memory(pid)
    walker = Walker(
        memory,
        version_of(python_of(pid) or "") or (0, 0),
        symbols_of(pid),
        stack=names,
        thread_of=LibraryThreads(pid, memory).of,
    )
    stacks: list[tuple[str, ...]] = []
    odd = random.Random(7)  # noqa: S311 -- no secret
    for _ in range(times):
        try:
            stacks += [seen.frame_info for seen in walker.threads()]
        except OSError:
            continue
        time.sleep(odd.random() / 500)
    return stacks


def names(places: Sequence[Place]) -> tuple[str, ...]:
    return tuple(place.funcname.rpartition(".")[2] for place in reversed(places))


def test_the_newest_python_is_read_from_memory_as_well(start_newest: StartNewest) -> None:
    program = start_newest(THREADS)
    inside = json.loads(said(program.process))

    records = seen(program.pid, accounts(2))

    tasks = {int(path.name) for path in Path(f"/proc/{program.pid}/task").iterdir()}
    found = {chain[-1]: tid for tid, chain in runs(records)}
    assert sorted(found) == sorted(inside)
    assert {*found.values()} == tasks
    assert found["waits"] == program.pid


def test_stacks_of_the_newest_python_are_those_that_it_can_have(start_newest: StartNewest) -> None:
    stacks = sampled(start_newest(BUSY).pid, 300)

    impossible = [stack for stack in stacks if stack not in POSSIBLE]
    assert len(impossible) <= 3
    assert ("<module>", "main") in {stack[:2] for stack in stacks}


def test_the_sampler_is_for_the_versions_that_we_know() -> None:
    sampler = ProcessMemory(100)

    suits = {minor: sampler.suits(os.getpid(), f"CPython 3.{minor}") for minor in range(7, 17)}

    assert [minor for minor, suited in suits.items() if suited] == [*range(8, 15)]
    assert not sampler.suits(os.getpid(), "CPython")


def test_what_is_no_python_is_not_understood() -> None:
    with subprocess.Popen(["sleep", "60"]) as program:
        with pytest.raises(LookupError, match="no CPython whose version shows"):
            _Memory(program.pid, Seen(program.pid))
        program.send_signal(signal.SIGKILL)


def test_stacks_without_end_are_not_kept_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentaudit.probes.stacks.process_memory._MOST_STACKS", 2)
    table = Seen(7)

    ids = [table.stack([Place("a.py", name)]) for name in ("one", "two", "two", "three", "one")]

    assert ids == [0, 1, 1, 2, 3]
