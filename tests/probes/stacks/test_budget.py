"""What looks cost decides how many there are."""

import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.probes.stacks.budget import LEAST_HZ, QUIET_HZ, SHARE, Budget, Pace

S = 1_000_000_000
START_NS = 12_000_000


def paid(budget: Budget, pid: int, look_ns: int, rate_hz: int = 50) -> None:
    budget.paid(pid, rate_hz, START_NS + rate_hz * look_ns, S)


@given(look_ns=st.integers(1, 10**9), processes=st.integers(1, 4))
def test_all_of_them_together_stay_within_the_budget(look_ns: int, processes: int) -> None:
    """But for the starts, and for looks that are dear: they are as few as tell steps apart."""
    budget = Budget(100)
    for pid in range(processes):
        budget.rate_hz(pid, quiet=False)
    for pid in range(processes):
        paid(budget, pid, look_ns)

    rates = [budget.rate_hz(pid, quiet=False) for pid in range(processes)]

    cost_ns = sum(START_NS + rate * look_ns for rate in rates)
    assert all(LEAST_HZ <= rate <= 100 for rate in rates)
    assert set(rates) == {LEAST_HZ} or cost_ns <= SHARE * S + processes * look_ns


def test_cheap_looks_are_as_many_as_were_asked_for() -> None:
    budget = Budget(100)
    assert budget.rate_hz(7, quiet=False) == 50
    paid(budget, 7, look_ns=100_000)

    assert budget.rate_hz(7, quiet=False) == 100


def test_who_waits_is_looked_at_less_and_leaves_more_to_those_who_work() -> None:
    budget = Budget(100)
    for pid in (7, 8):
        budget.rate_hz(pid, quiet=False)
        paid(budget, pid, look_ns=1_000_000)
    shared = budget.rate_hz(7, quiet=False)

    quiet = budget.rate_hz(8, quiet=True)
    budget.paid(8, QUIET_HZ, START_NS + 1_000_000, S)

    assert quiet == QUIET_HZ
    assert budget.rate_hz(7, quiet=False) > shared
    budget.forget(8)
    alone = budget.rate_hz(7, quiet=False)
    assert alone == pytest.approx((SHARE * S - 1.5 * START_NS) / 1_100_000, abs=1)


def test_a_recording_without_looks_says_nothing_of_their_price() -> None:
    budget = Budget(30)
    assert budget.rate_hz(7, quiet=False) == 30
    budget.paid(7, 0, START_NS, S)
    budget.paid(99, 5, START_NS, S)

    assert budget.rate_hz(7, quiet=False) == 30


WORKS_WHEN_ASKED = """
import sys, time
print("ready")
for line in sys.stdin:
    end = time.process_time() + 0.05
    while time.process_time() < end: pass
    print("done")
"""


def test_a_process_that_waits_is_quiet_then_still_and_wakes(
    start: Callable[..., subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentaudit.probes.stacks.budget._STILL_NS", 5 * S)
    program = start(WORKS_WHEN_ASKED)
    assert program.stdin is not None
    assert program.stdout is not None
    pace = Pace(program.pid)
    begin_ns = settled_ns(pace)

    pace.look(begin_ns + S)
    pace.begin()
    assert pace.quiet
    assert not pace.woke
    assert not pace.still(begin_ns + S)
    pace.look(begin_ns + 9 * S)
    assert pace.still(begin_ns + 9 * S)
    program.stdin.write("\n")
    program.stdin.flush()
    program.stdout.readline()
    pace.look(begin_ns + 10 * S)

    assert pace.woke
    assert not pace.still(begin_ns + 10 * S)
    pace.begin()
    assert not pace.woke


def settled_ns(pace: Pace) -> int:
    """A begun pace of a process that waits for its input by then."""
    for _ in range(500):
        begin_ns = time.monotonic_ns()
        pace.look(begin_ns)
        pace.begin()
        time.sleep(0.02)
        pace.look(begin_ns + 20_000_000)
        pace.begin()
        if pace.quiet:
            return begin_ns
    pytest.fail("it never waited")


def test_a_process_whose_clock_cannot_be_read_is_taken_for_busy() -> None:
    program = subprocess.Popen([sys.executable, "-c", ""])
    program.wait()
    pace = Pace(program.pid)

    for second in range(1, 30):
        pace.look(second * S)
        pace.begin()

        assert not pace.quiet
        assert not pace.woke
        assert not pace.still(second * S)
