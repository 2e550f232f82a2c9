"""GPUs whose driver answers late, never, or with a defect."""

import threading
from collections.abc import Collection, Iterator, Sequence

import pytest

from agentaudit.model.trace import EnergyReading, GpuSample, Incident
from agentaudit.probes.gpu import reader as gpu_reader
from agentaudit.probes.gpu.device import GpuRecord
from agentaudit.probes.gpu.reader import GpuReader

ENERGY = EnergyReading(component="gpu 0", joules=1.0, method="nvml_counter", note="")


class Driver:
    """Answers as soon as it may."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.asked: list[int] = []
        self.closed = False
        self.error: Exception | None = None

    def read(self, now_ns: int, pids: Collection[int]) -> Sequence[GpuRecord]:
        self.asked.append(now_ns)
        self.may_answer.wait()
        if self.error is not None:
            raise self.error
        return [
            GpuSample(
                at_ns=now_ns,
                device=0,
                busy=0.5,
                memory_bytes=len(pids),
                power_watts=None,
                ours=None,
            )
        ]

    def energy(self) -> Sequence[EnergyReading]:
        return [ENERGY]

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def driver() -> Iterator[Driver]:
    made = Driver()
    yield made
    made.may_answer.set()


def until_told(reader: GpuReader, now_ns: int) -> Sequence[GpuRecord]:
    records: Sequence[GpuRecord] = ()
    while not records:
        records = reader.read(now_ns, [7])
    return records


def test_what_the_driver_says_is_told(driver: Driver) -> None:
    reader = GpuReader(driver)
    told = until_told(reader, 5)
    reader.close()

    assert isinstance(told[0], GpuSample)
    assert (told[0].at_ns, told[0].memory_bytes) == (5, 1)
    assert (reader.energy(), driver.closed) == ([ENERGY], True)


def test_a_driver_that_hangs_is_told_of_once_and_holds_nothing_up(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu_reader, "_LAST_WAIT_S", 0.01)
    reader = GpuReader(driver)
    driver.may_answer.clear()
    looks = [reader.read(second * 10**9, ()) for second in range(9)]
    reader.close()

    (incident,) = (record for look in looks for record in look)
    assert isinstance(incident, Incident)
    assert incident.what == "the NVIDIA driver has not answered for 5 s"
    assert driver.asked == [0]
    assert (reader.energy(), driver.closed) == ([ENERGY], False)


def test_what_comes_late_is_told_when_it_comes(driver: Driver) -> None:
    reader = GpuReader(driver)
    driver.may_answer.clear()
    early = reader.read(1, ())
    driver.may_answer.set()
    late = until_told(reader, 2)
    reader.close()

    assert not early
    assert late[0].at_ns == 1


def test_a_defect_is_an_incident_and_ends_no_recording(driver: Driver) -> None:
    reader = GpuReader(driver)
    driver.error = ZeroDivisionError("of ours")
    (incident,) = until_told(reader, 1)
    after = reader.read(2, ())
    reader.close()

    assert isinstance(incident, Incident)
    assert incident.what == "reading GPUs failed: ZeroDivisionError: of ours"
    assert not after
    assert driver.closed
