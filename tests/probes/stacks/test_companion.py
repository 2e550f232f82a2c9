"""The companion's own arithmetic, with interpreters that behave as told."""

import json
import os
import signal
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.probes.stacks import companion, looks
from agentaudit.probes.stacks.companion import Teller, Watcher
from agentaudit.probes.stacks.looks import DEEPEST, Runs, chains_of, exponential, threads_of

MS = 1_000_000
Told = tuple[Hashable, Hashable, int, int]


@dataclass
class Frame:
    funcname: str
    filename: str = "agent.py"


@dataclass
class Coroutine:
    call_stack: Sequence[looks.Frame]
    task_name: int


@dataclass
class Task:
    task_id: int
    coroutine_stack: Sequence[looks.Coroutine] = ()
    awaited_by: Sequence[looks.Coroutine] = ()
    task_name: str = "Task"


@dataclass
class Loop:
    thread_id: int
    awaited_by: Sequence[looks.Task]


@dataclass
class Thread:
    thread_id: int
    frame_info: Sequence[looks.Frame]


@dataclass
class Interpreter:
    threads: Sequence[looks.Thread]


@dataclass
class FakeUnwinder:
    """Raises what it is told to, else answers."""

    error: Exception | None = None
    no_tasks: Exception | None = None
    loops: Sequence[looks.Loop] = ()

    def get_stack_trace(self) -> Sequence[Thread]:
        if self.error:
            raise self.error
        return [Thread(7, [Frame("search"), Frame("main")])]

    def get_all_awaited_by(self) -> Sequence[looks.Loop]:
        if self.no_tasks:
            raise self.no_tasks
        return self.loops


@dataclass
class Pipe:
    lines: list[list[object]] = field(default_factory=list)

    def write(self, data: bytes) -> None:
        self.lines += [json.loads(line) for line in data.splitlines()]


def task(number: int, function: str, awaited_by: int = 0) -> Task:
    return Task(
        number,
        [Coroutine([Frame(function)], number)],
        [Coroutine([], awaited_by)] if awaited_by else (),
    )


steps_of = st.lists(
    st.tuples(st.integers(1, 700 * MS), st.dictionaries(st.integers(0, 3), st.integers(0, 2))),
    min_size=1,
    max_size=30,
)


@given(steps_of)
def test_runs_of_a_key_never_cover_each_other_and_hold_what_was_seen(
    steps: list[tuple[int, dict[Hashable, Hashable]]],
) -> None:
    told: list[Told] = []
    runs: Runs[Hashable, Hashable] = Runs(lambda *run: told.append(run))
    at_ns = 10**9
    seen: list[tuple[int, dict[Hashable, Hashable]]] = []

    for gap_ns, values in steps:
        at_ns += gap_ns
        runs.look(at_ns, values)
        seen.append((at_ns, values))
    runs.cut()

    for key in {run[0] for run in told}:
        of_key = [run for run in told if run[0] == key]
        assert all(one[3] <= two[2] for one, two in pairwise(of_key))
    for key, value, start_ns, end_ns in told:
        inside = [values for at_ns, values in seen if start_ns < at_ns < end_ns]
        assert all(values.get(key) == value for values in inside)


def test_nothing_is_said_of_a_long_gap() -> None:
    told: list[Told] = []
    runs: Runs[Hashable, Hashable] = Runs(lambda *run: told.append(run))

    for at_ns in (1000 * MS, 1010 * MS, 3000 * MS, 3010 * MS):
        runs.look(at_ns, {1: "a"})
    runs.cut()

    assert told == [(1, "a", 1000 * MS, 1010 * MS), (1, "a", 3000 * MS, 3010 * MS)]


def test_a_chain_goes_from_a_task_to_the_one_that_nobody_awaits() -> None:
    loops = [
        Loop(7, [task(1, "tool", 2), task(2, "answer", 3), task(3, "main"), task(4, "alone", 99)]),
        Loop(0, [task(5, "of a thread that ended")]),
    ]

    chains = {
        of.task_id: (thread, [frame.funcname for frame in chain.frames], chain.parent, chain.root)
        for thread, of, chain in chains_of(loops)
    }

    assert chains == {
        1: (7, ["tool", "answer", "main"], 2, 3),
        2: (7, ["answer", "main"], 3, 3),
        3: (7, ["main"], 0, 3),
        4: (7, ["alone"], 0, 4),
    }


def test_tasks_that_await_each_other_have_an_end() -> None:
    ((_, _, chain), *_) = chains_of([Loop(7, [task(1, "one", 2), task(2, "two", 1)])])

    assert [frame.funcname for frame in chain.frames] == ["one", "two"]


def test_threads_come_alone_or_by_interpreter() -> None:
    threads: list[looks.Thread] = [Thread(7, ()), Thread(8, ())]

    assert list(threads_of(threads)) == threads
    assert list(threads_of([Interpreter(threads[:1]), Interpreter(threads[1:])])) == threads


def test_a_stack_is_told_once_and_its_leaves_go_first() -> None:
    pipe = Pipe()
    teller = Teller(pipe.write)
    deep = [Frame(f"f{number}") for number in range(DEEPEST + 1)]

    ids = [teller.stack(deep), teller.stack(deep[1:]), teller.stack([Frame("lone \ud800")])]
    teller.flush()
    teller.flush()

    assert ids == [0, 0, 1]
    assert [line[0] for line in pipe.lines] == ["stack", "stack"]
    assert pipe.lines[1] == ["stack", 1, [["agent.py", "lone ?"]]]


def watcher(unwinder: FakeUnwinder, pipe: Pipe) -> tuple[Watcher, Callable[[int], str]]:
    """A watcher, and a look of it so many nanoseconds after the one before."""
    now_ns = [10**9]
    made = Watcher(lambda: unwinder, 100, Teller(pipe.write), lambda: now_ns[0])

    def look(passed_ns: int) -> str:
        now_ns[0] += passed_ns
        return made.look(now_ns[0] - 2 * MS)

    return made, look


def kinds(pipe: Pipe) -> set[object]:
    return {line[0] for line in pipe.lines}


def test_what_was_seen_is_told_soon_and_what_goes_on_a_little_later() -> None:
    pipe = Pipe()
    _, look = watcher(FakeUnwinder(loops=[Loop(7, [task(1, "answer")])]), pipe)

    early = [look(10 * MS) for _ in range(25)]
    first = kinds(pipe)
    late = [look(10 * MS) for _ in range(80)]

    assert first == {"stack"}
    assert kinds(pipe) == {"stack", "run", "task", "watched"}
    assert {*early, *late} == {""}


def test_lateness_gaps_and_failures_are_counted() -> None:
    pipe, unwinder = Pipe(), FakeUnwinder()
    made, look = watcher(unwinder, pipe)

    look(10 * MS)
    unwinder.error = RuntimeError("torn")
    look(10 * MS)
    unwinder.error = None
    for _ in range(30):
        look(10 * MS)
    made.end()
    look(300 * MS)

    watched = next(line for line in pipe.lines if line[0] == "watched")
    assert watched[3:] == [31, 1, 20 * MS, 62 * MS]


def test_a_process_that_cannot_be_read_is_given_up_in_the_end() -> None:
    pipe, unwinder = Pipe(), FakeUnwinder(error=OSError("Bad address"))
    _, look = watcher(unwinder, pipe)

    said = [look(10 * MS) for _ in range(501)]

    assert set(said[:-1]) == {""}
    assert said[-1] == "OSError: Bad address"


def test_a_process_that_may_not_be_read_is_given_up_at_once() -> None:
    _, look = watcher(FakeUnwinder(error=PermissionError("no")), Pipe())

    assert look(10 * MS) == "PermissionError: no"


def test_a_process_that_only_begins_is_opened_again() -> None:
    now_ns = [10**9]
    tried: list[int] = []

    def opens() -> FakeUnwinder:
        tried.append(1)
        if len(tried) == 1:
            raise OSError("no interpreter yet")
        return FakeUnwinder(error=OSError("another program now") if len(tried) == 2 else None)

    pipe = Pipe()
    made = Watcher(opens, 100, Teller(pipe.write), lambda: now_ns[0], spent_ns=lambda: now_ns[0])
    for _ in range(200):
        now_ns[0] += 10 * MS
        assert made.look(now_ns[0]) == ""

    assert {"stack", "watched"} <= kinds(pipe)


def test_asyncio_is_looked_for_again_when_it_was_not_there_yet() -> None:
    unwinder = FakeUnwinder(no_tasks=RuntimeError("AsyncioDebug section not available"))
    opened: list[FakeUnwinder] = []

    def opens() -> FakeUnwinder:
        opened.append(unwinder)
        return unwinder

    now_ns = [10**9]
    made = Watcher(opens, 100, Teller(Pipe().write), lambda: now_ns[0])
    for _ in range(100):
        now_ns[0] += 20 * MS
        made.look(now_ns[0])

    assert 3 <= len(opened) <= 5


def test_looks_that_are_dear_are_rare() -> None:
    made, _ = watcher(FakeUnwinder(), Pipe())
    dear = iter(range(0, 10**12, 5 * MS))
    costly = Watcher(FakeUnwinder, 100, Teller(Pipe().write), lambda: next(dear))
    for _ in range(50):
        costly.look(0)

    assert made.pause_ns == 10 * MS
    assert costly.pause_ns > 100 * MS


def test_a_process_that_uses_no_time_is_taken_to_be_where_it_was() -> None:
    pipe, unwinder = Pipe(), FakeUnwinder(loops=[Loop(7, [task(1, "answer")])])
    now_ns, spent_ns = [10**9], [0]
    teller = Teller(pipe.write)
    made = Watcher(lambda: unwinder, 100, teller, lambda: now_ns[0], spent_ns=lambda: spent_ns[0])

    made.look(0)
    unwinder.error = unwinder.no_tasks = OSError("nobody may look")
    for _ in range(100):
        now_ns[0] += 10 * MS
        assert made.look(0) == ""
    quiet = [line for line in pipe.lines if line[0] == "watched"]
    spent_ns[0] += 1
    made.look(0)
    made.end()
    teller.flush()

    assert [line[4] for line in quiet] == [0]
    assert pipe.lines[-1][4] == 1
    assert {"run", "task"} <= kinds(pipe)


def test_pauses_are_neither_none_nor_endless() -> None:
    pauses = [exponential() for _ in range(4000)]

    assert all(0.1 <= pause <= 4.0 for pause in pauses)
    assert 0.8 < sum(pauses) / len(pauses) < 1.2


def test_a_process_that_nothing_can_read_is_told_as_a_problem(
    capfd: pytest.CaptureFixture[str],
) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    companion.main(4194305, 100)
    for number, handler in before.items():
        signal.signal(number, handler)

    hello, last = capfd.readouterr().out.splitlines()
    assert json.loads(hello)[0] == "hello"
    assert json.loads(last)[0] == "problem"


def test_it_watches_until_it_is_asked_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = Pipe()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    unwinder = FakeUnwinder()

    def seen() -> Sequence[Loop]:
        signal.raise_signal(signal.SIGINT)
        return ()

    monkeypatch.setattr(unwinder, "get_all_awaited_by", seen)
    monkeypatch.setattr(companion, "opened", lambda _: unwinder)

    problem = companion.watch(os.getpid(), 100, Teller(pipe.write))
    for number, handler in before.items():
        signal.signal(number, handler)

    assert problem == ""
    assert pipe.lines == []
