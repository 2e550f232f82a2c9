"""
Joules by kind of step, from readings over a whole recording.

CPU: a reading is of the process tree already, and each kind has its part by CPU time. GPU: a
reading is of whole devices, whoever used them. Of what they drew while they were busy, each kind
has its part by GPU time; what they drew at rest, and for others, is no step's.
"""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from agentaudit.model.profile import KindShare
from agentaudit.model.trace import EnergyReading, GpuSample, Trace

HOST_COMPONENTS = frozenset({"cpu", "memory", "platform"})
"""What the recording host's own processors and memory drew, for the process tree."""

_DEVICE = "gpu "
"""What the name of a GPU's reading begins with, here or at an endpoint."""


def with_joules(kinds: Sequence[KindShare], trace: Trace) -> tuple[KindShare, ...]:
    """
    The same kinds with their joules.

    Unknown, rather than too few, where a kind used a processor whose energy nobody read.
    """
    host = _summed(one for one in trace.energy if one.component in HOST_COMPONENTS)
    devices = _summed(one for one in trace.energy if one.component.startswith(_DEVICE))
    gpu_ns = sum(kind.gpu_ns for kind in kinds)
    per_cpu_ns = _each(host, trace.cpu_total_ns)
    busy = None if devices is None else devices * busy_share_of_energy(trace.gpu_samples)
    per_gpu_ns = _each(busy, max(gpu_ns, busy_ns(trace.gpu_samples, trace.duration_ns)))
    return tuple(replace(kind, joules=_joules(kind, per_cpu_ns, per_gpu_ns)) for kind in kinds)


def busy_share_of_energy(samples: Sequence[GpuSample]) -> float:
    """Share of what the devices drew that they drew while busy, 0 to 1; their power weighs it."""
    drawn = sum(sample.power_watts or 0.0 for sample in samples)
    if drawn > 0 and all(sample.power_watts is not None for sample in samples):
        return sum((sample.power_watts or 0.0) * sample.busy for sample in samples) / drawn
    return sum(sample.busy for sample in samples) / len(samples) if samples else 0.0


def busy_ns(samples: Sequence[GpuSample], duration_ns: int) -> float:
    """Time for which devices were busy, summed over them; looks are equally far apart."""
    looks: dict[int, int] = {}
    for sample in samples:
        looks[sample.device] = looks.get(sample.device, 0) + 1
    if not looks:
        return 0.0
    return sum(sample.busy for sample in samples) * duration_ns / max(looks.values())


def _joules(kind: KindShare, per_cpu_ns: float | None, per_gpu_ns: float | None) -> float | None:
    if (per_cpu_ns is None and kind.cpu_ns) or (per_gpu_ns is None and kind.gpu_ns):
        return None
    if per_cpu_ns is None and per_gpu_ns is None:
        return None
    return kind.cpu_ns * (per_cpu_ns or 0.0) + kind.gpu_ns * (per_gpu_ns or 0.0)


def _summed(readings: Iterable[EnergyReading]) -> float | None:
    found = [reading.joules for reading in readings]
    return sum(found) if found else None


def _each(joules: float | None, time_ns: float) -> float | None:
    if joules is None:
        return None
    return joules / time_ns if time_ns > 0 else 0.0
