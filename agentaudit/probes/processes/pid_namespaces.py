"""
Numbers of processes: one process has several, one in each PID namespace from the machine's down.

We see those from our own namespace down. What the NVIDIA driver says may be of another one.
"""

import re
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

PROC = Path("/proc")
DEVICES = "/dev/nvidia"
"""What the files that a process on a GPU keeps open begin with."""

_MACHINE_PIDS = 4026531836
"""include/linux/proc_ns.h, PROC_PID_INIT_INO: the PID namespace that the machine booted with."""

_MOST_PROCESSES = 4096
_MOST_ANCESTORS = 8
_ASK_AGAIN_S = 5.0
_NSPID = re.compile(r"^NSpid:\s*([\d\t ]+)$", re.MULTILINE)


def namespace(pid: int | str, kind: str) -> int | None:
    """The number of a process's `pid`, `net`, `mnt` or `user` namespace; None where not told."""
    try:
        link = (PROC / str(pid) / "ns" / kind).readlink()
    except OSError:
        return None
    number = str(link).partition("[")[2].rstrip("]")
    return int(number) if number.isdigit() else None


def in_own_pid_namespace() -> bool:
    """True in a container, or wherever numbers of processes are not those of the machine."""
    return namespace("self", "pid") not in (None, _MACHINE_PIDS)


def numbers_of(pid: int) -> Sequence[int]:
    """A process's numbers: ours first, that of its innermost PID namespace last."""
    try:
        text = (PROC / str(pid) / "status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ()
    found = _NSPID.search(text)
    return tuple(int(number) for number in found[1].split()) if found else (pid,)


def ancestors_of(pid: int) -> tuple[int, ...]:
    """A process's parent, its parent, and so on, but for the first process of all."""
    found: list[int] = []
    while len(found) < _MOST_ANCESTORS:
        try:
            text = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
            pid = int(text.rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            break
        if pid <= 1:
            break
        found.append(pid)
    return tuple(found)


class DriverPids:
    """
    Which of our processes the driver means by its numbers.

    They may be ours, or those of the container that a process runs in; inside a container they are
    often those of the machine, which tell nothing there. A process that the driver names keeps a
    device open: where a number alone leaves a doubt, that decides.
    """

    def __init__(self) -> None:
        self._contained = in_own_pid_namespace()
        self._known: dict[int, int] = {}
        self._asked_s: dict[int, float] = {}
        """When a number that nobody knows was looked for."""

    def ours(self, numbers: Collection[int]) -> Mapping[int, int]:
        """
        Our numbers by the driver's; those that cannot be told are missing.

        In a container one that cannot be told means that the driver counts differently: a process
        of ours that has another's number by chance must not be taken for it.
        """
        found = {number: self._ours(number) for number in numbers}
        if self._contained and None in found.values():
            return {}
        return {number: pid for number, pid in found.items() if pid is not None}

    def _ours(self, number: int) -> int | None:
        known = self._known.get(number)
        if known is not None and number in numbers_of(known):
            return known
        now_s = time.monotonic()
        if now_s - self._asked_s.get(number, -_ASK_AGAIN_S) < _ASK_AGAIN_S:
            return None
        found = self._found(number)
        if found is None:
            self._asked_s[number] = now_s
            self._known.pop(number, None)
        else:
            self._known[number] = found
        return found

    def _found(self, number: int) -> int | None:
        if _holds_device(number):
            return number
        inside = [pid for pid in _with_number(number) if _holds_device(pid)]
        if len(inside) == 1:
            return inside[0]
        return None if self._contained or inside else number


def _with_number(number: int) -> Iterator[int]:
    """Processes that have this number in a namespace below ours."""
    for pid in _processes():
        if number in numbers_of(pid)[1:]:
            yield pid


def _processes() -> Collection[int]:
    try:
        names = [path.name for path in PROC.iterdir() if path.name.isdigit()]
    except OSError:
        return ()
    return [int(name) for name in names[:_MOST_PROCESSES]]


def _holds_device(pid: int) -> bool:
    try:
        return any(
            str(file.readlink()).startswith(DEVICES) for file in (PROC / str(pid) / "fd").iterdir()
        )
    except OSError:  # gone, or another user's
        return False
