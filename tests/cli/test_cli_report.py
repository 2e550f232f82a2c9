"""`agentaudit report`: what it reads, what it writes, and how it ends."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agentaudit.cli.main import app
from agentaudit.errors import IncompleteError, InputError, UsageError
from agentaudit.store.artifacts import Artifact, write_artifact
from agentaudit.store.framing import file_head
from tests.report import samples

RISKY: dict[str, Artifact] = {
    "profile": samples.profile(),
    "simulation": samples.simulation(),
    "findings": samples.risky_lint(),
    "threats": samples.threats(),
}
READY: dict[str, Artifact] = {
    **RISKY,
    "findings": samples.hardened_lint(),
    "threats": samples.safe_threats(),
}


def written(folder: Path, artifacts: dict[str, Artifact]) -> Path:
    for kind, artifact in artifacts.items():
        write_artifact(artifact, folder / f"{kind}.json")
    return folder


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["--no-color", "report", *map(str, arguments)])


@pytest.mark.parametrize(
    ("artifacts", "code", "verdict"),
    [
        (READY, 0, "✓ READY"),
        (RISKY, 1, "✗ NOT READY"),
        ({"profile": RISKY["profile"]}, 3, "? CANNOT SAY"),
        ({"findings": RISKY["findings"]}, 4, "✗ NOT READY"),
    ],
)
def test_the_exit_code_says_what_the_verdict_says(
    tmp_path: Path, artifacts: dict[str, Artifact], code: int, verdict: str
) -> None:
    page = tmp_path / "out" / "report.html"
    result = run(written(tmp_path / "support-agent", artifacts), "-o", page)

    assert result.exit_code == code
    assert verdict in result.stdout
    assert page.read_text().startswith("<!doctype html>")


def test_single_artifacts_are_read_in_any_order(tmp_path: Path) -> None:
    folder = written(tmp_path / "agent", READY)
    files = [folder / f"{kind}.json" for kind in reversed(READY)]

    assert run(*files, "-o", tmp_path / "r.html").exit_code == 0


def test_the_report_is_an_artifact_that_makes_the_same_page(tmp_path: Path) -> None:
    folder = written(tmp_path / "agent", RISKY)
    first = run(folder, "-o", tmp_path / "a.html", "--json", tmp_path / "report.json")
    second = run(tmp_path / "report.json", "-o", tmp_path / "b.html")

    assert json.loads((tmp_path / "report.json").read_text())["subject"] == "agent"
    assert (first.exit_code, first.stdout) == (second.exit_code, second.stdout)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_the_time_can_be_fixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    run(written(tmp_path / "agent", RISKY), "-o", tmp_path / "a.html")

    assert "1970-01-01T00:00:00Z" in (tmp_path / "a.html").read_text()


def test_exit_zero_is_for_reporting(tmp_path: Path) -> None:
    result = run(written(tmp_path / "agent", RISKY), "-o", tmp_path / "a.html", "--exit-zero")

    assert result.exit_code == 0
    assert "✗ NOT READY" in result.stdout


def test_a_hosted_model_is_declared(tmp_path: Path) -> None:
    folder = written(tmp_path / "agent", {**READY, "profile": samples.profile(gpu=False)})

    assert run(folder, "-o", tmp_path / "a.html").exit_code == 3
    assert run(folder, "-o", tmp_path / "a.html", "--hosted-model").exit_code == 0


def test_two_artifacts_of_a_kind_are_refused(tmp_path: Path) -> None:
    one, two = written(tmp_path / "one", RISKY), written(tmp_path / "two", RISKY)
    result = run(one, two, "-o", tmp_path / "a.html")

    assert isinstance(result.exception, UsageError)
    assert "one/profile.json and" in str(result.exception)
    assert not (tmp_path / "a.html").exists()


def test_an_artifact_given_twice_is_refused(tmp_path: Path) -> None:
    """Also beside its own folder, and by another way to it: one of the two was meant to differ."""
    folder = written(tmp_path / "agent", RISKY)
    (tmp_path / "link.json").symlink_to(folder / "profile.json")

    for paths in (
        (folder / "profile.json", folder / "profile.json"),
        (folder, folder / "profile.json"),
        (folder, tmp_path / "link.json"),
    ):
        result = run(*paths, "-o", tmp_path / "a.html")
        assert isinstance(result.exception, UsageError)
        assert f"{paths[-1]} is given twice" in str(result.exception)


def test_a_recording_is_told_what_makes_an_artifact_of_it(tmp_path: Path) -> None:
    """The file that `profile` writes first is the one that people try first."""
    recording = tmp_path / "my run.aatrace"
    recording.write_bytes(file_head())
    result = run(recording)

    assert isinstance(result.exception, InputError)
    assert str(result.exception) == (
        f"{recording}: is a recording; `agentaudit trace show '{recording}' --json profile.json`"
        " makes an artifact of it"
    )


def test_a_report_among_other_artifacts_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path / "agent", RISKY)
    run(folder, "-o", tmp_path / "a.html", "--json", tmp_path / "report.json")
    result = run(folder, tmp_path / "report.json")

    assert isinstance(result.exception, UsageError)
    assert "a report stands alone" in str(result.exception)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "profile.json").write_text("{")
    (tmp_path / "findings.json").write_text("[]")
    result = run(tmp_path, tmp_path / "none.json")

    assert isinstance(result.exception, InputError)
    assert len(result.exception.problems) == 3


def test_an_empty_folder_is_nothing_to_report(tmp_path: Path) -> None:
    result = run(tmp_path)

    assert isinstance(result.exception, IncompleteError)
    assert "profile.json, simulation.json, findings.json, threats.json" in str(result.exception)


@pytest.mark.parametrize("option", ["-o", "--json"])
def test_a_file_that_cannot_be_written_is_said(tmp_path: Path, option: str) -> None:
    folder = written(tmp_path / "agent", RISKY)
    (tmp_path / "taken").write_text("")
    page: list[str | Path] = ["-o", tmp_path / "page.html"] if option == "--json" else []
    result = run(folder, *page, option, tmp_path / "taken" / "file")

    assert isinstance(result.exception, UsageError)
    assert "taken/file: cannot be written" in str(result.exception)


def test_the_help_teaches_by_example() -> None:
    text = run("--help").stdout

    assert "agentaudit report reports/demo\n" in text
    assert "--exit-zero" in text
