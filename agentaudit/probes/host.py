"""What machine this is, how busy it is, and which process is to be recorded."""

import os
import platform
import re
import socket
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from agentaudit.model.trace import ClockPair, Host, Target
from agentaudit.probes.processes.command_lines import redacted
from agentaudit.probes.processes.limits import cpu_limit_cores
from agentaudit.probes.processes.runtimes import python_of


def host(gpus: Sequence[str], gpu_note: str) -> Host:
    """This machine."""
    return Host(
        name=socket.gethostname(),
        system=f"{platform.system()} {platform.release()}",
        cores=usable_cores(),
        memory_bytes=int(psutil.virtual_memory().total),
        cpu_model=_cpu_model(),
        gpus=tuple(gpus),
        gpu_note=gpu_note,
    )


def usable_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def target(pid: int, *, launched: bool) -> Target:
    """The process to be recorded; what looks like a secret in its command line is left out."""
    try:
        process = psutil.Process(pid)
        command = redacted(process.cmdline() or [process.name()])
        started_s = process.create_time()
    except psutil.Error:
        command, started_s = "", 0.0
    return Target(
        pid=pid,
        command=command,
        launched=launched,
        runtime=python_of(pid) or "",
        started_at_unix_ns=int(started_s * 1e9),
        cpu_limit_cores=cpu_limit_cores(pid),
    )


def clock_pair() -> ClockPair:
    """The two clocks, read together."""
    return ClockPair(monotonic_ns=time.monotonic_ns(), unix_ns=time.time_ns())


class SystemLoad:
    """How busy all cores of the host are, since the look before."""

    def __init__(self) -> None:
        self._last = _system_ticks()

    def busy(self) -> float:
        """0 to 1; 0 where the system does not say."""
        (busy, total), (busy_before, total_before) = _system_ticks(), self._last
        self._last = (busy, total)
        passed = total - total_before
        return min(max((busy - busy_before) / passed, 0.0), 1.0) if passed > 0 else 0.0


def _system_ticks() -> tuple[int, int]:
    try:
        line = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0]
    except OSError:
        return 0, 0
    ticks = [int(word) for word in line.split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def _cpu_model() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.processor()
