"""A whole recording on a machine with a GPU: the driver's library alone is made for the test."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from agentaudit.model.recording import GpuProcessTime
from agentaudit.model.trace import EnergyReading, GpuSample
from agentaudit.store.recording import read_recording

LIBRARY = Path(__file__).parents[1] / "probes" / "gpu" / "nvml.c"


@pytest.fixture
def driver(tmp_path: Path, needs: Callable[[str, str], str]) -> Callable[[int], Path]:
    """The folder of a library that gives half of its one GPU to a process."""

    def built(pid: int) -> Path:
        target = str(tmp_path / "libnvidia-ml.so.1")
        compiler = needs("gcc", "gcc")
        command = [compiler, "-shared", "-fPIC", "-w", f"-DLIVE={pid}", "-o", target, str(LIBRARY)]
        subprocess.run(command, check=True)
        return tmp_path

    return built


def test_gpu_time_power_and_energy_are_in_the_recording(
    tmp_path: Path, driver: Callable[[int], Path]
) -> None:
    with subprocess.Popen(["sleep", "60"]) as program:
        recording, breakdown = tmp_path / "run.aatrace", tmp_path / "profile.json"
        command = [sys.executable, "-m", "agentaudit", "profile", "--pid", str(program.pid)]
        command += ["--duration", "1500ms", "-o", str(recording), "--json", str(breakdown)]
        environment = {**os.environ, "LD_LIBRARY_PATH": str(driver(program.pid))}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        program.kill()
    assert done.returncode == 0, done.stderr

    records = read_recording(recording).records
    times = [record for record in records if isinstance(record, GpuProcessTime)]
    for time in times:
        assert time.pid == program.pid
        assert time.busy_ns == pytest.approx((time.at_ns - time.since_ns) / 2, rel=0.01)
    gaps = [after.since_ns - before.at_ns for before, after in pairwise(times)]
    assert times
    assert gaps == [0] * len(gaps)
    samples = [record for record in records if isinstance(record, GpuSample)]
    assert {one.busy for one in samples} <= {0.5, 0.6}
    assert {one.power_watts for one in samples} == {250.0}
    assert {one.ours for one in samples} <= {0.5, None}
    (gpu,) = (one for one in records if isinstance(one, EnergyReading) and "gpu" in one.component)
    assert gpu.method == "nvml_counter"
    assert gpu.joules > 0
    assert json.loads(breakdown.read_text())["host"]["gpus"] == ["Test GPU"]
