"""The deployments: one shows all that can be wrong, one nothing that matters, one is in scripts."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from agentaudit.readers.token_forms import token_in
from agentaudit.store.shipped import shipped

SAMPLES = shipped("sample_configs")
FAMILIES = {"credentials", "memory", "iam", "gateway", "tools", "logging", "limits"}
SERIOUS = {"medium", "high", "critical"}


def _files(deployment: str) -> list[Path]:
    return sorted(path for path in (SAMPLES / deployment).rglob("*") if path.is_file())


@cache
def _run(command: str, deployment: str) -> tuple[int, dict[str, Any]]:
    """The exit code of a command, and its artifact."""
    words = [sys.executable, "-m", "agentaudit", command, str(SAMPLES / deployment), "-f", "json"]
    run = subprocess.run(words, capture_output=True, text=True, check=False)
    return run.returncode, json.loads(run.stdout)


def test_hardened_gets_no_finding_that_matters() -> None:
    code, lint = _run("lint", "hardened")
    found = [
        (finding["rule"], finding["evidence"]["file"], finding["evidence"]["line"])
        for finding in lint["findings"]
        if finding["severity"] in SERIOUS
    ]

    assert found == []
    assert code == 0


def test_risky_shows_every_family() -> None:
    code, lint = _run("lint", "risky")

    assert {finding["family"] for finding in lint["findings"]} == FAMILIES
    assert code == 1


@pytest.mark.parametrize("family", ["credentials", "memory", "iam"])
def test_risky_shows_many_rules_of_the_three_main_families(family: str) -> None:
    _, lint = _run("lint", "risky")
    rules = {finding["rule"] for finding in lint["findings"] if finding["family"] == family}

    assert len(rules) >= 8


@pytest.mark.parametrize(
    "rule",
    [
        "missing-gatekeeper",
        "open-trust",
        "privilege-escalation",
        "strangers-steer-ci-agent",
        "secret-in-prompt",
        "summary-that-never-runs",
        "unbounded-context",
    ],
)
def test_risky_makes_the_mistakes_that_matter_most(rule: str) -> None:
    _, lint = _run("lint", "risky")

    assert rule in {finding["rule"] for finding in lint["findings"]}


@pytest.mark.parametrize(
    "query", ["lethal-trifecta", "untrusted-to-privileged-write", "credential-theft"]
)
def test_risky_can_be_attacked_in_the_ways_that_matter_most(query: str) -> None:
    code, threats = _run("threat-model", "risky")

    assert query in {path["query"] for path in threats["paths"]}
    assert code == 1


def test_hardened_has_no_attack_path() -> None:
    code, threats = _run("threat-model", "hardened")

    assert threats["paths"] == []
    assert code == 0


def test_the_agent_in_typescript_is_read_through_its_files() -> None:
    code, lint = _run("lint", "typescript")
    found = {
        (finding["rule"], finding["evidence"]["file"], finding["evidence"]["line"])
        for finding in lint["findings"]
        if finding["severity"] in SERIOUS
    }

    assert found == {
        ("missing-gatekeeper", "chat.ts", 8),
        ("literal-service-token", "chat.ts", 8),
        ("history-without-expiry", "chat.ts", 10),
        ("unbounded-context", "chat.ts", 10),
        ("plaintext-tool-server", "chat.ts", 12),
        ("no-budget", "chat.ts", 18),
        ("no-execution-timeout", "chat.ts", 18),
        ("unsandboxed-execution", "tools.ts", 20),
    }
    assert code == 1


@pytest.mark.parametrize("deployment", ["risky", "hardened", "typescript"])
def test_every_file_of_a_sample_is_read(deployment: str) -> None:
    _, lint = _run("lint", deployment)

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
    "path",
    [*_files("risky"), *_files("hardened"), *_files("typescript")],
    ids=lambda path: path.name,
)
def test_no_credential_in_a_sample_would_trip_the_scanner_of_a_hosting_site(path: Path) -> None:
    """Those look for the forms that vendors give their keys; ours are known by their names only."""
    assert [line for line in path.read_text().splitlines() if token_in(line)] == []
