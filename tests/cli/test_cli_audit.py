"""`agentaudit audit`: everything in one run, as a user types it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from agentaudit.errors import ExitCode, InputError
from agentaudit.model.recording import Watched
from agentaudit.profiling.selection import records_of
from agentaudit.store.recording import read_recording

ROOT = Path(__file__).parent.parent.parent
SAMPLES = ROOT / "sample_configs"


def _audit(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "agentaudit", "audit", *arguments]
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "80"}
    return subprocess.run(
        command, capture_output=True, text=True, cwd=cwd, env=environment, check=False
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """One short demonstration."""
    for seconds in (5, 20, 80):  # a machine that others keep busy answers fewer requests
        folder = tmp_path_factory.mktemp("demo")
        (folder / "out").mkdir()
        (folder / "out" / "run.aatrace").write_text("a recording of the user's")
        run = _audit("--demo", "-d", f"{seconds}s", "-o", str(folder / "out"), cwd=folder)
        if _whole(folder / "out"):
            break
    return run, folder / "out"


def _whole(out: Path) -> bool:
    """Whether both kinds of requests were answered, and enough of them to replay."""
    profile = json.loads((out / "profile.json").read_text())
    seen = {kind["type"] for kind in profile["request_types"]}
    return seen >= {"research", "chat"} and (out / "simulation.json").exists()


@pytest.mark.slow
def test_the_demonstration_ends_with_0_and_says_what_ci_would_see(
    demo: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    run, _ = demo

    assert run.returncode == 0, run.stderr
    assert "NOT READY" in run.stdout
    assert "CI would have seen exit code 1" in run.stdout or (
        "CI would have seen exit code 4" in run.stdout
    )


@pytest.mark.slow
def test_the_demonstration_leaves_every_artifact(
    demo: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    """Each file says its kind, and the page is one file that asks for nothing."""
    _, folder = demo
    kinds = {file.name: json.loads(file.read_text())["kind"] for file in folder.glob("*.json")}

    assert kinds == {
        "profile.json": "profile",
        "simulation.json": "simulation",
        "findings.json": "findings",
        "threats.json": "threats",
        "report.json": "report",
    }
    assert "http-equiv" in (folder / "report.html").read_text()
    assert (folder / "run-2.aatrace").stat().st_size > 0
    assert (folder / "run.aatrace").read_text() == "a recording of the user's"


@pytest.mark.slow
def test_the_demonstration_measures_what_the_sample_does(
    demo: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    """Both kinds of requests are told apart, and tools are where its CPU time goes."""
    profile = json.loads((demo[1] / "profile.json").read_text())
    shares = {kind["kind"]: kind["cpu_share"] for kind in profile["breakdown"]["kinds"]}
    heavy = {kind["type"]: kind["heavy"] for kind in profile["request_types"]}

    assert shares["tool_call"] == max(shares.values())
    assert (heavy["research"], heavy["chat"]) == ("cpu", "gpu")


@pytest.mark.slow
def test_nothing_of_the_sample_is_left_running(
    demo: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    assert demo[0].returncode == 0
    listed = subprocess.run(
        ["ps", "-eo", "ppid,args"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    orphans = [line for line in listed if "model_server.py" in line and line.split()[0] == "1"]

    assert orphans == []


def test_without_an_agent_the_third_decision_is_not_measured(tmp_path: Path) -> None:
    """Unknown is not safe: a clean deployment alone cannot be ready."""
    run = _audit(str(SAMPLES / "hardened"), "-o", str(tmp_path / "out"), cwd=tmp_path)
    report = json.loads((tmp_path / "out" / "report.json").read_text())

    assert run.returncode == ExitCode.INCOMPLETE, run.stderr
    assert report["verdict"] == "cannot say"
    assert report["decisions"][2]["status"] == "not measured"
    assert "give --pid PID" in run.stderr


def test_an_empty_folder_is_nothing_to_audit(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    run = _audit("empty", cwd=tmp_path)

    assert run.returncode == ExitCode.INCOMPLETE
    assert "Nothing to audit in empty" in run.stderr
    assert "CANNOT SAY" in run.stdout


def test_an_unreadable_file_is_named_and_never_hides_the_others(tmp_path: Path) -> None:
    """Broken JSON beside a good file: findings of the one, coverage of the other."""
    (tmp_path / ".mcp.json").write_text('{"mcpServers": {\n')
    (tmp_path / "compose.yaml").write_text("services: {agent: {image: 'agent:latest'}}\n")
    run = _audit(".", cwd=tmp_path)
    report = json.loads((tmp_path / "reports" / tmp_path.name / "report.json").read_text())

    assert run.returncode in (ExitCode.INCOMPLETE, ExitCode.FINDINGS_AND_INCOMPLETE)
    failed = [file for file in report["lint"]["coverage"] if file["status"] == "failed"]
    assert [file["file"] for file in failed] == [".mcp.json"]
    assert failed[0]["line"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--demo", "somewhere"), "--demo brings its own agent"),
        (("--pid", "1", "--", "true"), "not both"),
        (("--",), "no command after --"),
        (("absent",), "absent: no such file or folder"),
        (("--demo", "--duration", "0"), "needs an end"),
        (("--demo", "--duration", "soon"), "is no time"),
    ],
)
def test_contradictions_are_said_before_anything_starts(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    run = _audit(*arguments, cwd=tmp_path)

    assert run.returncode == ExitCode.USAGE
    assert said in run.stderr


def test_a_process_that_does_not_exist_is_a_sentence(tmp_path: Path) -> None:
    run = _audit("--pid", "4194303", cwd=tmp_path)

    assert run.returncode == ExitCode.USAGE
    assert "4194303" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.slow
def test_a_command_is_started_recorded_and_ended(tmp_path: Path) -> None:
    """A second recording in the same folder never replaces the first."""
    script = "import time; t = time.time()\nwhile time.time() - t < 2: sum(range(1000))"
    for _ in range(2):
        run = _audit("-o", "out", "-d", "1s", "--", sys.executable, "-c", script, cwd=tmp_path)
        assert run.returncode in (ExitCode.INCOMPLETE, ExitCode.FINDINGS_AND_INCOMPLETE), run.stderr

    assert sorted(file.name for file in (tmp_path / "out").glob("*.aatrace")) == [
        "run-2.aatrace",
        "run.aatrace",
    ]


@pytest.mark.slow
def test_ctrl_c_in_the_demonstration_reports_what_was_recorded_and_leaves_nothing_running(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-m", "agentaudit", "audit", "--demo", "-o", str(tmp_path)]
    run = subprocess.Popen(
        command, process_group=0, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    recording = tmp_path / "run.aatrace"
    while not _watched(recording):
        assert run.poll() is None
        time.sleep(0.05)
    started = psutil.Process(run.pid).children(recursive=True)

    os.killpg(run.pid, signal.SIGINT)
    said, _ = run.communicate()

    assert run.returncode == ExitCode.PASS, said
    profile = json.loads((tmp_path / "profile.json").read_text())
    assert profile["ended_because"] == "stopped by the user"
    assert profile["complete"]
    assert len(started) >= 3
    _, left = psutil.wait_procs(started, timeout=60)  # whoever inherits them collects them
    assert left == []


def _watched(recording: Path) -> bool:
    """Whether stacks were seen already."""
    try:
        return bool(records_of(read_recording(recording).records, Watched))
    except InputError:  # it is not there yet
        return False


@pytest.mark.slow
def test_ctrl_c_while_the_sample_starts_is_an_interrupted_run(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "agentaudit", "audit", "--demo", "-o", str(tmp_path)]
    run = subprocess.Popen(command, process_group=0, stderr=subprocess.PIPE, text=True)
    assert run.stderr is not None
    assert "Starting the sample" in run.stderr.readline()

    os.killpg(run.pid, signal.SIGINT)
    _, said = run.communicate()

    assert run.returncode == ExitCode.INTERRUPTED
    assert said == "agentaudit: interrupted; what was written until then is kept\n"
