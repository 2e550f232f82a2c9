"""A GPU that is divided into instances (MIG), each with users of its own."""

from collections.abc import Collection, Iterator

from msgspec import Struct

from agentaudit.model.trace import EnergyReading, GpuSample, Incident
from agentaudit.probes.gpu.device import GpuRecord
from agentaudit.probes.gpu.driver import Gpu
from agentaudit.probes.gpu.energy import GpuEnergy
from agentaudit.probes.gpu.processes import Tenant
from agentaudit.probes.processes.pid_namespaces import DriverPids


class _Part(Struct, frozen=True, kw_only=True):
    """An instance, or the whole device where instances cannot be told apart."""

    gpu: Gpu
    number: int
    name: str
    instance: int | None
    tenant: Tenant


class DividedDevice:
    """
    The instances of a device in MIG mode, by its profiling counters (GPM, from Hopper on).

    The driver tells no processes apart here, so an instance's time is a process's only while that
    is its one user. Without those counters the device is read as a whole, as far as it answers.
    """

    def __init__(self, gpu: Gpu, number: int, numbers: DriverPids, now_ns: int) -> None:
        self._gpu = gpu
        self._gpm = gpu.gpm()
        self._energy = GpuEnergy(gpu, now_ns)
        self._told = False
        instances = [one for one in gpu.instances() if self._answers(one.instance_number())]
        self._apart = bool(instances)
        if self._gpm is not None and not instances and not self._gpm.answers(None):
            self._gpm.close()
            self._gpm = None
        self._parts = tuple(
            _Part(
                gpu=one,
                number=number + at,
                name=self._name(one),
                instance=one.instance_number() if instances else None,
                tenant=Tenant(one, numbers, now_ns),
            )
            for at, one in enumerate(instances or [gpu])
        )
        self.names: tuple[str, ...] = tuple(part.name for part in self._parts)
        self.index = gpu.index

    def read(self, now_ns: int, pids: Collection[int]) -> Iterator[GpuRecord]:
        self._energy.look(now_ns)
        for part in self._parts:
            yield from self._read(part, now_ns, pids)
        if not self._told:
            self._told = True
            yield self._incident(now_ns)

    def lost(self) -> None:
        self._energy.lost = True

    def energy(self) -> EnergyReading | None:
        return self._energy.reading()

    def indistinct(self) -> str:
        return f"GPU {self.index} is divided (MIG): processes that share an instance are not told"

    def close(self) -> None:
        if self._gpm is not None:
            self._gpm.close()

    def _answers(self, instance: int | None) -> bool:
        return instance is not None and self._gpm is not None and self._gpm.answers(instance)

    def _name(self, gpu: Gpu) -> str:
        if gpu is self._gpu:
            return f"{gpu.name()} (divided into instances)"
        return f"{gpu.name()} (GPU {self._gpu.index}, instance {gpu.instance_number()})"

    def _read(self, part: _Part, now_ns: int, pids: Collection[int]) -> Iterator[GpuRecord]:
        busy = self._gpm.busy(part.instance) if self._gpm else part.gpu.busy()
        if busy is None:
            return
        window = part.tenant.window(now_ns, busy)
        yield GpuSample(
            at_ns=now_ns,
            device=part.number,
            busy=busy,
            memory_bytes=part.gpu.memory_bytes() or 0,
            power_watts=None if self._apart else part.gpu.power_watts(),
            ours=window.of(pids) if busy else 0.0,
        )
        yield from window.times(part.number, pids)

    def _incident(self, now_ns: int) -> Incident:
        name = f"GPU {self._gpu.index}"
        if self._apart:
            return Incident(
                at_ns=now_ns,
                probe="gpu",
                what=f"{name} is divided (MIG): its driver does not tell processes apart",
                lost="whose GPU time is whose where processes share an instance",
            )
        return Incident(
            at_ns=now_ns,
            probe="gpu",
            what=f"{name} is divided (MIG) and has no profiling counters (GPM, from Hopper on)",
            lost="how busy each of its instances was, and with whose work",
        )
