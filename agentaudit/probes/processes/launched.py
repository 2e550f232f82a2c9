"""
A command that we start. It ends with us, whichever way we end.

It runs in a process group of its own. A recorder that is killed can end nobody, so a shell of a few
lines stands by in a session of its own, waits for us on a pipe, and ends the group when the pipe
closes without a word. What left the group on purpose, as daemons do, is recorded with the rest, and
goes on.
"""

import ctypes
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO

from agentaudit.errors import UsageError

_STANDARD_ERROR = 2
_PATIENCE_S = 5.0
"""Between asking a launched command to end, and ending it."""
_LOOK_S = 0.02

_SHELL = "/bin/sh"
_KEEPER = """
read -r group && read -r _ && exit
[ -n "$group" ] && kill -TERM -"$group" && sleep 5 && kill -KILL -"$group"
"""
"""First the group, then a word when all is well: only a recorder that was killed says nothing."""

_WAITID = {"x86_64": 247, "aarch64": 95}
"""The number of the system call: what it says of the time used has no name in Python."""
_P_PID = 1


class Launched:
    """A command of ours, with some more environment. Raises UsageError when it cannot start."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._keeper = _kept()
        try:
            self._program = subprocess.Popen(  # noqa: S603 -- the user asked for exactly this command
                command,
                stdin=subprocess.DEVNULL if sys.stdin is None or sys.stdin.isatty() else None,
                stdout=_STANDARD_ERROR,
                process_group=0,
                env={**os.environ, **environment},
            )
        except OSError as error:
            _say(self._keeper, b"\n\n")
            raise UsageError(f"{command[0]} cannot be started: {error.strerror}") from error
        self.pid = self._program.pid
        if self._keeper is not None:
            _tell(self._keeper, f"{self.pid}\n".encode())

    def end(self) -> None:
        """
        The command and what it started end: asked first, made to when that does not help.

        Until it is collected here, nobody else can have its number, nor that of its group.
        """
        _signal(self.pid, signal.SIGTERM)
        end_s = time.monotonic() + _PATIENCE_S
        while not _ended(self.pid) and time.monotonic() < end_s:
            time.sleep(_LOOK_S)
        _signal(self.pid, signal.SIGKILL)
        _say(self._keeper, b"\n")
        self._program.wait()


class _Usage(ctypes.Structure):
    """The beginning of `struct rusage`, and room for its rest."""

    _fields_ = (
        ("user_s", ctypes.c_long),
        ("user_us", ctypes.c_long),
        ("system_s", ctypes.c_long),
        ("system_us", ctypes.c_long),
        ("rest", ctypes.c_long * 14),
    )


def ask_to_end(pid: int) -> None:
    """A command of ours, and what it started, are told to end; nobody is made to."""
    _signal(pid, signal.SIGTERM)


def spent_ns(pid: int) -> int | None:
    """
    CPU time of a child of ours that ended, and of the children it waited for, to the microsecond.

    It is not collected by asking. None while it runs, and where the kernel cannot be asked.
    """
    number = _WAITID.get(platform.machine())
    if number is None or not _ended(pid):
        return None
    usage = _Usage()
    flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
    waitid = ctypes.CDLL(None, use_errno=True).syscall
    if waitid(number, _P_PID, pid, None, flags, ctypes.byref(usage)) != 0:
        return None
    seconds, microseconds = usage.user_s + usage.system_s, usage.user_us + usage.system_us
    return int(seconds * 1_000_000 + microseconds) * 1000


def ending(pid: int) -> str:
    """How a child of ours ended: ` with code 7`, ` by SIGKILL`; empty where all went well."""
    result = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    if result is None or result.si_status == 0:
        return ""
    if result.si_code == os.CLD_EXITED:
        return f" with code {result.si_status}"
    names = {number.value: number.name for number in signal.Signals}
    return f" by {names.get(result.si_status, f'signal {result.si_status}')}"


def _kept() -> subprocess.Popen[bytes] | None:
    """Whoever ends the command when we cannot; nobody where there is no shell."""
    try:
        return subprocess.Popen(  # noqa: S603 -- a constant
            [_SHELL, "-c", _KEEPER],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return None


def _say(keeper: subprocess.Popen[bytes] | None, word: bytes) -> None:
    """The keeper's work is done."""
    if keeper is not None:
        _tell(keeper, word)
        with suppress(OSError):
            _pipe(keeper).close()
        keeper.wait()


def _tell(keeper: subprocess.Popen[bytes], word: bytes) -> None:
    with suppress(OSError):  # it was ended by others: then nobody stands by
        _pipe(keeper).write(word)
        _pipe(keeper).flush()


def _pipe(keeper: subprocess.Popen[bytes]) -> IO[bytes]:
    if keeper.stdin is None:
        raise AssertionError("a keeper listens on a pipe")
    return keeper.stdin


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _ended(pid: int) -> bool:
    """Whether a child of ours has ended; it is not collected by asking."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
