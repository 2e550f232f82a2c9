"""Azure SRE Agent, as templates of Azure and Terraform deploy it."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.model.deployment import Deployment
from agentaudit.model.evidence import Known
from agentaudit.model.finding import Severity
from agentaudit.rules.ours import lint_rules

BICEP = """
param mode string
resource tools 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'night-watch'
}
resource agent 'Microsoft.App/agents@2025-05-01-preview' = {
  name: 'watch'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${tools.id}': {} }
  }
  properties: {
    monthlyAgentUnitLimit: 10000
    actionConfiguration: { mode: %s, accessLevel: %s, identity: tools.id }
  }
}
resource contributor 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid('watch')
  properties: {
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions', 'b24988ac-6180-42a0-ab88-20f7382dd24c')
    principalId: tools.properties.principalId
  }
}
"""
TERRAFORM = """
variable "mode" { type = string }
resource "azapi_resource" "watch" {
  type = "Microsoft.App/agents@2025-05-01-preview"
  name = "watch"
  identity { type = "SystemAssigned" }
  body = { properties = {
    monthlyAgentUnitLimit = 10000
    actionConfiguration = { mode = %s, accessLevel = %s }
  } }
}
resource "azurerm_role_assignment" "watch" {
  scope                = "/subscriptions/00000000-0000-0000-0000-000000000000"
  role_definition_name = "Contributor"
  principal_id         = azapi_resource.watch.identity[0].principal_id
}
"""


def deployed(mode: str, level: str) -> list[Deployment]:
    return [
        deployment_of({"main.bicep": BICEP % (f"'{mode}'", f"'{level}'")}),
        deployment_of({"main.tf": TERRAFORM % (f'"{mode}"', f'"{level}"')}),
    ]


def rules(deployment: Deployment) -> dict[str, Severity]:
    return {each.rule: each.severity for each in lint(deployment, lint_rules()).findings}


@pytest.mark.parametrize(
    ("mode", "level", "unasked"),
    [
        ("autonomous", "High", True),
        ("Autonomous", "High", True),
        ("Automatic", "High", True),
        ("autonomous", "Low", False),
        ("Review", "High", False),
        ("ReadOnly", "High", False),
    ],
)
def test_it_asks_unless_it_is_let_act_by_itself(mode: str, level: str, unasked: bool) -> None:  # noqa: FBT001
    for deployment in deployed(mode, level):
        (agent,) = deployment.agents

        assert (agent.framework, agent.budget) == ("azure-sre-agent", Known.SET)
        assert ("permission-bypass" in rules(deployment)) is unasked
        assert not [end for end in deployment.unresolved if "asks before" in end.what]


def test_what_its_identity_may_do_the_agent_may() -> None:
    group, subscription = deployed("Review", "High")

    for deployment in (group, subscription):
        assert [grant.agent_reachable for grant in deployment.grants] == [True]
    assert rules(subscription)["administrator-grant"] is Severity.CRITICAL


def test_a_mode_that_only_a_deployment_knows_is_open() -> None:
    for file, text in (
        ("main.bicep", BICEP % ("mode", "'High'")),
        ("main.tf", TERRAFORM % ("var.mode", '"High"')),
    ):
        deployment = deployment_of({file: text})

        assert "permission-bypass" not in rules(deployment)
        assert [end.effect for end in deployment.unresolved] == ["it may act unasked"]
