"""
GPUs read by a thread of their own: a driver that hangs holds up nothing but itself.

A driver that has lost its device may keep whoever asks waiting, for seconds or for ever, where no
signal reaches.
"""

import threading
import time
from collections.abc import Collection, Iterator, Sequence
from queue import SimpleQueue
from typing import Protocol

from agentaudit.model.trace import EnergyReading, Incident
from agentaudit.probes.gpu.device import GpuRecord
from agentaudit.probes.handed import handed_over

_WAIT_S = 0.05
"""Longer than most answers take; what comes later is told at the next look."""

_SILENT_NS = 5_000_000_000
_LAST_WAIT_S = 1.0


class _Devices(Protocol):
    """All devices, asked directly; `energy` asks nobody."""

    def read(self, now_ns: int, pids: Collection[int]) -> Sequence[GpuRecord]: ...

    def energy(self) -> Sequence[EnergyReading]: ...

    def close(self) -> None: ...


class GpuReader:
    """The devices that were seen at the beginning."""

    def __init__(self, devices: _Devices) -> None:
        self._devices = devices
        self._questions: SimpleQueue[tuple[int, Collection[int]] | None] = SimpleQueue()
        self._records: SimpleQueue[GpuRecord] = SimpleQueue()
        self._idle = threading.Event()
        self._idle.set()
        self._asked_ns = 0
        self._told = False
        self._thread = threading.Thread(target=self._run, name="gpu", daemon=True)
        self._thread.start()

    def read(self, now_ns: int, pids: Collection[int]) -> Sequence[GpuRecord]:
        """What became known since the look before, and why nothing did, once."""
        if self._idle.is_set() and self._thread.is_alive():
            self._asked_ns, self._told = now_ns, False
            self._idle.clear()
            self._questions.put((now_ns, frozenset(pids)))
            self._idle.wait(_WAIT_S)
        return [*handed_over(self._records), *self._silence(now_ns)]

    def energy(self) -> Sequence[EnergyReading]:
        """Joules of whole devices since the recording began, as far as they were told."""
        return self._devices.energy()

    def close(self) -> None:
        """A thread that the driver keeps stays where it is, and ends with us."""
        if self._idle.wait(_LAST_WAIT_S):
            self._questions.put(None)
            self._thread.join()
            self._devices.close()

    def _silence(self, now_ns: int) -> Iterator[Incident]:
        if not self._idle.is_set() and not self._told and now_ns - self._asked_ns >= _SILENT_NS:
            self._told = True
            seconds = (now_ns - self._asked_ns) / 1e9
            what = f"the NVIDIA driver has not answered for {seconds:.0f} s"
            yield _incident(what, "what the GPUs did meanwhile")

    def _run(self) -> None:
        while (question := self._questions.get()) is not None:
            try:
                for record in self._devices.read(*question):
                    self._records.put(record)
            except Exception as error:  # noqa: BLE001 -- a defect here must not end the recording
                what = f"reading GPUs failed: {type(error).__name__}: {error}"
                self._records.put(_incident(what, "what the GPUs did from then on"))
                return
            finally:
                self._idle.set()


def _incident(what: str, lost: str) -> Incident:
    return Incident(at_ns=time.monotonic_ns(), probe="gpu", what=what, lost=lost)
