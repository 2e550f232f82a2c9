"""
Processes looked at by a thread of ours, each whenever it is due, and no more than may be spent.

One purse for all of them: what looks cost on average says how often they can be had.
"""

import threading
import time
from dataclasses import dataclass

from agentaudit.probes.stacks.budget import LEAST_HZ
from agentaudit.probes.stacks.looks import exponential
from agentaudit.probes.stacks.watcher import Watcher

_SHARE = 0.065
"""Of one core, for all processes together; what is left of our promise of 12 % is our own work."""


@dataclass(slots=True, kw_only=True, eq=False)
class Looks:
    """Looks at one process, until somebody wants no more, it ends, or they fail for good."""

    watcher: Watcher
    due_ns: int
    over: bool = False
    problem: str = ""


class Lookout:
    """The thread; it runs as long as there is something to look at."""

    def __init__(self, rate_hz: int) -> None:
        self._interval_ns = 1_000_000_000 // rate_hz
        self._longest_ns = max(1_000_000_000 // LEAST_HZ, self._interval_ns)
        self._lock = threading.Lock()
        self._going_on: list[Looks] = []
        self._thread: threading.Thread | None = None

    def begin(self, watcher: Watcher) -> Looks:
        looks = Looks(watcher=watcher, due_ns=time.monotonic_ns())
        with self._lock:
            self._going_on.append(looks)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="stacks", daemon=True)
                self._thread.start()
        return looks

    def end(self, looks: Looks) -> None:
        """Once this returns, nobody looks any more, and what was seen is told."""
        with self._lock:
            self._over(looks)

    def _run(self) -> None:
        """Sleeping is the cheapest way to wait: who is new is looked at a moment later."""
        while True:
            with self._lock:
                for looks in [*self._going_on]:
                    if looks.due_ns <= time.monotonic_ns():
                        self._look(looks)
                if not self._going_on:
                    self._thread = None
                    return
                next_ns = min([looks.due_ns for looks in self._going_on])
            time.sleep(max(next_ns - time.monotonic_ns(), 0) / 1e9)

    def _look(self, looks: Looks) -> None:
        try:
            looks.problem = looks.watcher.look(looks.due_ns)
        except OSError:  # the process is gone: it has no clock any more
            self._over(looks)
            return
        if looks.problem:
            self._over(looks)
        looks.due_ns = time.monotonic_ns() + int(self._pause_ns() * exponential())

    def _pause_ns(self) -> int:
        """Between two looks at a process, on average."""
        cost_ns = sum(looks.watcher.cost_ns for looks in self._going_on)
        return min(max(self._interval_ns, int(cost_ns / _SHARE)), self._longest_ns)

    def _over(self, looks: Looks) -> None:
        if looks in self._going_on:
            self._going_on.remove(looks)
            looks.watcher.end()
        looks.over = True
