"""
GPUs through NVML, the driver's own library: utilisation, memory, power and energy.

`busy` is the driver's notion: at least one kernel was resident. It says nothing of how full the
device was. Where the driver names processes, the share of ours is told apart.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from agentaudit.model.recording import GpuProcessTime
from agentaudit.model.trace import EnergyReading, GpuSample


class Gpus:
    """All devices that the driver shows; none, with a note that says why, where it shows none."""

    def __init__(self) -> None:
        self.note = ""
        self.names: tuple[str, ...] = ()
        self._devices: Sequence[_Device] = ()
        self._nvml, self.note = _loaded()
        if self._nvml is None:
            return
        try:
            count = self._nvml.nvmlDeviceGetCount()
            self._devices = [_Device(self._nvml, index) for index in range(count)]
        except self._nvml.NVMLError as error:
            self.note = f"no GPU seen: the driver does not list its devices ({error})"
            return
        self.names = tuple(device.name for device in self._devices)
        if not self._devices:
            self.note = "no GPU seen: the NVIDIA driver is there and lists no device"

    def read(self, now_ns: int, pids: Collection[int]) -> Sequence[GpuSample | GpuProcessTime]:
        """One sample a device, and what the processes of the tree used since the look before."""
        return [record for device in self._devices for record in device.read(now_ns, pids)]

    def energy(self) -> Sequence[EnergyReading]:
        """Joules of whole devices since the recording began, where they count them."""
        readings = (device.energy() for device in self._devices)
        return [reading for reading in readings if reading is not None]

    def close(self) -> None:
        if self._nvml is not None:
            self._nvml.nvmlShutdown()


class _Device:
    """One GPU."""

    def __init__(self, nvml: Any, index: int) -> None:  # noqa: ANN401 -- pynvml has no types
        self._nvml = nvml
        self._index = index
        self._handle = nvml.nvmlDeviceGetHandleByIndex(index)
        name = nvml.nvmlDeviceGetName(self._handle)
        self.name = name.decode() if isinstance(name, bytes) else str(name)
        self._seen_us = 0
        self._read_ns = 0
        self._counter = nvml.nvmlDeviceGetTotalEnergyConsumption
        self._energy_mj = self._asked(self._counter)

    def read(self, now_ns: int, pids: Collection[int]) -> Iterator[GpuSample | GpuProcessTime]:
        rates = self._asked(self._nvml.nvmlDeviceGetUtilizationRates)
        memory = self._asked(self._nvml.nvmlDeviceGetMemoryInfo)
        power_mw = self._asked(self._nvml.nvmlDeviceGetPowerUsage)
        shares = self._shares()
        if rates is not None:
            ours = None if shares is None else sum(shares.get(pid, 0.0) for pid in pids)
            yield GpuSample(
                at_ns=now_ns,
                device=self._index,
                busy=rates.gpu / 100,
                memory_bytes=int(memory.used) if memory is not None else 0,
                power_watts=None if power_mw is None else power_mw / 1000,
                ours=None if ours is None else min(ours, 1.0),
            )
        since_ns, self._read_ns = self._read_ns or now_ns, now_ns
        for pid, share in (shares or {}).items():
            if pid in pids and share and now_ns > since_ns:
                yield GpuProcessTime(
                    since_ns=since_ns,
                    at_ns=now_ns,
                    device=self._index,
                    pid=pid,
                    busy_ns=round(share * (now_ns - since_ns)),
                )

    def energy(self) -> EnergyReading | None:
        now_mj = self._asked(self._counter)
        if now_mj is None or self._energy_mj is None:
            return None
        return EnergyReading(
            component=f"gpu {self._index}",
            joules=(now_mj - self._energy_mj) / 1000,
            method="nvml_counter",
            note="the whole device, other processes included",
        )

    def _shares(self) -> dict[int, float] | None:
        """Mean utilisation by process since the look before; None where the driver cannot say."""
        try:
            samples = self._nvml.nvmlDeviceGetProcessUtilization(self._handle, self._seen_us)
        except self._nvml.NVMLError_NotFound:
            return {}
        except self._nvml.NVMLError:
            return None
        found: dict[int, list[float]] = {}
        for sample in samples:
            self._seen_us = max(self._seen_us, int(sample.timeStamp))
            found.setdefault(int(sample.pid), []).append(min(sample.smUtil, 100) / 100)
        return {pid: sum(shares) / len(shares) for pid, shares in found.items()}

    def _asked(self, question: Callable[[Any], Any]) -> Any:  # noqa: ANN401 -- pynvml has no types
        try:
            return question(self._handle)
        except self._nvml.NVMLError:
            return None


def _loaded() -> tuple[Any, str]:
    """The library, ready to be asked; or None, and why."""
    try:
        import pynvml  # noqa: PLC0415 -- only a recording needs it
    except ImportError:
        return None, "no GPU seen: nvidia-ml-py is not installed"
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError_LibraryNotFound:
        return None, "no GPU seen: the NVIDIA driver's library (libnvidia-ml) is not there"
    except pynvml.NVMLError as error:
        return None, f"no GPU seen: the NVIDIA driver does not answer ({error})"
    return pynvml, ""
