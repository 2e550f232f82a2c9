"""
What batches hold in columns, gathered as it stands on the wire and taken over in one piece.

A batch of one second holds so few numbers that most of the time goes into asking for them: an hour
of batches is read several times as fast at once. All that could be amiss is noticed batch by batch.
"""

from array import array
from collections.abc import Iterator

import msgspec
import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from agentaudit.model.columns import Columns, Thread
from agentaudit.store.numbers import (
    LARGEST_NUMBER,
    Column,
    ends_of,
    from_column,
    largest_possible,
    width_of,
)
from agentaudit.store.tables import PROCESSES, RUNS, THREADS, limited

Numbers = NDArray[np.int64]

_MOST_WAITING = 4_000_000
"""Rows that are gathered before they are taken over, so that memory holds few of them twice."""


class _Gathered(Struct):
    """One column, batch after batch."""

    least: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)
    beyond: list[bytes] = field(default_factory=list)

    def add(self, column: Column, count: int, *, signed: bool = False) -> int:
        """The width of so many numbers of a batch, which are gathered; raises as `width_of`."""
        width = width_of(column, count, signed=signed)
        self.least.append(column.least)
        self.counts.append(count)
        self.widths.append(width)
        self.beyond.append(column.beyond)
        return width

    def take(self) -> Numbers:
        """All numbers since it was last asked."""
        counts, widths = np.array(self.counts, np.int64), np.array(self.widths)
        numbers = np.repeat(np.array(self.least, np.int64), counts)
        for width in set(self.widths) - {0}:
            parts = zip(self.beyond, self.widths, strict=True)
            beyond = b"".join(part for part, of in parts if of == width)
            found = np.frombuffer(beyond, np.dtype(f"<u{width}")).astype(np.int64)
            numbers[np.repeat(widths == width, counts)] += found
        for waiting in (self.least, self.counts, self.widths, self.beyond):
            waiting.clear()
        return numbers


def _columns(names: int) -> tuple[_Gathered, ...]:
    return tuple(_Gathered() for _ in range(names))


class Gathering:
    """The rows of many batches on their way into the columns of a recording."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._runs = _columns(5)
        self._thread_ticks, self._thread_times = _columns(2), _columns(5)
        self._process_ticks, self._process_times = _columns(3), _columns(3)
        self._waiting = 0

    def add_runs(self, rows: msgspec.Raw, count: int) -> None:
        """The runs of a table."""
        runs = RUNS.decode(rows)
        pid, tid, start, length, stack = self._runs
        _add_stretches((start, length), (runs.start, runs.length), count)
        pid.add(runs.pid, count)
        tid.add(runs.tid, count)
        stack.add(runs.stack, count)
        self._gathered(count)

    def add_threads(self, rows: msgspec.Raw, count: int) -> None:
        """The times of threads."""
        ticks = THREADS.decode(rows)
        total = limited(ticks.times)
        _add_stretches(self._thread_ticks, (ticks.since, ticks.length), count)
        tick, *rest = self._thread_times
        width = tick.add(ticks.tick, total)
        if total and largest_possible(ticks.tick, width) >= count:
            largest = max(from_column(ticks.tick, total))
            if largest >= count:
                raise ValueError(f"a time is of tick {largest}, and there are {count}")
        for gathered, column in zip(
            rest, (ticks.pid, ticks.tid, ticks.cpu, ticks.queue), strict=True
        ):
            gathered.add(column, total)
        self._gathered(total)

    def add_processes(self, rows: msgspec.Raw, count: int) -> None:
        """The times of processes."""
        ticks = PROCESSES.decode(rows)
        since, length, sizes = self._process_ticks
        _add_stretches((since, length), (ticks.since, ticks.length), count)
        sizes.add(ticks.times, count)
        total = limited(sum(from_column(ticks.times, count)))
        for gathered, column in zip(
            self._process_times, (ticks.pid, ticks.cpu, ticks.reaped), strict=True
        ):
            gathered.add(column, total)
        self._gathered(total)

    def _gathered(self, rows: int) -> None:
        self._waiting += rows
        if self._waiting >= _MOST_WAITING:
            self.settle()

    def settle(self) -> None:
        """All that waits goes into the columns, in the order in which it was added."""
        self._settle_runs()
        self._settle_threads()
        self._settle_processes()
        self._waiting = 0

    def _settle_runs(self) -> None:
        pid, tid, start, length, stack = (column.take() for column in self._runs)
        for thread, places in _by_thread(pid, tid):
            found = self._columns.runs_of(thread)
            _extend(found.start_ns, start[places])
            _extend(found.end_ns, (start + length)[places])
            _extend(found.stack, stack[places])

    def _settle_threads(self) -> None:
        ticks = np.array(self._thread_ticks[0].counts, np.int64)
        times = np.array(self._thread_times[0].counts, np.int64)
        since, length = (column.take() for column in self._thread_ticks)
        tick, pid, tid, cpu, queue = (column.take() for column in self._thread_times)
        tick += np.repeat(np.cumsum(ticks) - ticks, times)
        columns = (since[tick], (since + length)[tick], cpu, queue)
        for thread, places in _by_thread(pid, tid):
            found = self._columns.readings_of(thread)
            into = (found.since_ns, found.at_ns, found.cpu_ns, found.queue_ns)
            for column, numbers in zip(into, columns, strict=True):
                _extend(column, numbers[places])

    def _settle_processes(self) -> None:
        since, length, sizes = (column.take() for column in self._process_ticks)
        pid, cpu, reaped = (column.take() for column in self._process_times)
        found = self._columns.spendings
        _extend(found.since_ns, np.repeat(since, sizes))
        _extend(found.at_ns, np.repeat(since + length, sizes))
        _extend(found.pid, pid)
        _extend(found.cpu_ns, cpu)
        _extend(found.reaped_ns, reaped)


def _add_stretches(
    gathered: tuple[_Gathered, ...], columns: tuple[Column, Column], count: int
) -> None:
    """Instants and how long from there; ValueError where that ends outside of what is measured."""
    starts, lengths = columns
    wide = gathered[0].add(starts, count)
    long = gathered[1].add(lengths, count, signed=True)
    latest = largest_possible(starts, wide) + largest_possible(lengths, long)
    if starts.least + lengths.least < 0 or latest > LARGEST_NUMBER:
        ends_of(from_column(starts, count), lengths)


def _by_thread(pid: Numbers, tid: Numbers) -> Iterator[tuple[Thread, Numbers]]:
    """Each thread, in order of its first row, with the places of its rows in order."""
    if not len(pid):
        return
    order = np.lexsort((tid, pid))
    pids, tids = pid[order], tid[order]
    others = np.flatnonzero((np.diff(pids) != 0) | (np.diff(tids) != 0)) + 1
    for places in sorted(np.split(order, others), key=lambda places: int(places[0])):
        first = places[0]
        yield (int(pid[first]), int(tid[first])), places


def _extend(column: "array[int]", numbers: Numbers) -> None:
    column.frombytes(np.ascontiguousarray(numbers).tobytes())
