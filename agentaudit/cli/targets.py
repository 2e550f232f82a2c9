"""What a recording is of: a process that runs, or a command that we start; and for how long."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import assert_never

from agentaudit.errors import UsageError

_STANDARD_ERROR = 2
_PATIENCE_S = 5.0
"""Between asking a launched command to end, and ending it."""
_LOOK_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Attach:
    """A process that runs already. It is never stopped."""

    pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A command that we start, and end when its time is up."""

    command: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """A command that is run again and again: each run is a request."""

    command: tuple[str, ...]


Target = Attach | Launch | Repeat


def pid_of(target: Attach | Launch, stack: ExitStack) -> int:
    """The process to record; one that we start ends with the stack."""
    match target:
        case Attach(pid=pid):
            if pid <= 0:
                raise UsageError(f"a PID is a positive number, not {pid}")
            if pid == os.getpid():
                raise UsageError(f"process {pid} is agentaudit itself; name the agent's")
            return pid
        case Launch(command=command):
            program = _launched(command)
            stack.callback(_end, program)
            return program.pid
        case _:
            assert_never(target)


def _launched(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """The command in a process group of its own; what it prints goes to standard error."""
    try:
        return subprocess.Popen(  # noqa: S603 -- the user asked for exactly this command
            command,
            stdin=subprocess.DEVNULL if sys.stdin is None or sys.stdin.isatty() else None,
            stdout=_STANDARD_ERROR,
            process_group=0,
        )
    except OSError as error:
        raise UsageError(f"{command[0]} cannot be started: {error.strerror}") from error


def _end(program: subprocess.Popen[bytes]) -> None:
    """
    The command and what it started end: asked first, made to when that does not help.

    Until it is collected here, nobody else can have its number, nor that of its group.
    """
    _signal(program.pid, signal.SIGTERM)
    end_s = time.monotonic() + _PATIENCE_S
    while not _ended(program.pid) and time.monotonic() < end_s:
        time.sleep(_LOOK_S)
    _signal(program.pid, signal.SIGKILL)
    program.wait()


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _ended(pid: int) -> bool:
    """Whether a child of ours has ended; it is not collected by asking."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def parse_duration(text: str, option: str = "--duration") -> int | None:
    """
    Nanoseconds of `500ms`, `30s`, `5m` or `1h`; a bare number is seconds; None of 0: no limit.

    Raises UsageError for anything else.
    """
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?)\s*(ms|s|m|h)?", text.strip())
    if found is None:
        raise UsageError(f"{option} {text!r} is no time: say 500ms, 30s, 5m or 1h")
    unit_ns = {"ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000}
    return round(float(found[1]) * unit_ns[found[2] or "s"]) or None
