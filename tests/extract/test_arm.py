"""ARM templates: rights, keys, settings and secrets, and what stays open."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.credentials import CredentialForm

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
BY_SUBSCRIPTION = SCHEMA.replace("deploymentTemplate", "subscriptionDeploymentTemplate")
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
USER = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"
LITERAL = "7c1e9a40b5d2f8637c1e9a40b5d2f8E5"
VAULT = "@Microsoft.KeyVault(SecretUri=https://agent.vault.azure.net/secrets/openai)"


def deployed(*resources: object, schema: str = SCHEMA, **rest: object) -> Deployment:
    template = {"$schema": schema, "contentVersion": "1.0.0.0", **rest, "resources": resources}
    return deployment_of({"azuredeploy.json": json.dumps(template, indent=2)})


def site(value: str) -> dict[str, object]:
    settings = [
        {"name": "AZURE_OPENAI_API_KEY", "value": value},
        {"name": "AZURE_OPENAI_ENDPOINT", "value": "https://a.openai.azure.com"},
    ]
    return {
        "type": "Microsoft.Web/sites",
        "apiVersion": "2023-12-01",
        "name": "agent",
        "properties": {"siteConfig": {"appSettings": settings}},
    }


def assignment(role: str, **more: str) -> dict[str, object]:
    properties = {"roleDefinitionId": role, "principalId": "[parameters('principal')]"}
    return {
        "type": "Microsoft.Authorization/roleAssignments",
        "apiVersion": "2022-04-01",
        "name": "[guid(resourceGroup().id)]",
        "properties": properties,
        **more,
    }


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (VAULT, CredentialForm.SECRET_REF),
        ("[parameters('key')]", CredentialForm.SECRET_REF),
        ("[listKeys(resourceId('x', 'y'), '2023-05-01').key1]", CredentialForm.SECRET_REF),
        (LITERAL, CredentialForm.LITERAL),
        ("[variables('literal')]", CredentialForm.LITERAL),
        ("[parameters('default')]", CredentialForm.LITERAL),
        ("[parameters('empty')]", CredentialForm.SECRET_REF),
    ],
)
def test_settings_of_an_app_are_what_they_stand_for(value: str, form: CredentialForm) -> None:
    found = deployed(
        site(value),
        parameters={
            "key": {"type": "secureString"},
            "default": {"type": "string", "defaultValue": LITERAL},
            "empty": {"type": "string", "defaultValue": ""},
        },
        variables={"literal": LITERAL},
    )

    assert [each.form for each in found.credentials if each.variable == "AZURE_OPENAI_API_KEY"] == [
        form
    ]
    assert not found.incomplete


def test_an_app_whose_keys_stand_in_a_vault_leaves_nothing_open() -> None:
    vault = {"type": "Microsoft.KeyVault/vaults", "apiVersion": "2023-07-01", "name": "agent"}
    found = deployed(site(VAULT), vault)

    assert (found.incomplete, found.unresolved) == (False, ())
    assert [runtime.name for runtime in found.runtimes] == ["agent"]


@pytest.mark.parametrize(
    ("schema", "more", "admin"),
    [
        (BY_SUBSCRIPTION, {}, True),
        (SCHEMA, {}, False),
        (SCHEMA, {"scope": "[subscription().id]"}, True),
        (SCHEMA, {"scope": "Microsoft.Storage/storageAccounts/a"}, False),
    ],
)
def test_a_right_reaches_as_far_as_its_template(
    schema: str, more: dict[str, str], *, admin: bool
) -> None:
    role = "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', variables('role'))]"
    found = deployed(assignment(role, **more), schema=schema, variables={"role": OWNER})

    assert [(grant.actions, grant.admin) for grant in found.grants] == [(("owner",), admin)]


def test_roles_that_no_table_names_are_open() -> None:
    unknown = "00000000-0000-4000-8000-000000000000"
    found = deployed(assignment(unknown), assignment(USER), assignment("[parameters('role')]"))

    assert [grant.actions for grant in found.grants] == [("cognitive services openai user",)]
    assert len(found.unresolved) == 2


@pytest.mark.parametrize(
    ("type_", "switch", "off"),
    [
        ("Microsoft.CognitiveServices/accounts", "disableLocalAuth", True),
        ("Microsoft.Search/searchServices", "disableLocalAuth", True),
        ("Microsoft.Storage/storageAccounts", "allowSharedKeyAccess", False),
    ],
)
def test_keys_are_on_unless_a_template_switches_them_off(
    type_: str, switch: str, *, off: bool
) -> None:
    def opened(properties: object) -> Truth:
        vault = {"type": "Microsoft.KeyVault/vaults", "name": "v"}
        account = {"type": type_, "name": "a", "properties": properties}
        return deployed(account, vault).resources[0].static_access

    assert opened({}) is Truth.YES
    assert opened({switch: off}) is Truth.NO
    assert opened({switch: not off}) is Truth.YES
    assert opened({switch: "[parameters('keys')]"}) is Truth.UNKNOWN
    assert opened("[union(parameters('more'), variables('less'))]") is Truth.UNKNOWN


def test_container_apps_take_secrets_from_where_they_are_kept() -> None:
    secrets = [
        {"name": "vault", "keyVaultUrl": "https://a.vault.azure.net/secrets/k", "identity": "id"},
        {"name": "plain", "value": LITERAL},
    ]
    env = [
        {"name": "OPENAI_API_KEY", "secretRef": "vault"},
        {"name": "AZURE_OPENAI_API_KEY", "secretRef": "plain"},
        {"name": "TAVILY_API_KEY", "secretRef": "elsewhere"},
    ]
    app = {
        "type": "Microsoft.App/containerApps",
        "name": "agent",
        "properties": {
            "configuration": {"secrets": secrets},
            "template": {"containers": [{"name": "main", "image": "a.io/agent:1", "env": env}]},
        },
    }

    forms = {each.variable: each.form for each in deployed(app).credentials}
    assert forms["OPENAI_API_KEY"] is CredentialForm.SECRET_REF
    assert forms["AZURE_OPENAI_API_KEY"] is CredentialForm.LITERAL
    assert forms["TAVILY_API_KEY"] is CredentialForm.SECRET_REF


def test_what_a_nested_template_deploys_is_open() -> None:
    vault = {"type": "Microsoft.KeyVault/vaults", "name": "v"}
    nested = {"type": "Microsoft.Resources/deployments", "name": "n", "properties": {}}

    assert deployed(vault, nested).incomplete
    assert not deployed(vault, {**nested, "condition": False}).incomplete

    asked = {**nested, "condition": "[parameters('history')]"}
    off = {"history": {"type": "bool", "defaultValue": False}}
    assert deployed(vault, asked, parameters=off).incomplete


def test_variables_that_name_each_other_end() -> None:
    loop = {"a": "[variables('b')]", "b": "[variables('a')]"}

    assert deployed(site("[variables('a')]"), variables=loop).runtimes


def test_variables_that_grow_without_end_are_left_and_named() -> None:
    twice = {f"v{n}": [f"[variables('v{n - 1}')]"] * 8 for n in range(1, 12)}
    found = deployed(site("[variables('v11')]"), variables={"v0": "a", **twice})

    assert found.incomplete


def test_a_list_of_resources_that_only_an_expression_knows_is_named() -> None:
    vault = {"type": "Microsoft.KeyVault/vaults", "name": "v"}
    text = json.dumps(
        {"$schema": SCHEMA, "variables": {"v": vault}, "resources": "[createArray()]"}
    )

    assert deployment_of({"azuredeploy.json": text}).incomplete


def test_expressions_of_a_nested_template_are_no_secrets() -> None:
    machine = {"adminPassword": "[parameters('adminPassword')]", "extra": "[concat('a', 'b').c]"}
    vault = {"type": "Microsoft.KeyVault/vaults", "name": "v"}
    nested = {"type": "Microsoft.Resources/deployments", "name": "n", "properties": machine}

    literals = [
        each for each in deployed(vault, nested).credentials if each.form is CredentialForm.LITERAL
    ]
    assert literals == []
