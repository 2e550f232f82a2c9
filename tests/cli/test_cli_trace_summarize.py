"""`agentaudit trace summarize`: many hosts, from Parquet or from recordings."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from agentaudit.cli.main import app
from agentaudit.errors import AgentAuditError, IncompleteError, InputError, UsageError
from agentaudit.model.fleet import Fleet
from agentaudit.model.recording import Opened, ProcessBorn, ProcessTick, ProcessTime
from agentaudit.model.trace import ClockPair, Host, Target
from agentaudit.store.artifacts import read_artifact
from agentaudit.store.recording import RecordingWriter

S = 1_000_000_000
AT = 1_780_000_000 * S


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["trace", *arguments])
    if isinstance(done.exception, AgentAuditError):
        raise done.exception
    return done.exit_code, done.stdout


def record(folder: Path, host: str, cpu_ns: int) -> str:
    path = folder / f"{host}.aatrace"
    with RecordingWriter(path) as sink:
        sink.append(
            Opened(
                tool_version="1",
                start_ns=0,
                rate_hz=100.0,
                host=Host(name=host, system="", cores=4, memory_bytes=0),
                target=Target(pid=7, command="", launched=False),
            )
        )
        sink.append(ClockPair(monotonic_ns=0, unix_ns=AT))
        sink.append(ProcessBorn(at_ns=0, pid=7, parent_pid=1, parent_tid=0, name="python"))
        sink.append(ProcessTick(since_ns=0, at_ns=S, times=(ProcessTime(pid=7, cpu_ns=cpu_ns),)))
    return str(path)


@pytest.fixture
def recordings(tmp_path: Path) -> list[str]:
    return [record(tmp_path, "web-1", S // 2), record(tmp_path, "web-2", S)]


@pytest.fixture
def dataset(recordings: list[str], tmp_path: Path) -> str:
    for path in recordings:
        run("export", path, "--format", "parquet", "-o", str(tmp_path / "data"))
    return str(tmp_path / "data")


def fleet(path: Path, *arguments: str) -> tuple[int, Fleet]:
    code, _ = run("summarize", *arguments, "--json", str(path))
    read = read_artifact(path)
    assert isinstance(read, Fleet)
    return code, read


def test_a_dataset_and_its_recordings_are_the_same_fleet(
    recordings: list[str], dataset: str, tmp_path: Path
) -> None:
    from_files = fleet(tmp_path / "a.json", dataset)
    from_recordings = fleet(tmp_path / "b.json", *recordings)

    assert from_files == from_recordings
    assert from_files[0] == 0
    assert from_files[1].cpu_total_ns == S // 2 + S


def test_hosts_and_days_are_chosen(recordings: list[str], dataset: str, tmp_path: Path) -> None:
    _, one = fleet(tmp_path / "a.json", dataset, "--host", "*-2")
    _, other = fleet(tmp_path / "b.json", *recordings, "--host", "*-2")

    assert one == other
    assert [host.host for host in one.hosts] == ["web-2"]
    with pytest.raises(IncompleteError, match="no recording is in the partitions"):
        run("summarize", dataset, "--since", "2027-01-01")


def test_broken_partitions_are_named_and_end_with_their_code(dataset: str) -> None:
    broken = min((Path(dataset) / "steps").rglob("*.parquet"))
    broken.write_bytes(b"PAR1 no more")

    code, out = run("summarize", dataset)
    allowed, _ = run("summarize", dataset, "--allow-incomplete")

    assert (code, allowed) == (3, 0)
    assert "Not in these numbers" in out
    assert "steps of web-1, 2026-05-28" in out


def test_a_recording_that_cannot_be_read_is_named(recordings: list[str], tmp_path: Path) -> None:
    bad = tmp_path / "bad.aatrace"
    bad.write_text("no")

    code, out = run("summarize", *recordings, str(bad))

    assert code == 3
    assert "bad.aatrace" in "".join(out.split())  # however the terminal broke the path


def test_what_is_no_dataset_is_told(tmp_path: Path, dataset: str) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()

    with pytest.raises(InputError, match="holds no dataset"):
        run("summarize", str(empty))
    with pytest.raises(UsageError, match="give a day as YYYY-MM-DD"):
        run("summarize", dataset, "--since", "yesterday")
