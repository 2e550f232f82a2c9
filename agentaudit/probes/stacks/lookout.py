"""
Processes looked at by a thread of ours, each whenever it is due, and no more than may be spent.

One purse for all of them: what looks have cost says how often they can be had.
"""

import threading
import time

from msgspec import Struct

from agentaudit.probes.stacks.allowance import Allowance
from agentaudit.probes.stacks.looks import exponential
from agentaudit.probes.stacks.watcher import Watcher


class Looks(Struct, kw_only=True, eq=False):
    """Looks at one process, until somebody wants no more, it ends, or they fail for good."""

    watcher: Watcher
    due_ns: int
    over: bool = False
    problem: str = ""


class Lookout:
    """The thread; it runs as long as there is something to look at."""

    def __init__(self, rate_hz: int) -> None:
        self._allowance = Allowance(rate_hz)
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
        self._allowance.begin(time.monotonic_ns(), time.thread_time_ns(), time.process_time_ns())
        while True:
            with self._lock:
                now_ns = time.monotonic_ns()
                for looks in [*self._going_on]:
                    if looks.due_ns <= now_ns:
                        self._look(looks)
                if not self._going_on:
                    self._thread = None
                    return
                next_ns = min([looks.due_ns for looks in self._going_on])
            now_ns = time.monotonic_ns()
            if self._allowance.due(now_ns):
                self._allowance.spent(now_ns, time.thread_time_ns(), time.process_time_ns())
            time.sleep(max(next_ns - now_ns, 0) / 1e9)

    def _look(self, looks: Looks) -> None:
        try:
            looks.problem = looks.watcher.look(looks.due_ns)
        except OSError:  # the process is gone: it has no clock any more
            self._over(looks)
            return
        if looks.problem:
            self._over(looks)
        looks.due_ns = time.monotonic_ns() + int(self._allowance.pause_ns * exponential())

    def _over(self, looks: Looks) -> None:
        if looks in self._going_on:
            self._going_on.remove(looks)
            looks.watcher.end()
        looks.over = True
