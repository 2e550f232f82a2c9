"""
Counters as increments, each nanosecond once.

The time of a child that ended appears a second time in its parent's counter of children. What was
read while the child lived is taken off there; what is left is the time nobody saw being used.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from agentaudit.model.recording import (
    ProcessReading,
    ProcessTick,
    ProcessTime,
    ThreadGone,
    ThreadReading,
    ThreadTick,
    ThreadTime,
)

_Thread = tuple[int, int, int]
"""The process, when it began, and the thread."""


class ProcessLedger:
    """The processes of a tree. What they used before the first reading does not count."""

    def __init__(self, readings: Sequence[ProcessReading], at_ns: int) -> None:
        self._last = {reading.pid: reading for reading in readings}
        self._counted: defaultdict[int, int] = defaultdict(int)
        """Time of ended children, by parent, that its counter of children will show again."""
        self._reaped: defaultdict[int, int] = defaultdict(int)
        self._at_ns = at_ns
        self.total_ns = 0

    def born(self, pid: int) -> None:
        """A new process has this number: the one that had it before is over."""
        previous = self._last.pop(pid, None)
        if previous is not None:
            self._end(previous)

    def tick(self, readings: Sequence[ProcessReading], at_ns: int) -> ProcessTick:
        now = {reading.pid: reading for reading in readings}
        for pid, last in list(self._last.items()):
            if pid not in now or now[pid].started != last.started:
                self._end(self._last.pop(pid))
        times = tuple(time for time in map(self._time, readings) if time.cpu_ns or time.reaped_ns)
        self._last = now
        return self._tick(times, at_ns)

    def settle(self, spent_ns: int, at_ns: int, target: int) -> ProcessTick:
        """
        What is missing to a total that is known to be exact, where time of children was counted.

        The kernel shows the time of children that ended in ticks of 10 ms, and cuts off the rest.
        """
        missing_ns = spent_ns - self.total_ns
        if missing_ns <= 0:
            return self._tick((), at_ns)
        parent = max(self._reaped, key=lambda pid: self._reaped[pid], default=target)
        return self._tick((ProcessTime(pid=parent, cpu_ns=0, reaped_ns=missing_ns),), at_ns)

    def _tick(self, times: tuple[ProcessTime, ...], at_ns: int) -> ProcessTick:
        since_ns, self._at_ns = self._at_ns, at_ns
        self.total_ns += sum(time.cpu_ns + time.reaped_ns for time in times)
        return ProcessTick(since_ns=since_ns, at_ns=at_ns, times=times)

    def _time(self, reading: ProcessReading) -> ProcessTime:
        last = self._last.get(reading.pid)
        children_ns = max(reading.children_ns - (last.children_ns if last else 0), 0)
        again_ns = min(children_ns, self._counted[reading.pid]) if children_ns else 0
        if again_ns:
            self._counted[reading.pid] -= again_ns
        if children_ns > again_ns:
            self._reaped[reading.pid] += children_ns - again_ns
        return ProcessTime(
            pid=reading.pid,
            cpu_ns=max(reading.cpu_ns - (last.cpu_ns if last else 0), 0),
            reaped_ns=children_ns - again_ns,
        )

    def _end(self, last: ProcessReading) -> None:
        if last.parent_pid in self._last:
            self._counted[last.parent_pid] += last.cpu_ns + last.children_ns
        self._counted.pop(last.pid, None)
        self._reaped.pop(last.pid, None)


class ThreadLedger:
    """The threads of a tree. What they used before the first reading does not count."""

    def __init__(self, readings: Sequence[ThreadReading], at_ns: int) -> None:
        self._last = _by_thread(readings)
        self._at_ns = at_ns

    def tick(
        self, readings: Sequence[ThreadReading], at_ns: int
    ) -> tuple[ThreadTick, Sequence[ThreadGone]]:
        """What they used since the tick before, and which of them have ended."""
        now = _by_thread(readings)
        gone = [
            ThreadGone(at_ns=at_ns, pid=pid, tid=tid)
            for pid, _, tid in self._last.keys() - now.keys()
        ]
        times = tuple(self._times(now))
        self._last = now
        since_ns, self._at_ns = self._at_ns, at_ns
        return ThreadTick(since_ns=since_ns, at_ns=at_ns, times=times), gone

    def _times(self, now: dict[_Thread, ThreadReading]) -> Iterator[ThreadTime]:
        for thread, reading in now.items():
            last = self._last.get(thread)
            if last is reading:
                continue
            if last is not None and last.cpu_ns > reading.cpu_ns:
                last = None  # another thread has the number now
            cpu_ns = reading.cpu_ns - (last.cpu_ns if last else 0)
            queue_ns = reading.queue_ns - (last.queue_ns if last else 0)
            if cpu_ns or queue_ns:
                yield ThreadTime(
                    pid=reading.pid, tid=reading.tid, cpu_ns=cpu_ns, queue_ns=max(queue_ns, 0)
                )


def _by_thread(readings: Sequence[ThreadReading]) -> dict[_Thread, ThreadReading]:
    return {(reading.pid, reading.started, reading.tid): reading for reading in readings}
