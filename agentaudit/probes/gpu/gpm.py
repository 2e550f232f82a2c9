"""The profiling counters that a device has of its own, from Hopper on."""

from typing import Any

_PERCENT = 100
_GPM_BUSY = 1
"""NVML_GPM_METRIC_GRAPHICS_UTIL: share of the time in which anything ran on the device."""


class Gpm:
    """How busy a device or its instances were between two looks, by the device's own counters."""

    def __init__(self, pynvml: Any, handle: Any) -> None:  # noqa: ANN401 -- untyped
        self._pynvml = pynvml
        self._handle = handle
        self._last: dict[int | None, Any] = {}

    def busy(self, instance: int | None) -> float | None:
        """
        Of one GPU instance, or of the whole device where none is named, since the look before.

        None at the first look, and when the device gives no answer.
        """
        before, now = self._last.pop(instance, None), self._sample(instance)
        if now is not None:
            self._last[instance] = now
        try:
            return None if before is None or now is None else self._between(before, now)
        except self._pynvml.NVMLError:
            return None
        finally:
            self._free(before)

    def answers(self, instance: int | None) -> bool:
        """Whether a sample can be taken; it takes one."""
        self.busy(instance)
        return instance in self._last

    def close(self) -> None:
        for sample in self._last.values():
            self._free(sample)
        self._last.clear()

    def _sample(self, instance: int | None) -> Any:  # noqa: ANN401 -- untyped
        pynvml = self._pynvml
        sample = None
        try:
            sample = pynvml.nvmlGpmSampleAlloc()
            if instance is None:
                return pynvml.nvmlGpmSampleGet(self._handle, sample)
            return pynvml.nvmlGpmMigSampleGet(self._handle, instance, sample)
        except pynvml.NVMLError:
            self._free(sample)
            return None

    def _between(self, before: Any, now: Any) -> float | None:  # noqa: ANN401 -- untyped
        pynvml = self._pynvml
        wanted = pynvml.c_nvmlGpmMetricsGet_t()
        wanted.version = pynvml.NVML_GPM_METRICS_GET_VERSION
        wanted.numMetrics = 1
        wanted.sample1, wanted.sample2 = before, now
        wanted.metrics[0].metricId = _GPM_BUSY
        answer = pynvml.nvmlGpmMetricsGet(wanted).metrics[0]
        if answer.nvmlReturn != pynvml.NVML_SUCCESS:
            return None
        return min(max(float(answer.value) / _PERCENT, 0.0), 1.0)

    def _free(self, sample: Any) -> None:  # noqa: ANN401 -- untyped
        if sample is not None:
            self._pynvml.nvmlGpmSampleFree(sample)
