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
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from large_kinds import Kind
from programs import Run, run

ROOT = Path(__file__).resolve().parent.parent
INTERNAL = 70
_LIMIT_S = 60
_GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@a", "-c", "init.defaultBranch=main")


def main() -> int:
    """Print the table; 1 where a run took too long, or failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[1])
    parser.add_argument("words", nargs="*", metavar="WORD", help="runs with this in their name")
    parser.add_argument("--bytes", type=int, default=9_999_999, help="of each file, at most")
    parser.add_argument("--seconds", type=float, default=5.0, help="of CPU; longer is slow")
    options = parser.parse_args()
    runs = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    slow = 0
    print("| run | CPU | peak memory | ends with | |\n|---|---:|---:|---:|---|")
    for entry in runs:
        name = entry["name"]
        if options.words and not any(word in name for word in options.words):
            continue
        with tempfile.TemporaryDirectory() as folder:
            done, said = _ran(entry, Path(folder), options.bytes)
        told = done.cpu_s > options.seconds or done.code in (INTERNAL, -signal.SIGXCPU)
        slow += told
        mark = " **slow**" if told else ""
        print(
            f"| {name}{mark} | {done.cpu_s:.1f} s | {done.peak_mib:.0f} MiB | {done.code} |"
            f" {said[:100]} |",
            flush=True,
        )
    return 1 if slow else 0


def _ran(entry: Mapping[str, Any], folder: Path, size: int) -> tuple[Run, str]:
    """A run of ours, and the last line that it says."""
    _write(entry["files"], folder, size)
    if "then" in entry:
        _commit(folder)
        for path in entry.get("gone", ()):
            (folder / path).unlink()
        _write(entry["then"], folder, size)
    command = (sys.executable, "-P", "-m", "agentaudit", *entry.get("run", ("lint", ".")))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryFile() as said:
        done = run(command, folder, environment=environment, said=said, longest_cpu_s=_LIMIT_S)
        said.seek(0)
        return done, said.read().decode(errors="replace").strip().rpartition("\n")[2]


def _write(files: Sequence[Mapping[str, Any]], folder: Path, size: int) -> None:
    """The files of a run; one with `copies` as often, each under a number."""
    for each in files:
        kind = Kind(**{key: value for key, value in each.items() if key != "copies"})
        text = kind.text(min(size, kind.most))
        for number in range(each.get("copies", 1)):
            path = folder / kind.file.replace("@", str(number))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def _commit(folder: Path) -> None:
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "a")):
        subprocess.run((*_GIT, *arguments), cwd=folder, check=True)


if __name__ == "__main__":
    sys.exit(main())
