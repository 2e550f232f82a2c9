"""
Whole runs of our commands on large files, each in seconds of its own CPU.

    python benchmarks/large_runs.py [WORD ...] [--bytes 10000000] [--seconds 5]

`large_runs.yaml` has the files of each run, with what repeats in them (`@` is a number), and the
command line. Files are as long as --bytes, or as their own `most`. Told is the time of the program
and of all that it starts, its peak of memory, its exit code and the last line that it says. WORD
picks runs by their names. Ends with 1 where one took longer than --seconds, or ended in 70.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from large_kinds import Kind

ROOT = Path(__file__).resolve().parent.parent
INTERNAL = 70
_LIMIT_S = 60
_GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@a", "-c", "init.defaultBranch=main")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took, and how it ended."""

    cpu_s: float
    peak_mib: int
    code: int
    said: str


def main() -> int:
    """Print the table; 1 where a run took too long, or failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[1])
    parser.add_argument("words", nargs="*", metavar="WORD")
    parser.add_argument("--bytes", type=int, default=9_999_999)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    runs = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    slow = 0
    print("| run | CPU | peak memory | ends with | |\n|---|---:|---:|---:|---|")
    for run in runs:
        if options.words and not any(word in run["name"] for word in options.words):
            continue
        with tempfile.TemporaryDirectory() as folder:
            cost = _cost(run, Path(folder), options.bytes)
        told = cost.cpu_s > options.seconds or cost.code in (INTERNAL, -24)
        slow += told
        mark = " **slow**" if told else ""
        print(
            f"| {run['name']}{mark} | {cost.cpu_s:.1f} s | {cost.peak_mib} MiB | {cost.code} |"
            f" {cost.said[:100]} |",
            flush=True,
        )
    return 1 if slow else 0


def _cost(run: dict[str, Any], folder: Path, size: int) -> Cost:
    _write(run["files"], folder, size)
    if "then" in run:
        _commit(folder)
        for path in run.get("gone", ()):
            (folder / path).unlink()
        _write(run["then"], folder, size)
    python = ROOT / ".venv/bin/python"
    command = (str(python if python.exists() else sys.executable), "-P", "-m", "agentaudit")
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as shown:
        begun = subprocess.Popen(
            (*command, *run.get("run", ("lint", "."))),
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=shown,
            stderr=said,
            preexec_fn=_limit,  # noqa: PLW1509, no threads here
        )
        _, status, used = os.wait4(begun.pid, 0)
        begun.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        lines = said.read().decode(errors="replace").strip().split("\n")
    return Cost(used.ru_utime, used.ru_maxrss // 1024, begun.returncode, lines[-1])


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (_LIMIT_S, _LIMIT_S + 5))


def _write(files: list[dict[str, Any]], folder: Path, size: int) -> None:
    """The files of a run; one with `copies` as often, each under a number."""
    for each in files:
        copies = each.pop("copies", 1)
        kind = Kind(**each)
        text = kind.text(min(size, kind.most))
        for number in range(copies):
            path = folder / kind.file.replace("@", str(number))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def _commit(folder: Path) -> None:
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "a")):
        subprocess.run((*_GIT, *arguments), cwd=folder, check=True)


if __name__ == "__main__":
    sys.exit(main())
