"""How threads of the tree came by the cores: what the kernel counted of their run-queue waits."""

from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from agentaudit.model.columns import Readings, Thread
from agentaudit.model.contention import Contention
from agentaudit.profiling.families import Families
from agentaudit.profiling.forked_work import Owners

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


class _Grains(Struct, frozen=True):
    """Nanoseconds in each grain of a recording, of all threads, and of those that ran for long."""

    ran: Amounts
    waited: Amounts
    ran_long: Amounts
    waited_long: Amounts

    @classmethod
    def none(cls, count: int) -> "_Grains":
        return cls(*(np.zeros(count) for _ in range(4)))


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
    edges = _edges(grains.ran + grains.waited)
    firsts = edges[:-1]
    ran, waited, ran_long, waited_long = (
        np.add.reduceat(column, firsts)
        for column in (grains.ran, grains.waited, grains.ran_long, grains.waited_long)
    )
    long = ran_long > 0
    got = np.where(long, ran_long, ran)
    share = np.where(got > 0, got / np.maximum(got + np.where(long, waited_long, waited), 1), 1.0)
    others = _others(grains, edges, long, cores)
    for at, (first, beyond) in enumerate(pairwise(edges.tolist())):
        yield Contention(
            start_ns=start_ns + first * _GRAIN_NS,
            end_ns=min(start_ns + beyond * _GRAIN_NS, end_ns),
            cpu_ns=round(float(ran[at])),
            queue_ns=round(float(waited[at])),
            share=float(share[at]),
            others=float(others[at]),
        )


def _edges(wanted: Amounts) -> NDArray[np.int64]:
    """Where stretches begin, and the end: each holds enough to tell, but maybe the last."""
    before = np.concatenate(([0.0], np.cumsum(wanted)))
    edges = [0]
    for beyond in range(_GRAINS, len(wanted) - _GRAINS + 1, _GRAINS):
        if before[beyond] - before[edges[-1]] >= _TELLING_NS:
            edges.append(beyond)
    return np.array([*edges, len(wanted)])


def _others(
    grains: _Grains, edges: NDArray[np.int64], long: NDArray[np.bool_], cores: int
) -> Amounts:
    """
    Threads beside ours with which even sharing gives ours what they got, of all stretches at once.

    By bisection. `long` says in which of them only threads that ran for long tell.
    """
    firsts, lengths = edges[:-1], np.diff(edges)
    # Who wants a core at all sees at least itself.
    ours = np.maximum((grains.ran + grains.waited) / _GRAIN_NS, 1.0)
    of_grain = np.repeat(long, lengths)
    ran = np.where(of_grain, grains.ran_long, grains.ran)
    wanted = ran + np.where(of_grain, grains.waited_long, grains.waited)
    got, all_wanted = np.add.reduceat(ran, firsts), np.add.reduceat(wanted, firsts)
    low = np.zeros(len(got))
    high = cores * all_wanted / np.maximum(got, 1.0)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        served = wanted * np.minimum(1.0, cores / (ours + np.repeat(middle, lengths)))
        more = np.add.reduceat(served, firsts) > got
        low, high = np.where(more, middle, low), np.where(more, high, middle)
    found: Amounts = np.where((got > 0) & (high - low < low), low, 0.0)
    return found
