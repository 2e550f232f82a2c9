"""
Which process used how much of a device, window by window, from the driver's sample buffer.

The driver gives one figure a process: the mean over the samples since a stamp. Windows therefore
follow each other from newest stamp to newest stamp, and a figure times its window is a time.
"""

import time
from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from agentaudit.model.recording import GpuProcessTime
from agentaudit.probes.gpu.driver import Gpu, Use
from agentaudit.probes.processes.pid_namespaces import DriverPids, ancestors_of

MOST_PROCESSES = 64
"""Of one device and window; those that used least are left out."""

_LONGEST_PERIOD_NS = 1_000_000_000
"""NVML: a sample period is 1/6 s to 1 s, so what is silent for longer was at rest."""

_SAME_CLOCK_NS = 60_000_000_000


class Window(Struct, frozen=True, kw_only=True):
    """Use of one device by process, in our numbers. None is use that could not be told apart."""

    since_ns: int
    at_ns: int
    shares: Mapping[int, float] | None
    unmapped: float = 0.0
    """Use by processes whose numbers mean nothing here."""

    def of(self, pids: Collection[int]) -> float | None:
        """Summed use by these processes, 0 to 1; None where some of the rest may be theirs."""
        if self.shares is None or self.unmapped:
            return None
        return min(sum(share for pid, share in self.shares.items() if pid in pids), 1.0)

    def times(self, device: int, tree: Collection[int]) -> Sequence[GpuProcessTime]:
        """The same as times, of every process that the driver named; strangers with ancestors."""
        length_ns = self.at_ns - self.since_ns
        most = sorted((self.shares or {}).items(), key=lambda entry: (-entry[1], entry[0]))
        return [
            GpuProcessTime(
                since_ns=self.since_ns,
                at_ns=self.at_ns,
                device=device,
                pid=pid,
                busy_ns=round(share * length_ns),
                parents=() if pid in tree else ancestors_of(pid),
            )
            for pid, share in most[:MOST_PROCESSES]
            if share * length_ns > 0
        ]


class UsesByProcess(Struct):
    """Windows of one device, from `start_ns` on."""

    gpu: Gpu
    numbers: DriverPids
    start_ns: int
    _seen_us: int = 0
    _seen_ns: int = 0

    def __post_init__(self) -> None:
        """What the buffer holds of the time before is not ours to count."""
        self._seen_ns = self.start_ns
        self._newest(self.gpu.uses(0) or (), self.start_ns)
        self._seen_ns = self.start_ns

    def window(self, now_ns: int) -> Window:
        """Since the window before; empty, and of no length, where the driver has nothing new."""
        uses = self.gpu.uses(self._seen_us)
        since_ns = self._seen_ns
        if uses is None:
            return Window(since_ns=since_ns, at_ns=since_ns, shares=None)
        fresh = [use for use in uses if self._seen_us < use.at_us <= _latest_us()]
        if not fresh:
            self._rest(now_ns)
            return Window(since_ns=since_ns, at_ns=since_ns, shares={})
        self._newest(fresh, now_ns)
        shares, unmapped = self._mapped(fresh)
        at_ns = max(self._seen_ns, since_ns)
        return Window(since_ns=since_ns, at_ns=at_ns, shares=shares, unmapped=unmapped)

    def _newest(self, uses: Sequence[Use], now_ns: int) -> None:
        latest_us = _latest_us()
        stamps = [use.at_us for use in uses if use.at_us <= latest_us]
        if stamps:
            self._seen_us = max(self._seen_us, *stamps)
            self._seen_ns = monotonic_ns(self._seen_us, now_ns)

    def _rest(self, now_ns: int) -> None:
        """Nobody used the device up to a sample period ago: the next window begins there."""
        passed_ns = now_ns - _LONGEST_PERIOD_NS - self._seen_ns
        if passed_ns > 0:
            self._seen_ns += passed_ns
            if self._seen_us:
                self._seen_us += passed_ns // 1000

    def _mapped(self, uses: Sequence[Use]) -> tuple[Mapping[int, float], float]:
        """Mean use by process in our numbers, and what is left of those without one."""
        found: dict[int, list[float]] = {}
        for use in uses:
            if use.share:
                found.setdefault(use.pid, []).append(use.share)
        ours = self.numbers.ours(found)
        shares: dict[int, float] = {}
        unmapped = 0.0
        for number, of_one in found.items():
            mean = sum(of_one) / len(of_one)
            if number in ours:
                shares[ours[number]] = shares.get(ours[number], 0.0) + mean
            else:
                unmapped += mean
        return shares, unmapped


class Tenant:
    """
    The one process that uses a device whose driver does not tell processes apart.

    With one user before and after, all that the device did in between was for it.
    """

    def __init__(self, gpu: Gpu, numbers: DriverPids, now_ns: int) -> None:
        self._gpu = gpu
        self._numbers = numbers
        self._looked_ns = now_ns
        self._before = gpu.users()

    def window(self, now_ns: int, busy: float) -> Window:
        """Since the look before; what nobody can be named for has no shares."""
        since_ns, self._looked_ns = self._looked_ns, now_ns
        before, self._before = self._before, self._gpu.users()
        return Window(since_ns=since_ns, at_ns=now_ns, shares=self._shares(before, busy))

    def _shares(self, before: frozenset[int] | None, busy: float) -> Mapping[int, float] | None:
        if before != self._before or not before or len(before) > 1:
            return None
        ours = self._numbers.ours(before)
        return dict.fromkeys(ours.values(), busy) or None


def _latest_us() -> int:
    """Whatever the driver's clock: a stamp after this was never written by it."""
    return time.time_ns() // 1000 + 2_000_000


def monotonic_ns(stamp_us: int, now_ns: int) -> int:
    """
    A stamp of the driver on our clock, not after now.

    Which clock a stamp is of depends on the function and the driver: Unix time, or time since the
    machine booted. The one that brings the stamp nearest to now is it; with none near, it is now.
    """
    clocks_ns = (
        time.time_ns(),
        time.clock_gettime_ns(time.CLOCK_BOOTTIME),
        time.monotonic_ns(),
    )
    ours_ns = clocks_ns[-1]
    candidates = (stamp_us * 1000 - clock_ns + ours_ns for clock_ns in clocks_ns)
    nearest_ns = min(candidates, key=lambda at_ns: abs(at_ns - now_ns))
    return min(nearest_ns, now_ns) if abs(nearest_ns - now_ns) < _SAME_CLOCK_NS else now_ns
