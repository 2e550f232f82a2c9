"""Rules asked of facts that are alike in what they ask for."""

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.facts.permissions import Grant
from agentaudit.model.finding import Severity
from agentaudit.rules.compiled import Answer, Inquiry
from agentaudit.rules.limits import Limits
from agentaudit.rules.ours import lint_rules
from agentaudit.rules.whole import whole_of

POLICY = """
resource "aws_iam_policy" "p%d" {
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
}
"""
FUNCTION = """
resource "aws_lambda_permission" "%s" {
  action        = "lambda:InvokeFunction"
  function_name = "agent"
  principal     = "%s"
}
"""


def answers(text: str) -> list[Answer]:
    deployment = deployment_of({"main.tf": text})
    rules = [rule for rule in lint_rules([]) if rule.rule.applies_to == "grant"]
    inquiry = Inquiry("grant", rules, whole_of(deployment), Limits())
    grants: tuple[Grant, ...] = deployment.grants
    return [inquiry.about(grant) for grant in grants]


def test_facts_that_differ_by_what_only_other_rules_severities_ask_get_one_answer() -> None:
    """Each of these grants allows thousands of actions, and none is a principal's."""
    first, *others = answers("".join(POLICY % number for number in range(3)))

    assert first
    assert all(other is first for other in others)


def test_a_severity_that_asks_who_is_meant_is_asked_of_each() -> None:
    told = answers(FUNCTION % ("a", "s3.amazonaws.com") + FUNCTION % ("b", "*"))
    severities = [
        severity
        for answer in told
        for rule, severity in answer
        if rule.rule.id == "grant-to-everybody"
    ]

    assert set(severities) == {Severity.MEDIUM, Severity.CRITICAL}
