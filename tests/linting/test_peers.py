"""Agents of others: where a card says that they are decides how much its silence matters."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.model.finding import Severity
from agentaudit.rules.ours import lint_rules


@pytest.mark.parametrize(
    ("address", "severity"),
    [
        ("http://localhost:8010/", Severity.LOW),
        ("http://127.0.0.1", Severity.LOW),
        ("http://localhost.example.com/", Severity.MEDIUM),
        ("http://refunds:8010/", Severity.MEDIUM),
    ],
)
def test_a_peer_on_the_own_machine_is_told_as_low(address: str, severity: Severity) -> None:
    card = {"name": "Refunds", "url": address, "skills": [{"id": "refund", "name": "Refund"}]}
    found = deployment_of({"agent-card.json": json.dumps(card)})
    (finding,) = lint(found, lint_rules(), names=["unproven-peer-agent"]).findings

    assert finding.severity is severity
