"""
The kernel counters of one process and of its threads, by files that stay open.

An open file of `/proc` stays bound to the process it was opened for, so a number that the kernel
gives to another process later is never mistaken for the one that was recorded. A process whose CPU
clock stands still has not run, or so little that the kernel charged it nothing (time that the
host of a virtual machine took back): nothing else of it is read then, until it is asked for anew.
"""

import os
import time
from collections.abc import Iterator, Sequence

from agentaudit.model.recording import ProcessReading, ThreadReading

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_CPUCLOCK_SCHED = 2
"""include/linux/posix-timers.h: the clock of a process is its complemented id and this."""


class ProcessCounters:
    """One process. Raises OSError when there is none of that number, or it may not be read."""

    def __init__(self, pid: int, parent_pid: int) -> None:
        self.pid = pid
        self.parent_pid = parent_pid
        self.alive = True
        self._stat = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
        self._started = 0
        self._reading: ProcessReading | None = None
        self._read_clock_ns = -1
        try:
            self._folder = os.open(f"/proc/{pid}/task", os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            os.close(self._stat)
            raise
        self._files: dict[int, int] = {}
        self._links = 0
        """Of the folder of threads, when they were listed; 0 where that tells nothing."""
        self._threads: Sequence[ThreadReading] = ()
        self._threads_clock_ns = -1

    def reading(self, *, anew: bool = False) -> ProcessReading | None:
        """
        None once the process is gone; `alive` is false then, and of a zombie.

        A process whose main thread alone has ended looks like a zombie that has threads. Read
        anew, it tells of children that it waited for in a run that its clock does not show.
        """
        clock_ns = process_clock_ns(self.pid)
        if not anew and clock_ns is not None and clock_ns == self._read_clock_ns:
            return self._reading
        self._read_clock_ns = -1 if clock_ns is None else clock_ns
        self._reading = self._read(clock_ns)
        return self._reading

    def threads(self) -> Sequence[ThreadReading]:
        """Every live thread; the very same values as before when none of them ran."""
        clock_ns = process_clock_ns(self.pid)
        if clock_ns is None or clock_ns != self._threads_clock_ns:
            self._threads_clock_ns = -1 if clock_ns is None else clock_ns
            if not self._links or self._links != self._folder_links():
                self._open_threads()
            self._threads = tuple(self._read_threads())
        return self._threads

    def close(self) -> None:
        for file in (self._stat, self._folder, *self._files.values()):
            os.close(file)
        self._files.clear()

    def _read(self, clock_ns: int | None) -> ProcessReading | None:
        """The clock was read first: the file that is read after it proves whose clock it was."""
        try:
            text = os.pread(self._stat, 1024, 0)
        except OSError:
            self.alive = False
            return None
        fields = text[text.rindex(b")") + 2 :].split()
        self.alive = fields[0] not in (b"Z", b"X") or int(fields[17]) > 1
        self._started = int(fields[19])
        if clock_ns is None:  # a zombie has only its ticks
            clock_ns = _nanoseconds(fields[11]) + _nanoseconds(fields[12])
        return ProcessReading(
            pid=self.pid,
            parent_pid=self.parent_pid,
            cpu_ns=clock_ns,
            children_ns=_nanoseconds(fields[13]) + _nanoseconds(fields[14]),
            rss_bytes=int(fields[21]) * _PAGE,
            started=self._started,
        )

    def _read_threads(self) -> Iterator[ThreadReading]:
        for tid, file in list(self._files.items()):
            try:
                cpu_ns, queue_ns, _ = os.pread(file, 64, 0).split()
            except (OSError, ValueError):
                os.close(self._files.pop(tid))
                self._links = 0  # another may have begun meanwhile, and be as many
                continue
            yield ThreadReading(
                pid=self.pid,
                tid=tid,
                cpu_ns=int(cpu_ns),
                queue_ns=int(queue_ns),
                started=self._started,
            )

    def _folder_links(self) -> int:
        """Two more than there are threads, by the kernel's proc_task_getattr (fs/proc/base.c)."""
        try:
            return os.fstat(self._folder).st_nlink
        except OSError:
            return 0

    def _open_threads(self) -> None:
        """Listing them costs as much as reading all of them, so it is done when it must be."""
        links = self._folder_links()
        names = listed_names(f"/proc/{self.pid}/task")
        self._links = links if links == len(names) + 2 else 0
        for name in names:
            tid = int(name)
            if tid not in self._files:
                try:
                    path = f"/proc/{self.pid}/task/{tid}/schedstat"
                    self._files[tid] = os.open(path, os.O_RDONLY)
                except OSError:
                    continue


def process_clock_ns(pid: int) -> int | None:
    """CPU time of all threads of a process, ended ones too, to the nanosecond; None of a zombie."""
    try:
        return time.clock_gettime_ns(~pid << 3 | _CPUCLOCK_SCHED)
    except OSError:
        return None


def listed_names(folder: str) -> Sequence[str]:
    """What a folder holds; nothing where it is gone or closed to us."""
    try:
        return os.listdir(folder)  # noqa: PTH208 -- paths would cost more than the look itself
    except OSError:
        return ()


def _nanoseconds(ticks: bytes) -> int:
    return int(ticks) * 1_000_000_000 // _TICKS
