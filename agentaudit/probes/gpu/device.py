"""One GPU over time: how busy it was, with what memory and power, and whose work that was."""

from collections.abc import Collection, Iterator

from agentaudit.model.recording import GpuProcessTime
from agentaudit.model.trace import EnergyReading, GpuSample, Incident
from agentaudit.probes.gpu.driver import Gpu
from agentaudit.probes.gpu.energy import GpuEnergy
from agentaudit.probes.gpu.processes import Tenant, UsesByProcess, Window
from agentaudit.probes.processes.pid_namespaces import DriverPids

GpuRecord = GpuSample | GpuProcessTime | Incident

_HELD_NS = 1_000_000_000
"""How long the newest use by processes stands: the longest sample period."""

_NO_USE = Window(since_ns=0, at_ns=0, shares={})


class Device:
    """A device that is whole. `number` is its place among the devices of the recording."""

    def __init__(self, gpu: Gpu, number: int, numbers: DriverPids, now_ns: int) -> None:
        self._gpu = gpu
        self._number = number
        self._numbers = numbers
        self._energy = GpuEnergy(gpu, now_ns)
        self._uses = UsesByProcess(gpu, numbers, now_ns)
        self._tenant = Tenant(gpu, numbers, now_ns)
        self._seen_us = max((one.at_us for one in gpu.utilisation_samples(0)), default=0)
        self._newest = _NO_USE
        self._told: set[str] = set()
        self.names: tuple[str, ...] = (gpu.name(),)
        self.index = gpu.index

    def read(self, now_ns: int, pids: Collection[int]) -> Iterator[GpuRecord]:
        self._energy.look(now_ns)
        busy = self._busy()
        window = self._uses.window(now_ns)
        if window.shares is None and busy is not None:
            window = self._tenant.window(now_ns, busy)
        if window.shares:
            self._newest = window
        if busy is not None:
            yield GpuSample(
                at_ns=now_ns,
                device=self._number,
                busy=busy,
                memory_bytes=self._gpu.memory_bytes() or 0,
                power_watts=self._gpu.power_watts(),
                ours=self._ours(window, busy, pids, now_ns),
            )
        yield from window.times(self._number, pids)
        yield from self._incidents(busy, window, now_ns)

    def lost(self) -> None:
        """It does not answer any more."""
        self._energy.lost = True

    def energy(self) -> EnergyReading | None:
        return self._energy.reading()

    def indistinct(self) -> str:
        """Why whose time is whose cannot be told; empty where it can."""
        if self._gpu.uses(0) is None:
            return f"GPU {self.index} does not tell processes apart"
        users = self._gpu.users() or ()
        if len(self._numbers.ours(users)) < len(users):
            return f"processes on GPU {self.index} have numbers of another PID namespace"
        return ""

    def close(self) -> None:
        """Nothing is held."""

    def _busy(self) -> float | None:
        """Mean of the driver's samples since the look before; the present where it has none."""
        samples = self._gpu.utilisation_samples(self._seen_us)
        if not samples:
            return self._gpu.busy()
        self._seen_us = max(sample.at_us for sample in samples)
        return min(sum(sample.value for sample in samples) / len(samples) / 100, 1.0)

    def _ours(
        self, window: Window, busy: float, pids: Collection[int], now_ns: int
    ) -> float | None:
        """Unknown, rather than nothing, where a busy device's driver names nobody."""
        if window.shares is None or window.unmapped or window.shares:
            return window.of(pids)
        if now_ns - self._newest.at_ns < _HELD_NS:
            return self._newest.of(pids)
        return None if busy else 0.0

    def _incidents(self, busy: float | None, window: Window, now_ns: int) -> Iterator[Incident]:
        """Each once."""
        name = f"GPU {self._gpu.index}"
        if busy is None:
            yield from self._once(now_ns, f"{name} tells no utilisation", "how busy the device was")
        if window.shares is None:
            yield from self._once(
                now_ns, f"{name} does not tell processes apart", "the agent's share of GPU time"
            )
        if window.unmapped:
            yield from self._once(
                now_ns,
                f"the driver names the processes on {name} by numbers of another PID namespace"
                " (start the container with --pid=host, or record from the host)",
                "whose GPU time is whose",
            )

    def _once(self, now_ns: int, what: str, lost: str) -> Iterator[Incident]:
        if what not in self._told:
            self._told.add(what)
            yield Incident(at_ns=now_ns, probe="gpu", what=what, lost=lost)
