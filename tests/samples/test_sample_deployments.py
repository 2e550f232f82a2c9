"""The two deployments: one shows everything that can be wrong, the other nothing that matters."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from agentaudit.extract.token_forms import token_in
from agentaudit.store.shipped import shipped

SAMPLES = shipped("sample_configs")
FAMILIES = {"credentials", "memory", "iam", "gateway", "tools", "logging", "limits"}
SERIOUS = {"medium", "high", "critical"}


def _files(deployment: str) -> list[Path]:
    return sorted(path for path in (SAMPLES / deployment).rglob("*") if path.is_file())


@cache
def _linted(deployment: str) -> tuple[int, dict[str, Any]]:
    """The exit code, and the artifact."""
    command = [sys.executable, "-m", "agentaudit", "lint", str(SAMPLES / deployment), "-f", "json"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return run.returncode, json.loads(run.stdout)


def test_hardened_gets_no_finding_that_matters() -> None:
    code, lint = _linted("hardened")
    found = [
        (finding["rule"], finding["evidence"]["file"], finding["evidence"]["line"])
        for finding in lint["findings"]
        if finding["severity"] in SERIOUS
    ]

    assert found == []
    assert code == 0


def test_risky_shows_every_family() -> None:
    code, lint = _linted("risky")

    assert {finding["family"] for finding in lint["findings"]} == FAMILIES
    assert code == 1


@pytest.mark.parametrize("family", ["credentials", "memory", "iam"])
def test_risky_shows_many_rules_of_the_three_main_families(family: str) -> None:
    _, lint = _linted("risky")
    rules = {finding["rule"] for finding in lint["findings"] if finding["family"] == family}

    assert len(rules) >= 3


@pytest.mark.parametrize("deployment", ["risky", "hardened"])
def test_every_file_of_a_sample_is_read(deployment: str) -> None:
    _, lint = _linted(deployment)

    assert {item["status"] for item in lint["coverage"]} == {"read"}
    assert {item["file"] for item in lint["coverage"]} == {
        path.relative_to(SAMPLES / deployment).as_posix() for path in _files(deployment)
    }


@pytest.mark.parametrize("deployment", ["risky", "hardened"])
def test_both_are_written_in_the_formats_that_teams_use_together(deployment: str) -> None:
    names = {path.relative_to(SAMPLES / deployment).as_posix() for path in _files(deployment)}

    assert names >= {
        ".claude/settings.json",
        ".env",
        ".github/workflows/agent.yml",
        ".mcp.json",
        "compose.yaml",
        "Dockerfile",
        "graph.py",
        "kubernetes/deployment.yaml",
        "kubernetes/rbac.yaml",
        "langgraph.json",
        "redis.conf",
        "terraform/iam.tf",
    }


@pytest.mark.parametrize(
    "path", [*_files("risky"), *_files("hardened")], ids=lambda path: path.name
)
def test_no_credential_in_a_sample_would_trip_the_scanner_of_a_hosting_site(path: Path) -> None:
    """Those look for the forms that vendors give their keys; ours are known by their names only."""
    assert [line for line in path.read_text().splitlines() if token_in(line)] == []
