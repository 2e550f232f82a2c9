"""
The process tree of a target, and its kernel counters, read from `/proc`.

Open files of `/proc` stay bound to the process they were opened for, so a number that the kernel
gives to another process later is never mistaken for the one that was recorded.
"""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from agentaudit.errors import UsageError
from agentaudit.model.recording import (
    ProcessBorn,
    ProcessGone,
    ProcessNamed,
    ProcessReading,
    ThreadReading,
)
from agentaudit.probes.forks import Exec, Exit, Fork, ForkEvents

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_MOST_PROCESSES = 512
_RESYNC_NS = 1_000_000_000

TreeEvent = ProcessBorn | ProcessNamed | ProcessGone


class ProcessTree:
    """
    A process and its descendants, those that come and go while it is watched included.

    Forks are told by the kernel where it lets us listen, with the thread that forked; otherwise
    the children of every thread are listed at each look, and a child that lived between two looks
    is known only by the time that its parent was charged for it.
    """

    def __init__(self, pid: int, forks: ForkEvents | None) -> None:
        self.pid = pid
        self._forks = forks
        self._processes: dict[int, _Process] = {}
        self._brief: set[int] = set()
        """Children that had ended before their files could be opened."""
        self._synced_ns = 0
        self._add(pid, _parent_of(pid))
        self._told = False

    @property
    def alive(self) -> bool:
        """True until the target itself has ended."""
        return self.pid in self._processes

    @property
    def pids(self) -> Sequence[int]:
        return tuple(self._processes)

    def events(self, now_ns: int) -> Sequence[TreeEvent]:
        """Who joined and who left since the look before, in order."""
        events = [] if self._told else [self._target(now_ns)]
        self._told = True
        events += self._heard()
        if self._forks is None or now_ns - self._synced_ns >= _RESYNC_NS:
            self._synced_ns = now_ns
            events += self._listed(now_ns)
        events += self._ended(now_ns)
        return events

    def threads(self) -> Sequence[ThreadReading]:
        """The counters of every live thread; one that ended is missing from then on."""
        return [reading for process in self._processes.values() for reading in process.threads()]

    def processes(self) -> Sequence[ProcessReading]:
        """The counters of every live process, and of those that ended but are not reaped."""
        readings = (process.reading() for process in self._processes.values())
        return [reading for reading in readings if reading is not None]

    def close(self) -> None:
        for process in self._processes.values():
            process.close()
        if self._forks:
            self._forks.close()

    def _target(self, now_ns: int) -> TreeEvent:
        name = _name_of(self.pid)
        parent_pid = _parent_of(self.pid)
        return ProcessBorn(
            at_ns=now_ns, pid=self.pid, parent_pid=parent_pid, parent_tid=0, name=name
        )

    def _heard(self) -> Iterator[TreeEvent]:
        for event in self._forks.read() if self._forks else ():
            match event:
                case Fork() if self._ours(event.parent_pid):
                    if not self._add(event.pid, event.parent_pid):
                        self._brief.add(event.pid)
                    yield ProcessBorn(
                        at_ns=event.at_ns,
                        pid=event.pid,
                        parent_pid=event.parent_pid,
                        parent_tid=event.parent_tid,
                        name=_name_of(event.pid),
                    )
                case Exec() if event.pid in self._processes:
                    yield ProcessNamed(pid=event.pid, name=_name_of(event.pid))
                case Exit() if self._ours(event.pid) and not self._lives(event.pid):
                    self._remove(event.pid)
                    yield ProcessGone(at_ns=event.at_ns, pid=event.pid)
                case _:
                    pass

    def _listed(self, now_ns: int) -> Iterator[TreeEvent]:
        waiting = list(self._processes)
        while waiting and len(self._processes) < _MOST_PROCESSES:
            parent = waiting.pop()
            for tid, pid in _children_of(parent):
                if pid not in self._processes and self._add(pid, parent):
                    waiting.append(pid)
                    yield ProcessBorn(
                        at_ns=now_ns,
                        pid=pid,
                        parent_pid=parent,
                        parent_tid=tid,
                        name=_name_of(pid),
                    )

    def _ended(self, now_ns: int) -> Iterator[TreeEvent]:
        for pid, process in list(self._processes.items()):
            if not process.alive:
                self._remove(pid)
                yield ProcessGone(at_ns=now_ns, pid=pid)

    def _ours(self, pid: int) -> bool:
        return pid in self._processes or pid in self._brief

    def _lives(self, pid: int) -> bool:
        """True of the target, whose end `_ended` tells; and where a main thread alone ended."""
        process = self._processes.get(pid)
        return pid == self.pid or (
            process is not None and process.reading() is not None and process.alive
        )

    def _remove(self, pid: int) -> None:
        self._brief.discard(pid)
        process = self._processes.pop(pid, None)
        if process is not None:
            process.close()

    def _add(self, pid: int, parent_pid: int) -> bool:
        """
        False when it has ended already, collected or not.

        What it used is counted where its parent waits for it: a zombie taken in anew at every look
        would be counted at every look.
        """
        try:
            process = _Process(pid, parent_pid)
        except OSError:
            return False
        if process.reading() is None or not process.alive:
            process.close()
            return False
        self._processes[pid] = process
        return True


class _Process:
    """One process, by files that stay open as long as it is watched."""

    def __init__(self, pid: int, parent_pid: int) -> None:
        self.pid = pid
        self.parent_pid = parent_pid
        self._stat = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
        self._threads: dict[int, int] = {}
        self._zombie_reading: ProcessReading | None = None
        self.alive = True

    def reading(self) -> ProcessReading | None:
        """
        None once the process is gone; `alive` is false then, and of a zombie.

        A process whose main thread alone has ended looks like a zombie that has threads.
        """
        try:
            text = os.pread(self._stat, 1024, 0)
        except OSError:
            self.alive = False
            return None
        fields = text[text.rindex(b")") + 2 :].split()
        self.alive = fields[0] not in (b"Z", b"X") or int(fields[17]) > 1
        return ProcessReading(
            pid=self.pid,
            parent_pid=self.parent_pid,
            cpu_ns=self._cpu_ns(fields),
            children_ns=_nanoseconds(fields[13]) + _nanoseconds(fields[14]),
            rss_bytes=int(fields[21]) * _PAGE,
        )

    def threads(self) -> Iterator[ThreadReading]:
        self._open_threads()
        for tid, file in list(self._threads.items()):
            try:
                cpu_ns, queue_ns, _ = os.pread(file, 64, 0).split()
            except (OSError, ValueError):
                os.close(self._threads.pop(tid))
                continue
            yield ThreadReading(pid=self.pid, tid=tid, cpu_ns=int(cpu_ns), queue_ns=int(queue_ns))

    def close(self) -> None:
        for file in (self._stat, *self._threads.values()):
            os.close(file)
        self._threads.clear()

    def _cpu_ns(self, fields: Sequence[bytes]) -> int:
        """From the process's own CPU clock, to the nanosecond; a zombie has only its ticks."""
        try:
            return time.clock_gettime_ns(~self.pid << 3 | _CPUCLOCK_SCHED)
        except OSError:
            return _nanoseconds(fields[11]) + _nanoseconds(fields[12])

    def _open_threads(self) -> None:
        for name in _listed_names(f"/proc/{self.pid}/task"):
            tid = int(name)
            if tid not in self._threads:
                try:
                    path = f"/proc/{self.pid}/task/{tid}/schedstat"
                    self._threads[tid] = os.open(path, os.O_RDONLY)
                except OSError:
                    continue


_CPUCLOCK_SCHED = 2
"""include/linux/posix-timers.h: the clock of a process is its complemented id and this."""


def open_tree(pid: int, forks: ForkEvents | None) -> ProcessTree:
    """
    The tree below `pid`.

    Raises UsageError when there is no such process, or nothing of it may be read.
    """
    if not Path("/proc/self/stat").exists():
        raise UsageError("profiling reads /proc, which this system does not have: use Linux")
    if not Path(f"/proc/{pid}/stat").exists():
        raise UsageError(f"there is no process {pid}; `ps -e` lists those that there are")
    tree = ProcessTree(pid, forks)
    if not tree.alive:
        raise UsageError(f"process {pid} has ended already")
    return tree


def _nanoseconds(ticks: bytes) -> int:
    return int(ticks) * 1_000_000_000 // _TICKS


def _stat_of(pid: int) -> Sequence[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ()
    return text[text.rindex(")") + 2 :].split()


def _parent_of(pid: int) -> int:
    fields = _stat_of(pid)
    return int(fields[1]) if fields else 0


def _name_of(pid: int) -> str:
    """The short name that the kernel keeps; never the command line, which may hold secrets."""
    try:
        text = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return text.strip()


def _children_of(pid: int) -> Iterator[tuple[int, int]]:
    """Pairs of the thread that forked and its child."""
    for tid in _listed_names(f"/proc/{pid}/task"):
        try:
            children = Path(f"/proc/{pid}/task/{tid}/children").read_text(encoding="ascii")
        except OSError:
            continue
        for child in children.split():
            yield int(tid), int(child)


def _listed_names(folder: str) -> Sequence[str]:
    try:
        return [path.name for path in Path(folder).iterdir()]
    except OSError:
        return ()
