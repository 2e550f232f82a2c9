"""
Tables of what is many, in columns: runs of stacks, ticks of threads, ticks of processes.

A tick and the times in it stand in columns of their own; how many times each tick has joins them.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice, repeat

import msgspec

from agentaudit.model.columns import Columns, Thread
from agentaudit.model.recording import ProcessTick, ProcessTime, StackRun, ThreadTick, ThreadTime
from agentaudit.store.numbers import Column, from_column, to_column
from agentaudit.store.wire import LARGEST_NUMBER

MOST_TIMES = 4_000_000
"""In the ticks of one batch."""


class _Runs(msgspec.Struct, array_like=True):
    pid: Column
    tid: Column
    start: Column
    length: Column
    stack: Column


class _Ticks(msgspec.Struct, array_like=True):
    since: Column
    length: Column
    times: Column
    """How many there are in each."""
    pid: Column
    cpu: Column
    queue_or_reaped: Column
    tid: Column = Column(0, b"")


_Add = Callable[[int], None]
_RUNS = msgspec.msgpack.Decoder(_Runs)
_TICKS = msgspec.msgpack.Decoder(_Ticks)


def run_table(runs: Sequence[StackRun]) -> object:
    """The runs as what the wire holds."""
    return _Runs(
        pid=to_column([run.pid for run in runs]),
        tid=to_column([run.tid for run in runs]),
        start=to_column([run.start_ns for run in runs]),
        length=to_column([run.end_ns - run.start_ns for run in runs]),
        stack=to_column([run.stack for run in runs]),
    )


def thread_table(ticks: Sequence[ThreadTick]) -> object:
    """The ticks as what the wire holds."""
    times = [time for tick in ticks for time in tick.times]
    return _ticks(ticks, [time.queue_ns for time in times], [time.tid for time in times])


def process_table(ticks: Sequence[ProcessTick]) -> object:
    """The ticks as what the wire holds."""
    return _ticks(ticks, [time.reaped_ns for tick in ticks for time in tick.times], ())


def _ticks(
    ticks: Sequence[ThreadTick] | Sequence[ProcessTick], others: Sequence[int], tids: Sequence[int]
) -> _Ticks:
    times = [time for tick in ticks for time in tick.times]
    return _Ticks(
        since=to_column([tick.since_ns for tick in ticks]),
        length=to_column([tick.at_ns - tick.since_ns for tick in ticks]),
        times=to_column([len(tick.times) for tick in ticks]),
        pid=to_column([time.pid for time in times]),
        cpu=to_column([time.cpu_ns for time in times]),
        queue_or_reaped=to_column(others),
        tid=to_column(tids),
    )


def fill_runs(rows: msgspec.Raw, count: int, columns: Columns) -> None:
    """The runs of a table go into the columns."""
    adders: dict[Thread, tuple[_Add, _Add, _Add]] = {}
    for pid, tid, start_ns, end_ns, stack in _run_rows(rows, count):
        adder = adders.get((pid, tid))
        if adder is None:
            runs = columns.runs_of((pid, tid))
            adder = (runs.start_ns.append, runs.end_ns.append, runs.stack.append)
            adders[pid, tid] = adder
        add_start, add_end, add_stack = adder
        add_start(start_ns)
        add_end(end_ns)
        add_stack(stack)


def fill_threads(rows: msgspec.Raw, count: int, columns: Columns) -> None:
    """The times of threads go into the columns."""
    adders: dict[Thread, tuple[_Add, _Add, _Add, _Add]] = {}
    for since_ns, at_ns, (pid, tid, cpu_ns, queue_ns) in _Ticked(rows, count, threads=True).flat():
        adder = adders.get((pid, tid))
        if adder is None:
            of_thread = columns.readings_of((pid, tid))
            adder = (
                of_thread.since_ns.append,
                of_thread.at_ns.append,
                of_thread.cpu_ns.append,
                of_thread.queue_ns.append,
            )
            adders[pid, tid] = adder
        add_since, add_at, add_cpu, add_queue = adder
        add_since(since_ns)
        add_at(at_ns)
        add_cpu(cpu_ns)
        add_queue(queue_ns)


def fill_processes(rows: msgspec.Raw, count: int, columns: Columns) -> None:
    """The times of processes go into the columns."""
    since_ns, at_ns, times = _Ticked(rows, count, threads=False).columns()
    columns.spendings.since_ns.extend(since_ns)
    columns.spendings.at_ns.extend(at_ns)
    columns.spendings.pid.extend(times[0])
    columns.spendings.cpu_ns.extend(times[2])
    columns.spendings.reaped_ns.extend(times[3])


def runs_in(rows: msgspec.Raw, count: int) -> Iterator[StackRun]:
    """The runs of a table."""
    for pid, tid, start_ns, end_ns, stack in _run_rows(rows, count):
        yield StackRun(pid=pid, tid=tid, start_ns=start_ns, end_ns=end_ns, stack=stack)


def thread_ticks_in(rows: msgspec.Raw, count: int) -> Iterator[ThreadTick]:
    """The ticks of a table."""
    for since_ns, at_ns, of_tick in _Ticked(rows, count, threads=True).nested():
        times = tuple(
            ThreadTime(pid=pid, tid=tid, cpu_ns=cpu_ns, queue_ns=queue_ns)
            for pid, tid, cpu_ns, queue_ns in of_tick
        )
        yield ThreadTick(since_ns=since_ns, at_ns=at_ns, times=times)


def process_ticks_in(rows: msgspec.Raw, count: int) -> Iterator[ProcessTick]:
    """The ticks of a table."""
    for since_ns, at_ns, of_tick in _Ticked(rows, count, threads=False).nested():
        times = tuple(
            ProcessTime(pid=pid, cpu_ns=cpu_ns, reaped_ns=reaped_ns)
            for pid, _, cpu_ns, reaped_ns in of_tick
        )
        yield ProcessTick(since_ns=since_ns, at_ns=at_ns, times=times)


def _run_rows(rows: msgspec.Raw, count: int) -> Iterator[tuple[int, int, int, int, int]]:
    """Process, thread, start, end and stack of each."""
    runs = _RUNS.decode(rows)
    starts = from_column(runs.start, count)
    return zip(
        from_column(runs.pid, count),
        from_column(runs.tid, count),
        starts,
        _ends(starts, runs.length),
        from_column(runs.stack, count),
        strict=True,
    )


_Time = tuple[int, int, int, int]
"""Process, thread, CPU time, and run-queue wait or that of children."""

_Times = tuple[Sequence[int], Sequence[int], Sequence[int], Sequence[int]]
"""The same, each as a column."""


class _Ticked:
    """A table of ticks: each has two instants, and as many times as its size says."""

    def __init__(self, rows: msgspec.Raw, count: int, *, threads: bool) -> None:
        ticks = _TICKS.decode(rows)
        self._since = from_column(ticks.since, count)
        self._at = _ends(self._since, ticks.length)
        self._sizes = from_column(ticks.times, count)
        total = sum(self._sizes)
        if total > MOST_TIMES:
            raise ValueError(f"a batch holds more than {MOST_TIMES} times")
        self._times = (
            from_column(ticks.pid, total),
            from_column(ticks.tid, total) if threads else (0,) * total,
            from_column(ticks.cpu, total),
            from_column(ticks.queue_or_reaped, total),
        )

    def columns(self) -> tuple[Iterator[int], Iterator[int], _Times]:
        """The two instants of each time, and the times."""
        since_ns = chain.from_iterable(map(repeat, self._since, self._sizes))
        at_ns = chain.from_iterable(map(repeat, self._at, self._sizes))
        return since_ns, at_ns, self._times

    def flat(self) -> Iterator[tuple[int, int, _Time]]:
        """The two instants of each time, and the time."""
        since_ns, at_ns, times = self.columns()
        return zip(since_ns, at_ns, zip(*times, strict=True), strict=True)

    def nested(self) -> Iterator[tuple[int, int, Iterator[_Time]]]:
        """The two instants of each tick, and its times, to be taken before the next tick."""
        times = zip(*self._times, strict=True)
        for since_ns, at_ns, size in zip(self._since, self._at, self._sizes, strict=True):
            yield since_ns, at_ns, islice(times, size)


def _ends(starts: Sequence[int], lengths: Column) -> list[int]:
    ends = [
        start + length
        for start, length in zip(
            starts, from_column(lengths, len(starts), signed=True), strict=True
        )
    ]
    if ends and (min(ends) < 0 or max(ends) > LARGEST_NUMBER):
        raise ValueError("times, counters and numbers of processes are 0 to 2⁶³")
    return ends
