"""What rules of ours find in a few files, and how bad it is."""

from collections.abc import Mapping

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.model.finding import Severity
from agentaudit.rules.ours import lint_rules


def found(files: Mapping[str, str]) -> dict[str, Severity]:
    """The severities of all findings, by their rules."""
    result = lint(deployment_of(files), lint_rules())
    return {item.rule: item.severity for item in result.findings}
