"""
Where steps are served: stations that jobs share by a speed curve, and timers that nobody shares.

A pool of cores and a continuously batching GPU are the same thing: n active threads together get
the curve's speed at n, each an equal part. So one *virtual time* per station, the work that a
thread has got since the station was last idle, orders all completions, and a job costs one heap
entry whatever else starts or ends beside it.

The clock counts integer nanoseconds; virtual time is a float of nanoseconds of work. A step ends
at the nanosecond nearest to where its exact end lies, so rounding favours neither side and never
adds up. Virtual time starts at zero again whenever the station empties, which keeps its error below
a thousandth of a nanosecond for hours of unbroken work.

What else has a part in a station is set from outside: threads that run beside its jobs, and a pace
by which all of it is slower. Both change between instants only.
"""

from collections import Counter
from heapq import heappop, heappush

from agentaudit.model.workload import SpeedCurve
from agentaudit.simulation.stations.power import Levels
from agentaudit.simulation.stations.speed import total_speed

NEVER = 1 << 62
"""Later than every event, about 146 years: the clock of what will not happen."""
_HALF = 0.5


class Station:
    """
    Jobs that share a capacity. `slots` is how many threads count as fully busy.

    Up to `levels` threads it is kept for how long so many were active; more count as so many.
    """

    __slots__ = (
        "_active_ns",
        "_beside",
        "_beside_ns",
        "_curve",
        "_guests",
        "_heap",
        "_last_ns",
        "_most",
        "_pace",
        "_rates",
        "_share",
        "_slots",
        "_speed",
        "_threads",
        "_virtual",
        "changed",
        "ends_ns",
    )

    def __init__(self, curve: SpeedCurve, slots: int, levels: int = 0) -> None:
        self._curve = curve
        self._slots = slots
        self._most = max(levels, slots)
        self._active_ns = [0]
        self._beside_ns: Counter[tuple[int, float]] = Counter()
        self._heap: list[tuple[float, int, int]] = []
        self._rates = [0.0]
        self._virtual = 0.0
        self._threads = 0
        self._guests = 0
        self._beside = 0.0
        self._pace = 1.0
        self._share = 0.0
        self._speed = 0.0
        self._last_ns = 0
        self.ends_ns = NEVER
        """When the next job ends; up to date while nothing has `changed`."""
        self.changed = False

    def start(self, now_ns: int, job: int, demand_ns: int, threads: int) -> None:
        """A job that needs `demand_ns` of work, spread evenly over its threads."""
        if now_ns != self._last_ns:
            self._pass_time(now_ns)
        heappush(self._heap, (self._virtual + demand_ns / threads, job, threads))
        self._threads += threads
        self.changed = True

    def due_ns(self) -> int:
        """When the next job ends if nothing else happens; NEVER while the station is idle."""
        if self.changed:
            self.settle()
        return self.ends_ns

    def ended(self, now_ns: int) -> list[int]:
        """The jobs that have ended by now, taken out of the station."""
        if self.changed:
            self.settle()
        if now_ns != self._last_ns:
            self._pass_time(now_ns)
        heap, jobs = self._heap, []
        reached = self._virtual + _HALF * self._speed
        while heap and heap[0][0] <= reached:
            job = heappop(heap)
            self._threads -= job[2]
            jobs.append(job[1])
        if not heap:
            self._virtual = 0.0
        self.changed = True
        return jobs

    @property
    def busy_ns(self) -> int:
        """Nanoseconds of slots in use so far, by jobs and guests."""
        slots = self._slots
        alone = sum(ns * min(ours, slots) for ours, ns in enumerate(self._active_ns))
        return alone + sum(
            int(ns * ours * min(slots, everybody) // everybody)
            for (ours, everybody), ns in self._beside_ns.items()
        )

    @property
    def levels(self) -> Levels:
        """For how long so many threads of the agent were active, and so many of all."""
        alone = {(ours, ours): ns for ours, ns in enumerate(self._active_ns) if ours and ns}
        held = Counter[tuple[int, float]](alone)
        held.update({(ours, every): ns for (ours, every), ns in self._beside_ns.items() if ours})
        return tuple(sorted((ours, every, ns) for (ours, every), ns in held.items()))

    @property
    def threads(self) -> float:
        """All that run now: of jobs, of guests and of others."""
        return self._threads + self._beside

    @property
    def share(self) -> float:
        """Work that each running thread is served per nanosecond."""
        if self.changed:
            self.settle()
        return self._share

    def surround(
        self, now_ns: int, *, guests: int = 0, others: float = 0, pace: float = 1.0
    ) -> None:
        """
        From now on so many threads run beside the jobs, and all are served at this pace.

        Guests do the agent's work, which is kept elsewhere, and count as busy; others do not.
        """
        if (guests, guests + others, pace) != (self._guests, self._beside, self._pace):
            if now_ns != self._last_ns:
                self._pass_time(now_ns)
            self._guests, self._beside, self._pace = guests, guests + others, pace
            self.changed = True

    def _pass_time(self, now_ns: int) -> None:
        if self.changed:
            self.settle()
        elapsed = now_ns - self._last_ns
        if elapsed < 0:
            raise ValueError(f"the clock went back from {self._last_ns} to {now_ns} ns")
        self._last_ns = now_ns
        self._virtual += elapsed * self._speed
        ours = self._threads + self._guests
        if self._beside != self._guests:
            self._beside_ns[ours, self._threads + self._beside] += elapsed
            return
        active = self._active_ns
        if ours >= len(active):
            ours = min(ours, self._most)
            active.extend([0] * (ours + 1 - len(active)))
        active[ours] += elapsed

    def settle(self) -> None:
        """Takes account of what has changed: once an instant, however much started and ended."""
        self.changed = False
        threads = self._threads
        if threads >= len(self._rates) or self._beside or self._pace != 1.0:
            self._share = self._share_of(threads + self._beside)
        else:
            self._share = self._rates[threads]
        if threads:
            self._speed = self._share
            wait_ns = int((self._heap[0][0] - self._virtual) / self._speed + _HALF)
            self.ends_ns = self._last_ns + wait_ns if wait_ns > 0 else self._last_ns
        else:
            # Without a job virtual time stands still, whoever else is served.
            self._speed, self.ends_ns = 0.0, NEVER

    def _share_of(self, everybody: float) -> float:
        """Work served to each of so many threads; computed once a whole number."""
        if everybody != int(everybody):
            return self._rate(everybody) * self._pace
        rates = self._rates
        while len(rates) <= everybody:
            rates.append(self._rate(len(rates)))
        return rates[int(everybody)] * self._pace

    def _rate(self, threads: float) -> float:
        """Work served to each of so many threads; one that is not always there has a part."""
        return total_speed(self._curve, max(threads, 1)) / max(threads, 1)


class Timers:
    """Waiting for something outside the machine: every job has a clock of its own."""

    __slots__ = ("_heap", "ends_ns")
    changed = False
    """What ends next is known at any time."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int]] = []
        self.ends_ns = NEVER
        """When the next job ends; NEVER when none waits."""

    def start(self, now_ns: int, job: int, demand_ns: int, threads: int) -> None:
        """A job that ends `demand_ns` from now; threads make waiting no shorter."""
        del threads
        heappush(self._heap, (now_ns + demand_ns, job))
        self.ends_ns = self._heap[0][0]

    def due_ns(self) -> int:
        """When the next job ends; NEVER when none waits."""
        return self.ends_ns

    def settle(self) -> None:
        """Nothing to do, see `changed`."""

    def ended(self, now_ns: int) -> list[int]:
        """The jobs that have ended by now, taken out."""
        heap, jobs = self._heap, []
        while heap and heap[0][0] <= now_ns:
            jobs.append(heappop(heap)[1])
        self.ends_ns = heap[0][0] if heap else NEVER
        return jobs
