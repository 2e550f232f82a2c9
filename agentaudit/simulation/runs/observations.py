"""
What one run is remembered by: three instants of each request, and the run's totals.

The arrays stay in this module; numbers leave it.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from agentaudit.model.measures import Measure
from agentaudit.model.results import ALL, QueueLengths
from agentaudit.simulation.fast.columns import RunColumns, WorkColumns, in_order
from agentaudit.simulation.fast.requests import types_there
from agentaudit.simulation.fast.totals import total
from agentaudit.simulation.run import Run
from agentaudit.simulation.stations.power import Levels
from agentaudit.simulation.statistics import MSER_BATCH, batch_bounds, rank

Instants = NDArray[np.int64]
TAILS: Mapping[Measure, int] = {
    Measure.P50: 50,
    Measure.P90: 90,
    Measure.P95: 95,
    Measure.P99: 99,
}
"""Percentiles, as the percent of requests that do not exceed them."""
_SHORTEST_NS = 1
_FEWEST_FOR_A_TREND = 20
_GROWTH = 1.5
"""What counts as growing while requests arrive."""


class Kind(StrEnum):
    """The parts of a request's time."""

    LATENCY = "latency"
    WAITING = "waiting"
    SERVICE = "service"


class Observations(Struct, frozen=True, kw_only=True, eq=False):
    """One run. Requests are in the order in which they arrived; `after` leaves out the first."""

    types: tuple[str, ...]
    overloaded: bool
    makespan_ns: int
    cpu_busy_ns: int
    gpu_busy_ns: int
    running_peak: int
    cpu_levels: Levels = ()
    gpu_levels: Levels = ()
    _arrival: Instants
    _start: Instants
    _finish: Instants
    _type: NDArray[np.int32]

    @property
    def requests(self) -> int:
        return len(self._arrival)

    @property
    def arrives_at_once(self) -> bool:
        """Whether the run is of one batch."""
        return bool(self._arrival[0] == self._arrival[-1])

    def same_times(self, other: "Observations") -> bool:
        """Whether every request ended at the same instant in both."""
        return bool(np.array_equal(self._finish, other._finish))  # noqa: SLF001, of its own kind

    def count(self, *, type_: str = ALL, after: int = 0) -> int:
        """How many requests of a type count."""
        return len(self._times(Kind.LATENCY, type_, after))

    def measured(
        self, measure: Measure, kind: Kind = Kind.LATENCY, *, type_: str = ALL, after: int = 0
    ) -> int | None:
        """In nanoseconds; None where no request of the type counts."""
        return _measured(self._times(kind, type_, after), measure)

    def batches(
        self, measure: Measure, kind: Kind = Kind.LATENCY, *, type_: str = ALL, after: int = 0
    ) -> tuple[int, ...]:
        """The same of each of 10 batches of requests that came one after the other."""
        times = self._times(kind, type_, after)
        found = (_measured(times[low:high], measure) for low, high in batch_bounds(len(times)))
        return tuple(one for one in found if one is not None)

    def within(self, limits_ns: Mapping[str, int], *, after: int = 0) -> int:
        """How many requests took less than the limits of their type, and those of `all`."""
        latency = self._times(Kind.LATENCY, ALL, after)
        good = np.ones(len(latency), dtype=bool)
        for type_, limit_ns in limits_ns.items():
            of_type = self._of_type(type_)[after:]
            good &= (latency < limit_ns) | ~of_type
        return int(good.sum())

    def piles_up(self) -> bool:
        """
        Whether the run gets ever slower.

        Requests of the last quarter take half as long again as those of the second, and half as
        many again are in the system at the last arrival as at the middle one.
        """
        count = self.requests
        if self.arrives_at_once or count < _FEWEST_FOR_A_TREND:
            return False
        latency = self._finish - self._arrival
        second, last = _mean(latency[count // 4 : count // 2]), _mean(latency[-(count // 4) :])
        middle_backlog, last_backlog = self._backlog(count // 2), self._backlog(count - 1)
        return last > _GROWTH * second and last_backlog > _GROWTH * middle_backlog

    def slows(self) -> bool:
        """Whether requests of the second half take half as long again as those of the first."""
        latency, half = self._finish - self._arrival, self.requests // 2
        return _mean(latency[half:]) > _GROWTH * _mean(latency[:half])

    def _backlog(self, place: int) -> int:
        """How many have come and not ended when the request at `place` comes, itself too."""
        return int((self._finish[: place + 1] > self._arrival[place]).sum())

    def queue(self, *, after: int = 0) -> QueueLengths:
        """Queue lengths from the first request that counts on."""
        first, last = int(self._arrival[after]), int(self._arrival[-1])
        if first == last:
            last = int(self._finish.max())
        span = max(last - first, _SHORTEST_NS)
        waiting, served = (self._arrival, self._start), (self._start, self._finish)
        return QueueLengths(
            waiting_mean=_overlap(*waiting, first, last) / span,
            waiting_peak=_peak(*waiting, first),
            in_service_mean=_overlap(*served, first, last) / span,
            in_service_peak=_peak(*served, first),
        )

    def _times(self, kind: Kind, type_: str, after: int) -> Instants:
        match kind:
            case Kind.LATENCY:
                times = self._finish - self._arrival
            case Kind.WAITING:
                times = self._start - self._arrival
            case Kind.SERVICE:
                times = self._finish - self._start
        return times[after:] if type_ == ALL else times[after:][self._of_type(type_)[after:]]

    def _of_type(self, type_: str) -> NDArray[np.bool_]:
        if type_ == ALL:
            return np.ones(len(self._type), dtype=bool)
        place = self.types.index(type_) if type_ in self.types else -1
        found: NDArray[np.bool_] = self._type == place
        return found


def observations_of(run: Run, *, overloaded: bool) -> Observations:
    """The run without its records, which take thirty times as much memory."""
    records = run.records
    types = tuple(sorted({record.type for record in records}))
    places = {name: place for place, name in enumerate(types)}
    count = len(records)
    return Observations(
        types=types,
        overloaded=overloaded,
        makespan_ns=run.makespan_ns,
        cpu_busy_ns=run.cpu_busy_ns,
        gpu_busy_ns=run.gpu_busy_ns,
        running_peak=run.running_peak,
        cpu_levels=run.cpu_levels,
        gpu_levels=run.gpu_levels,
        _arrival=np.fromiter((one.arrival_ns for one in records), np.int64, count),
        _start=np.fromiter((one.start_ns for one in records), np.int64, count),
        _finish=np.fromiter((one.finish_ns for one in records), np.int64, count),
        _type=np.fromiter((places[one.type] for one in records), np.int32, count),
    )


def column_observations(run: RunColumns, work: WorkColumns, *, overloaded: bool) -> Observations:
    """The same of a run of columns, which never had any records."""
    order = in_order(run.arrival_ns)
    types = tuple(sorted(types_there(work)))
    places = [types.index(name) if name in types else -1 for name in work.types]
    return Observations(
        types=types,
        overloaded=overloaded,
        makespan_ns=run.makespan_ns,
        cpu_busy_ns=run.cpu_busy_ns,
        gpu_busy_ns=run.gpu_busy_ns,
        running_peak=run.running_peak,
        cpu_levels=run.cpu_levels,
        gpu_levels=run.gpu_levels,
        _arrival=run.arrival_ns[order],
        _start=run.start_ns[order],
        _finish=run.finish_ns[order],
        _type=np.array(places, dtype=np.int32)[work.type[order]],
    )


def mean_course(runs: Sequence[Observations]) -> tuple[float, ...]:
    """The latency of every five requests in order of arrival, averaged over runs."""
    count = min(run.requests for run in runs) // MSER_BATCH * MSER_BATCH
    total = np.zeros(count, dtype=np.float64)
    for run in runs:
        total += _latencies(run)[:count]
    means = total.reshape(-1, MSER_BATCH).mean(axis=1) / len(runs)
    return tuple(float(mean) for mean in means)


def pooled_quantiles(runs: Sequence[Observations], most: int, *, after: int = 0) -> tuple[int, ...]:
    """At most so many quantiles of the latencies of all runs together, ascending."""
    ordered = np.sort(np.concatenate([_latencies(run)[after:] for run in runs]))
    if len(ordered) <= most:
        return tuple(int(value) for value in ordered)
    return tuple(int(ordered[rank(len(ordered), part, most)]) for part in range(1, most + 1))


def _latencies(run: Observations) -> Instants:
    return run._finish - run._arrival  # noqa: SLF001, private to this module


def _mean(times: Instants) -> float:
    return float(total(times)) / len(times)


def _measured(times: Instants, measure: Measure) -> int | None:
    if not len(times):
        return None
    if measure is Measure.MEAN:
        return round(total(times) / len(times))
    place = rank(len(times), TAILS[measure])
    return int(np.partition(times, place)[place])


def _overlap(begin: Instants, end: Instants, low: int, high: int) -> int:
    """Nanoseconds that the stretches have within a window, added up."""
    within: NDArray[Any] = np.minimum(end, high) - np.maximum(begin, low)
    return int(np.maximum(within, 0).sum())


def _peak(begin: Instants, end: Instants, low: int) -> int:
    """The most stretches at once from an instant on; those that take no time count for nothing."""
    real = (end > begin) & (end > low)
    starts, ends = np.sort(np.maximum(begin[real], low)), np.sort(end[real])
    if not len(starts):
        return 0
    # At one instant ends come before begins: who leaves makes room for who comes.
    active = np.arange(1, len(starts) + 1) - np.searchsorted(ends, starts, side="right")
    return int(active.max())
