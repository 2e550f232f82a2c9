"""
Profilers side by side on agents whose work is known: the CPU time they tell of, and what they take.

    pip install scalene pyinstrument
    python benchmarks/profilers.py --seconds 6

Two agents, one of children that live a millisecond and one that is busy all the time. Told: the
CPU time that a profiler gives for the first, by the agent's own count. Taken: how much less the
busy one gets done in a second of its time, and what the profiler itself uses meanwhile; both beside
a run of the busy agent alone, before and after. Profilers inside the agent have no process of their
own: what they use is in what the agent does not get done.
"""

import argparse
import json
import os
import platform
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from agentaudit.cli.traces import read_trace, step_rules

AGENT = Path(__file__).parents[1] / "sample_configs" / "scripted" / "scripted_agent.py"
CHILDREN = 100
PATIENCE_S = 300


@dataclass(frozen=True, slots=True)
class Profiler:
    """How one is started, and what CPU time its output tells of."""

    name: str
    attaches: bool
    command: Callable[[Path, Sequence[str]], Sequence[str]]
    told_s: Callable[[Path], float | None]


def main() -> None:
    asked = _arguments()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()},")
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load {os.getloadavg()[0]:.1f}\n")
    print(f"{'':34} {'attach':>7} {'CPU told':>9} {'own CPU':>8} {'agent slower':>13}")
    with tempfile.TemporaryDirectory() as folder:
        for profiler in _profilers():
            told = _told(profiler, Path(folder))
            slower, own = _taken(profiler, Path(folder), asked.seconds, asked.repeat)
            attach = "yes" if profiler.attaches else "no"
            print(f"{profiler.name:34} {attach:>7} {told:>9} {own:>8} {slower:>12.1%}", flush=True)


def _profilers() -> Sequence[Profiler]:
    found = [
        Profiler(
            "agentaudit profile",
            True,
            lambda output, target: (
                sys.executable, "-m", "agentaudit", "-q", "profile", "--duration", "0",
                "--output", str(output), "--", *target,
            ),
            _ours_s,
        ),
        Profiler("py-spy record", True, _py_spy(), _py_spy_s),
        Profiler("py-spy record --nonblocking", True, _py_spy("--nonblocking"), _py_spy_s),
    ]  # fmt: skip
    if _has("scalene"):
        found.append(
            Profiler(
                "scalene --cpu-only",
                False,
                lambda output, target: (
                    sys.executable, "-m", "scalene", "run", "--cpu-only", "-o", str(output),
                    target[1], "---", *target[2:],
                ),
                _scalene_s,
            )
        )  # fmt: skip
    if _has("pyinstrument"):
        found.append(
            Profiler(
                "pyinstrument",
                False,
                lambda output, target: (
                    sys.executable, "-m", "pyinstrument", "-r", "session", "-o", str(output),
                    *target[1:],
                ),
                _pyinstrument_s,
            )
        )  # fmt: skip
    return found


def _py_spy(*options: str) -> Callable[[Path, Sequence[str]], Sequence[str]]:
    program = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or "py-spy"

    def command(output: Path, target: Sequence[str]) -> Sequence[str]:
        asked = ("--subprocesses", *options, "--format", "raw", "--output", str(output))
        return (program, "record", *asked, "--", *target)

    return command


def _told(profiler: Profiler, folder: Path) -> str:
    """CPU time that the profiler tells of an agent with short children, of what the agent used."""
    truth, output = folder / "truth.json", folder / "told.json"
    output.unlink(missing_ok=True)
    target = (sys.executable, str(AGENT), "children", "--count", str(CHILDREN), "--orderly")
    _run(profiler.command(output, (*target, "--truth", str(truth))))
    told_s = profiler.told_s(output)
    if told_s is None:
        return "-"
    return f"{told_s / (json.loads(truth.read_text())['total_cpu_ns'] / 1e9):.1%}"


def _taken(profiler: Profiler, folder: Path, seconds: float, repeat: int) -> tuple[float, str]:
    """Share of its work that a busy agent loses, and the profiler's own CPU, of one core."""
    lost, own = [], []
    for _ in range(repeat):
        alone, _ = _busy(None, folder, seconds)
        beside, used = _busy(profiler, folder, seconds)
        after, _ = _busy(None, folder, seconds)
        lost.append(1 - beside / ((alone + after) / 2))
        own.append(used)
    said = f"{statistics.median(own):.1%}" if profiler.attaches else "inside"
    return statistics.median(lost), said


def _busy(profiler: Profiler | None, folder: Path, seconds: float) -> tuple[float, float]:
    """
    Loops that a busy agent does in a second of its CPU time, and pauses that were put on it.

    Time that it waited for a core is the machine's, and left out.
    """
    truth, output = folder / "truth.json", folder / "busy.json"
    output.unlink(missing_ok=True)
    target = (sys.executable, str(AGENT), "busy", "--seconds", f"{seconds:g}", "--orderly")
    command = (*target, "--truth", str(truth))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start_s = time.monotonic()
    _run(profiler.command(output, command) if profiler else command)
    passed_s = time.monotonic() - start_s
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    text = json.loads(truth.read_text())
    cpu_s = text["cpu_ns"]["tool_call"] / 1e9
    used_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    loops = text["steps"]["loops"] / (cpu_s + text["wall_ns"]["stopped"] / 1e9)
    return loops, max(used_s - text["total_cpu_ns"] / 1e9, 0.0) / passed_s


def _run(command: Sequence[str]) -> None:
    """To the end; a profiler that never ends is ended."""
    program = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        program.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        program.send_signal(signal.SIGINT)
        program.wait()


def _ours_s(output: Path) -> float:
    return read_trace(output, step_rules(())).cpu_total_ns / 1e9


def _py_spy_s(output: Path) -> float:
    """Samples of threads on the CPU, 100 a second."""
    counts = [int(line.rpartition(" ")[2]) for line in output.read_text().splitlines() if line]
    return sum(counts) / 100


def _scalene_s(output: Path) -> float:
    """Its share of CPU time by line, of the time that passed."""
    text = json.loads(output.read_text())
    shares = [
        line["n_cpu_percent_c"] + line["n_cpu_percent_python"]
        for file in text["files"].values()
        for line in file["lines"]
    ]
    return float(sum(shares) / 100 * text["elapsed_time_sec"])


def _pyinstrument_s(output: Path) -> float:
    return float(json.loads(output.read_text())["cpu_time"])


def _has(module: str) -> bool:
    command = [sys.executable, "-m", module, "--version"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Profilers side by side.")
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--repeat", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
