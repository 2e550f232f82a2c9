"""
Tables of what is many, in columns: runs of stacks, ticks of threads, ticks of processes.

A tick and the times in it stand in columns of their own. The times of threads are in order of their
threads, so that what one thread has in a batch is taken over at once.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec

from agentaudit.model.columns import Thread
from agentaudit.model.recording import ProcessTick, ProcessTime, StackRun, ThreadTick, ThreadTime
from agentaudit.store.numbers import Column, ends_of, from_column, to_column

MOST_TIMES = 4_000_000
"""In the ticks of one batch."""


class Runs(msgspec.Struct, array_like=True):
    pid: Column
    tid: Column
    start: Column
    length: Column
    stack: Column


class ThreadTicks(msgspec.Struct, array_like=True):
    since: Column
    length: Column
    times: int
    """How many there are in all."""
    tick: Column
    """The place of the tick that each is of."""
    pid: Column
    tid: Column
    cpu: Column
    queue: Column


class ProcessTicks(msgspec.Struct, array_like=True):
    since: Column
    length: Column
    times: Column
    """How many there are in each."""
    pid: Column
    cpu: Column
    reaped: Column


RUNS = msgspec.msgpack.Decoder(Runs)
THREADS = msgspec.msgpack.Decoder(ThreadTicks)
PROCESSES = msgspec.msgpack.Decoder(ProcessTicks)


def run_table(runs: Sequence[StackRun]) -> object:
    """The runs as what the wire holds."""
    return Runs(
        pid=to_column([run.pid for run in runs]),
        tid=to_column([run.tid for run in runs]),
        start=to_column([run.start_ns for run in runs]),
        length=to_column([run.end_ns - run.start_ns for run in runs]),
        stack=to_column([run.stack for run in runs]),
    )


def thread_table(ticks: Sequence[ThreadTick]) -> object:
    """The ticks as what the wire holds."""
    placed = [(at, time) for at, tick in enumerate(ticks) for time in tick.times]
    placed.sort(key=lambda entry: (entry[1].pid, entry[1].tid))
    times = [time for _, time in placed]
    return ThreadTicks(
        since=to_column([tick.since_ns for tick in ticks]),
        length=to_column([tick.at_ns - tick.since_ns for tick in ticks]),
        times=len(times),
        tick=to_column([at for at, _ in placed]),
        pid=to_column([time.pid for time in times]),
        tid=to_column([time.tid for time in times]),
        cpu=to_column([time.cpu_ns for time in times]),
        queue=to_column([time.queue_ns for time in times]),
    )


def process_table(ticks: Sequence[ProcessTick]) -> object:
    """The ticks as what the wire holds."""
    times = [time for tick in ticks for time in tick.times]
    return ProcessTicks(
        since=to_column([tick.since_ns for tick in ticks]),
        length=to_column([tick.at_ns - tick.since_ns for tick in ticks]),
        times=to_column([len(tick.times) for tick in ticks]),
        pid=to_column([time.pid for time in times]),
        cpu=to_column([time.cpu_ns for time in times]),
        reaped=to_column([time.reaped_ns for time in times]),
    )


def runs_in(rows: msgspec.Raw, count: int) -> Iterator[StackRun]:
    """The runs of a table."""
    threads, runs = _run_columns(rows, count)
    for (pid, tid), (start_ns, end_ns, stack) in zip(threads, zip(*runs, strict=True), strict=True):
        yield StackRun(pid=pid, tid=tid, start_ns=start_ns, end_ns=end_ns, stack=stack)


def thread_ticks_in(rows: msgspec.Raw, count: int) -> Iterator[ThreadTick]:
    """The ticks of a table; the times of each are in order of their threads."""
    since_ns, at_ns, threads, times = _thread_columns(rows, count)
    of_tick: list[list[ThreadTime]] = [[] for _ in range(count)]
    for (pid, tid), (tick, cpu_ns, queue_ns) in zip(threads, zip(*times, strict=True), strict=True):
        time = ThreadTime(pid=pid, tid=tid, cpu_ns=cpu_ns, queue_ns=queue_ns)
        of_tick[tick].append(time)
    for since, at, found in zip(since_ns, at_ns, of_tick, strict=True):
        yield ThreadTick(since_ns=since, at_ns=at, times=tuple(found))


def process_ticks_in(rows: msgspec.Raw, count: int) -> Iterator[ProcessTick]:
    """The ticks of a table."""
    since_ns, at_ns, sizes, times = _process_columns(rows, count)
    spent = (
        ProcessTime(pid=pid, cpu_ns=cpu_ns, reaped_ns=reaped_ns)
        for pid, cpu_ns, reaped_ns in zip(*times, strict=True)
    )
    for since, at, size in zip(since_ns, at_ns, sizes, strict=True):
        yield ProcessTick(since_ns=since, at_ns=at, times=tuple(islice(spent, size)))


_Three = tuple[Sequence[int], Sequence[int], Sequence[int]]


def _run_columns(rows: msgspec.Raw, count: int) -> tuple[Iterator[Thread], _Three]:
    """The threads of runs; and their starts, ends and stacks."""
    runs = RUNS.decode(rows)
    threads = zip(from_column(runs.pid, count), from_column(runs.tid, count), strict=True)
    starts = from_column(runs.start, count)
    return threads, (starts, ends_of(starts, runs.length), from_column(runs.stack, count))


def _thread_columns(
    rows: msgspec.Raw, count: int
) -> tuple[Sequence[int], Sequence[int], Iterator[Thread], _Three]:
    """The two instants of ticks; the threads of times; their ticks, CPU time and queueing."""
    ticks = THREADS.decode(rows)
    since = from_column(ticks.since, count)
    total = limited(ticks.times)
    threads = zip(from_column(ticks.pid, total), from_column(ticks.tid, total), strict=True)
    times = (
        from_column(ticks.tick, total),
        from_column(ticks.cpu, total),
        from_column(ticks.queue, total),
    )
    return since, ends_of(since, ticks.length), threads, times


def _process_columns(
    rows: msgspec.Raw, count: int
) -> tuple[Sequence[int], Sequence[int], Sequence[int], _Three]:
    """The two instants of ticks, and their sizes; processes, CPU time and that of children."""
    ticks = PROCESSES.decode(rows)
    since = from_column(ticks.since, count)
    sizes = from_column(ticks.times, count)
    total = limited(sum(sizes))
    times = (
        from_column(ticks.pid, total),
        from_column(ticks.cpu, total),
        from_column(ticks.reaped, total),
    )
    return since, ends_of(since, ticks.length), sizes, times


def limited(times: int) -> int:
    """The count of times in a batch; ValueError when nobody wrote so many."""
    if not 0 <= times <= MOST_TIMES:
        raise ValueError(f"a batch holds more than {MOST_TIMES} times")
    return times
