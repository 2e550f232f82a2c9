"""`agentaudit lint --fix`: shown first, written only on agreement, and never a secret in sight."""

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from agentaudit.cli.main import app
from agentaudit.errors import AgentAuditError, UsageError
from agentaudit.readers.document import NodeKind
from agentaudit.readers.edits import Replaced, edited
from agentaudit.readers.scalars import Scalar
from agentaudit.readers.yaml import parse_yaml
from agentaudit.report.fix_diff import render_diff
from tests.cli.canaries import VALUES, leaked

SCHEMA = Path(__file__).parents[1] / "report" / "data" / "sarif-2.1.0.json"
RISKY = """\
{
  // hunter2, until Friday
  "mcpServers": {
    "tickets": {"command": "tickets-mcp", "env": {"PASSWORD": "hunter2"}, "autoApprove": ["*"]},
    "docs": {"command": "docs-mcp", "trust": true}
  }
}
"""
FIXED = RISKY.replace('["*"]', "[]").replace('"trust": true', '"trust": false')


def run(folder: Path, *arguments: str, typed: str = "") -> tuple[int, str, str]:
    done = CliRunner().invoke(
        app, ["lint", str(folder), "--select", "auto-approved-tools", *arguments], input=typed
    )
    if isinstance(done.exception, AgentAuditError):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def written(folder: Path, text: str = RISKY, name: str = ".mcp.json") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def git(folder: Path, *arguments: str) -> None:
    person = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", "-C", str(folder), *person, *arguments], check=True, capture_output=True)


def test_the_diff_is_shown_and_nothing_is_written(tmp_path: Path) -> None:
    """There is nobody to ask in a test, as in CI."""
    path = written(tmp_path)

    code, out, err = run(tmp_path, "--fix")

    assert (code, path.read_text()) == (1, RISKY)
    assert '-    "docs": {"command": "…", "trust": true}\n' in err
    assert '+    "docs": {"command": "…", "trust": false}\n' in err
    assert "--yes writes it" in err
    assert "hunter2" not in err + out


@pytest.mark.parametrize(
    "options", [("--severity", "critical"), ("--confidence", "certain", "--ignore", "logging")]
)
def test_what_is_not_shown_keeps_no_fix_from_what_is(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    """It stood there before, and had been taken for what the fix brings."""
    (tmp_path / ".claude").mkdir()
    written(
        tmp_path, '{"permissions": {"defaultMode": "bypassPermissions"}}', ".claude/settings.json"
    )
    written(tmp_path)

    done = CliRunner().invoke(app, ["lint", str(tmp_path), "--fix", *options])

    assert "permission-bypass: can be fixed" in done.stderr


def test_what_the_configuration_ignores_is_not_fixed(tmp_path: Path) -> None:
    path = written(tmp_path)
    written(
        tmp_path,
        "lint: {per-path-ignores: {'.mcp.json': [auto-approved-tools]}}\n",
        "agentaudit.yaml",
    )

    run(tmp_path, "--fix", "--yes")

    assert path.read_text() == RISKY


def test_what_is_agreed_to_is_written_and_gone(tmp_path: Path) -> None:
    path = written(tmp_path)

    first, second = run(tmp_path, "--fix", "--yes"), run(tmp_path, "--fix", "--yes")

    assert (first[0], second[0], path.read_text()) == (0, 0, FIXED)
    assert "nothing to fix" in second[2]


def test_a_fix_that_uncovers_another_finding_keeps_no_other_from_its_file(tmp_path: Path) -> None:
    """Without the bypass, the wildcard below it would count: only what uncovers it is left out."""
    (tmp_path / ".claude").mkdir()
    settings = """{
  "permissions": {"defaultMode": "bypassPermissions", "allow": ["Bash(*)", "mcp__tickets__*"]},
  "enableAllProjectMcpServers": false
}
"""
    path = written(tmp_path, settings, ".claude/settings.json")
    written(tmp_path, '{"mcpServers": {"tickets": {"command": "tickets-mcp"}}}')
    asked = ("--select", "permission-bypass", "--select", "wildcard-tool-grant")

    _, _, err = run(tmp_path, "--fix", "--yes", *asked)

    assert "permission-bypass: not fixed: it would bring another finding" in err
    assert path.read_text() == settings.replace(', "mcp__tickets__*"', "")


def test_mode_line_ends_and_mark_are_kept(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeff" + RISKY.replace("\n", "\r\n"))
    path.chmod(0o640)

    run(tmp_path, "--fix", "--yes")

    assert path.read_bytes().decode() == "\ufeff" + FIXED.replace("\n", "\r\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_utf_16_stays_utf_16(tmp_path: Path) -> None:
    path = tmp_path / ".mcp.json"
    path.write_bytes(RISKY.encode("utf-16"))

    run(tmp_path, "--fix", "--yes")

    assert path.read_bytes() == FIXED.encode("utf-16")


def test_links_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "audited").mkdir()
    real = written(tmp_path / "audited", name="real.txt")
    link = tmp_path / "audited" / ".mcp.json"
    link.symlink_to(real)

    _, _, err = run(tmp_path / "audited", "--fix", "--yes")

    assert (link.is_symlink(), real.read_text()) == (True, RISKY)
    assert "is a link" in err


def test_a_file_with_two_names_is_left_alone(tmp_path: Path) -> None:
    path = written(tmp_path)
    (tmp_path / "other.txt").hardlink_to(path)

    _, _, err = run(tmp_path, "--fix", "--yes")

    assert path.read_text() == RISKY
    assert "several names" in err


def test_uncommitted_changes_are_not_mixed_with_ours(tmp_path: Path) -> None:
    path = written(tmp_path, RISKY.replace("docs", "papers"))
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "first")
    written(tmp_path)

    refused = run(tmp_path, "--fix", "--yes")
    kept = path.read_text()
    run(tmp_path, "--fix", "--yes", "--allow-dirty")

    assert (refused[0], kept, path.read_text()) == (1, RISKY, FIXED)
    assert "not committed" in refused[2]


def test_what_was_never_committed_is_not_known_to_be_anywhere_else(tmp_path: Path) -> None:
    path = written(tmp_path)
    git(tmp_path, "init", "-q")
    refused = run(tmp_path, "--fix", "--yes")

    assert path.read_text() == RISKY
    assert "not committed" in refused[2]


def test_without_git_a_repository_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path)
    git(tmp_path, "init", "-q")
    monkeypatch.setenv("PATH", str(tmp_path))
    refused = run(tmp_path, "--fix", "--yes")

    assert path.read_text() == RISKY
    assert "git cannot tell" in refused[2]


def test_a_file_that_may_only_be_read_is_left_alone(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.chmod(0o444)
    refused = run(tmp_path, "--fix", "--yes")

    assert path.read_text() == RISKY
    assert "may only be read" in refused[2]


def test_generated_files_are_not_touched(tmp_path: Path) -> None:
    text = RISKY.replace("hunter2, until Friday", "Code generated by make. DO NOT EDIT.")
    path = written(tmp_path, text)

    _, _, err = run(tmp_path, "--fix", "--yes")

    assert path.read_text() == text
    assert "is generated" in err


def test_what_stands_in_a_baseline_is_left(tmp_path: Path) -> None:
    path, baseline = written(tmp_path), tmp_path / "known.baseline"
    run(tmp_path, "--write-baseline", str(baseline))

    code, _, err = run(tmp_path, "--baseline", str(baseline), "--fix", "--yes")

    assert (code, path.read_text()) == (0, RISKY)
    assert "nothing to fix" in err


def test_yes_alone_says_nothing() -> None:
    with pytest.raises(UsageError, match="--fix"):
        run(Path(), "--yes")


def test_code_hosts_are_told_what_to_write(tmp_path: Path) -> None:
    written(tmp_path)

    _, out, _ = run(tmp_path, "--format", "sarif")
    document: dict[str, Any] = json.loads(out)
    validator = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text()))
    results = document["runs"][0]["results"]
    (replaced,) = (
        change["replacements"][0]
        for item in results
        for change in item["fixes"][0]["artifactChanges"]
        if change["replacements"][0]["insertedContent"]["text"]
    )
    region = replaced["deletedRegion"]
    line = RISKY.split("\n")[region["startLine"] - 1]

    assert next(validator.iter_errors(document), None) is None
    assert line[region["startColumn"] - 1 : region["endColumn"] - 1] == "true"
    assert replaced["insertedContent"] == {"text": "false"}
    assert "hunter2" not in out


def test_no_planted_secret_is_in_a_diff(tmp_path: Path) -> None:
    """Values, comments and text that nobody reads, on the very lines that change."""
    secrets = [*VALUES.values(), "correct horse battery", "4711-0815", "s3cr3t/with/slash"]
    written(
        tmp_path,
        '{"mcpServers": {"t": {"command": "t-mcp", "autoApprove": ["*"], "env": {'
        + ", ".join(f'"V{number}": {json.dumps(value)}' for number, value in enumerate(secrets))
        + '}, "n": [4711, "correct horse battery"]}}} // 4711-0815\n',
    )

    _, out, err = run(tmp_path, "--fix", "--yes")

    assert '"autoApprove": []' in err
    assert not [part for part in ("4711", "horse", "s3cr3t") if part in out + err]
    assert leaked(out + err) == []


def test_a_stream_of_ascii_is_shown_the_diff_in_ascii(tmp_path: Path) -> None:
    written(tmp_path)
    words = ("-m", "agentaudit", "lint", str(tmp_path), "--fix", "--select", "auto-approved-tools")
    done = subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )

    assert done.returncode == 1
    assert rb'+    "docs": {"command": "\u2026", "trust": false}' in done.stderr
    assert done.stderr.isascii()


def test_no_runner_of_ci_obeys_a_line_of_the_diff() -> None:
    text = "mcpServers:\n  docs:\n    command: docs-mcp\n    trust: true\n    ::error:: true\n"
    before = parse_yaml("a.yaml", text)
    edit = Replaced((0, 0, 0, 1), Scalar(NodeKind.BOOLEAN, "false"))
    diff = render_diff(before, edited(before, [edit]), ())

    assert "+    trust: false\n" in diff
    assert "| ::error" in diff
    assert not re.search(r"^\s*::", diff, re.MULTILINE)
