"""Gateways of AgentCore: what they tell callers, and what they show those behind them."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Truth
from agentaudit.model.finding import Severity
from tests.linting.severities import found

URL = "https://tools.example/mcp"


def gateway(*lines: str) -> dict[str, str]:
    body = "\n".join(f"  {line}" for line in ('name = "tools"', 'protocol_type = "MCP"', *lines))
    return {"main.tf": f'resource "aws_bedrockagentcore_gateway" "g" {{\n{body}\n}}\n'}


DEBUG = 'exception_level = "DEBUG"'


@pytest.mark.parametrize(
    ("lines", "severity"),
    [
        ((DEBUG, 'authorizer_type = "AWS_IAM"'), Severity.LOW),
        ((DEBUG, 'authorizer_type = "NONE"'), Severity.MEDIUM),
        (("exception_level = var.level", 'authorizer_type = "AWS_IAM"'), None),
        (('authorizer_type = "AWS_IAM"',), None),
    ],
)
def test_a_gateway_may_tell_callers_why_a_call_failed(
    lines: tuple[str, ...], severity: Severity | None
) -> None:
    assert found(gateway(*lines)).get("gateway-tells-errors") is severity


def test_so_may_one_of_the_cli() -> None:
    listed = {"name": "tools", "authorizerType": "AWS_IAM", "exceptionLevel": "DEBUG"}
    project = {"agentCoreGateways": [listed]}

    assert "gateway-tells-errors" in found({"agentcore/agentcore.json": json.dumps(project)})


def target(*lines: str) -> dict[str, str]:
    body = "\n".join(lines)
    return {
        "main.tf": f"""
resource "aws_bedrockagentcore_gateway_target" "crm" {{
  name               = "crm"
  gateway_identifier = "tools"
  target_configuration {{
    mcp {{
      mcp_server {{ endpoint = "{URL}" }}
    }}
  }}
  {body}
}}
"""
    }


OAUTH = 'credential_provider_configuration {\n oauth { provider_arn = "arn" }\n }'
EACH = 'dynamic "credential_provider_configuration" {\n for_each = var.each\n content {}\n }'


@pytest.mark.parametrize(
    ("lines", "shown"),
    [((), Truth.NO), ((OAUTH,), Truth.YES), ((EACH,), Truth.UNKNOWN)],
)
def test_a_target_without_credentials_is_shown_nothing(
    lines: tuple[str, ...], shown: Truth
) -> None:
    (server,) = deployment_of(target(*lines)).tool_servers

    assert server.authenticated is shown
    assert ("unauthenticated-tool-server" in found(target(*lines))) is (shown is Truth.NO)


@pytest.mark.parametrize(
    ("proof", "shown"), [({"type": "NONE"}, Truth.NO), ({"type": "API_KEY"}, Truth.YES)]
)
def test_nor_is_one_of_the_cli(proof: dict[str, str], shown: Truth) -> None:
    entry = {"name": "crm", "targetType": "mcpServer", "endpoint": URL, "outboundAuth": proof}
    project = {"agentCoreGateways": [{"name": "tools", "targets": [entry]}]}
    (server,) = deployment_of({"agentcore/agentcore.json": json.dumps(project)}).tool_servers

    assert server.authenticated is shown


ARN = "arn:aws:bedrock-agentcore:eu-west-1:111122223333:gateway/tools-1234567890"


def harness(proof: object) -> dict[str, str]:
    tool = {
        "Type": "agentcore_gateway",
        "Name": "tools",
        "Config": {"AgentCoreGateway": {"GatewayArn": ARN, "OutboundAuth": proof}},
    }
    properties = {"HarnessName": "desk", "Tools": [tool]}
    resources = {"Desk": {"Type": "AWS::BedrockAgentCore::Harness", "Properties": properties}}
    return {"template.json": json.dumps({"Resources": resources})}


@pytest.mark.parametrize(("proof", "told"), [({"None": {}}, True), ({"AwsIam": {}}, False)])
def test_a_harness_that_calls_a_gateway_in_nobodys_name_is_told(
    proof: object, told: object
) -> None:
    assert ("unauthenticated-tool-server" in found(harness(proof))) is told


def test_terraform_says_so_with_a_switch() -> None:
    text = """
resource "aws_bedrockagentcore_harness" "desk" {
  harness_name = "desk"
  tool {
    type = "agentcore_gateway"
    name = "tools"
    config {
      agentcore_gateway {
        gateway_arn = "arn"
        outbound_auth { none = SWITCH }
      }
    }
  }
}
"""

    assert "unauthenticated-tool-server" in found({"main.tf": text.replace("SWITCH", "true")})
    assert "unauthenticated-tool-server" not in found({"main.tf": text.replace("SWITCH", "false")})


@pytest.mark.parametrize(
    ("block", "passed"),
    [
        ("credential_provider_configuration {\n jwt_passthrough {}\n }", True),
        ("credential_provider_configuration {\n gateway_iam_role {}\n }", False),
    ],
)
def test_a_target_hands_tokens_on_whatever_repository_declares_its_gateway(
    block: str, *, passed: bool
) -> None:
    assert ("token-passthrough" in found(target(block))) is passed


def test_a_gateway_that_is_declared_beside_its_target_is_told_once() -> None:
    files = target("credential_provider_configuration {\n jwt_passthrough {}\n }")
    beside = {"main.tf": files["main.tf"].replace('"tools"', "aws_bedrockagentcore_gateway.g.id")}
    own = gateway('authorizer_type = "AWS_IAM"')["main.tf"]

    gateways = deployment_of({"main.tf": own + beside["main.tf"]}).gateways

    assert [(each.name, each.token_passthrough) for each in gateways] == [("tools", True)]
