"""Lint of the two sample deployments: one is quiet, the other shows everything."""

from pathlib import Path

import pytest

from agentaudit.extract.deployment import read_deployment
from agentaudit.linting.linter import lint
from agentaudit.model.finding import Family, LintResult, Severity
from agentaudit.rules.lint import load_lint_rules

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", name="risky")
def linted_risky() -> LintResult:
    return linted("risky")


def linted(name: str) -> LintResult:
    deployment = read_deployment([ROOT / "sample_configs" / name])
    return lint(deployment, load_lint_rules([ROOT / "rules" / "lint"]))


def test_the_hardened_sample_gets_no_finding_of_medium_or_above() -> None:
    result = linted("hardened")

    assert not [
        f"{finding.evidence} {finding.rule}"
        for finding in result.open_findings
        if finding.severity.rank >= Severity.MEDIUM.rank
    ]
    assert not result.incomplete
    assert result.credentials
    assert result.memory_stores
    assert result.gateways


def test_the_risky_sample_shows_every_family(risky: LintResult) -> None:
    assert {finding.family for finding in risky.open_findings} == set(Family)


def test_the_risky_sample_shows_many_rules_of_the_three_families(
    risky: LintResult,
) -> None:
    shown = {(finding.family, finding.rule) for finding in risky.open_findings}

    for family in (Family.CREDENTIALS, Family.MEMORY, Family.IAM):
        assert sum(found is family for found, _ in shown) >= 8, family


def test_a_finding_stands_once(risky: LintResult) -> None:
    prints = [finding.fingerprint for finding in risky.findings]

    assert len(prints) == len(set(prints))
