"""`agentaudit simulate validate`, on real processes."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agentaudit.cli.main import app
from agentaudit.errors import UsageError
from agentaudit.model.validation import Validation
from agentaudit.store.artifacts import read_artifact
from tests.completions import completions

WORKLOAD = """\
requests: 6
seed: 1
machine: {cores: 2, gpu: sys1}
types:
  - {name: search, weight: 3, steps: [{cpu: 3ms, name: regex}, {gpu: 2ms}, {cpu: 2ms}]}
  - {name: chat, steps: [{gpu: 5ms}, {wait: 1ms}]}
"""
LONG = "types: [{name: a, steps: [{cpu: 600s}]}]"


@pytest.fixture
def workload(tmp_path: Path) -> Path:
    file = tmp_path / "workload.yaml"
    file.write_text(WORKLOAD)
    return file


OWN = """\
class Last:
    parameters = "one at a time, the last that came first"

    def __init__(self):
        self.free, self.waiting = True, []

    def arrived(self, request):
        self.waiting.append(request)

    def finished(self, request):
        self.free = True

    def admit(self, now_ns):
        if not (self.free and self.waiting):
            return []
        self.free = False
        return [self.waiting.pop()]
"""


def test_a_policy_of_ones_own_runs_for_real(workload: Path, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(OWN)
    artifact = tmp_path / "validation.json"
    arguments = ["-p", f"{tmp_path / 'own.py'}:Last", "--repeat", "1", "--json", str(artifact)]

    run = CliRunner().invoke(
        app, ["simulate", "validate", str(workload), *arguments], catch_exceptions=False
    )

    result = read_artifact(artifact)
    assert run.exit_code == 0
    assert isinstance(result, Validation)
    assert [item.policy for item in result.runs] == ["multi-processing", "Last"]


def test_predictions_stand_beside_what_was_measured(workload: Path, tmp_path: Path) -> None:
    artifact = tmp_path / "validation.json"
    arguments = ["-p", "multi-processing", "-p", "sequential", "--repeat", "2"]
    run = CliRunner().invoke(
        app,
        ["simulate", "validate", str(workload), *arguments, "--json", str(artifact)],
        catch_exceptions=False,
    )
    result = read_artifact(artifact)

    assert run.exit_code == 0
    assert "4 real runs of 6 requests" in run.stdout
    assert "better one named" in run.stdout
    assert isinstance(result, Validation)
    assert [(item.policy, item.repeat) for item in result.runs] == [
        ("multi-processing", 0),
        ("sequential", 0),
        ("multi-processing", 1),
        ("sequential", 1),
    ]
    assert all(
        0 < side.p50_ns <= side.p90_ns <= side.makespan_ns
        for item in result.runs
        for side in (item.measured, item.foreknown, item.own)
    )
    assert result.own_comparisons.pairs == result.foreknown_comparisons.pairs == 1
    assert any("sleeps" in sentence for sentence in result.assumptions)


def test_the_scheduler_validates_what_it_says(workload: Path) -> None:
    run = CliRunner().invoke(
        app,
        ["simulate", "scheduler", str(workload), "-p", "sequential", "--validate"],
        catch_exceptions=False,
    )

    assert run.exit_code == 0
    assert "Advice" in run.stdout
    assert "6 real runs of 6 requests" in run.stdout


def test_all_that_can_be_simulated_here_can_be_run_here(workload: Path, tmp_path: Path) -> None:
    """A server with limits, whose line a policy orders; threads; a policy that hears of steps."""
    artifact = tmp_path / "validation.json"
    workload.write_text(WORKLOAD.replace("gpu: sys1", "gpu: sys1, calls: 2, kv_tokens: 1000"))
    names = ["multi-threading", "continuum", "cgam-overlap"]
    arguments = ["--repeat", "1", "--json", str(artifact)]
    for name in names:
        arguments += ["-p", name]
    run = CliRunner().invoke(
        app, ["simulate", "validate", str(workload), *arguments], catch_exceptions=False
    )
    result = read_artifact(artifact)

    assert run.exit_code == 0
    assert isinstance(result, Validation)
    assert [one.policy for one in result.runs] == ["multi-processing", *names]
    assert all(one.own.p50_ns > 0 for one in result.runs)


def test_a_workload_without_work_is_nothing_to_validate(workload: Path) -> None:
    workload.write_text("types: [{name: a, steps: [{cpu: 0s}]}]")
    with pytest.raises(UsageError, match="no step takes any time, so there is nothing to predict"):
        CliRunner().invoke(app, ["simulate", "validate", str(workload)], catch_exceptions=False)


def test_a_validation_has_no_page(workload: Path, tmp_path: Path) -> None:
    artifact = tmp_path / "validation.json"
    CliRunner().invoke(
        app,
        ["simulate", "validate", str(workload), "--repeat", "1", "--json", str(artifact)],
        catch_exceptions=False,
    )
    with pytest.raises(UsageError, match="has no page"):
        CliRunner().invoke(app, ["report", str(artifact)], catch_exceptions=False)


@pytest.mark.parametrize("repeat", ["0", "101"])
def test_a_number_of_repeats_that_is_none(workload: Path, repeat: str) -> None:
    with pytest.raises(UsageError, match="--repeat is from 1 to 100"):
        CliRunner().invoke(
            app,
            ["simulate", "validate", str(workload), "--repeat", repeat],
            catch_exceptions=False,
        )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_nobody_stays_behind_when_the_driver_is_ended(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """Neither after Ctrl-C nor when the driver has no time to say goodbye."""
    file = tmp_path / "long.yaml"
    file.write_text(LONG)
    driver = subprocess.Popen(
        [sys.executable, "-m", "agentaudit", "simulate", "validate", str(file)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    pids = _processes_of(driver.pid)
    driver.send_signal(number)

    assert driver.wait(60) == code
    assert _gone(pids)


def _processes_of(pid: int) -> list[int]:
    """The child that all others were forked from, and they, once they are at work."""
    while True:
        for child in _children(pid):
            if len(others := _children(child)) > 1:
                return [child, *others]
        time.sleep(0.02)


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _gone(pids: list[int]) -> bool:
    end_s = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        if time.monotonic() > end_s:
            return False
        time.sleep(0.02)
    return True


def test_a_real_server_takes_the_place_of_the_played_one(workload: Path, tmp_path: Path) -> None:
    artifact = tmp_path / "validation.json"
    names = ["-p", "multi-processing", "-p", "sequential", "--repeat", "1"]
    with completions() as server:
        arguments = ["--server", server.url, *names, "--json", str(artifact)]
        run = CliRunner().invoke(
            app, ["simulate", "validate", str(workload), *arguments], catch_exceptions=False
        )

    result = read_artifact(artifact)
    assert run.exit_code == 0
    assert isinstance(result, Validation)
    assert [size for size, _ in result.machine.gpu.points] == [1, 2, 4, 8]
    assert f"completions of counter at {server.url}" in result.assumptions[0]
    assert not any("sleeps" in sentence for sentence in result.assumptions)
    assert "completions of counter" in " ".join(run.stdout.split())


def test_a_model_without_a_server_is_told(workload: Path) -> None:
    run = CliRunner().invoke(app, ["simulate", "validate", str(workload), "--model", "a"])

    assert isinstance(run.exception, UsageError)
    assert "--server" in str(run.exception)
