"""Energy of one GPU: its own counter, or else its power over time, which is an estimate."""

from collections.abc import Sequence

from agentaudit.model.trace import EnergyReading
from agentaudit.probes.gpu.driver import Drained, Gpu

_COUNTED = (
    "the whole device, other processes and its draw at rest included; the counter moves in steps"
    " and samples power only part of the time, so it speaks of a run, not of a step"
)
"""Burtscher and others, SC24 (arXiv 2312.02741): a quarter of the time on A100 and H100."""

_INTEGRATED = (
    "the device counts no energy: samples of its power over time, other processes included"
)


class GpuEnergy:
    """Joules of a whole device since it was first looked at."""

    def __init__(self, gpu: Gpu, now_ns: int) -> None:
        self._gpu = gpu
        self._counter = gpu.energy_millijoules()
        self._counted = self._counter is not None
        self._joules = 0.0
        self._measured = self._counted
        self._looked_ns = now_ns
        self._seen_us = _newest(gpu.power_samples(0), 0) if not self._counted else 0
        self.lost = False

    def look(self, now_ns: int) -> None:
        """To be called often: what a lost device used until then stays known."""
        if self._counted:
            self._count()
        else:
            self._integrate(now_ns)

    def reading(self) -> EnergyReading | None:
        """None where the device tells neither energy nor power."""
        if not self._measured:
            return None
        until = "; it was lost before the end" if self.lost else ""
        return EnergyReading(
            component=f"gpu {self._gpu.index}",
            joules=self._joules,
            method="nvml_counter" if self._counted else "estimate",
            note=(_COUNTED if self._counted else _INTEGRATED) + until,
        )

    def _count(self) -> None:
        now = self._gpu.energy_millijoules()
        if now is None:
            return
        before, self._counter = self._counter, now
        if before is not None and now >= before:  # it starts anew with the driver
            self._joules += (now - before) / 1000

    def _integrate(self, now_ns: int) -> None:
        samples = self._gpu.power_samples(self._seen_us)
        self._seen_us = _newest(samples, self._seen_us)
        passed_s = (now_ns - self._looked_ns) / 1e9
        self._looked_ns = now_ns
        if samples:
            watts: float | None = sum(sample.value for sample in samples) / len(samples) / 1000
        else:
            watts = self._gpu.power_watts()
        if watts is not None:
            self._measured = True
            self._joules += watts * passed_s


def _newest(samples: Sequence[Drained], seen_us: int) -> int:
    return max((sample.at_us for sample in samples), default=seen_us)
