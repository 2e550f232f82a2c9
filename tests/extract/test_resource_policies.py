"""Policies that stand at a resource, and let everybody in."""

import json

import pytest

from agentaudit.model.finding import Severity
from tests.linting.severities import found

ARN = "arn:aws:bedrock-agentcore:eu-west-1:111122223333:runtime/desk"
INVOKE = "bedrock-agentcore:InvokeAgentRuntime"
READ = "secretsmanager:GetSecretValue"


def policy(action: str, principal: object = "*", condition: object = None) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}
    if condition is not None:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def terraform(type_: str, text: str) -> dict[str, str]:
    return {"main.tf": f'resource "{type_}" "desk" {{\n  policy = jsonencode({text})\n}}\n'}


@pytest.mark.parametrize(
    ("files", "severity"),
    [
        (
            terraform("aws_bedrockagentcore_resource_policy", policy(INVOKE, {"AWS": "*"})),
            Severity.CRITICAL,
        ),
        (terraform("aws_secretsmanager_secret_policy", policy(READ)), Severity.HIGH),
        (
            {
                "template.json": json.dumps(
                    {
                        "Resources": {
                            "Open": {
                                "Type": "AWS::BedrockAgentCore::ResourcePolicy",
                                "Properties": {"ResourceArn": ARN, "Policy": policy(INVOKE)},
                            }
                        }
                    }
                )
            },
            Severity.CRITICAL,
        ),
        (
            {
                "template.json": json.dumps(
                    {
                        "Resources": {
                            "Open": {
                                "Type": "AWS::SecretsManager::ResourcePolicy",
                                "Properties": {"ResourcePolicy": json.loads(policy(READ))},
                            }
                        }
                    }
                )
            },
            Severity.HIGH,
        ),
    ],
)
def test_a_policy_of_a_resource_may_let_everybody_in(
    files: dict[str, str], severity: Severity
) -> None:
    assert found(files)["grant-to-everybody"] is severity


@pytest.mark.parametrize(
    "text",
    [
        policy(INVOKE, {"AWS": "arn:aws:iam::111122223333:root"}),
        policy(INVOKE, "*", {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
        policy(INVOKE).replace("Allow", "Deny"),
    ],
)
def test_a_policy_that_names_somebody_or_asks_more_does_not(text: str) -> None:
    files = terraform("aws_bedrockagentcore_resource_policy", text)

    assert "grant-to-everybody" not in found(files)
