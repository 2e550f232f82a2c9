"""Terraform's provider `azapi`: resources of Azure in the words of its templates."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.rules.ours import lint_rules

APP = """
resource "azurerm_user_assigned_identity" "tools" {
  name = "crm-tools"
}

resource "azapi_resource" "tools" {
  type      = "Microsoft.App/containerApps@2025-02-02-preview"
  name      = "crm-mcp"
  parent_id = azurerm_resource_group.main.id
  identity {
    type         = "SystemAssigned, UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.tools.id]
  }
  body = %s
}
"""
PROPERTIES = """{
    properties = {
      configuration = {
        ingress = { external = %s, targetPort = 8765 }
        secrets = [{ name = "crm", value = "opens-no-door-crm-83" }]
      }
      template = {
        containers = [{
          name  = "mcp"
          image = "acme.azurecr.io/crm-mcp:1.4.2"
          env   = [{ name = "CRM_PASSWORD", secretRef = "crm" }]
        }]
      }
    }
  }"""
ROLE = """
resource "azurerm_role_assignment" "tools" {
  scope                = "/subscriptions/00000000-0000-0000-0000-000000000000"
  role_definition_name = "Contributor"
  principal_id         = azapi_resource.tools.identity[0].principal_id
}
"""


def rules_found(*texts: str) -> set[str]:
    files = {f"{number}.tf": text for number, text in enumerate(texts)}
    return {each.rule for each in lint(deployment_of(files), lint_rules()).findings}


def reasons(deployment: Deployment) -> list[str]:
    return [each.reason for each in deployment.coverage if each.reason]


def app(external: str = "true", *, encoded: bool = False) -> str:
    body = PROPERTIES % external
    return APP % (f"jsonencode({body})" if encoded else body)


@pytest.mark.parametrize("encoded", [False, True])
def test_an_app_is_read_as_a_template_has_it(encoded: bool) -> None:  # noqa: FBT001
    deployment = deployment_of({"main.tf": app(encoded=encoded)})

    assert [each.image for each in deployment.runtimes] == ["acme.azurecr.io/crm-mcp:1.4.2"]
    assert {each.name for each in deployment.credentials} == {"CRM_PASSWORD"}
    assert not reasons(deployment)


@pytest.mark.parametrize(("external", "exposed"), [("true", True), ("false", False)])
def test_a_tool_server_that_the_outside_reaches(external: str, exposed: bool) -> None:  # noqa: FBT001
    assert ("exposed-tool-server" in rules_found(app(external))) is exposed


def test_the_platform_may_ask_who_calls_by_a_resource_of_any_file() -> None:
    asking = """
resource "azapi_resource" "sign_in" {
  type      = "Microsoft.App/containerApps/authConfigs@2024-03-01"
  name      = "current"
  parent_id = azapi_resource.tools.id
  body      = { properties = { platform = { enabled = true } } }
}
"""
    assert "exposed-tool-server" not in rules_found(app(), asking)


def test_what_runs_acts_as_the_identities_that_it_is_assigned() -> None:
    deployment = deployment_of({"main.tf": app()})

    assert identities(deployment) == {"crm-tools", "crm-mcp"}


def test_identities_may_stand_in_what_is_deployed() -> None:
    within = """{
    identity = {
      type = "SystemAssigned, UserAssigned"
      userAssignedIdentities = { (azurerm_user_assigned_identity.tools.id) = {} }
    }
"""
    block = APP[APP.index("  identity {") : APP.index("  body =")]
    text = app().replace(block, "").replace("body = {", f"body = {within}", 1)
    deployment = deployment_of({"main.tf": text + ROLE})
    names = {each.id: each.name for each in deployment.identities}

    assert identities(deployment) == {"crm-tools", "crm-mcp"}
    assert [names[each.identity_id] for each in deployment.grants] == ["crm-mcp"]


def identities(deployment: Deployment) -> set[str]:
    names = {each.id: each.name for each in deployment.identities}
    edges = (each for each in deployment.edges if each.kind is EdgeKind.AUTHENTICATES_AS)
    return {names[each.dst] for each in edges}


def test_the_identity_that_the_system_makes_is_given_rights() -> None:
    deployment = deployment_of({"main.tf": app() + ROLE})
    names = {each.id: each.name for each in deployment.identities}

    assert [names[each.identity_id] for each in deployment.grants] == ["crm-mcp"]


def test_an_account_that_takes_keys_is_one_in_any_words() -> None:
    account = """
resource "azapi_resource" "models" {
  type = "Microsoft.CognitiveServices/accounts@2025-06-01"
  name = "models"
  body = { properties = { disableLocalAuth = %s } }
}
"""
    opened = [
        each.static_access
        for switch in ("false", "true")
        for each in deployment_of({"main.tf": account % switch}).resources
    ]

    assert opened == [Truth.YES, Truth.NO]


@pytest.mark.parametrize(
    ("resource", "named"),
    [
        ('"azapi_resource" "a" { type = "Microsoft.App/agents/skills@2025-05-01-preview" }', True),
        ('"azapi_resource" "a" { type = "Microsoft.App/managedEnvironments@2024-03-01" }', False),
        ('"azapi_resource" "a" { type = "Microsoft.Network/dnsZones@2018-05-01" }', False),
        ('"azapi_resource" "a" { type = var.type }', True),
        ('"azapi_update_resource" "a" { type = "Microsoft.App/containerApps@2024-03-01" }', True),
        ('"azapi_update_resource" "a" { type = "Microsoft.Network/dnsZones@2018-05-01" }', False),
    ],
)
def test_what_nobody_reads_is_named(resource: str, named: bool) -> None:  # noqa: FBT001
    deployment = deployment_of({"main.tf": f"resource {resource}\n"})

    assert bool(reasons(deployment)) is named
