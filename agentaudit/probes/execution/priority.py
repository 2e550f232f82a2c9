"""
Raised priority: other programs of a shared machine get what we leave, for as long as we measure.

Workers share cores with others as one group of a great weight, and else as they always do among
themselves. Where no control group can be made, it is their session that has to be raised: Linux
shares cores first among sessions and then among the processes of each (autogroups). A short time
slice (EEVDF, Linux 6.12 and later) lets a process that wakes up run at once, where it would wait
for the slice of another program to end.

The driver and the server run in real time. They work for some tenths of a millisecond at once, and
behind processes that compute they waited up to 27 ms for their next turn, which is no property of a
policy; and the server stands for a device that waits for no core of this machine.
"""

import ctypes
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from struct import Struct

from agentaudit.errors import UsageError
from agentaudit.probes.execution.control_group import control_group
from agentaudit.probes.execution.workers import Workers

NICE = -19
"""A weight of 70 beside a usual process's 1: of each core they get about a hundredth."""
_SLICE_NS = 100_000
"""The shortest that the kernel grants."""
_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}
"""The number of the system call, which has no name in Python."""
_ATTRIBUTES = Struct("<IIQiIQQQ")
"""`struct sched_attr`: size, policy, flags, nice, priority, runtime, deadline, period."""


@contextmanager
def raised(workers: Workers) -> Iterator[None]:
    """
    All our processes before others, evenly on all cores; this one is as it was before at the end.

    Not all of it is had everywhere: without a control group or real time we do with less.

    Raises UsageError where the system does not let us.
    """
    own = os.getpid()
    before = os.getpriority(os.PRIO_PROCESS, own)
    usual = (os.sched_getscheduler(own), os.sched_getparam(own))
    try:
        for pid in (*workers.pids, own):
            _set_session(pid, NICE)
            for thread in [own] if pid == own else _threads(pid):
                os.setpriority(os.PRIO_PROCESS, thread, NICE)
                _set_slice(thread, NICE, _SLICE_NS)
    except PermissionError as error:
        raise UsageError(
            "--raised asks for a higher priority, which needs root (CAP_SYS_NICE)"
        ) from error
    workers.placed = True
    try:
        server = workers.server_pid
        with control_group([pid for pid in workers.pids if pid != server]):
            for pid, urgency in ((own, 1), (server, 2)):
                _set_real_time(pid, urgency)
            yield
    finally:
        os.sched_setscheduler(own, *usual)
        _set_slice(own, before, 0)
        os.setpriority(os.PRIO_PROCESS, own, before)
        _set_session(own, 0)


def _set_real_time(pid: int, urgency: int) -> None:
    """Before all that share by weights; the kernel keeps a twentieth of each second for those."""
    with suppress(PermissionError):  # in a control group without real time
        os.sched_setscheduler(pid, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(urgency))


def _threads(pid: int) -> list[int]:
    """Of a process; in Linux each has a priority of its own."""
    return [int(entry.name) for entry in Path(f"/proc/{pid}/task").iterdir()]


def _set_session(pid: int, nice: int) -> None:
    with suppress(FileNotFoundError):  # a kernel without autogroups
        Path(f"/proc/{pid}/autogroup").write_text(f"{nice}", encoding="ascii")


def _set_slice(pid: int, nice: int, slice_ns: int) -> None:
    """The time slice of a process; 0 is the usual one. Older kernels take no note of it."""
    number = _SCHED_SETATTR.get(platform.machine())
    if number is not None:
        attributes = _ATTRIBUTES.pack(_ATTRIBUTES.size, 0, 0, nice, 0, slice_ns, 0, 0)
        ctypes.CDLL(None).syscall(number, pid, attributes, 0)
