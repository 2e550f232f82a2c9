"""
How long the commands take here: `python benchmarks/timings.py`, the table of docs/timings.md.

Each command runs in its own process, five times after one that is not counted; the median is shown.
The demonstration runs once. No figure is a promise: they say what to expect on such a machine.
"""

import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
RUNS = 5
COMMANDS: Sequence[tuple[str, ...]] = (
    ("--help",),
    ("lint", "sample_configs/hardened"),
    ("lint", "sample_configs/risky"),
    ("threat-model", "sample_configs/risky"),
)


def main() -> None:
    """Print the table."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| command | wall s | CPU s |\n|---|--:|--:|")
    for command in COMMANDS:
        measured = [_timed(command) for _ in range(RUNS + 1)][1:]
        _row(command, *(statistics.median(column) for column in zip(*measured, strict=True)))
    with tempfile.TemporaryDirectory() as folder:
        demo = ("audit", "--demo", "-o", folder)
        _row(("audit", "--demo"), *_timed(demo))


def _row(command: Sequence[str], wall_s: float, cpu_s: float) -> None:
    print(f"| `agentaudit {' '.join(command)}` | {wall_s:.2f} | {cpu_s:.2f} |", flush=True)


def _timed(command: Sequence[str]) -> tuple[float, float]:
    """Wall and CPU seconds of one run, its children included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "agentaudit", *command], cwd=ROOT, capture_output=True, check=False
    )
    wall_s = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
