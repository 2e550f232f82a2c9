"""Limits of containers: which of them are missing decides how much that matters."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.model.finding import Severity
from agentaudit.rules.ours import lint_rules


@pytest.mark.parametrize(
    ("limit", "severity"),
    [("cpus: 1.0", Severity.MEDIUM), ("mem_limit: 1g", Severity.LOW)],
)
def test_an_agent_whose_memory_is_limited_takes_no_node(limit: str, severity: Severity) -> None:
    text = f"services:\n  agent: {{image: acme/agent:1, {limit}}}\n"
    found = deployment_of({"compose.yaml": text})
    (finding,) = lint(found, lint_rules(), names=["agent-without-resource-limits"]).findings

    assert finding.severity is severity
