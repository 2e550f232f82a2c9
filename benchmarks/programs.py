"""A program in a process of its own, and what it took."""

import os
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True, slots=True)
class Run:
    """One run, with all that the program started and waited for."""

    wall_s: float
    cpu_s: float
    peak_mib: float
    """Not less than ours was when it was started."""
    code: int
    """Less than nothing where a signal ended it."""


def run(
    command: Sequence[str],
    folder: Path,
    *,
    environment: Mapping[str, str] | None = None,
    output: IO[bytes] | int = subprocess.DEVNULL,
    said: IO[bytes] | int = subprocess.DEVNULL,
    longest_cpu_s: int | None = None,
) -> Run:
    """A command in a folder; SIGXCPU ends it where it takes longer."""
    start_s = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=said)
    if longest_cpu_s is not None:  # at the second limit the kernel kills and asks nothing
        resource.prlimit(process.pid, resource.RLIMIT_CPU, (longest_cpu_s, longest_cpu_s + 5))
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall_s = time.monotonic() - start_s
    cpu_s = used.ru_utime + used.ru_stime
    return Run(wall_s, cpu_s, used.ru_maxrss / 1024, process.returncode)
