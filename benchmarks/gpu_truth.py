"""
GPU figures against a load of known busy time: `python benchmarks/gpu_truth.py`.

A process of its own runs matrix products with PyTorch for a share of each quarter of a second. Its
truth is what CUDA events on the device say of each burst, from the first kernel to the last. Beside
it stand what our probe says of that process and of the device, its power and its energy. Needs an
NVIDIA GPU and PyTorch; where one is missing it says so, and exits 3.
"""

import argparse
import importlib.util
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

from agentaudit.model.recording import GpuProcessTime
from agentaudit.model.trace import EnergyReading, GpuSample
from agentaudit.probes.gpu.device import GpuRecord
from agentaudit.probes.gpu.devices import Gpus

SHARES = (0.1, 0.5, 0.9)
SECONDS = 20.0
PERIOD_S = 0.25
LOOK_S = 0.24
"""As often as a recording looks."""

LAG_S = 2.0
"""The driver tells of a sample period up to a second after it."""

INCOMPLETE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What the load knows of itself."""

    pid: int
    start_ns: int
    end_ns: int
    busy_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was seen of it, and of its device, by the share of time that it was to be busy."""

    asked: float
    truth: Truth
    process_ns: int | None
    """None where the driver does not tell processes apart."""
    device_share: float
    watts: float | None
    counted_joules: float | None
    power_joules: float | None
    """Power over time, to compare with what the device counted."""

    @property
    def true_share(self) -> float:
        return self.truth.busy_ns / (self.truth.end_ns - self.truth.start_ns)

    @property
    def error_points(self) -> float | None:
        """How far our share of the process is off, in percentage points."""
        if self.process_ns is None:
            return None
        share = self.process_ns / (self.truth.end_ns - self.truth.start_ns)
        return (share - self.true_share) * 100


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, or why there is none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each load")
    parser.add_argument("--load", type=float, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.load is not None:
        load(asked.load, asked.seconds)
        return 0
    missing = absent()
    if missing:
        print(f"GPU figures cannot be compared here: {missing}.")
        return INCOMPLETE
    print(f"{platform.node()}, {time.strftime('%Y-%m-%d')}, Python {platform.python_version()}")
    print("\n".join(table([observed(share, asked.seconds) for share in SHARES])))
    return 0


def absent() -> str:
    """What is missing to run at all; empty where nothing is."""
    gpus = Gpus()
    note = gpus.note
    gpus.close()
    if note:
        return note
    if importlib.util.find_spec("torch") is None:
        return "there is a GPU, and PyTorch is not installed (pip install torch)"
    return ""


def observed(share: float, seconds: float) -> Measured:
    """One load in a process of its own, watched from here."""
    command = [sys.executable, __file__, "--load", str(share), "--seconds", str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        if program.stdout is None or program.stdout.readline() != "ready\n":
            raise RuntimeError("the load did not begin")
        gpus = Gpus()
        records = list(_watched(gpus, program))
        readings = gpus.energy()
        gpus.close()
        truth = Truth(**json.loads(program.stdout.read()))
    return measured(share, truth, records, readings)


def _watched(gpus: Gpus, program: "subprocess.Popen[str]") -> Iterator[GpuRecord]:
    end_s = None
    while end_s is None or time.monotonic() < end_s:
        time.sleep(LOOK_S)
        yield from gpus.read(time.monotonic_ns(), {program.pid})
        if end_s is None and program.poll() is not None:
            end_s = time.monotonic() + LAG_S


def measured(
    asked: float,
    truth: Truth,
    records: Sequence[GpuRecord],
    readings: Sequence[EnergyReading],
) -> Measured:
    """The first device alone: the load runs there."""
    times = [one for one in records if isinstance(one, GpuProcessTime) and one.device == 0]
    looks = [one for one in records if isinstance(one, GpuSample) and one.device == 0]
    meanwhile = [one for one in looks if truth.start_ns <= one.at_ns <= truth.end_ns]
    watts = [one.power_watts for one in meanwhile if one.power_watts is not None]
    counted = [one.joules for one in readings if one.method == "nvml_counter"]
    told = any(one.ours is not None for one in looks)
    return Measured(
        asked=asked,
        truth=truth,
        process_ns=sum(one.busy_ns for one in times if one.pid == truth.pid) if told else None,
        device_share=sum(one.busy for one in meanwhile) / len(meanwhile) if meanwhile else 0.0,
        watts=sum(watts) / len(watts) if watts else None,
        counted_joules=counted[0] if counted else None,
        power_joules=_integrated(looks),
    )


def _integrated(looks: Sequence[GpuSample]) -> float | None:
    joules = 0.0
    for before, after in pairwise(looks):
        if before.power_watts is None or after.power_watts is None:
            return None
        mean_watts = (before.power_watts + after.power_watts) / 2
        joules += mean_watts * (after.at_ns - before.at_ns) / 1e9
    return joules if len(looks) > 1 else None


def table(rows: Sequence[Measured]) -> Iterator[str]:
    """A line a load."""
    yield "| asked | truth | process | error | device | power | counted | power over time |"
    yield "|--:|--:|--:|--:|--:|--:|--:|--:|"
    for row in rows:
        length_ns = row.truth.end_ns - row.truth.start_ns
        process = None if row.process_ns is None else row.process_ns / length_ns * 100
        yield (
            f"| {row.asked:.0%} | {row.true_share:.1%} | {_shown(process, '%')}"
            f" | {_shown(row.error_points, 'pp')} | {row.device_share:.1%}"
            f" | {_shown(row.watts, 'W')} | {_shown(row.counted_joules, 'J')}"
            f" | {_shown(row.power_joules, 'J')} |"
        )


def _shown(value: float | None, unit: str) -> str:
    return "not told" if value is None else f"{value:.1f} {unit}"


def load(share: float, seconds: float) -> None:
    """Keep the first device busy for a share of each period, and say for how long it was."""
    import torch  # type: ignore[import-not-found]  # noqa: PLC0415 -- not a dependency of ours

    matrix = torch.randn(4096, 4096, device="cuda", dtype=torch.float16)
    for _ in range(20):
        torch.mm(matrix, matrix)
    torch.cuda.synchronize()
    print("ready", flush=True)
    busy_ns = 0
    start_ns = time.monotonic_ns()
    end_ns = start_ns + round(seconds * 1e9)
    while (now_ns := time.monotonic_ns()) < end_ns:
        first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        first.record()
        while time.monotonic_ns() - now_ns < share * PERIOD_S * 1e9:
            for _ in range(4):
                torch.mm(matrix, matrix)
            last.record()
            last.synchronize()
        busy_ns += round(first.elapsed_time(last) * 1e6)
        time.sleep(max(PERIOD_S - (time.monotonic_ns() - now_ns) / 1e9, 0.0))
    end_ns = time.monotonic_ns()
    truth = Truth(pid=os.getpid(), start_ns=start_ns, end_ns=end_ns, busy_ns=busy_ns)
    print(json.dumps(asdict(truth)))


if __name__ == "__main__":
    sys.exit(main())
