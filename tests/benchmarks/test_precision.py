"""The script behind docs/precision.md, on a folder that is made here."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "precision.py"
SETTINGS = '{"mcpServers": {"files": {"command": "npx", "args": ["-y", "files-mcp"]}}}'


def run(folder: Path, verdicts: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), str(folder), "--verdicts", str(verdicts)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    checkout = tmp_path / "checkouts" / "acme+tools"
    checkout.mkdir(parents=True)
    (checkout / ".mcp.json").write_text(SETTINGS)
    checkout.with_name("acme+tools.commit").write_text("0123456789abcdef\n")
    return checkout.parent


def fingerprint_of(stderr: str) -> str:
    return stderr.rsplit(maxsplit=1)[-1]


def test_findings_are_counted_by_what_a_reader_said(folder: Path, tmp_path: Path) -> None:
    verdicts = tmp_path / "verdicts.yaml"
    verdicts.write_text("[]\n")
    unread = run(folder, verdicts)
    group = "- {{rule: unpinned-tool-server, verdict: {word}, reason: r, findings: {found}}}\n"
    found = f"{{acme/tools: [{fingerprint_of(unread.stderr)}, gone]}}"
    verdicts.write_text(group.format(word="wrong", found=found))
    wrong = run(folder, verdicts)
    verdicts.write_text(group.format(word="right", found=found))
    right = run(folder, verdicts)

    assert unread.returncode == 1
    assert "| acme/tools | `0123456789` | 1 |" in unread.stdout
    assert "| unpinned-tool-server | 1 | 0 | 0 | 0 | 1 | 0 |" in unread.stdout
    assert "| unpinned-tool-server | 1 | 0 | 0 | 1 | 0 | 1 |" in wrong.stdout
    assert wrong.stderr.startswith("wrong, and found: acme/tools .mcp.json:1")
    assert "| **all** | 1 | 1 | 0 | 0 | 0 | 0 |" in right.stdout
    assert right.returncode == 0


def test_a_verdict_needs_a_word_and_a_reason(folder: Path, tmp_path: Path) -> None:
    verdicts = tmp_path / "verdicts.yaml"
    verdicts.write_text("- {rule: x, verdict: perhaps, reason: r, findings: {}}\n")

    assert "a verdict is one of" in run(folder, verdicts).stderr


@pytest.mark.parametrize("name", ["precision_verdicts.yaml", "precision_held_out.yaml"])
def test_every_finding_has_one_verdict(folder: Path, name: str) -> None:
    said = run(folder, SCRIPT.with_name(name)).stderr

    assert said.startswith("unread: acme/tools")


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    verdicts = tmp_path / "verdicts.yaml"
    verdicts.write_text("[]\n")

    assert "no folder with a checkout" in run(tmp_path / "nothing", verdicts).stderr
