"""
NVML, the NVIDIA driver's own library, with types: one answer a question, None where it has none.

A driver that is too old for a question, or a device that does not support it, has no answer; a
device that fell off the bus raises. Stamps are the driver's own, in microseconds of a clock that it
does not name.
"""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from agentaudit.probes.gpu.gpm import Gpm

_LARGEST_SHARE = 100


class GpuLostError(Exception):
    """The device does not answer any more, and will not until it is reset."""


class Use(Struct, frozen=True, kw_only=True):
    """Mean use of the device by one process, in the driver's numbers, until a stamp."""

    pid: int
    at_us: int
    share: float
    """0 to 1."""


class Drained(Struct, frozen=True, kw_only=True):
    """One sample of the driver's buffer: percent of utilisation, or milliwatts."""

    at_us: int
    value: float


class Nvml:
    """The library, ready to be asked. Raises RuntimeError, which says why, where there is none."""

    def __init__(self) -> None:
        try:
            import pynvml  # noqa: PLC0415 -- only a recording needs it
        except ImportError as error:
            raise RuntimeError("nvidia-ml-py is not installed") from error
        try:
            pynvml.nvmlInit()
        except pynvml.NVMLError_LibraryNotFound as error:
            raise RuntimeError("the NVIDIA driver's library (libnvidia-ml) is not there") from error
        except pynvml.NVMLError as error:
            raise RuntimeError(f"the NVIDIA driver does not answer ({error})") from error
        self._pynvml = pynvml

    def devices(self) -> Sequence["Gpu"]:
        """Those that we may use. Raises RuntimeError where the driver does not list them."""
        try:
            count = int(self._pynvml.nvmlDeviceGetCount())
        except self._pynvml.NVMLError as error:
            raise RuntimeError(f"the driver does not list its devices ({error})") from error
        found = []
        why = ""
        for index in range(count):
            try:
                handle = self._pynvml.nvmlDeviceGetHandleByIndex(index)
            except self._pynvml.NVMLError as error:  # not ours to use, or lost before we came
                why = str(error)
                continue
            found.append(Gpu(self._pynvml, handle, index))
        if why and not found:
            raise RuntimeError(f"none of the driver's {count} devices may be used ({why})")
        return found

    def close(self) -> None:
        try:
            self._pynvml.nvmlShutdown()
        except self._pynvml.NVMLError:  # a driver that was unloaded meanwhile
            return


class Gpu:
    """One device, or one instance of a divided device. `index` is the driver's number."""

    def __init__(self, pynvml: Any, handle: Any, index: int) -> None:  # noqa: ANN401 -- untyped
        self._pynvml = pynvml
        self._handle = handle
        self.index = index
        self._newer = True
        """Whether the driver may know the newer way to ask for the use by processes."""

    def name(self) -> str:
        name = self._asked(self._pynvml.nvmlDeviceGetName)
        return name.decode() if isinstance(name, bytes) else str(name or "unnamed GPU")

    def uuid(self) -> str:
        """Its name everywhere, `GPU-…`; empty where the driver tells none."""
        uuid = self._asked(self._pynvml.nvmlDeviceGetUUID)
        return uuid.decode() if isinstance(uuid, bytes) else str(uuid or "")

    def divided(self) -> bool:
        """True in MIG mode."""
        modes = self._asked(self._pynvml.nvmlDeviceGetMigMode)
        return bool(modes and modes[0])

    def instances(self) -> Sequence["Gpu"]:
        """The GPU instances of a divided device."""
        found = []
        for number in range(self._asked(self._pynvml.nvmlDeviceGetMaxMigDeviceCount) or 0):
            handle = self._asked(self._pynvml.nvmlDeviceGetMigDeviceHandleByIndex, number)
            if handle is not None:
                found.append(Gpu(self._pynvml, handle, number))
        return found

    def instance_number(self) -> int | None:
        """The driver's number of the GPU instance that this is."""
        number = self._asked(self._pynvml.nvmlDeviceGetGpuInstanceId)
        return None if number is None else int(number)

    def busy(self) -> float | None:
        """Share of the newest sample period in which a kernel was resident."""
        rates = self._asked(self._pynvml.nvmlDeviceGetUtilizationRates)
        return None if rates is None else min(int(rates.gpu), _LARGEST_SHARE) / _LARGEST_SHARE

    def memory_bytes(self) -> int | None:
        memory = self._asked(self._pynvml.nvmlDeviceGetMemoryInfo)
        return None if memory is None else int(memory.used)

    def power_watts(self) -> float | None:
        """Right now where the device tells; else its own mean, of a second on newer devices."""
        fields = self._asked(
            self._pynvml.nvmlDeviceGetFieldValues, [self._pynvml.NVML_FI_DEV_POWER_INSTANT]
        )
        if fields is not None and fields[0].nvmlReturn == self._pynvml.NVML_SUCCESS:
            return int(fields[0].value.uiVal) / 1000
        milliwatts = self._asked(self._pynvml.nvmlDeviceGetPowerUsage)
        return None if milliwatts is None else int(milliwatts) / 1000

    def energy_millijoules(self) -> int | None:
        """Since the driver was loaded."""
        counter = self._asked(self._pynvml.nvmlDeviceGetTotalEnergyConsumption)
        return None if counter is None else int(counter)

    def utilisation_samples(self, since_us: int) -> Sequence[Drained]:
        """What the driver's buffer holds after a stamp; a device at rest may fill none."""
        return self._drained(self._pynvml.NVML_GPU_UTILIZATION_SAMPLES, since_us)

    def power_samples(self, since_us: int) -> Sequence[Drained]:
        return self._drained(self._pynvml.NVML_TOTAL_POWER_SAMPLES, since_us)

    def uses(self, since_us: int) -> Sequence[Use] | None:
        """
        Mean use by process since a stamp; processes that used nothing are left out.

        None where the device cannot tell processes apart.
        """
        if self._newer:
            answer = self._asked_uses(self._pynvml.nvmlDeviceGetProcessesUtilizationInfo, since_us)
            if answer is not None:
                return answer
            self._newer = False
        return self._asked_uses(self._pynvml.nvmlDeviceGetProcessUtilization, since_us)

    def users(self) -> frozenset[int] | None:
        """Processes that hold a context on the device, in the driver's numbers."""
        computing = self._asked(self._pynvml.nvmlDeviceGetComputeRunningProcesses_v3)
        drawing = self._asked(self._pynvml.nvmlDeviceGetGraphicsRunningProcesses_v3)
        if computing is None:
            return None
        return frozenset(int(process.pid) for process in (*computing, *(drawing or ())))

    def _asked_uses(self, question: Callable[..., Any], since_us: int) -> Sequence[Use] | None:
        try:
            samples = question(self._handle, since_us)
        except self._pynvml.NVMLError as error:
            self._raise_if_lost(error)
            return () if error.value in self._nothing_new else None
        return tuple(
            Use(pid=int(one.pid), at_us=int(one.timeStamp), share=one.smUtil / _LARGEST_SHARE)
            for one in samples
            if one.smUtil <= _LARGEST_SHARE  # entries of the buffer that were never written
        )

    @property
    def _nothing_new(self) -> Sequence[int]:
        """The binding asks for the size first, and raises whatever is not `too small`."""
        return (
            self._pynvml.NVML_ERROR_NOT_FOUND,
            self._pynvml.NVML_SUCCESS,
            self._pynvml.NVML_ERROR_INSUFFICIENT_SIZE,  # more came between the two: next time
        )

    def _drained(self, kind: int, since_us: int) -> Sequence[Drained]:
        answer = self._asked(self._pynvml.nvmlDeviceGetSamples, kind, since_us)
        type_, samples = answer or (0, ())
        field = _FIELDS.get(type_, "uiVal")
        return tuple(
            Drained(at_us=int(one.timeStamp), value=float(getattr(one.sampleValue, field)))
            for one in samples
            if one.timeStamp > since_us
        )

    def _asked(self, question: Callable[..., Any], *more: object) -> Any:  # noqa: ANN401 -- untyped
        try:
            return question(self._handle, *more)
        except self._pynvml.NVMLError as error:
            self._raise_if_lost(error)
            return None

    def _raise_if_lost(self, error: Any) -> None:  # noqa: ANN401 -- untyped
        if error.value in (
            self._pynvml.NVML_ERROR_GPU_IS_LOST,
            self._pynvml.NVML_ERROR_RESET_REQUIRED,
            self._pynvml.NVML_ERROR_UNINITIALIZED,
        ):
            raise GpuLostError(str(error)) from error

    def gpm(self) -> Gpm | None:
        """The device's own profiling counters, from Hopper on; None where it has none."""
        support = self._asked(self._pynvml.nvmlGpmQueryDeviceSupport)
        if support is None or not support.isSupportedDevice:
            return None
        return Gpm(self._pynvml, self._handle)


_FIELDS = {0: "dVal", 1: "uiVal", 2: "ulVal", 3: "ullVal", 4: "sllVal", 5: "siVal", 6: "usVal"}
"""NVML_VALUE_TYPE_…: which member of the union holds a sample's value."""
