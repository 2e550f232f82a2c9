"""How threads of the tree came by the cores: what the kernel counted of their run-queue waits."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agentaudit.model.columns import Readings, Thread
from agentaudit.model.contention import Contention
from agentaudit.profiling.families import Families, Owners

_GRAIN_NS = 25_000_000
"""A tick of the recorder: finer than this nobody counted."""
_GRAINS = 20
"""Grains of a stretch, half a second."""
_LONG_NS = 10_000_000
"""
A thread that ran for less in two and a half seconds was woken for a moment. What it waited says how
soon it was woken, and not how the cores were shared.
"""
_NEIGHBOURS = 5
_HALVINGS = 40
_TELLING_NS = 50_000_000
"""Threads that wanted a core for less than this tell little of how they came by it."""

Amounts = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Grains:
    """Nanoseconds in each grain of a recording, of all threads, and of those that ran for long."""

    ran: Amounts
    waited: Amounts
    ran_long: Amounts
    waited_long: Amounts

    @classmethod
    def none(cls, count: int) -> "_Grains":
        return cls(*(np.zeros(count) for _ in range(4)))

    def between(self, first: int, beyond: int) -> "_Grains":
        columns = (self.ran, self.waited, self.ran_long, self.waited_long)
        return _Grains(*(column[first:beyond] for column in columns))

    def wanted_ns(self) -> float:
        return float((self.ran + self.waited).sum())

    @property
    def telling(self) -> tuple[Amounts, Amounts]:
        """What ran and waited of those that tell how cores were shared."""
        if self.ran_long.any():
            return self.ran_long, self.waited_long
        return self.ran, self.waited

    @property
    def share(self) -> float:
        ran, waited = (float(amounts.sum()) for amounts in self.telling)
        return ran / (ran + waited) if ran else 1.0


def contention(
    readings: Mapping[Thread, Readings], cores: int, start_ns: int, end_ns: int
) -> tuple[Contention, ...]:
    """Stretches of half a second, longer where the tree hardly wanted a core."""
    if not readings or end_ns <= start_ns:
        return ()
    grains = _Grains.none(-(-(end_ns - start_ns) // _GRAIN_NS))
    for of_thread in readings.values():
        _spread(of_thread, start_ns, grains)
    return tuple(_stretches(grains, cores, (start_ns, end_ns)))


def place_queueing(
    readings: Mapping[Thread, Readings],
    families: Families,
    owners: Owners,
    known: Collection[int],
) -> None:
    """Run-queue waits of children go to the work they were forked for, as their CPU time does."""
    for (pid, _), of_thread in readings.items():
        if pid in known:
            continue
        for since_ns, at_ns, _, queue_ns in of_thread.rows():
            life = families.at(pid, at_ns) if queue_ns else None
            piece = owners.owner(life, since_ns) if life is not None else None
            if piece is not None:
                piece.children_queue_ns += queue_ns


def _spread(readings: Readings, start_ns: int, grains: _Grains) -> None:
    """
    Each reading evenly over the grains that it spans.

    One that counts more than its span began before: the kernel adds a wait only when it is over.
    """
    until = np.asarray(readings.at_ns) - start_ns
    counted = np.asarray(readings.cpu_ns) + np.asarray(readings.queue_ns)
    since = np.minimum(np.asarray(readings.since_ns) - start_ns, until - counted)
    last_of_all = len(grains.ran) - 1
    first = np.clip(since // _GRAIN_NS, 0, last_of_all)
    last = np.clip((until - 1) // _GRAIN_NS, first, last_of_all)
    spans = last - first + 1
    places = np.repeat(first, spans) + _counting(spans)
    ran = np.repeat(np.asarray(readings.cpu_ns) / spans, spans)
    waited = np.repeat(np.asarray(readings.queue_ns) / spans, spans)
    np.add.at(grains.ran, places, ran)
    np.add.at(grains.waited, places, waited)
    at_length = _at_length(places // _GRAINS, ran)
    np.add.at(grains.ran_long, places[at_length], ran[at_length])
    np.add.at(grains.waited_long, places[at_length], waited[at_length])


def _at_length(stretch: NDArray[np.int64], ran: Amounts) -> NDArray[np.bool_]:
    """Where a thread runs for long: in this stretch and its neighbours together."""
    if not len(stretch):
        return np.zeros(0, bool)
    number = stretch - stretch.min()
    around = np.convolve(np.bincount(number, weights=ran), np.ones(_NEIGHBOURS), "same")
    found: NDArray[np.bool_] = around[number + (len(around) - number.max() - 1) // 2] >= _LONG_NS
    return found


def _counting(spans: NDArray[np.int64]) -> NDArray[np.int64]:
    """0, 1, … up to each span, one after the other."""
    ends = np.cumsum(spans)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - spans, spans)


def _stretches(grains: _Grains, cores: int, within_ns: tuple[int, int]) -> Iterator[Contention]:
    start_ns, end_ns = within_ns
    count = len(grains.ran)
    first = 0
    for beyond in (*range(_GRAINS, count - _GRAINS + 1, _GRAINS), count):
        found = grains.between(first, beyond)
        if found.wanted_ns() < _TELLING_NS and beyond < count:
            continue
        yield Contention(
            start_ns=start_ns + first * _GRAIN_NS,
            end_ns=min(start_ns + beyond * _GRAIN_NS, end_ns),
            cpu_ns=round(found.ran.sum()),
            queue_ns=round(found.waited.sum()),
            share=found.share,
            others=_others(found, cores),
        )
        first = beyond


def _others(grains: _Grains, cores: int) -> float:
    """Threads beside ours with which even sharing gives ours what they got, by bisection."""
    # Who wants a core at all sees at least itself.
    ours = np.maximum((grains.ran + grains.waited) / _GRAIN_NS, 1.0)
    ran, waited = grains.telling
    wanted, got = ran + waited, float(ran.sum())
    if got <= 0:
        return 0.0
    low, high = 0.0, cores * float(wanted.sum()) / got
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        served = float((wanted * np.minimum(1.0, cores / (ours + middle))).sum())
        low, high = (middle, high) if served > got else (low, middle)
    return low if high - low < low else 0.0
