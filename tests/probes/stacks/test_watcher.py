"""When a process is looked at, with sights and clocks that behave as told."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from agentaudit.probes.stacks.looks import Account, TaskKey, TaskValue
from agentaudit.probes.stacks.watcher import Clocks, Sight, Terms, Watcher, spent_by

MS = 1_000_000
TASK: TaskValue = (0, 1, "answer", 3)


@dataclass
class FakeSight:
    """Raises what it is told to, else answers."""

    error: Exception | None = None
    no_tasks: Exception | None = None
    looks: int = 0

    def stacks(self) -> Mapping[int, int]:
        self.looks += 1
        if self.error:
            raise self.error
        return {7: 2}

    def tasks(self) -> Mapping[TaskKey, TaskValue]:
        if self.no_tasks:
            raise self.no_tasks
        return {(7, 1): TASK}


@dataclass
class Told:
    """What a watcher told, by kind."""

    runs: list[tuple[int, int, int, int]] = field(default_factory=list)
    tasks: list[tuple[TaskKey, TaskValue]] = field(default_factory=list)
    accounts: list[tuple[int, ...]] = field(default_factory=list)
    flushes: int = 0

    def run(self, tid: int, stack: int, start_ns: int, end_ns: int) -> None:
        self.runs.append((tid, stack, start_ns, end_ns))

    def task(self, key: TaskKey, value: TaskValue, start_ns: int, end_ns: int) -> None:
        assert end_ns > start_ns
        self.tasks.append((key, value))

    def watched(self, account: Account) -> None:
        self.accounts.append(account.told())

    def flush(self) -> None:
        self.flushes += 1


@dataclass
class Hands:
    """Clocks that stand until they are moved."""

    now_ns: int = 10**9
    spent_ns: int = 0

    @property
    def clocks(self) -> Clocks:
        return Clocks(lambda: self.now_ns, lambda: self.spent_ns, lambda: self.now_ns)


def made(opened: Callable[[], Sight], told: Told) -> tuple[Watcher, Callable[[int], str]]:
    """A watcher of a process that works, and a look of it so long after the one before."""
    hands = Hands()
    watcher = Watcher(opened, Terms(rate_hz=100), told, hands.clocks)

    def look(passed_ns: int) -> str:
        hands.now_ns += passed_ns
        hands.spent_ns += passed_ns
        return watcher.look(hands.now_ns - 2 * MS)

    return watcher, look


def test_what_was_seen_is_told_soon_and_what_goes_on_a_little_later() -> None:
    told = Told()
    _, look = made(FakeSight, told)

    early = [look(10 * MS) for _ in range(25)]
    first = (told.flushes, [*told.runs], [*told.accounts])
    late = [look(10 * MS) for _ in range(80)]

    assert first == (1, [], [])
    assert {run[:2] for run in told.runs} == {(7, 2)}
    assert {*told.tasks} == {((7, 1), TASK)}
    assert told.accounts
    assert {*early, *late} == {""}


def test_lateness_gaps_and_failures_are_counted() -> None:
    told, sight = Told(), FakeSight()
    watcher, look = made(lambda: sight, told)

    look(10 * MS)
    sight.error = RuntimeError("torn")
    look(10 * MS)
    sight.error = None
    for _ in range(30):
        look(10 * MS)
    watcher.end()

    assert told.accounts[0][2:] == (31, 1, 20 * MS, 62 * MS)


def test_a_process_that_cannot_be_read_is_given_up_in_the_end() -> None:
    _, look = made(lambda: FakeSight(error=OSError("Bad address")), Told())

    said = [look(10 * MS) for _ in range(501)]

    assert {*said[:-1]} == {""}
    assert said[-1] == "OSError: Bad address"


def test_patience_begins_anew_with_each_look_that_succeeds() -> None:
    sight = FakeSight()
    _, look = made(lambda: sight, Told())
    torn = OSError("Bad address")

    said: list[str] = []
    for error in (torn, None, torn, None):
        sight.error = error
        said += [look(10 * MS) for _ in range(400)]

    assert {*said} == {""}


def test_a_process_that_may_not_be_read_is_given_up_at_once() -> None:
    _, look = made(lambda: FakeSight(error=PermissionError("no")), Told())

    assert look(10 * MS) == "PermissionError: no"


def test_a_process_that_only_begins_is_opened_again() -> None:
    tried: list[int] = []

    def opens() -> FakeSight:
        tried.append(1)
        if len(tried) == 1:
            raise OSError("no interpreter yet")
        return FakeSight(error=OSError("another program now") if len(tried) == 2 else None)

    told = Told()
    _, look = made(opens, told)
    said = [look(10 * MS) for _ in range(200)]

    assert {*said} == {""}
    assert len(tried) == 3
    assert told.runs
    assert told.accounts


@given(st.lists(st.integers(1, 50 * MS), min_size=60, max_size=60))
def test_what_looks_cost_is_known_about(costs_ns: list[int]) -> None:
    clock = iter([place for cost in costs_ns for place in (0, cost)])
    hands = Hands()
    clocks = hands.clocks._replace(cost_ns=lambda: next(clock))
    watcher = Watcher(FakeSight, Terms(rate_hz=100), Told(), clocks)

    for _ in costs_ns:
        hands.spent_ns += 1
        watcher.look(0)

    assert min(costs_ns) * 0.99 - 8 <= watcher.cost_ns <= max(costs_ns)


@given(opening_ns=st.integers(1, 1000 * MS), look_ns=st.integers(1, MS))
def test_opening_a_process_is_no_part_of_what_looks_cost(opening_ns: int, look_ns: int) -> None:
    """It would put off the looks that follow: a process that begins would be seen once."""
    hands = Hands()
    spent = [0]

    class Costly(FakeSight):
        def stacks(self) -> Mapping[int, int]:
            spent[0] += look_ns
            return super().stacks()

    def opened() -> Sight:
        spent[0] += opening_ns
        return Costly()

    clocks = hands.clocks._replace(cost_ns=lambda: spent[0])
    watcher = Watcher(opened, Terms(rate_hz=100), Told(), clocks)
    for _ in range(3):
        hands.spent_ns += 1
        watcher.look(0)

        assert watcher.cost_ns <= look_ns


def test_a_process_that_rests_costs_nothing() -> None:
    told = Told()
    hands = Hands()
    clock = iter(range(0, 10**12, 5 * MS))
    clocks = hands.clocks._replace(cost_ns=lambda: next(clock))
    watcher = Watcher(FakeSight, Terms(rate_hz=100), told, clocks)
    watcher.look(0)
    busy_ns = watcher.cost_ns

    watcher.look(0)

    assert busy_ns > 0
    assert watcher.cost_ns == 0


def test_a_process_that_uses_no_time_is_taken_to_be_where_it_was() -> None:
    told, sight, hands = Told(), FakeSight(), Hands()
    watcher = Watcher(lambda: sight, Terms(rate_hz=100), told, hands.clocks)
    watcher.look(0)

    sight.error = sight.no_tasks = OSError("nobody may look")
    for _ in range(100):
        hands.now_ns += 10 * MS
        assert watcher.look(0) == ""
    quiet = [*told.accounts]
    hands.spent_ns += 1
    watcher.look(0)
    watcher.end()

    assert [account[3] for account in quiet] == [0]
    assert told.accounts[-1][3] == 1
    assert {run[:2] for run in told.runs} == {(7, 2)}
    assert told.tasks
    assert sight.looks == 2


def test_tasks_that_cannot_be_read_now_are_read_later() -> None:
    told, sight = Told(), FakeSight(no_tasks=RuntimeError("torn"))
    watcher, look = made(lambda: sight, told)

    for _ in range(20):
        look(10 * MS)
    sight.no_tasks = None
    for _ in range(20):
        look(10 * MS)
    watcher.end()

    assert {*told.tasks} == {((7, 1), TASK)}
    assert told.accounts[0][3] == 0


def test_who_never_looked_has_no_account() -> None:
    told = Told()
    watcher, _ = made(FakeSight, told)

    watcher.end()

    assert told == Told()


def test_the_clock_of_a_process_is_what_it_used() -> None:
    ours = spent_by(os.getpid())

    before_ns, least_ns, after_ns = ours(), time.process_time_ns(), ours()

    assert before_ns <= least_ns <= after_ns
