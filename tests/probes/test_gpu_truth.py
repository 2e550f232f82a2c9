"""The comparison of GPU figures with a known load, as far as it needs no GPU."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from agentaudit.model.recording import GpuProcessTime
from agentaudit.model.trace import EnergyReading, GpuSample

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "gpu_truth.py"
S = 1_000_000_000


@pytest.fixture(scope="module")
def gpu_truth() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gpu_truth", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["gpu_truth"] = module
    spec.loader.exec_module(module)
    return module


def look(second: float, watts: float | None, ours: float | None) -> GpuSample:
    return GpuSample(
        at_ns=round(second * S), device=0, busy=0.5, memory_bytes=0, power_watts=watts, ours=ours
    )


def test_the_load_is_compared_with_what_was_seen_of_it(gpu_truth: ModuleType) -> None:
    """Its own time alone, the power while it ran, and both ways to energy."""
    times = [
        GpuProcessTime(since_ns=0, at_ns=4 * S, device=device, pid=pid, busy_ns=busy_ns)
        for device, pid, busy_ns in ((0, 7, 2 * S), (0, 8, S), (1, 7, S))
    ]
    records = [look(0, 100, 0.5), look(2, 200, 0.5), look(4, 300, 0.5), look(6, 300, 0.0), *times]
    truth = gpu_truth.Truth(pid=7, start_ns=S, end_ns=5 * S, busy_ns=2 * S)
    counted = [EnergyReading(component="gpu 0", joules=900.0, method="nvml_counter")]

    row = gpu_truth.measured(0.5, truth, records, counted)

    assert (row.process_ns, row.true_share, row.error_points) == (2 * S, 0.5, 0.0)
    assert (row.watts, row.counted_joules, row.power_joules) == (250, 900, 300 + 500 + 600)
    assert "| 50% | 50.0% | 50.0 % | 0.0 pp | 50.0% | 250.0 W | 900.0 J | 1400.0 J |" in list(
        gpu_truth.table([row])
    )


def test_what_the_driver_does_not_tell_is_no_zero(gpu_truth: ModuleType) -> None:
    truth = gpu_truth.Truth(pid=7, start_ns=0, end_ns=S, busy_ns=0)
    row = gpu_truth.measured(0.1, truth, [look(0, None, None), look(1, None, None)], [])

    assert (row.process_ns, row.error_points, row.watts, row.power_joules) == (None,) * 4
    assert "not told" in list(gpu_truth.table([row]))[-1]


def test_without_a_gpu_it_says_so_and_is_incomplete(tmp_path: Path) -> None:
    (tmp_path / "libnvidia-ml.so.1").write_text("no library")
    done = subprocess.run(
        [sys.executable, str(SCRIPT)],
        env={**os.environ, "LD_LIBRARY_PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 3
    assert done.stdout.startswith("GPU figures cannot be compared here: no GPU seen: ")
