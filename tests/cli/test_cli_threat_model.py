"""`agentaudit threat-model` as CI calls it: exit codes, formats, files."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agentaudit.cli.main import app
from agentaudit.errors import AgentAuditError, ExitCode
from agentaudit.store.shipped import shipped
from tests.cli.canaries import leaked, planted

RUNNER = CliRunner()
RISKY = """{"mcpServers": {
  "fetch": {"command": "uvx", "args": ["mcp-server-fetch"], "autoApprove": ["*"]},
  "github": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-github"],
             "env": {"GITHUB_TOKEN": "opens-no-door-github-77"}, "autoApprove": ["*"]}
}}
"""
QUIET = """{"mcpServers": {"time": {"command": "uvx", "args": ["mcp-server-time==2025.9.25"]}}}
"""


@pytest.fixture
def risky(tmp_path: Path) -> Path:
    """A client whose servers read the web, hold a token, and ask nobody."""
    (tmp_path / ".mcp.json").write_text(RISKY)
    return tmp_path


@pytest.fixture
def quiet(tmp_path: Path) -> Path:
    """A client that can only tell the time."""
    (tmp_path / ".mcp.json").write_text(QUIET)
    return tmp_path


def run(*arguments: object) -> tuple[int, str]:
    """The exit code as the shell sees it, and what was said."""
    result = RUNNER.invoke(app, ["--no-color", "threat-model", *map(str, arguments)])
    if isinstance(result.exception, AgentAuditError):
        return int(result.exception.code), str(result.exception)
    return result.exit_code, result.stdout


def test_grave_paths_end_in_one_and_say_why(risky: Path) -> None:
    """The sentence, the place, the numbers, the cure."""
    code, said = run(risky)

    assert code == ExitCode.FINDINGS
    assert "A long-lived credential can be carried out" in said
    assert ".mcp.json:4:" in said
    assert "gateway + short-lived credentials" in said
    assert "opens-no-door" not in said


def test_the_threshold_decides(risky: Path) -> None:
    """Who fails on nothing passes."""
    assert run(risky, "--fail-on", "never")[0] == ExitCode.PASS
    assert run(risky, "--fail-on", "low")[0] == ExitCode.FINDINGS


def test_a_quiet_deployment_passes(quiet: Path) -> None:
    """Nothing untrusted comes in."""
    code, said = run(quiet)

    assert code == ExitCode.PASS
    assert said.startswith("0 attack paths")


def test_no_agent_is_nothing_to_threat_model(tmp_path: Path) -> None:
    """An empty folder is no clean bill."""
    code, said = run(tmp_path)

    assert code == ExitCode.INCOMPLETE
    assert said == f"no agent found in {tmp_path}: nothing to threat-model"


def test_where_no_agent_is_the_files_that_may_hold_one_are_named(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: {agent: [}\n")

    code, said = run(tmp_path)

    assert code == ExitCode.INCOMPLETE
    assert "one may stand in what could not be read: compose.yaml:1:" in said
    assert ": failed: " in said


def test_they_are_named_from_where_the_command_ran(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "compose.yaml").write_text("services: {agent: [}\n")
    monkeypatch.chdir(tmp_path)

    _, said = run(Path("deploy"))

    assert "could not be read: deploy/compose.yaml:1:" in said


def test_a_file_that_cannot_be_read_is_incomplete(quiet: Path) -> None:
    """It may have said anything."""
    (quiet / "compose.yaml").write_text("services: {agent: [\n")

    assert run(quiet)[0] == ExitCode.INCOMPLETE
    assert run(quiet, "--allow-incomplete")[0] == ExitCode.PASS


def test_both_at_once_is_four(risky: Path) -> None:
    """Paths in what was read, and something unread."""
    (risky / "compose.yaml").write_text("services: {agent: [\n")

    assert run(risky)[0] == ExitCode.FINDINGS_AND_INCOMPLETE


def test_a_path_that_does_not_exist_is_a_usage_error(tmp_path: Path) -> None:
    """A typing error in CI must not look like a pass."""
    assert run(tmp_path / "nowhere")[0] == ExitCode.USAGE


@pytest.mark.parametrize("format_", ["json", "sarif"])
def test_machine_formats_are_json_alone(risky: Path, format_: str) -> None:
    """Nothing else goes to standard output."""
    _, said = run(risky, "--format", format_)

    assert json.loads(said)


def test_files_take_the_format_of_their_names(risky: Path) -> None:
    """And the artifact is written beside whatever is shown."""
    for name in ("out.sarif", "out.md", "out.mmd", "out.txt", "out.json"):
        run(risky, "-o", risky / name, "--json", risky / "threats.json")

    assert json.loads((risky / "out.sarif").read_text())["version"] == "2.1.0"
    assert (risky / "out.md").read_text().startswith("## agentaudit threat-model")
    assert (risky / "out.mmd").read_text().startswith("flowchart LR")
    assert "attack paths" in (risky / "out.txt").read_text()
    assert (risky / "out.json").read_bytes() == (risky / "threats.json").read_bytes()
    assert json.loads((risky / "threats.json").read_text())["kind"] == "threats"


def test_two_runs_say_the_same(tmp_path: Path) -> None:
    """Byte for byte (I5)."""
    shutil.copytree(shipped("sample_configs") / "hardened", tmp_path / "hardened")
    first, second = (run(tmp_path / "hardened", "--format", "json") for _ in range(2))

    assert first == second


@pytest.mark.parametrize(
    ("format_", "shown"),
    [
        ("table", "ALIBABA_KEY"),
        ("json", "ANTHROPIC_ADMIN_KEY"),
        ("sarif", "threat-model"),
        ("markdown", "Cannot be excluded"),
        ("mermaid", "flowchart"),
    ],
)
def test_no_secret_is_in_any_format(tmp_path: Path, format_: str, shown: str) -> None:
    """Canaries in files of every format, as names too; neither paths nor sketches show one."""
    planted(tmp_path)
    _, said = run(tmp_path, "--format", format_)

    assert shown in said
    assert leaked(said) == []


def test_no_secret_is_on_the_page(tmp_path: Path) -> None:
    """The page holds the findings and the threats of the same files."""
    folder, files = tmp_path / "artifacts", tmp_path / "files"
    planted(files)
    lint = ["lint", str(files), "-o", str(tmp_path / "lint.txt")]
    RUNNER.invoke(app, [*lint, "--json", str(folder / "findings.json")])
    run(files, "--json", folder / "threats.json")
    page = tmp_path / "report.html"
    RUNNER.invoke(app, ["report", str(folder), "-o", str(page)])

    assert "literal-model-api-key" in page.read_text()
    assert leaked(page.read_text()) == []
