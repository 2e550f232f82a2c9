"""What a recording is of: a process that runs, or a command that we start; and for how long."""

import os
import re
from collections.abc import Mapping
from contextlib import ExitStack
from typing import assert_never

from msgspec import Struct

from agentaudit.errors import UsageError


class Attach(Struct, frozen=True, kw_only=True):
    """A process that runs already. It is never stopped."""

    pid: int


class Launch(Struct, frozen=True, kw_only=True):
    """A command that we start, and end when its time is up."""

    command: tuple[str, ...]


class Repeat(Struct, frozen=True, kw_only=True):
    """A command that is run again and again: each run is a request."""

    command: tuple[str, ...]


Target = Attach | Launch | Repeat


def pid_of(
    target: Attach | Launch, stack: ExitStack, environment: Mapping[str, str] | None = None
) -> int:
    """
    The process to record; one that we start ends with the stack.

    It is started in our own environment, with the variables of `environment` added.
    """
    match target:
        case Attach(pid=pid):
            if pid <= 0:
                raise UsageError(f"a PID is a positive number, not {pid}")
            if pid == os.getpid():
                raise UsageError(f"process {pid} is agentaudit itself; name the agent's")
            return pid
        case Launch(command=command):
            from agentaudit.probes.processes.launched import Launched

            launched = Launched(command, environment or {})
            stack.callback(launched.end)
            return launched.pid
        case _:
            assert_never(target)


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
