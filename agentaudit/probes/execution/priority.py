"""
Raised priority: other programs of a shared machine get what we leave, for as long as we measure.

Linux shares cores first among sessions and then among the processes of each (autogroups), so it is
the session that has to be raised. Where sessions do not count, the processes are raised alike.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from agentaudit.errors import UsageError

NICE = -19
"""A weight of 70 beside a usual process's 1: of each core they get about a hundredth."""


@contextmanager
def raised(pids: Iterable[int]) -> Iterator[None]:
    """
    The sessions of these processes and of this one, raised; this one is lowered again at the end.

    Raises UsageError where the system does not let us.
    """
    own = os.getpid()
    before = os.getpriority(os.PRIO_PROCESS, own)
    try:
        for pid in (*pids, own):
            os.setpriority(os.PRIO_PROCESS, pid, NICE)
            _set_session(pid, NICE)
    except PermissionError as error:
        raise UsageError(
            "--raised asks for a higher priority, which needs root (CAP_SYS_NICE)"
        ) from error
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, own, before)
        _set_session(own, 0)


def _set_session(pid: int, nice: int) -> None:
    with suppress(FileNotFoundError):  # a kernel without autogroups
        Path(f"/proc/{pid}/autogroup").write_text(f"{nice}", encoding="ascii")
