"""
What looking at stacks costs, the observer and the target, by way of sampling.

    python benchmarks/samplers.py --python /usr/bin/python3.11 --seconds 10

The target is one busy thread on a deep stack and some that wait. What holds it up is taken from the
kernel's own account of the busy thread: `stopped = wall - on CPU - waiting for a core`. Run it on a
quiet machine with two cores or more; on a busy one the order holds, the figures do not.
"""

import argparse
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

from agentaudit.cli.probes import Options
from agentaudit.cli.recorder import record
from agentaudit.cli.samplers import SamplerChoice
from agentaudit.cli.targets import Attach
from agentaudit.cli.terminal import Terminal
from agentaudit.probes.stacks.pyspy import find_pyspy

TARGET = """
import threading, time
def wait(deep):
    time.sleep(10 ** 6) if deep == 0 else wait(deep - 1)
def work(deep):
    if deep:
        return work(deep - 1)
    print("ready", flush=True)
    while True:
        sum(range(1000))
for _ in range(3):
    threading.Thread(target=wait, args=(15,), daemon=True).start()
work(25)
"""
WARM_S = 2.0
"""Until the budget of the sampler has settled."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Shares of one core, and of the time that passed."""

    observer: float
    stopped: float


Observer = Callable[[int, float], Cost]


def main() -> None:
    arguments = _arguments()
    program = find_pyspy()
    if program is None:
        sys.exit("py-spy is missing")
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, {_version(arguments.python)} as the target,"
    )
    print(f"{_version(sys.executable)} as the host; {datetime.now(UTC):%Y-%m-%d %H:%M} UTC,")
    print(f"load {os.getloadavg()[0]:.1f}; {arguments.seconds:g} s each\n")
    print(f"{'sampler':44} {'observer CPU':>13} {'target stopped':>15}")
    for name, observer in _observers(program):
        with _target(arguments.python) as pid:
            cost = observer(pid, arguments.seconds)
        print(f"{name:44} {cost.observer:12.1%} {cost.stopped:14.2%}", flush=True)


def _observers(program: str) -> Iterator[tuple[str, Observer]]:
    yield "none", lambda pid, seconds: _measured(pid, lambda: time.sleep(seconds))
    yield "py-spy record, stopping, 100 Hz", _one(program, "--rate", "100")
    for rate in ("20", "50", "100"):
        yield f"py-spy record, {rate} Hz", _one(program, "--nonblocking", "--rate", rate)
    for length in (1, 2, 5):
        yield f"py-spy, rolling {length} s, 100 Hz", _rolling(program, length)
    for hz in (5, 10, 20):
        yield f"py-spy dump, {hz} Hz", _dumps(program, hz)
    austin = shutil.which("austin")
    if austin:
        yield "austin, 100 Hz", lambda pid, seconds: _austin(austin, pid, seconds)
    for choice, hz in product((SamplerChoice.PY_SPY, SamplerChoice.AUTO), (50, 100, 200)):
        yield f"agentaudit profile --rate {hz}, {choice}, all of it", _ours(hz, choice)


def _one(program: str, *options: str) -> Observer:
    return lambda pid, seconds: _measured(
        pid, lambda: _recorded(program, pid, f"{seconds:g}", options)
    )


def _rolling(program: str, length: int) -> Observer:
    options = ("--nonblocking", "--rate", "100")

    def run(pid: int, seconds: float) -> None:
        for _ in range(max(round(seconds / length), 1)):
            _recorded(program, pid, str(length), options)

    return lambda pid, seconds: _measured(pid, lambda: run(pid, seconds))


def _recorded(program: str, pid: int, seconds: str, options: tuple[str, ...]) -> None:
    command = [program, "record", "--pid", str(pid), "--duration", str(round(float(seconds)))]
    command += ["--threads", "--idle", "--nolineno", "--format", "chrometrace", *options]
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run([*command, "--output", file.name], check=True, capture_output=True)


def _dumps(program: str, hz: int) -> Observer:
    command = [program, "dump", "--nonblocking", "--json", "--pid"]

    def run(pid: int, seconds: float) -> None:
        end_s = time.monotonic() + seconds
        while (begun_s := time.monotonic()) < end_s:
            subprocess.run([*command, str(pid)], check=False, capture_output=True)
            time.sleep(max(begun_s + 1 / hz - time.monotonic(), 0))

    return lambda pid, seconds: _measured(pid, lambda: run(pid, seconds))


def _austin(program: str, pid: int, seconds: float) -> Cost:
    command = [program, "-C", "-f", "-i", "10ms", "-x", str(round(seconds)), "-p", str(pid)]
    return _measured(pid, lambda: subprocess.run(command, check=False, capture_output=True))


def _ours(hz: int, choice: SamplerChoice) -> Observer:
    """All that a recording does between its first and its last tick, once it has settled."""

    def run(pid: int, seconds: float) -> Cost:
        watch = _Watch(pid, seconds)
        with tempfile.TemporaryDirectory() as folder:
            record(
                Attach(pid=pid),
                duration_ns=None,
                output=Path(folder) / "run.aatrace",
                terminal=Terminal(quiet=True),
                options=Options(rate_hz=hz, sampler=choice, stopped=watch.over),
            )
        return watch.cost

    return run


class _Watch:
    """Measures between two ticks of a session, which asks at each whether to go on."""

    def __init__(self, pid: int, seconds: float) -> None:
        self._pid = pid
        self._begin_s = time.monotonic() + WARM_S
        self._end_s = self._begin_s + seconds
        self._before: _Reading | None = None
        self.cost = Cost(observer=0.0, stopped=0.0)

    def over(self) -> bool:
        now_s = time.monotonic()
        if self._before is None and now_s >= self._begin_s:
            self._before = _Reading.of(self._pid)
        if self._before is None or now_s < self._end_s:
            return False
        self.cost = self._before.until(_Reading.of(self._pid))
        return True


@dataclass(frozen=True, slots=True)
class _Reading:
    """The clock, what we and our children used, and the kernel's account of the busy thread."""

    at_s: float
    ours_s: float
    on_cpu_s: float
    queued_s: float

    @classmethod
    def of(cls, pid: int) -> "_Reading":
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        words = Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()
        return cls(
            at_s=time.monotonic(),
            ours_s=sum(entry.ru_utime + entry.ru_stime for entry in used),
            on_cpu_s=int(words[0]) / 1e9,
            queued_s=int(words[1]) / 1e9,
        )

    def until(self, after: "_Reading") -> Cost:
        wall_s = after.at_s - self.at_s
        ran_s = after.on_cpu_s - self.on_cpu_s + after.queued_s - self.queued_s
        return Cost(
            observer=(after.ours_s - self.ours_s) / wall_s, stopped=max(wall_s - ran_s, 0) / wall_s
        )


def _measured(pid: int, run: Callable[[], object]) -> Cost:
    before = _Reading.of(pid)
    run()
    return before.until(_Reading.of(pid))


@contextmanager
def _target(python: str) -> Iterator[int]:
    """The busy target, which ends with the measurement."""
    program = subprocess.Popen([python, "-c", TARGET], stdout=subprocess.PIPE)
    try:
        if program.stdout is not None:
            program.stdout.readline()
        yield program.pid
    finally:
        program.kill()
        program.communicate()


def _version(python: str) -> str:
    done = subprocess.run([python, "--version"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What looking at stacks costs.")
    parser.add_argument("--python", default=sys.executable, help="The target's interpreter.")
    parser.add_argument("--seconds", type=float, default=10.0, help="Length of each measurement.")
    return parser.parse_args()


if __name__ == "__main__":
    main()
