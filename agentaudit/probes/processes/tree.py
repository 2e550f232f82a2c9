"""The process tree of a target: who joins it, who leaves, and what the kernel counts of them."""

import os
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
from agentaudit.model.trace import Incident
from agentaudit.probes.processes.counters import ProcessCounters, listed_names
from agentaudit.probes.processes.forks import Exec, Exit, Fork, ForkEvents

MOST_PROCESSES = 512
"""Processes read one by one: each costs open files, and some microseconds at every look."""

_MOST_BIRTHS = 1000
"""Births of children gone already that are told of in one look; the rest of a storm is counted."""

_LONGEST_BYTES = 64 * 1024
_RESYNC_NS = 1_000_000_000
_QUIET_NS = 10_000_000_000
"""Between two words of the same trouble."""

TreeEvent = ProcessBorn | ProcessNamed | ProcessGone | Incident


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
        self._processes: dict[int, ProcessCounters] = {}
        self._brief: set[int] = set()
        """Children that had ended before their files could be opened, or are one too many."""
        self._untold: set[int] = set()
        """Those of them whose birth is not in the recording."""
        self._synced_ns = 0
        self._lost = 0
        self._births = 0
        self._crowded = False
        self._said_ns: dict[str, int] = {}
        self._told = False
        self._add(pid, _parent_of(pid))

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
        self._births = 0
        events += self._heard()
        lost = self._lost_some()
        if lost or self._forks is None or now_ns - self._synced_ns >= _RESYNC_NS:
            self._synced_ns = now_ns
            events += self._ended(now_ns)
            events += self._listed(now_ns)
        events += self._ended(now_ns)
        events += self._troubles(now_ns, lost=lost)
        return events

    def threads(self) -> Sequence[ThreadReading]:
        """The counters of every live thread; one that ended is missing from then on."""
        return [reading for process in self._processes.values() for reading in process.threads()]

    def processes(self, *, anew: bool = False) -> Sequence[ProcessReading]:
        """
        The counters of every live process, and of those that ended but are not reaped.

        Read anew, also of those whose CPU clock stands.
        """
        readings = (process.reading(anew=anew) for process in self._processes.values())
        return [reading for reading in readings if reading is not None]

    def close(self) -> None:
        for process in self._processes.values():
            process.close()
        self._processes.clear()
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
                    yield from self._forked(event)
                case Exec() if event.pid in self._processes:
                    yield ProcessNamed(pid=event.pid, name=_name_of(event.pid))
                case Exit() if self._ours(event.pid) and not self._lives(event.pid):
                    yield from self._left(event.pid, event.at_ns)
                case _:
                    pass

    def _forked(self, fork: Fork) -> Iterator[TreeEvent]:
        """A number that is taken still had another process, whose end nobody heard of."""
        if self._ours(fork.pid):
            yield from self._left(fork.pid, fork.at_ns)
        lives = self._add(fork.pid, fork.parent_pid)
        if not lives:
            self._brief.add(fork.pid)
        self._births += 1
        if not lives and self._births > _MOST_BIRTHS:
            self._untold.add(fork.pid)
        else:
            yield ProcessBorn(
                at_ns=fork.at_ns,
                pid=fork.pid,
                parent_pid=fork.parent_pid,
                parent_tid=fork.parent_tid,
                name=_name_of(fork.pid),
            )

    def _left(self, pid: int, at_ns: int) -> Iterator[TreeEvent]:
        """Of those whose birth was told, the end is told as well."""
        told = pid not in self._untold
        self._remove(pid)
        if told:
            yield ProcessGone(at_ns=at_ns, pid=pid)

    def _listed(self, now_ns: int) -> Iterator[TreeEvent]:
        waiting = list(self._processes)
        while waiting and len(self._processes) < MOST_PROCESSES:
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
        self._crowded = self._crowded or bool(waiting)

    def _ended(self, now_ns: int) -> Iterator[TreeEvent]:
        for pid, process in list(self._processes.items()):
            if not process.alive:
                self._remove(pid)
                yield ProcessGone(at_ns=now_ns, pid=pid)

    def _lost_some(self) -> bool:
        """Whether the kernel dropped events since the look before; what was known may be stale."""
        lost = self._forks.lost if self._forks else 0
        if lost == self._lost:
            return False
        self._lost = lost
        self._brief.clear()
        self._untold.clear()
        for process in self._processes.values():
            process.reading()
        return True

    def _troubles(self, now_ns: int, *, lost: bool) -> Iterator[Incident]:
        if lost:
            yield from self._say(
                now_ns,
                "the kernel dropped word of forks: there were more than we could take in",
                "who forked some children; their time is counted all the same",
            )
        if self._births > _MOST_BIRTHS:
            yield from self._say(
                now_ns,
                f"more than {_MOST_BIRTHS} processes were born between two looks",
                "names of some children, and who forked them; their time is counted all the same",
            )
        if self._crowded:
            self._crowded = False
            yield from self._say(
                now_ns,
                f"more than {MOST_PROCESSES} processes live at once",
                "some processes by themselves; their time counts when their parents wait for them",
            )

    def _say(self, now_ns: int, what: str, lost: str) -> Iterator[Incident]:
        """The same trouble is told of every few seconds, not at every look."""
        said_ns = self._said_ns.get(what)
        if said_ns is None or now_ns - said_ns >= _QUIET_NS:
            self._said_ns[what] = now_ns
            yield Incident(at_ns=now_ns, probe="processes", what=what, lost=lost)

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
        self._untold.discard(pid)
        process = self._processes.pop(pid, None)
        if process is not None:
            process.close()

    def _add(self, pid: int, parent_pid: int) -> bool:
        """
        False when it has ended already, collected or not, or is one too many.

        What it used is counted where its parent waits for it: a zombie taken in anew at every look
        would be counted at every look.
        """
        if len(self._processes) >= MOST_PROCESSES:
            self._crowded = True
            return False
        try:
            process = ProcessCounters(pid, parent_pid)
        except OSError:
            return False
        if process.reading() is None or not process.alive:
            process.close()
            return False
        self._processes[pid] = process
        return True


def open_tree(pid: int, forks: ForkEvents | None) -> ProcessTree:
    """
    The tree below `pid`; an empty one when it is a command of ours that has ended already.

    Raises UsageError when there is no such process, or nothing of it may be read.
    """
    if not Path("/proc/self/stat").exists():
        raise UsageError("profiling reads /proc, which this system does not have: use Linux")
    if not Path(f"/proc/{pid}/stat").exists():
        raise UsageError(f"there is no process {pid}; `ps -e` lists those that there are")
    tree = ProcessTree(pid, forks)
    if not tree.alive and _parent_of(pid) != os.getpid():
        raise UsageError(f"process {pid} has ended already")
    return tree


def _parent_of(pid: int) -> int:
    text = _text_of(f"/proc/{pid}/stat")
    return int(text[text.rindex(b")") + 2 :].split()[1]) if text else 0


def _name_of(pid: int) -> str:
    """The short name that the kernel keeps; never the command line, which may hold secrets."""
    return _text_of(f"/proc/{pid}/comm").decode("utf-8", errors="replace").strip()


def _children_of(pid: int) -> Iterator[tuple[int, int]]:
    """Pairs of the thread that forked and its child."""
    for tid in listed_names(f"/proc/{pid}/task"):
        for child in _text_of(f"/proc/{pid}/task/{tid}/children").split():
            yield int(tid), int(child)


def _text_of(path: str) -> bytes:
    """What a small file of `/proc` says; nothing where it is gone or closed to us."""
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(file, _LONGEST_BYTES)
    except OSError:
        return b""
    finally:
        os.close(file)
