"""A real library that computes on threads of its own: its time and its threads are the tool's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agentaudit.cli.traces import read_trace, step_rules
from agentaudit.model.trace import StepKind
from agentaudit.probes.host import usable_cores

AGENT = """
import time
import numpy
from agentaudit.markers import step

matrix = numpy.ones((1200, 1200))
with step("orchestration", "fit"):
    with step("tool_call", "matmul"):
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            matrix @ matrix
"""


@pytest.mark.skipif(usable_cores() < 2, reason="linear algebra takes one thread of one core")
def test_linear_algebra_of_a_tool_is_the_tools_on_all_its_threads(tmp_path: Path) -> None:
    recording = tmp_path / "run.aatrace"
    launched = ("profile", "-o", str(recording), "--", sys.executable, "-c", AGENT)
    subprocess.run(
        [sys.executable, "-m", "agentaudit", *launched],
        check=True,
        capture_output=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"},
    )
    (tool,) = (
        one for one in read_trace(recording, step_rules([])).steps
        if one.kind is StepKind.TOOL_CALL
    )  # fmt: skip

    assert tool.threads == 2
    assert tool.cpu_ns / 4 < tool.children_cpu_ns < tool.cpu_ns * 3 / 4
