"""
Where steps run, for a run before other programs: evenly over the cores, as if those were not there.

The kernel balances cores by all that is runnable on them, also by programs of so low a priority
that they hardly get a turn. So two workers may stay on one core for tens of milliseconds, beside a
core that is as good as free. On an idle machine a process that wakes up is placed as it is here.
"""

import os
from collections.abc import Iterable


class Placement:
    """The workers that run on each core, by their process numbers."""

    def __init__(self, cores: Iterable[int]) -> None:
        self._running: dict[int, list[int]] = {core: [] for core in sorted(cores)}
        self._core: dict[int, int] = {}

    def begin(self, pid: int) -> None:
        """A worker that is about to be handed a step: to the core with the fewest, best its own."""
        fewest = min(len(running) for running in self._running.values())
        free = [core for core, running in self._running.items() if len(running) == fewest]
        own = self._core.get(pid)
        self._put(pid, own if own in free else free[0])

    def end(self, pid: int) -> None:
        """A worker that is done; one of a crowded core takes its place."""
        self._running[self._core[pid]].remove(pid)
        emptiest, crowded = (
            choose(self._running, key=lambda core: len(self._running[core]))
            for choose in (min, max)
        )
        if len(self._running[crowded]) - len(self._running[emptiest]) > 1:
            self._put(self._running[crowded].pop(), emptiest)

    def _put(self, pid: int, core: int) -> None:
        self._running[core].append(pid)
        if self._core.get(pid) != core:
            os.sched_setaffinity(pid, {core})
            self._core[pid] = core
