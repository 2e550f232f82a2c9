"""
What sampling stacks may cost, and at which rate that lets us look.

A look costs some microseconds for each frame of each thread, so its price is the target's, not
ours: 1 ms for four threads of twenty frames, fifty times that for a server with deep stacks. The
rate follows from what the looks before have cost, down to where steps could not be told apart any
more: there, looking costs more than its share, and says so.
"""

from msgspec import Struct

from agentaudit.probes.processes.counters import process_clock_ns

SHARE = 0.085
"""Of one core, for all processes together; the rest of our promise of 12 % is our own work."""

LEAST_HZ = 25
"""
A process at work is looked at so often, whatever it costs.

Shares of steps of 50 ms are off by more than the promised three points at 10 looks a second. And
with so few looks the price of each could not be told from that of the recordings' starts.
"""

QUIET_HZ = 20
"""A process that all but waits is looked at so often: waits are long."""

_QUIET_SHARE = 0.005
"""CPU below which a process is quiet, as a share of one core."""

_WAKES_NS = 5_000_000
"""CPU that a quiet process uses before it is taken for one that works."""

_STILL_NS = 5_000_000_000
"""A process that has not run for so long is only listened to, by its CPU clock."""

_FIRST_HZ = 50
"""Until the price of a look is known."""

_STARTS_HZ = 1.5
_OVERLAP = 1.1
"""Recordings cover each other a little, and look twice meanwhile."""

_START_NS = 12_000_000
"""What py-spy uses before its first look and after its last, on the machine this was measured."""


class Budget:
    """One purse for all that is sampled: who waits leaves more to those who work."""

    def __init__(self, most_hz: int) -> None:
        self._most_hz = most_hz
        self._prices: dict[int, _Price] = {}

    def rate_hz(self, pid: int, *, quiet: bool) -> int:
        """The rate for the next recording of a process."""
        price = self._prices.setdefault(pid, _Price())
        price.quiet = quiet
        wanted_hz = min(QUIET_HZ, self._most_hz) if quiet else self._most_hz
        least_hz = min(QUIET_HZ if quiet else LEAST_HZ, self._most_hz)
        return max(min(wanted_hz, self._affordable_hz(price)), least_hz)

    def spent(self) -> float:
        """What the latest recordings of all processes cost, as a share of one core."""
        return sum(price.cpu_share for price in self._prices.values())

    def paid(self, pid: int, looks: float, cpu_ns: int, wall_ns: int) -> None:
        """What a recording of so many looks has cost, until the next one began."""
        price = self._prices.get(pid)
        if price is None or looks <= 0 or wall_ns <= 0:
            return
        price.look_ns = max(cpu_ns - _START_NS, cpu_ns // 4, 1) / looks
        price.cpu_share = cpu_ns / wall_ns

    def forget(self, pid: int) -> None:
        self._prices.pop(pid, None)

    def _affordable_hz(self, price: "_Price") -> int:
        """An equal part for each that works, of what those that wait leave."""
        if not price.look_ns:
            return _FIRST_HZ
        quiet = [other.cpu_share for other in self._prices.values() if other.quiet]
        working = len(self._prices) - len(quiet)
        part = SHARE if price.quiet else max(SHARE - sum(quiet), SHARE / 4) / max(working, 1)
        return round((part * 1e9 - _STARTS_HZ * _START_NS) / (_OVERLAP * price.look_ns))


class _Price(Struct):
    """What is known of one process. A price of 0 is not known yet."""

    look_ns: float = 0.0
    cpu_share: float = 0.0
    quiet: bool = False


class Pace:
    """How busy a process is, by its CPU clock; one whose clock cannot be read is always busy."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._now_ns = 0
        self._clock_ns: int | None = None
        self._moved_ns = 0
        self._begun: tuple[int, int] | None = None
        """When the recording that runs began, and the CPU clock at that time."""
        self.quiet = False
        """True when it all but waited before that recording."""

    def look(self, now_ns: int) -> None:
        clock_ns = process_clock_ns(self._pid)
        if clock_ns is None or clock_ns != self._clock_ns:
            self._clock_ns, self._moved_ns = clock_ns, now_ns
        self._now_ns = now_ns

    def still(self, now_ns: int) -> bool:
        """Not one of its threads has run for some seconds."""
        return self._moved_ns > 0 and now_ns - self._moved_ns >= _STILL_NS

    def begin(self) -> None:
        """A recording begins now."""
        used_ns = self._used_ns()
        if self._begun is not None and used_ns is not None:
            self.quiet = used_ns < _QUIET_SHARE * (self._now_ns - self._begun[0])
        else:
            self.quiet = False
        self._begun = None if self._clock_ns is None else (self._now_ns, self._clock_ns)

    @property
    def woke(self) -> bool:
        """True of a process that was quiet when the recording began, and works now."""
        used_ns = self._used_ns()
        return self.quiet and used_ns is not None and used_ns >= _WAKES_NS

    def _used_ns(self) -> int | None:
        if self._begun is None or self._clock_ns is None:
            return None
        return self._clock_ns - self._begun[1]
