"""`agentaudit.yaml` as a user meets it: asked for where it would help, and never half believed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agentaudit.errors import ExitCode
from agentaudit.store.shipped import shipped


@pytest.fixture
def hardened(tmp_path: Path) -> Path:
    """The hardened sample, to be changed."""
    return Path(shutil.copytree(shipped("sample_configs") / "hardened", tmp_path / "hardened"))


def run(command: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "agentaudit", command, ".", *arguments]
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "100"}
    return subprocess.run(
        words, capture_output=True, text=True, cwd=folder, env=environment, check=False
    )


def test_where_a_tool_is_unknown_the_next_step_is_named(hardened: Path) -> None:
    with_it = run("threat-model", hardened)
    (hardened / "agentaudit.yaml").unlink()
    without = run("threat-model", hardened)

    assert "annot be excluded" not in with_it.stdout
    assert "annot be excluded" in without.stdout
    assert "declare what it does in agentaudit.yaml" in without.stdout


@pytest.mark.parametrize("command", ["lint", "threat-model"])
def test_a_broken_declaration_never_passes(command: str, hardened: Path) -> None:
    """Every problem is told with its place, and the run is incomplete."""
    file = hardened / "agentaudit.yaml"
    file.write_text(file.read_text().replace("owner:", "ovvner:", 1).replace("egress: no", "x: 1"))
    said = run(command, hardened)
    together = " ".join((said.stdout + said.stderr).split())

    assert said.returncode == ExitCode.INCOMPLETE
    assert "agentaudit.yaml:4:5" in together
    assert "`owner` is missing" in together
    assert "`ovvner` is no key here" in together


def test_an_expired_declaration_is_an_open_end(hardened: Path) -> None:
    file = hardened / "agentaudit.yaml"
    file.write_text(file.read_text().replace("2099-12-31", "2020-12-31"))
    model = json.loads(run("threat-model", hardened, "--format", "json").stdout)

    assert model["cannot_exclude"]
    assert [
        end["what"] for end in model["unresolved"] if end["evidence"]["file"] == "agentaudit.yaml"
    ] == [
        "the declaration of find_article expired on 2020-12-31",
        "the declaration of update_ticket expired on 2020-12-31",
        "the declaration of support-tools expired on 2020-12-31",
    ]
