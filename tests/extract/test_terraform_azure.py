"""Azure in Terraform: what runs, what it is given, the identities it has and what those may do."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Known
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.model.facts.permissions import Grant
from agentaudit.model.finding import Severity
from agentaudit.rules.ours import lint_rules

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000"
OWNER = "/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
APP = """
resource "azurerm_user_assigned_identity" "agent" {
  name = "support-agent"
}

resource "azurerm_container_app" "agent" {
  name = "support-agent"
  secret {
    name                = "openai"
    key_vault_secret_id = azurerm_key_vault_secret.openai.id
  }
  secret {
    name  = "database"
    value = "opens-no-door-db-83"
  }
  identity {
    type         = "SystemAssigned, UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.agent.id]
  }
  template {
    %s
    container {
      name  = "agent"
      image = "acme.azurecr.io/support-agent:1.4.2"
      env {
        name        = "OPENAI_API_KEY"
        secret_name = "openai"
      }
      env {
        name        = "DB_PASSWORD"
        secret_name = "database"
      }
      env {
        name  = "TAVILY_API_KEY"
        value = "opens-no-door-search-41"
      }
    }
  }
}
"""
ASSIGNMENT = """
resource "azurerm_role_assignment" "agent" {
  scope        = "%s"
  principal_id = %s
  %s
}
"""
CUSTOM = """
resource "azurerm_role_definition" "keeper" {
  name  = "keeper"
  scope = "/subscriptions/00000000-0000-0000-0000-000000000000"
  permissions {
    actions          = ["Microsoft.Authorization/*", "Microsoft.Resources/*/read"]
    not_actions      = ["%s"]
    data_actions     = ["Microsoft.KeyVault/vaults/secrets/getSecret/action"]
    not_data_actions = []
  }
}
"""
MINE = "azurerm_user_assigned_identity.agent.principal_id"
CONDITION = (
    "((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR "
    "(@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] "
    "ForAnyOfAnyValues:GuidEquals {7f951dda-4ed3-4680-a7ca-43fe172d538d}))"
)


def read(*texts: str) -> Deployment:
    return deployment_of({"main.tf": "\n".join(texts)})


def assigned(role: str, principal: str = MINE, scope: str = SUBSCRIPTION) -> str:
    return ASSIGNMENT % (scope, principal, role)


def grant_of(found: Deployment) -> Grant:
    (grant,) = (grant for grant in found.grants if grant.source == "azure_rbac")
    return grant


def test_a_container_app_holds_what_its_secrets_are() -> None:
    found = read(APP % "")
    forms = {credential.variable: credential.form for credential in found.credentials}

    assert forms == {
        "OPENAI_API_KEY": CredentialForm.SECRET_REF,
        "DB_PASSWORD": CredentialForm.LITERAL,
        "TAVILY_API_KEY": CredentialForm.LITERAL,
    }
    assert "opens-no-door" not in repr(found)


@pytest.mark.parametrize(
    ("said", "known", "count"),
    [
        ("", Known.SET, 10),
        ("max_replicas = 3", Known.SET, 3),
        ("max_replicas = var.most", Known.UNKNOWN, None),
    ],
)
def test_a_container_app_runs_ten_replicas_unless_it_says_otherwise(
    said: str, known: Known, count: int | None
) -> None:
    (runtime,) = read(APP % said).runtimes

    assert (runtime.instances, runtime.instances_count) == (known, count)
    assert runtime.memory_limit is Known.SET


def test_a_runtime_acts_as_its_own_identity_and_as_those_it_is_assigned() -> None:
    found = read(APP % "", assigned('role_definition_name = "Contributor"'))
    (runtime,) = found.runtimes
    acts = {
        edge.dst
        for edge in found.edges
        if edge.kind is EdgeKind.AUTHENTICATES_AS and edge.src == runtime.id
    }

    assert len(acts) == 2
    assert grant_of(found).identity_id in acts
    assert grant_of(found).agent_reachable


def test_the_identity_of_the_system_is_that_of_its_resource() -> None:
    own = "azurerm_container_app.agent.identity[0].principal_id"
    found = read(APP % "", assigned('role_definition_name = "Reader"', own))
    grant = grant_of(found)

    assert grant.identity_id != ""
    assert {identity.name for identity in found.identities} == {"support-agent"}
    assert len(found.identities) == 2


@pytest.mark.parametrize(
    ("listed", "name"),
    [
        (f'"{SUBSCRIPTION}/resourceGroups/a/providers/b/userAssignedIdentities/ops"', "ops"),
        ("var.identity", None),
    ],
)
def test_an_identity_from_elsewhere_is_known_by_its_name_or_open(
    listed: str, name: str | None
) -> None:
    found = read(
        'resource "azurerm_linux_web_app" "a" {\n name = "agent"\n identity {\n'
        f' type = "UserAssigned"\n identity_ids = [{listed}]\n }}\n}}'
    )

    assert [identity.name for identity in found.identities] == ([name] if name else [])
    assert [end.what for end in found.unresolved] == (
        [] if name else ["an identity of azurerm_linux_web_app.a"]
    )


@pytest.mark.parametrize(
    "type_", ["azurerm_linux_web_app", "azurerm_windows_function_app", "azurerm_logic_app_standard"]
)
def test_settings_of_an_app_are_what_it_holds(type_: str) -> None:
    found = read(
        f'resource "{type_}" "a" {{\n name = "agent"\n app_settings = {{\n'
        '  OPENAI_API_KEY = "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/k)"\n'
        '  DB_PASSWORD = "opens-no-door-db-83"\n }\n connection_string {\n  name = "Main"\n'
        '  type = "SQLAzure"\n  value = "Server=db;User Id=a;Password=opens-no-door-sql-9"\n }\n}'
    )
    forms = {credential.variable: credential.form for credential in found.credentials}

    assert forms == {
        "OPENAI_API_KEY": CredentialForm.SECRET_REF,
        "DB_PASSWORD": CredentialForm.LITERAL,
        "MainConnectionString": CredentialForm.LITERAL,
    }


def test_containers_of_a_group_have_a_channel_for_secrets() -> None:
    found = read(
        'resource "azurerm_container_group" "g" {\n name = "agents"\n container {\n'
        '  name = "agent"\n  image = "acme.azurecr.io/agent:1"\n  commands = ["serve"]\n'
        "  environment_variables = { DB_PASSWORD = var.password }\n"
        "  secure_environment_variables = { OPENAI_API_KEY = var.key }\n }\n}"
    )
    channels = {credential.variable: credential.unused_channel for credential in found.credentials}

    assert channels == {"DB_PASSWORD": "`secure_environment_variables`", "OPENAI_API_KEY": ""}


@pytest.mark.parametrize(
    ("identity", "count"), [('identity {\n type = "SystemAssigned"\n }', 1), ("", 0)]
)
def test_a_machine_is_told_where_it_has_an_identity(identity: str, count: int) -> None:
    found = read(
        f'resource "azurerm_linux_virtual_machine" "m" {{\n name = "agent"\n {identity}\n}}'
    )

    assert len(found.runtimes) == count


def test_a_job_is_ended_where_it_says_when() -> None:
    found = read(
        'resource "azurerm_container_app_job" "j" {\n name = "nightly"\n'
        " replica_timeout_in_seconds = 900\n template {\n  container {\n"
        '   name = "agent"\n   image = "acme.azurecr.io/agent:1"\n  }\n }\n}'
    )

    assert [runtime.kind for runtime in found.runtimes] == ["container"]
    assert [agent.timeout_s for agent in found.agents] == [900]


@pytest.mark.parametrize(
    ("role", "more", "name"),
    [
        ('role_definition_name = "Owner"', "", "owner"),
        (
            f'role_definition_id = "{SUBSCRIPTION}{OWNER}"',
            "",
            "owner",
        ),
        (
            "role_definition_id = data.azurerm_role_definition.o.id",
            'data "azurerm_role_definition" "o" {\n name = "Owner"\n}',
            "owner",
        ),
    ],
)
def test_a_role_is_known_by_its_name_its_id_or_a_look_up(role: str, more: str, name: str) -> None:
    grant = grant_of(read(assigned(role), more))

    assert grant.actions == (name,)
    assert grant.admin
    assert grant.escalations == ("assign-any-role",)


@pytest.mark.parametrize("role", ["role_definition_id = var.role", 'role_definition_id = "x"', ""])
def test_a_role_that_no_file_tells_is_open(role: str) -> None:
    found = read(assigned(role))

    assert not found.grants
    assert [end.what for end in found.unresolved] == ["the role of azurerm_role_assignment.agent"]


@pytest.mark.parametrize(
    ("by", "taken", "escalates"),
    [
        (
            "role_definition_id = azurerm_role_definition.keeper.role_definition_resource_id",
            "",
            True,
        ),
        ('role_definition_name = "keeper"', "", True),
        (
            "role_definition_name = azurerm_role_definition.keeper.name",
            "Microsoft.Authorization/*",
            False,
        ),
    ],
)
def test_whoever_is_assigned_a_custom_role_may_do_what_it_allows(
    by: str, taken: str, *, escalates: bool
) -> None:
    grant = grant_of(read(CUSTOM % taken, assigned(by)))

    assert "microsoft.keyvault/vaults/secrets/getsecret/action" in grant.actions
    assert bool(grant.escalations) is escalates


def test_two_roles_of_one_address_are_each_told_by_their_own_blocks() -> None:
    block = 'permissions {\n    actions = ["%s"]\n  }'
    role = 'resource "azurerm_role_definition" "agent" {\n  name = "%s"\n  %s\n}\n'
    texts = {
        "one.tf": role % ("one", block % "*"),
        "two.tf": role % ("two", f"{block % 'Microsoft.Web/*'}\n  {block % 'Microsoft.Kusto/*'}"),
    }
    grants = deployment_of(texts).grants
    told = {(grant.evidence[0].file, grant.name, grant.actions) for grant in grants}

    assert told == {
        ("one.tf", "custom role one", ("*",)),
        ("two.tf", "custom role two", ("microsoft.web/*",)),
        ("two.tf", "custom role two", ("microsoft.kusto/*",)),
    }


@pytest.mark.parametrize(
    ("condition", "escalations", "conditions"),
    [
        (
            f'condition = "{CONDITION}"',
            (),
            ("microsoft.authorization/roleassignments:roledefinitionid",),
        ),
        ("condition = var.condition", ("assign-any-role",), ("condition",)),
        ("", ("assign-any-role",), ()),
    ],
)
def test_a_condition_may_say_which_roles_are_assigned(
    condition: str, escalations: tuple[str, ...], conditions: tuple[str, ...]
) -> None:
    role = f'role_definition_name = "User Access Administrator"\n  {condition}'
    grant = grant_of(read(assigned(role)))

    assert (grant.escalations, grant.conditions) == (escalations, conditions)


def test_an_agent_on_azure_with_a_subscription_is_a_finding() -> None:
    texts = {"main.tf": APP % "" + assigned('role_definition_name = "Owner"')}
    findings = lint(deployment_of(texts), lint_rules()).findings
    graves = {finding.rule for finding in findings if finding.severity is Severity.CRITICAL}

    assert "administrator-grant" in graves
