"""
Cores one by one, with processes of different kinds on them: where even shares would be wrong.

A step that starts children, or that sleeps and wakes, gets another part of a core than one that
computes; and alone it may not use up a core at all, which it does together with others. Processes
are placed as the executor places them: on the core with the fewest, and moved off a core that has
two more than another.

Each instant costs time with the number of jobs, which is fine for runs of some dozen processes. The
clock and the rounding are those of `stations`.
"""

from collections.abc import Mapping, Sequence
from math import ceil

from msgspec import Struct

from agentaudit.model.workload import SpeedCurve
from agentaudit.simulation.stations.power import Levels
from agentaudit.simulation.stations.speed import total_speed
from agentaudit.simulation.stations.stations import NEVER

_HALF = 0.5
EVEN = SpeedCurve(points=((1, 1.0),))


class Contender(Struct, frozen=True, kw_only=True):
    """A kind of process."""

    weight: SpeedCurve = EVEN
    """What it gets of a core with so many processes, beside others of weight 1."""
    alone: float = 1.0
    """The most of a core's time that it uses, 0 to 1."""
    swelling: SpeedCurve = EVEN
    """Its CPU time with so many processes on all cores, over that alone."""


class _Part(Struct, eq=False):
    """One thread of a job."""

    job: int
    kind: Contender
    left: float
    """Nanoseconds of work."""
    weight: float = 1.0
    rate: float = 0.0


class Cores:
    """
    The CPU of a machine, in place of its even station.

    `capacity` is what so many processes on a core get of its time together; `coming` has the kinds
    of each job's visits, in their order.
    """

    def __init__(
        self, cores: int, capacity: SpeedCurve, coming: Mapping[int, Sequence[Contender]]
    ) -> None:
        self._capacity = capacity
        self._coming = {job: iter(kinds) for job, kinds in coming.items()}
        self._cores: list[list[_Part]] = [[] for _ in range(cores)]
        self._last_ns = 0
        self._busy = 0.0
        self.ends_ns = NEVER
        """When the next job ends; up to date while nothing has `changed`."""
        self.changed = False

    def start(self, now_ns: int, job: int, demand_ns: int, threads: int) -> None:
        """A job that needs `demand_ns` of work, spread evenly over its threads."""
        self._pass_time(now_ns)
        kind = next(self._coming[job])
        for _ in range(threads):
            min(self._cores, key=len).append(_Part(job, kind, demand_ns / threads))
        self.changed = True

    def due_ns(self) -> int:
        """When the next job ends if nothing else happens; NEVER while all cores are idle."""
        if self.changed:
            self.settle()
        return self.ends_ns

    def ended(self, now_ns: int) -> list[int]:
        """The jobs that have ended by now."""
        self._pass_time(now_ns)
        ended = [
            (core, part) for core in self._cores for part in core if part.left <= _HALF * part.rate
        ]
        for core, part in ended:
            core.remove(part)
        for _ in ended:
            self._move_one()
        self.changed = True
        left = {part.job for core in self._cores for part in core}
        return list({part.job for _, part in ended} - left)

    @property
    def busy_ns(self) -> int:
        """Core-nanoseconds in use so far."""
        return round(self._busy)

    @property
    def levels(self) -> Levels:
        """None: what cores draw on which processes get unlike parts nobody has measured."""
        return ()

    def settle(self) -> None:
        """Takes account of what has changed: once an instant, however much started and ended."""
        self.changed = False
        wait_ns = None
        everybody = sum(map(len, self._cores))
        for core in self._cores:
            _share(core, total_speed(self._capacity, max(len(core), 1)))
            for part in core:
                part.rate /= total_speed(part.kind.swelling, everybody)
                due_ns = max(ceil(part.left / part.rate - _HALF), 0)
                wait_ns = due_ns if wait_ns is None else min(wait_ns, due_ns)
        self.ends_ns = NEVER if wait_ns is None else self._last_ns + wait_ns

    def _pass_time(self, now_ns: int) -> None:
        if self.changed:
            self.settle()
        elapsed = now_ns - self._last_ns
        self._last_ns = now_ns
        for core in self._cores:
            self._busy += elapsed * bool(core)
            for part in core:
                part.left -= elapsed * part.rate

    def _move_one(self) -> None:
        emptiest, crowded = min(self._cores, key=len), max(self._cores, key=len)
        if len(crowded) - len(emptiest) > 1:
            emptiest.append(crowded.pop())


def _share(core: Sequence[_Part], capacity: float) -> None:
    """
    The rate of each process: by its weight, and no more than it uses alone.

    What one leaves goes to the others.
    """
    if len(core) == 1:
        core[0].rate = core[0].kind.alone
        return
    for part in core:
        part.weight = total_speed(part.kind.weight, len(core))
    weights = sum(part.weight for part in core)
    for part in sorted(core, key=lambda one: one.kind.alone / one.weight):
        part.rate = min(part.kind.alone, capacity * part.weight / weights)
        capacity -= part.rate
        weights -= part.weight
