"""
GPUs through NVML, the driver's own library: utilisation, memory, power and energy.

`busy` is the driver's notion: at least one kernel was resident. It says nothing of how full the
device was. Where the driver names processes, the time of each is told, whoever it belongs to: an
inference server that the agent talks to is seldom a child of the agent.
"""

import time
from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from agentaudit.model.trace import EnergyReading, Incident
from agentaudit.probes.gpu.device import Device, GpuRecord
from agentaudit.probes.gpu.driver import Gpu, GpuLostError, Nvml
from agentaudit.probes.gpu.instances import DividedDevice
from agentaudit.probes.processes.pid_namespaces import DriverPids


class _Readable(Protocol):
    """A device, whole or divided."""

    names: tuple[str, ...]
    index: int

    def read(self, now_ns: int, pids: Collection[int]) -> Iterator[GpuRecord]: ...

    def lost(self) -> None: ...

    def energy(self) -> EnergyReading | None: ...

    def indistinct(self) -> str: ...

    def close(self) -> None: ...


class Gpus:
    """
    All devices that the driver shows; none, with a note that says why, where it shows none.

    `names` has a place for each device, or for each instance of one that is divided; samples
    count by that place.
    """

    def __init__(self, now_ns: int | None = None) -> None:
        self.note = ""
        self.names: tuple[str, ...] = ()
        self._nvml: Nvml | None = None
        self._devices: list[_Readable] = []
        self._lost: list[_Readable] = []
        self._incidents: list[Incident] = []
        now_ns = time.monotonic_ns() if now_ns is None else now_ns
        try:
            self._nvml = Nvml()
            self._open(self._nvml.devices(), now_ns)
        except RuntimeError as error:
            self.note = f"no GPU seen: {error}"
            return
        if not self._devices:
            self.note = "no GPU seen: the NVIDIA driver is there and lists no device"
        self.names = tuple(name for device in self._devices for name in device.names)

    def read(self, now_ns: int, pids: Collection[int]) -> Sequence[GpuRecord]:
        """What every device did since the look before, and what each process used of it."""
        records: list[GpuRecord] = [*self._incidents]
        self._incidents.clear()
        for device in tuple(self._devices):
            try:
                records += device.read(now_ns, pids)
            except GpuLostError as error:
                device.lost()
                self._devices.remove(device)
                self._lost.append(device)
                records.append(_lost(device.index, str(error), now_ns))
        return records

    def energy(self) -> Sequence[EnergyReading]:
        """Joules of whole devices since the recording began, where they can be told."""
        devices = sorted([*self._devices, *self._lost], key=lambda device: device.index)
        readings = (device.energy() for device in devices)
        return [reading for reading in readings if reading is not None]

    def indistinct(self) -> str:
        """Why whose GPU time is whose cannot be told; empty where it can."""
        return next(filter(None, (device.indistinct() for device in self._devices)), "")

    def close(self) -> None:
        for device in self._devices:
            device.close()
        self._devices.clear()
        if self._nvml is not None:
            self._nvml.close()
            self._nvml = None

    def _open(self, gpus: Sequence[Gpu], now_ns: int) -> None:
        numbers = DriverPids()
        for gpu in gpus:
            number = sum(len(device.names) for device in self._devices)
            try:
                kind = DividedDevice if gpu.divided() else Device
                self._devices.append(kind(gpu, number, numbers, now_ns))
            except GpuLostError as error:
                self._incidents.append(_lost(gpu.index, str(error), now_ns))


def uuids() -> frozenset[str]:
    """Names of the devices that the driver shows here, as they have them everywhere."""
    try:
        nvml = Nvml()
    except RuntimeError:
        return frozenset()
    try:
        return frozenset(gpu.uuid() for gpu in nvml.devices()) - {""}
    except (RuntimeError, GpuLostError):
        return frozenset()
    finally:
        nvml.close()


def _lost(index: int, why: str, now_ns: int) -> Incident:
    return Incident(
        at_ns=now_ns,
        probe="gpu",
        what=f"GPU {index} does not answer any more ({why})",
        lost=f"what GPU {index} did from then on",
    )
