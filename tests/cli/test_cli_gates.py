"""`--fail-if`, `--compare` and `trace compare`: the codes that CI sees, and the numbers shown."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from agentaudit.cli.main import app
from agentaudit.errors import AgentAuditError, UsageError
from agentaudit.model.comparison import Comparison
from agentaudit.model.gauge import GAUGES
from agentaudit.model.recording import Opened, ProcessBorn, ProcessTick, ProcessTime
from agentaudit.model.trace import Host, Target
from agentaudit.store.artifacts import read_artifact
from agentaudit.store.recording import RecordingWriter

S = 1_000_000_000
DOCS = Path(__file__).parents[2] / "docs"


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(arguments))
    if isinstance(done.exception, AgentAuditError):
        raise done.exception
    return done.exit_code, done.stdout


@pytest.fixture
def recording(tmp_path: Path) -> str:
    """A second on four cores, half of one of them used."""
    path = tmp_path / "run.aatrace"
    with RecordingWriter(path) as sink:
        sink.append(
            Opened(
                tool_version="1",
                start_ns=0,
                rate_hz=100.0,
                host=Host(name="h", system="", cores=4, memory_bytes=0),
                target=Target(pid=7, command="", launched=False),
            )
        )
        sink.append(ProcessBorn(at_ns=0, pid=7, parent_pid=1, parent_tid=0, name="python"))
        sink.append(ProcessTick(since_ns=0, at_ns=S, times=(ProcessTime(pid=7, cpu_ns=S // 2),)))
    return str(path)


@pytest.mark.parametrize(
    ("conditions", "code"),
    [
        (["cpu_share > 0.6"], 0),
        (["cpu_share > 0.1"], 1),
        (["gpu_share > 0.1"], 3),
        (["gpu_share > 0.1", "cpu_share > 0.1"], 4),
        (["gpu_share > 0.1 || cpu_share > 0.1"], 1),
        ([], 0),
    ],
)
def test_gates_end_with_the_codes_of_ci(recording: str, conditions: list[str], code: int) -> None:
    options = [word for condition in conditions for word in ("--fail-if", condition)]

    assert run("trace", "show", recording, *options)[0] == code


def test_the_numbers_that_decided_are_shown(recording: str) -> None:
    _, out = run("trace", "show", recording, "--fail-if", "cpu_share > 0.1 && gpu_share > 2")

    assert "cannot say  fail if cpu_share > 0.1 && gpu_share > 2" in out
    assert "cpu_share = 0.125, gpu_share = unknown" in out


def test_all_that_is_wrong_with_conditions_is_told_at_once(recording: str) -> None:
    with pytest.raises(UsageError) as error:
        run("trace", "show", recording, "--fail-if", "cpu > 1", "--fail-if", "compare.cpu > 1")

    said = str(error.value)
    assert "--fail-if 'cpu > 1':1: asks for 'cpu'" in said
    assert "needs an older recording: --compare OLD" in said
    assert "a condition can ask for: cpu_share, " in said


def test_a_wrong_condition_is_told_before_anything_is_recorded(tmp_path: Path) -> None:
    output = tmp_path / "run.aatrace"

    with pytest.raises(UsageError, match="cpu_shar"):
        run("profile", "--fail-if", "cpu_shar > 1", "-o", str(output), "--", "sleep", "60")

    assert not output.exists()


def test_what_can_be_asked_is_explained() -> None:
    code, out = run("trace", "show", "none.aatrace", "--fail-if", "help")

    assert code == 0
    assert "share of the host's cores" in out


def test_a_recording_is_shown_beside_an_older_one(recording: str) -> None:
    options = ("--compare", recording, "--fail-if", "compare.slower > 0")

    code, out = run("trace", "show", recording, *options)

    assert code == 0
    assert "one side has 0 whole requests only" in out
    assert "compare.slower = 0" in out


def test_two_recordings_are_compared(recording: str, tmp_path: Path) -> None:
    artifact = tmp_path / "comparison.json"

    code, out = run(
        "trace", "compare", recording, recording, "--json", str(artifact),
        "--fail-if", "compare.p90 > 1.1",
    )  # fmt: skip

    read = read_artifact(artifact)
    assert code == 3
    assert "share of CPU time" in out
    assert isinstance(read, Comparison)
    assert (read.before.recording, read.after.cpu_total_ns) == ("run.aatrace", S // 2)


def test_a_comparison_has_no_page(recording: str, tmp_path: Path) -> None:
    artifact = tmp_path / "comparison.json"
    run("trace", "compare", recording, recording, "--json", str(artifact))

    with pytest.raises(UsageError, match="has no page"):
        run("report", str(artifact), "-o", str(tmp_path / "page.html"))


def test_the_manual_lists_every_number() -> None:
    page = (DOCS / "comparing.md").read_text(encoding="utf-8")

    assert [gauge.name for gauge in GAUGES if f"| `{gauge.name}` | {gauge.meaning} |" in page] == [
        gauge.name for gauge in GAUGES
    ]
