"""Many processes and one thread that looks at them."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count

import pytest

from agentaudit.probes.stacks.lookout import Lookout
from agentaudit.probes.stacks.looks import Account, TaskKey, TaskValue
from agentaudit.probes.stacks.watcher import Clocks, Terms, Watcher


@dataclass
class FakeSight:
    """Counts who looks, and raises what it is told to."""

    error: Exception | None = None
    wait_s: float = 0.0
    looks: int = 0
    looking: bool = False

    def stacks(self) -> Mapping[int, int]:
        self.looking = True
        time.sleep(self.wait_s)
        self.looks += 1
        self.looking = False
        if self.error:
            raise self.error
        return {7: 2}

    def tasks(self) -> Mapping[TaskKey, TaskValue]:
        return {}


@dataclass
class Told:
    accounts: list[tuple[int, ...]] = field(default_factory=list)

    def run(self, tid: int, stack: int, start_ns: int, end_ns: int) -> None:
        """Nobody asks here."""

    def task(self, key: TaskKey, value: TaskValue, start_ns: int, end_ns: int) -> None:
        """Nobody asks here."""

    def watched(self, account: Account) -> None:
        self.accounts.append(account.told())

    def flush(self) -> None:
        """Nobody asks here."""


def busy() -> Callable[[], int]:
    """The clock of a process that works whenever one looks."""
    clock = count()
    return lambda: next(clock)


def watching(sight: FakeSight, told: Told, spent_ns: Callable[[], int] | None = None) -> Watcher:
    clocks = Clocks(spent_ns=spent_ns or busy(), cost_ns=time.thread_time_ns)
    return Watcher(lambda: sight, Terms(rate_hz=1000), told, clocks)


def until(holds: Callable[[], bool]) -> None:
    for _ in range(3000):
        if holds():
            return
        time.sleep(0.001)
    pytest.fail("it never came to that")


def idle() -> bool:
    return all(thread.name != "stacks" for thread in threading.enumerate())


def test_every_process_gets_its_looks() -> None:
    sights = [FakeSight() for _ in range(5)]
    lookout = Lookout(1000)
    looks = [lookout.begin(watching(sight, Told())) for sight in sights]

    until(lambda: min(sight.looks for sight in sights) > 20)
    for one in looks:
        lookout.end(one)

    assert [one.problem for one in looks] == [""] * 5
    assert all(one.over for one in looks)
    until(idle)


def test_one_that_fails_is_over_with_its_problem_and_the_others_go_on() -> None:
    good, bad, told = FakeSight(), FakeSight(error=PermissionError("no")), Told()
    lookout = Lookout(1000)
    fails = lookout.begin(watching(bad, told))
    goes_on = lookout.begin(watching(good, Told()))

    until(lambda: fails.over)
    before = good.looks
    until(lambda: good.looks > before + 5)
    lookout.end(goes_on)

    assert fails.problem == "PermissionError: no"
    assert bad.looks == 1
    assert [account[3] for account in told.accounts] == [1]
    assert goes_on.problem == ""


def test_one_that_is_gone_is_over_without_a_problem() -> None:
    left = iter(range(3))
    told = Told()

    def clock() -> int:
        try:
            return next(left)
        except StopIteration:
            raise OSError("Invalid argument") from None

    looks = Lookout(1000).begin(watching(FakeSight(), told, clock))
    until(lambda: looks.over)

    assert looks.problem == ""
    assert sum(account[2] for account in told.accounts) == 3


def test_when_it_was_ended_nobody_looks_any_more() -> None:
    sight, told = FakeSight(wait_s=0.02), Told()
    lookout = Lookout(1000)
    looks = lookout.begin(watching(sight, told))
    until(lambda: sight.looks > 0 and sight.looking)

    lookout.end(looks)
    looking, before = sight.looking, sight.looks
    until(idle)

    assert not looking
    assert looks.over
    assert sight.looks == before
    assert sum(account[2] for account in told.accounts) == before


def test_what_was_ended_can_be_ended_again() -> None:
    told = Told()
    lookout = Lookout(1000)
    sight = FakeSight()
    looks = lookout.begin(watching(sight, told))
    until(lambda: sight.looks > 0)

    lookout.end(looks)
    lookout.end(looks)

    assert len(told.accounts) == 1


def test_who_begins_after_all_have_ended_is_looked_at() -> None:
    first, second = FakeSight(), FakeSight()
    lookout = Lookout(1000)
    lookout.end(lookout.begin(watching(first, Told())))
    until(idle)

    looks = lookout.begin(watching(second, Told()))
    until(lambda: second.looks > 3)
    lookout.end(looks)

    assert looks.over
