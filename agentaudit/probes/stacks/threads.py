"""Which of the kernel's threads is meant by a number or an address that a process knows it by."""

import struct
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from agentaudit.probes.processes.pid_namespaces import numbers_of
from agentaudit.probes.stacks.memory import Memory

_LIKELY = (0x2D0, 0xD0, 0x30, 0x20)
"""
Where a thread of the C library keeps its number: glibc on x86-64 and on Arm, musl on the same.

nptl/descr.h and src/internal/pthread_impl.h; where it is not there, it is looked for.
"""

_FARTHEST = 0x600
_LINE_BYTES = 0x40
"""A description may end where memory does."""

_NUMBER = struct.Struct("=i")


class Threads:
    """The kernel's numbers of threads that know themselves by those of their own namespace."""

    def __init__(self, pid: int) -> None:
        self._tasks = Path(f"/proc/{pid}/task")
        self._known: dict[int, int] = {}
        self._same = len(numbers_of(pid)) < 2  # noqa: PLR2004 -- here and inside

    def of(self, tid: int) -> int:
        """The number here; the same where there is no other."""
        if self._same:
            return tid
        if tid not in self._known:
            self._look()
        return self._known.setdefault(tid, tid)

    def _look(self) -> None:
        with suppress(OSError):  # the process is gone, and nobody asks again
            for folder in self._tasks.iterdir():
                numbers = numbers_of(int(folder.name))
                if numbers:
                    self._known[numbers[-1]] = int(folder.name)


class LibraryThreads:
    """The kernel's numbers of threads of the C library, by the addresses of their descriptions."""

    def __init__(self, pid: int, memory: Memory) -> None:
        self._pid = pid
        self._memory = memory
        self._place: int | None = None

    def of(self, pthread: int) -> int:
        """The number within the process's own namespace; 0 where it cannot be told."""
        try:
            if self._place is None:
                return self._found(pthread)
            return int(_NUMBER.unpack(self._memory.read(pthread + self._place, _NUMBER.size))[0])
        except OSError:  # the thread has ended, or has not begun
            return 0

    def _found(self, pthread: int) -> int:
        """The kernel's list says which of the numbers that lie there is one of a thread."""
        lines = [(pthread + start, _LINE_BYTES) for start in range(0, _FARTHEST, _LINE_BYTES)]
        data = b"".join(self._memory.gathered(lines))
        running = self._running()
        for place in (*_LIKELY, *range(0, len(data), _NUMBER.size)):
            if place + _NUMBER.size <= len(data):
                (number,) = _NUMBER.unpack_from(data, place)
                if number in running:
                    self._place = place
                    return int(number)
        return 0

    def _running(self) -> Mapping[int, int]:
        """The kernel's numbers here, by those of the process's own namespace."""
        folders = Path(f"/proc/{self._pid}/task").iterdir()
        numbers = {int(folder.name): numbers_of(int(folder.name)) for folder in folders}
        return {told[-1]: here for here, told in numbers.items() if told}
