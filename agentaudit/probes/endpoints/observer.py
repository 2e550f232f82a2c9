"""
Metrics of inference servers and GPU exporters that the user named, once a second.

Each endpoint has a thread of its own: what answers slowly, or never, holds up nothing but itself.
"""

import threading
import time
from collections.abc import Collection, Iterator, Sequence
from queue import SimpleQueue

from msgspec import Struct, field

from agentaudit.model.observed import EndpointSample
from agentaudit.model.trace import EnergyReading, GpuSample, Incident
from agentaudit.probes.endpoints.scraping import Address, ScrapeError, Scraper
from agentaudit.probes.endpoints.server_metrics import GpuSeen, gpus_in, metrics_in, servers_in
from agentaudit.probes.handed import handed_over

FIRST_REMOTE_DEVICE = 1000
"""Devices of the first endpoint count from here, of the next from 2000: no driver has so many."""

_EVERY_S = 1.0
_MOST_DEVICES = 256
_LAST_WAIT_S = 1.0

Seen = EndpointSample | GpuSample | EnergyReading | Incident


class _Energy(Struct, kw_only=True):
    """Millijoules of one device since the first look, though its counter may begin again."""

    last: float
    total: float = 0.0

    def count(self, now: float) -> None:
        self.total += max(now - self.last, 0.0)
        self.last = now


class _Devices(Struct, kw_only=True):
    """The devices of one endpoint: their numbers in the recording, and their energy."""

    first: int
    place: str
    read_here: Collection[str] = ()
    """Devices that are read from this machine's own driver: twice they would count double."""

    numbers: dict[str, int] = field(default_factory=dict)
    energy: dict[str, _Energy] = field(default_factory=dict)

    def sample(self, seen: GpuSeen, at_ns: int) -> GpuSample | None:
        if seen.uuid and seen.uuid in self.read_here:
            return None
        if seen.device not in self.numbers and len(self.numbers) >= _MOST_DEVICES:
            return None
        number = self.numbers.setdefault(seen.device, self.first + len(self.numbers))
        if seen.energy_mj is not None:
            counter = self.energy.setdefault(seen.device, _Energy(last=seen.energy_mj))
            counter.count(seen.energy_mj)
        if seen.busy is None:
            return None
        return GpuSample(
            at_ns=at_ns,
            device=number,
            busy=seen.busy,
            memory_bytes=seen.memory_bytes or 0,
            power_watts=seen.power_watts,
        )

    def together(self, seen: Sequence[GpuSeen], at_ns: int, endpoint: str) -> EndpointSample:
        """All of them as one look at their exporter."""
        busy = [one.busy for one in seen if one.busy is not None]
        counted = [counter.total / 1000 for counter in self.energy.values()]
        return EndpointSample(
            at_ns=at_ns,
            endpoint=endpoint,
            server="dcgm",
            gpu_busy=sum(busy) / len(busy) if busy else None,
            joules=sum(counted) if counted else None,
        )

    def readings(self) -> Iterator[EnergyReading]:
        for device, counter in tuple(self.energy.items()):
            yield EnergyReading(
                component=f"gpu {device} at {self.place}",
                joules=counter.total / 1000,
                method="dcgm_counter",
                note="the whole device, other work included",
            )


class Endpoint:
    """One endpoint: `scrape` is what its thread does each second."""

    def __init__(self, address: Address, number: int, read_here: Collection[str] = ()) -> None:
        self.scraper = Scraper(address)
        self._name = address.name
        self._devices = _Devices(
            first=FIRST_REMOTE_DEVICE * (number + 1), place=address.place, read_here=read_here
        )
        self._problem = ""

    def scrape(self) -> Iterator[Seen]:
        """What it says now, or that it says nothing, and, once for each reason, why."""
        try:
            metrics = metrics_in(self.scraper.fetch())
        except (ScrapeError, ValueError) as error:
            yield from self._told(str(error))
            return
        now_ns = time.monotonic_ns()
        samples: list[Seen] = [*servers_in(metrics, now_ns, self._name)]
        devices = list(gpus_in(metrics))
        samples += filter(None, (self._devices.sample(seen, now_ns) for seen in devices))
        if devices:
            samples.append(self._devices.together(devices, now_ns, self._name))
        if not samples:
            yield from self._told("it exports nothing of vLLM, SGLang, llama.cpp, TGI or DCGM")
            return
        self._problem = ""
        yield from samples

    def energy(self) -> Iterator[EnergyReading]:
        return self._devices.readings()

    def _told(self, problem: str) -> Iterator[Seen]:
        now_ns = time.monotonic_ns()
        yield EndpointSample(at_ns=now_ns, endpoint=self._name, server="", readable=False)
        if problem != self._problem:
            self._problem = problem
            yield Incident(
                at_ns=now_ns,
                probe="endpoint",
                what=problem,
                lost=f"how busy {self._name} was, while this lasted",
            )


class Endpoints:
    """
    The observer: what all endpoints said since the look before.

    `read_here` are the UUIDs of devices whose driver we ask ourselves.
    """

    def __init__(self, addresses: Sequence[Address], *, read_here: Collection[str] = ()) -> None:
        self._endpoints = [
            Endpoint(address, number, read_here) for number, address in enumerate(addresses)
        ]
        self._seen: SimpleQueue[Seen] = SimpleQueue()
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self._closed = False

    def look(self, now_ns: int, pids: Sequence[int]) -> Sequence[Seen]:  # noqa: ARG002 -- observers are asked alike
        if not self._threads and not self._stopped.is_set():
            self._threads = [
                threading.Thread(target=self._run, args=(one,), name="endpoint", daemon=True)
                for one in self._endpoints
            ]
            for thread in self._threads:
                thread.start()
        for endpoint in self._endpoints:
            endpoint.scraper.stop_when_late()
        return list(handed_over(self._seen))

    def close(self, now_ns: int) -> Sequence[Seen]:  # noqa: ARG002 -- observers are asked alike
        if self._closed:
            return ()
        self._closed = True
        self._stopped.set()
        until_s = time.monotonic() + _LAST_WAIT_S
        for endpoint in self._endpoints:
            endpoint.scraper.stop()
        for thread in self._threads:
            thread.join(max(until_s - time.monotonic(), 0.0))
        return [
            *handed_over(self._seen),
            *(one for endpoint in self._endpoints for one in endpoint.energy()),
        ]

    def _run(self, endpoint: Endpoint) -> None:
        """What was cut short by the end is no incident, and is not told."""
        while not self._stopped.is_set():
            for seen in endpoint.scrape():
                if not self._stopped.is_set():
                    self._seen.put(seen)
            self._stopped.wait(_EVERY_S)
