"""
The models of `simulation_speed.py` in the words of SimPy, salabim and Ciw.

Each gives the mean latency of requests whose arrivals and demands it is handed. SimPy and salabim
have no station that jobs share, so it is written here as well as we know how: virtual time and one
heap, as ours, with one process that sleeps until the next end and is interrupted when it changes.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise
from statistics import fmean
from typing import Any

Run = Callable[[Sequence[float], Sequence[Sequence[float]]], float]
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Queue:
    """So many servers, first come first served."""

    servers: int


@dataclass(frozen=True, slots=True)
class Sharing:
    """Cores that are shared, then a GPU whose total speed follows a curve."""

    cores: int
    gpu: tuple[tuple[int, float], ...]

    def cpu_rate(self, jobs: int) -> float:
        """The speed of each of so many jobs."""
        return min(1.0, self.cores / jobs)

    def gpu_rate(self, jobs: int) -> float:
        """As above; the curve has a point for every number up to its last."""
        return self.gpu[min(jobs, len(self.gpu)) - 1][1] / jobs


class Shared:
    """Jobs that share a station, in virtual time; who sleeps and wakes is the caller's."""

    def __init__(self, rate: Callable[[int], float]) -> None:
        self.rate = rate
        self.heap: list[tuple[float, int, Any]] = []
        self.virtual = self.last = self.speed = 0.0
        self.serial = 0

    def pass_time(self, now: float) -> None:
        self.virtual += (now - self.last) * self.speed
        self.last = now

    def add(self, now: float, demand: float, job: Any) -> None:  # noqa: ANN401, of the library
        self.pass_time(now)
        self.serial += 1
        heappush(self.heap, (self.virtual + demand, self.serial, job))
        self.speed = self.rate(len(self.heap))

    def left(self) -> float:
        """Until the next job ends."""
        return max((self.heap[0][0] - self.virtual) / self.speed, 0.0)

    def ended(self, now: float) -> list[Any]:
        """Jobs that have ended by now."""
        self.pass_time(now)
        jobs = []
        while self.heap and self.heap[0][0] <= self.virtual + _ROUNDING:
            jobs.append(heappop(self.heap)[2])
        if self.heap:
            self.speed = self.rate(len(self.heap))
        else:
            self.virtual = self.speed = 0.0
        return jobs


class SimpyStation:
    """
    Jobs are events, told when they end.

    A timer is set anew at each change, and one that is out of date finds that it is: that costs
    less than a process that is interrupted.
    """

    def __init__(self, env: Any, rate: Callable[[int], float]) -> None:  # noqa: ANN401
        self.env, self.shared, self.changes = env, Shared(rate), 0

    def serve(self, demand: float) -> Any:  # noqa: ANN401
        job = self.env.event()
        self.shared.add(self.env.now, demand, job)
        self.set_timer()
        return job

    def set_timer(self) -> None:
        self.changes += 1
        if self.shared.heap:
            timer = self.env.timeout(self.shared.left(), self.changes)
            timer.callbacks.append(self.told)

    def told(self, timer: Any) -> None:  # noqa: ANN401
        if timer.value == self.changes:
            for job in self.shared.ended(self.env.now):
                job.succeed()
            self.set_timer()


def simpy_queue(env: Any, simpy: Any, servers: int) -> Callable[[Sequence[float]], Iterator[Any]]:  # noqa: ANN401
    pool = simpy.Resource(env, servers)

    def serve(needed: Sequence[float]) -> Iterator[Any]:
        with pool.request() as slot:
            yield slot
            yield env.timeout(needed[0])

    return serve


def simpy_sharing(env: Any, sharing: Sharing) -> Callable[[Sequence[float]], Iterator[Any]]:  # noqa: ANN401
    cpu, gpu = SimpyStation(env, sharing.cpu_rate), SimpyStation(env, sharing.gpu_rate)

    def serve(needed: Sequence[float]) -> Iterator[Any]:
        yield cpu.serve(needed[0])
        yield gpu.serve(needed[1])

    return serve


def simpy_run(model: Queue | Sharing) -> Run:
    """SimPy."""
    import simpy  # noqa: PLC0415, a peer, and perhaps not there

    def run(arrivals: Sequence[float], demands: Sequence[Sequence[float]]) -> float:
        env = simpy.Environment()
        latencies: list[float] = []
        serve = (
            simpy_sharing(env, model)
            if isinstance(model, Sharing)
            else simpy_queue(env, simpy, model.servers)
        )

        def request(arrival: float, needed: Sequence[float]) -> Iterator[Any]:
            yield from serve(needed)
            latencies.append(env.now - arrival)

        def source() -> Iterator[Any]:
            for arrival, needed in zip(arrivals, demands, strict=True):
                yield env.timeout(arrival - env.now)
                env.process(request(arrival, needed))

        env.process(source())
        env.run()
        return fmean(latencies)

    return run


def salabim_run(model: Queue | Sharing) -> Run | None:
    """salabim, in the style in which components yield."""
    import salabim  # noqa: PLC0415, likewise

    if isinstance(model, Sharing):
        return None
    salabim.yieldless(False)

    class Request(salabim.Component):  # type: ignore[misc]
        def setup(self, pool: Any, arrival: float, needed: float, out: list[float]) -> None:  # noqa: ANN401
            self.pool, self.arrival, self.needed, self.out = pool, arrival, needed, out

        def process(self) -> Iterator[Any]:
            yield self.request(self.pool)
            yield self.hold(self.needed)
            self.release()
            self.out.append(self.env.now() - self.arrival)

    class Source(salabim.Component):  # type: ignore[misc]
        def setup(self, make: Callable[[float, float], Any], plan: Any) -> None:  # noqa: ANN401
            self.make, self.plan = make, plan

        def process(self) -> Iterator[Any]:
            for arrival, needed in self.plan:
                yield self.hold(till=arrival)
                self.make(arrival, needed)

    def run(arrivals: Sequence[float], demands: Sequence[Sequence[float]]) -> float:
        env = salabim.Environment(trace=False)
        pool = salabim.Resource("pool", capacity=model.servers, monitor=False)
        latencies: list[float] = []
        plan = list(zip(arrivals, (needed[0] for needed in demands), strict=True))
        Source(
            make=lambda arrival, needed: Request(
                pool=pool, arrival=arrival, needed=needed, out=latencies
            ),
            plan=plan,
        )
        env.run()
        return fmean(latencies)

    return run


def ciw_run(model: Queue | Sharing) -> Run | None:
    """Ciw. Its shared stations have a number of servers, and no curve."""
    import ciw  # noqa: PLC0415, likewise

    if isinstance(model, Sharing):
        return None

    def run(arrivals: Sequence[float], demands: Sequence[Sequence[float]]) -> float:
        gaps = [arrivals[0], *(later - sooner for sooner, later in pairwise(arrivals))]
        network = ciw.create_network(
            arrival_distributions=[ciw.dists.Sequential([*gaps, float("inf")])],
            service_distributions=[ciw.dists.Sequential([needed[0] for needed in demands])],
            number_of_servers=[model.servers],
        )
        simulation = ciw.Simulation(network)
        simulation.simulate_until_max_customers(len(arrivals), method="Finish")
        return fmean(
            record.exit_date - record.arrival_date for record in simulation.get_all_records()
        )

    return run


PEERS: dict[str, Callable[[Queue | Sharing], Run | None]] = {
    "simpy": simpy_run,
    "salabim": salabim_run,
    "ciw": ciw_run,
}
