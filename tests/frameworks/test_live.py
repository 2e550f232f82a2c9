"""
Recordings of real agents on real packages find their model calls and their tools.

The packages are installed by `make frameworks`, each in an environment of its own in the folder
AGENTAUDIT_FRAMEWORKS. `benchmarks/frameworks.py` runs the same agents and many more, and prints how
near each recording comes; here it only has to be told what is what.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "frameworks.py"
FOLDER = os.environ.get("AGENTAUDIT_FRAMEWORKS", "")
REQUESTS = 2
CRUNCH_S = 1.0
"""So long that what packages do around a tool is little beside it, on slow machines, too."""


@dataclass(frozen=True, slots=True)
class Expected:
    """How the waits for the model are told, and where the package is installed."""

    source: str
    venv: str


AGENTS = {
    "openai-stream": Expected("stack", "openai"),
    "anthropic-async-stream": Expected("socket", "anthropic"),
    "langgraph": Expected("stack", "langgraph"),
    "pydantic-ai": Expected("socket", "pydantic-ai"),
}


def seen(name: str, folder: Path) -> Mapping[str, object]:
    """What the benchmark says of one agent; skipped, or failed at the gate, without its package."""
    if not (Path(FOLDER) / AGENTS[name].venv / "installed.txt").exists() or not FOLDER:
        if os.environ.get("AGENTAUDIT_TESTS_REQUIRE_SYSTEM"):
            pytest.fail(f"{AGENTS[name].venv} is not installed here: run `make frameworks`")
        pytest.skip("the packages to record are missing: make frameworks, AGENTAUDIT_FRAMEWORKS")
    rows = folder / "rows.json"
    command = [sys.executable, str(BENCHMARK), name, "--venvs", FOLDER, "--json", str(rows)]
    command += ["--requests", str(REQUESTS), "--crunch-s", str(CRUNCH_S)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    (row,) = json.loads(rows.read_text(encoding="utf-8"))
    return cast("Mapping[str, object]", row)


def part(row: Mapping[str, object], what: str, kind: str) -> int:
    return cast("Mapping[str, int]", row[what]).get(kind, 0)


@pytest.mark.parametrize("name", AGENTS)
def test_a_recording_tells_the_model_from_the_tool(name: str, tmp_path: Path) -> None:
    row = seen(name, tmp_path)

    evidence = cast("Mapping[str, float]", row["evidence"])
    model = cast("int", row["model_ns"]) / cast("int", row["true_model_ns"])
    tool = part(row, "cpu_ns", "tool_call") / part(row, "true_cpu_ns", "tool_call")
    assert next(iter(evidence)) == AGENTS[name].source
    assert 0.6 < model < 1.5  # a machine at its limits adds to waits, and takes from samples
    assert 0.6 < tool < 1.2
    assert cast("int", row["requests"]) >= 1
