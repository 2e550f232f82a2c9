"""
One process being watched: when it is looked at, and what becomes of looks that fail.

Part of what travels with the companion: the standard library alone.
"""

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from agentaudit.probes.stacks.looks import Account, Runs, TaskKey, TaskValue, shown

_FLUSH_NS = 200_000_000
_CUT_NS = 800_000_000
"""Runs that go on are told this often: what is lost when whoever looks is killed."""

_TASKS_NS = 40_000_000
_TASKS_PRICE = 60
"""Looks at tasks are so far apart that they cost at most one part in so many of a core."""


class Sight(Protocol):
    """What is seen of a process now. Raises whatever it likes when that fails."""

    def stacks(self) -> Mapping[int, int]:
        """The stack of each thread, by the kernel's number of the thread."""
        ...

    def tasks(self) -> Mapping[TaskKey, TaskValue]:
        """The tasks of its event loops."""
        ...


class Teller(Protocol):
    """Whom a watcher tells."""

    def run(self, tid: int, stack: int, start_ns: int, end_ns: int) -> None: ...

    def task(self, key: TaskKey, value: TaskValue, start_ns: int, end_ns: int) -> None: ...

    def watched(self, account: Account) -> None: ...

    def flush(self) -> None: ...


class Clocks(NamedTuple):
    """The time, what the process has used of it so far, and what whoever looks has used."""

    now_ns: Callable[[], int] = time.monotonic_ns
    spent_ns: Callable[[], int] = time.monotonic_ns
    cost_ns: Callable[[], int] = time.monotonic_ns


class Terms(NamedTuple):
    """
    How often a process is looked at, and what is done where that fails.

    It is opened anew after a while, and given up where nothing helps: a process that just began
    needs a moment, and one that runs another program now has its things elsewhere.
    """

    rate_hz: int
    reopen_ns: int = 500_000_000
    patience_ns: int = 5_000_000_000


class Watcher:
    """
    Samples one process: its stacks whenever asked, its tasks less often.

    A process that has used no CPU time since it was seen is where it was: nobody looks.
    """

    def __init__(
        self, opened: Callable[[], Sight], terms: Terms, teller: Teller, clocks: Clocks
    ) -> None:
        self._terms = terms
        self._clock_ns, self._spent_ns, self._cost_clock_ns = clocks
        self._stacks_seen: tuple[int, Mapping[int, int]] = (-1, {})
        self._tasks_seen: tuple[int, Mapping[TaskKey, TaskValue]] = (-1, {})
        """What was seen last, and how much CPU time the process had used until then."""
        self._opened = opened
        self._sight: Sight | None = None
        self._teller = teller
        self._account = Account(1_000_000_000 // terms.rate_hz)
        self._threads = Runs(teller.run)
        self._tasks = Runs(teller.task)
        self._failing_since_ns = self._opened_ns = 0
        self._tasks_due_ns = 0
        self._flushed_ns = self._cut_ns = self._clock_ns()
        self._cost_ns = 0
        self._resting = False

    @property
    def cost_ns(self) -> int:
        """What a look at the stacks costs, on a moving average; nothing while the process rests."""
        return 0 if self._resting else self._cost_ns

    def look(self, due_ns: int) -> str:
        """
        One sample; says why no other is worth taking, and nothing as long as one is.

        Raises ProcessLookupError when the process has ended.
        """
        at_ns = self._clock_ns()
        spent_ns = self._spent_ns()
        self._resting = spent_ns == self._stacks_seen[0]
        if not self._resting:
            try:
                self._stacks_seen = (spent_ns, self._seen_by(self._open()))
            except ProcessLookupError:
                raise
            except Exception as error:  # noqa: BLE001 -- a private interface: it may raise anything
                return self._failed(at_ns, error)
        self._failing_since_ns = 0
        self._threads.look(at_ns, self._stacks_seen[1])
        self._account.sampled(at_ns, max(at_ns - due_ns, 0))
        if at_ns >= self._tasks_due_ns:
            self._look_at_tasks(spent_ns)
        self._tell(at_ns)
        return ""

    def end(self) -> None:
        self._threads.cut()
        self._tasks.cut()
        if self._account.samples or self._account.failures:
            self._teller.watched(self._account)

    def _seen_by(self, sight: Sight) -> Mapping[int, int]:
        """
        The stacks, and what they cost; opening is no part of that.

        It costs as much as hundreds of looks, and would put off the next ones just when a process
        begins, and does something else every moment.
        """
        begun_ns = self._cost_clock_ns()
        try:
            return sight.stacks()
        finally:
            self._cost_ns += (self._cost_clock_ns() - begun_ns - self._cost_ns) // 8

    def _look_at_tasks(self, spent_ns: int) -> None:
        at_ns = self._clock_ns()
        if spent_ns != self._tasks_seen[0]:
            try:
                self._tasks_seen = (spent_ns, self._open().tasks())
            except Exception:  # noqa: BLE001 -- a private interface: it may raise anything
                self._tasks_due_ns = at_ns + _TASKS_NS  # torn reads pass
                return
        self._tasks.look(at_ns, self._tasks_seen[1])
        cost_ns = self._clock_ns() - at_ns
        self._tasks_due_ns = at_ns + max(_TASKS_NS, cost_ns * _TASKS_PRICE)

    def _failed(self, at_ns: int, error: Exception) -> str:
        """Torn reads pass; a process may begin, or run another program now."""
        self._account.failures += 1
        self._failing_since_ns = self._failing_since_ns or at_ns
        if at_ns - self._opened_ns >= self._terms.reopen_ns:
            self._sight = None
        patient = at_ns - self._failing_since_ns < self._terms.patience_ns
        if patient and not isinstance(error, PermissionError):
            return ""
        return f"{type(error).__name__}: {shown(str(error))}"

    def _open(self) -> Sight:
        """Whoever sees the process, made when nobody does."""
        if self._sight is None:
            self._opened_ns = self._clock_ns()
            self._sight = self._opened()
        return self._sight

    def _tell(self, at_ns: int) -> None:
        if at_ns - self._cut_ns >= _CUT_NS:
            self._cut_ns = at_ns
            self.end()
        if at_ns - self._flushed_ns >= _FLUSH_NS:
            self._flushed_ns = at_ns
            self._teller.flush()


def spent_by(pid: int) -> Callable[[], int]:
    """CPU time of a process so far, by the kernel's clock of it: clock_getcpuclockid(3)."""
    clock = ~pid << 3 | 2
    return lambda: time.clock_gettime_ns(clock)
