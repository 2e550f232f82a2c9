"""
One large file of each kind, read and audited: the table of docs/robustness.md.

    python benchmarks/large_files.py [NAME ...] [--bytes 10000000]

`large_kinds.py` makes files as dear as their kind can be. A file larger than its syntax allows is
refused; beside the file of the whole size stands the largest that is not. Each is audited in a
process of its own. Ends with 1 where one took more than five seconds of CPU.
"""

import argparse
import multiprocessing
import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

from hangs import LONGEST_CPU_S, timed
from large_kinds import KINDS

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.rules.ours import lint_rules


@dataclass(frozen=True, slots=True)
class Cost:
    """What one audit took, and what became of the file."""

    cpu_s: float
    peak_mib: int
    outcome: str


def main() -> int:
    """Print the table; 1 when a file took too long."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[1])
    parser.add_argument("names", nargs="*", default=list(KINDS), metavar="NAME")
    parser.add_argument("--bytes", type=int, default=9_999_999)
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in KINDS]
    if unknown:
        parser.error(f"no kind of file: {', '.join(unknown)}; there are {', '.join(KINDS)}")
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, ")
    print(f"load {os.getloadavg()[0]:.1f} at the start\n")
    print("| file | characters | CPU | peak memory | |\n|---|---:|---:|---:|---|")
    slow = 0
    for name in options.names:
        kind = KINDS[name]
        for size in sorted({min(kind.most, options.bytes), options.bytes}):
            text = kind.text(size)
            cost = apart(kind.file, text)
            slow += cost.cpu_s > LONGEST_CPU_S
            print(
                f"| {name} | {len(text):,} | {cost.cpu_s:.1f} s | {cost.peak_mib} MiB |"
                f" {cost.outcome} |",
                flush=True,
            )
    return 1 if slow else 0


def apart(file: str, text: str) -> Cost:
    """An audit in a process of its own, so that its peak of memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(audit, (file, text))


def audit(file: str, text: str) -> Cost:
    """One file, read and audited by every rule."""
    rules = lint_rules([])
    read_s, deployment = timed(lambda: deployment_of({file: text}))
    lint_s, result = timed(lambda: lint(deployment, rules))
    (coverage,) = deployment.coverage
    said = coverage.reason or f"{len(result.findings):,} findings"
    return Cost(read_s + lint_s, peak_mib(), f"{coverage.status.value}: {said}")


def peak_mib() -> int:
    """Of this program alone: what the kernel tells of usage begins with the parent's."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


if __name__ == "__main__":
    sys.exit(main())
