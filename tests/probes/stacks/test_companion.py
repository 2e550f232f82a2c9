"""The companion's own arithmetic, with interpreters that behave as told."""

import json
import os
import signal
import time
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.probes.stacks import companion, looks
from agentaudit.probes.stacks.companion import Lines, Own
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
    lines = Lines(pipe.write)
    deep = [Frame(f"f{number}") for number in range(DEEPEST + 1)]

    ids = [lines.stack(deep), lines.stack(deep[1:]), lines.stack([Frame("lone \ud800")])]
    lines.flush()
    lines.flush()

    assert ids == [0, 0, 1]
    assert [line[0] for line in pipe.lines] == ["stack", "stack"]
    assert pipe.lines[1] == ["stack", 1, [["agent.py", "lone ?"]]]


def test_what_the_interpreter_sees_becomes_stacks_and_tasks_by_their_numbers() -> None:
    pipe = Pipe()
    lines = Lines(pipe.write)
    unwinder = FakeUnwinder(loops=[Loop(7, [task(1, "tool", 2), task(2, "answer")])])
    own = Own(lambda: unwinder, lines)

    stacks, tasks = own.stacks(), own.tasks()
    lines.flush()

    assert stacks == {7: 0}
    assert tasks == {(7, 1): (2, 2, "Task", 1), (7, 2): (0, 2, "Task", 2)}
    assert pipe.lines == [
        ["stack", 0, [["agent.py", "search"], ["agent.py", "main"]]],
        ["stack", 1, [["agent.py", "tool"], ["agent.py", "answer"]]],
        ["stack", 2, [["agent.py", "answer"]]],
    ]


def test_asyncio_is_looked_for_again_when_it_was_not_there_yet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unwinder = FakeUnwinder(no_tasks=RuntimeError("AsyncioDebug section not available"))
    opened: list[FakeUnwinder] = []
    now_ns = [10**9]
    monkeypatch.setattr(time, "monotonic_ns", lambda: now_ns[0])

    def opens() -> FakeUnwinder:
        opened.append(unwinder)
        return unwinder

    own = Own(opens, Lines(Pipe().write))
    for _ in range(100):
        now_ns[0] += 20 * MS
        assert own.tasks() == {}

    assert 3 <= len(opened) <= 5


def test_tasks_that_cannot_be_read_are_no_tasks_that_are_not_there() -> None:
    own = Own(lambda: FakeUnwinder(no_tasks=RuntimeError("torn")), Lines(Pipe().write))

    with pytest.raises(RuntimeError, match="torn"):
        own.tasks()


def test_pauses_are_neither_none_nor_endless() -> None:
    pauses = [exponential() for _ in range(4000)]

    assert all(0.5 <= pause <= 2.0 for pause in pauses)
    assert 0.9 < sum(pauses) / len(pauses) < 1.1
    assert len({*pauses}) > 3000


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

    problem = companion.watch(os.getpid(), 100, Lines(pipe.write))
    for number, handler in before.items():
        signal.signal(number, handler)

    assert problem == ""
    assert pipe.lines == []
