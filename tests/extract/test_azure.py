"""ARM templates: rights, keys, settings and secrets, loops and nesting, and what stays open."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, FileStatus
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.rules.fakes import fake

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
BY_SUBSCRIPTION = SCHEMA.replace("deploymentTemplate", "subscriptionDeploymentTemplate")
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
USER = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"
LITERAL = "7c1e9a40b5d2f8637c1e9a40b5d2f8E5"
VAULT = "@Microsoft.KeyVault(SecretUri=https://agent.vault.azure.net/secrets/openai)"


VAULT_RESOURCE = {"type": "Microsoft.KeyVault/vaults", "name": "v"}


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


def nested(**properties: object) -> dict[str, object]:
    return {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2022-09-01",
        "name": "nested",
        "properties": {"mode": "Incremental", **properties},
    }


def reasons(found: Deployment) -> dict[str, str]:
    return {each.file: each.reason for each in found.coverage if each.reason}


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ({}, "a template that only an expression knows"),
        ({"uri": "[variables('where')]"}, "a template that only an expression knows"),
        ({"uri": "https://a.example/t.json"}, "a template at an address, which is not fetched"),
        ({"relativePath": "apps/t.json"}, "a template that is not in the audit"),
    ],
)
def test_a_template_that_cannot_be_followed_is_named(link: dict[str, str], reason: str) -> None:
    found = deployed(VAULT_RESOURCE, nested(templateLink=link))

    assert reasons(found) == {"azuredeploy.json": reason}
    assert not deployed(VAULT_RESOURCE, {**nested(), "condition": False}).incomplete

    asked = {**nested(), "condition": "[parameters('history')]"}
    off = {"history": {"type": "bool", "defaultValue": False}}
    assert deployed(VAULT_RESOURCE, asked, parameters=off).incomplete


@pytest.mark.parametrize("scope", ["inner", "outer"])
def test_expressions_of_a_template_in_place_speak_of_where_they_are_evaluated(scope: str) -> None:
    inner = {
        "$schema": SCHEMA,
        "parameters": {"key": {"type": "string"}},
        "variables": {"key": "${ENVIRONMENT}"},
        "resources": [site("[parameters('key')]")],
    }
    found = deployed(
        nested(
            template=inner,
            expressionEvaluationOptions={"scope": scope},
            parameters={"key": {"value": "[variables('given')]"}},
        ),
        parameters={"key": {"type": "string", "defaultValue": VAULT}},
        variables={"given": LITERAL},
    )

    forms = [each.form for each in found.credentials if each.variable == "AZURE_OPENAI_API_KEY"]
    assert forms == [CredentialForm.LITERAL if scope == "inner" else CredentialForm.SECRET_REF]
    assert not found.incomplete


def test_a_template_beside_is_followed_with_what_it_is_given() -> None:
    app = {
        "$schema": SCHEMA,
        "parameters": {"key": {"type": "string"}},
        "resources": [site("[parameters('key')]")],
    }
    main = {
        "$schema": SCHEMA,
        "resources": [
            nested(
                templateLink={"relativePath": "apps/site.json"},
                parameters={"key": {"value": LITERAL}},
            )
        ],
    }
    found = deployment_of(
        {"azuredeploy.json": json.dumps(main, indent=1), "apps/site.json": json.dumps(app)}
    )

    (key,) = [each for each in found.credentials if each.variable == "AZURE_OPENAI_API_KEY"]
    assert key.form is CredentialForm.LITERAL
    assert "azuredeploy.json" in {place.file for place in key.evidence}
    assert [runtime.evidence[0].file for runtime in found.runtimes] == ["apps/site.json"]


def test_a_role_reaches_as_far_as_the_template_it_stands_in() -> None:
    inner = {"$schema": BY_SUBSCRIPTION, "resources": [assignment(OWNER)]}

    assert [grant.admin for grant in deployed(nested(template=inner)).grants] == [True]
    assert not any(
        grant.admin
        for grant in deployed(
            nested(template={**inner, "$schema": SCHEMA}), schema=BY_SUBSCRIPTION
        ).grants
    )


def test_templates_within_templates_end() -> None:
    template: dict[str, object] = {"$schema": SCHEMA, "resources": [site(LITERAL)]}
    for _ in range(25):
        template = {"$schema": SCHEMA, "resources": [nested(template=template)]}
    itself = {"$schema": SCHEMA, "resources": [nested(templateLink={"relativePath": "a.json"})]}

    for text in (template, itself):
        found = deployment_of({"a.json": json.dumps(text)})
        assert found.coverage[0].status is not FileStatus.READ


def test_lists_of_properties_that_a_loop_makes_are_written_out() -> None:
    loop = {
        "name": "appSettings",
        "count": "[length(variables('names'))]",
        "input": {
            "name": "[variables('names')[copyIndex('appSettings')]]",
            "value": "[parameters('key')]",
        },
    }
    app = {**site(""), "properties": {"siteConfig": {"copy": [loop]}}}
    found = deployed(
        app,
        parameters={"key": {"type": "string", "defaultValue": LITERAL}},
        variables={"names": ["OPENAI_API_KEY", "TAVILY_API_KEY"]},
    )

    assert {each.variable for each in found.credentials} == {"OPENAI_API_KEY", "TAVILY_API_KEY"}
    assert found.unresolved == ()

    unknown = {**loop, "count": "[parameters('how')]"}
    open_ended = deployed(
        {**site(""), "properties": {"siteConfig": {"copy": [unknown]}}},
        variables={"names": []},
    )
    assert [each.what for each in open_ended.unresolved] == ["a list in an expression"]


def test_variables_that_a_loop_makes_are_written_out() -> None:
    loop = {
        "name": "settings",
        "count": 2,
        "input": {"name": "[concat('KEY_', copyIndex('settings', 1))]", "value": "x"},
    }
    app = {**site(""), "properties": {"siteConfig": {"appSettings": "[variables('settings')]"}}}
    found = deployed(app, variables={"copy": [loop]})

    assert found.unresolved == ()
    assert not found.incomplete


@pytest.mark.parametrize(("count", "runtimes"), [(3, 3), (0, 0), ("[parameters('n')]", 1)])
def test_resources_that_a_loop_makes_are_each_there(count: object, runtimes: int) -> None:
    app = {
        **site(LITERAL),
        "name": "[concat('agent', copyIndex())]",
        "copy": {"name": "apps", "count": count},
    }
    found = deployed(app, VAULT_RESOURCE, parameters={"n": {"type": "int"}})

    assert len(found.runtimes) == runtimes


def test_a_number_of_a_copy_that_no_machine_holds_is_left_open() -> None:
    app = {**site(LITERAL), "name": f"[concat('agent', copyIndex({'9' * 4_300}))]"}

    assert len(deployed({**app, "copy": {"name": "apps", "count": 2}}).runtimes) == 2


def test_more_copies_than_azure_makes_are_one() -> None:
    app = {**site(LITERAL), "copy": {"name": "apps", "count": 1_000_000}}

    assert len(deployed(app).runtimes) == 1


def test_values_of_a_file_beside_are_taken_where_they_are_given() -> None:
    template = {
        "$schema": SCHEMA,
        "parameters": {name: {"type": "string", "defaultValue": ""} for name in "abcd"},
        "resources": [
            {
                **site(""),
                "properties": {
                    "siteConfig": {
                        "appSettings": [
                            {"name": f"{name.upper()}_API_KEY", "value": f"[parameters('{name}')]"}
                            for name in "abcd"
                        ]
                    }
                },
            }
        ],
    }
    values = {
        "$schema": SCHEMA.replace("deploymentTemplate", "deploymentParameters"),
        "parameters": {
            "a": {"value": LITERAL},
            "b": {"reference": {"keyVault": {"id": "/v"}, "secretName": "b"}},
            "c": {"value": "${C_API_KEY}"},
            "d": {"value": "${D_API_KEY=" + LITERAL + "}"},
        },
    }
    found = deployment_of(
        {"main.json": json.dumps(template), "main.parameters.json": json.dumps(values, indent=1)}
    )
    forms = {each.variable: each.form for each in found.credentials}

    assert forms == {
        "A_API_KEY": CredentialForm.LITERAL,
        "B_API_KEY": CredentialForm.SECRET_REF,
        "C_API_KEY": CredentialForm.SECRET_REF,
        "D_API_KEY": CredentialForm.LITERAL,
    }


def test_files_of_values_that_give_equal_objects_agree() -> None:
    """Whatever their order, and wherever they stand."""

    def keys_off(**files: object) -> Truth:
        found = deployment_of(
            {
                "main.json": json.dumps(
                    {
                        "$schema": SCHEMA,
                        "parameters": {"account": {"type": "object", "defaultValue": {}}},
                        "resources": [
                            {
                                "type": "Microsoft.CognitiveServices/accounts",
                                "name": "a",
                                "properties": "[parameters('account')]",
                            }
                        ],
                    }
                ),
                **{
                    f"main.parameters.{name}.json": json.dumps(
                        {
                            "$schema": SCHEMA.replace("deploymentTemplate", "deploymentParameters"),
                            "parameters": {"account": {"value": value}},
                        }
                    )
                    for name, value in files.items()
                },
            }
        )
        return found.resources[0].static_access

    rules, other = [{"ip": "10.0.0.1"}], [{"ip": "10.0.0.2"}]
    one = {"disableLocalAuth": True, "rules": rules}

    assert keys_off(dev=one) is Truth.NO
    assert keys_off(dev=one, test=dict(reversed(one.items()))) is Truth.NO
    assert keys_off(dev=one, test={**one, "rules": other}) is Truth.YES


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
    machine: dict[str, object] = {
        "adminPassword": "[parameters('adminPassword')]",
        "extra": "[concat('a', 'b').c]",
    }
    vault = {"type": "Microsoft.KeyVault/vaults", "name": "v"}
    machine["template"] = {"$schema": SCHEMA, "resources": [dict(machine, type="a/b", name="m")]}

    literals = [
        each
        for each in deployed(vault, nested(**machine)).credentials
        if each.form is CredentialForm.LITERAL
    ]
    assert literals == []


@pytest.mark.parametrize(
    ("properties", "opened"),
    [
        ({}, Truth.YES),
        ({"disableLocalAuth": True}, Truth.NO),
        ({"disableLocalAuth": False}, Truth.YES),
        ({"disableLocalAuth": "[parameters('off')]"}, Truth.UNKNOWN),
    ],
)
def test_keys_of_cosmos_open_it_unless_they_are_switched_off(
    properties: object, opened: Truth
) -> None:
    account = {
        "type": "Microsoft.DocumentDB/databaseAccounts",
        "name": "history",
        "properties": properties,
    }

    assert [each.static_access for each in deployed(account).resources] == [opened]


@pytest.mark.parametrize(
    ("ttl", "known", "seconds"),
    [
        ({}, Known.NONE, None),
        ({"defaultTtl": -1}, Known.UNKNOWN, None),
        ({"defaultTtl": 86_400}, Known.SET, 86_400),
        ({"defaultTtl": "[parameters('ttl')]"}, Known.UNKNOWN, None),
    ],
)
def test_conversations_in_cosmos_expire_where_their_container_says_so(
    ttl: object, known: Known, seconds: int | None
) -> None:
    container = {
        "type": "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers",
        "name": "agent/db/conversations",
        "properties": {"resource": {"id": "conversations", **dict(ttl)}},  # type: ignore[call-overload]
    }
    (store,) = deployed(container).memory_stores

    assert (store.ttl, store.ttl_s, store.backend) == (known, seconds, "cosmosdb")
    assert deployed({**container, "name": "agent/db/products"}).memory_stores == ()


@pytest.mark.parametrize(
    ("type_", "properties", "eviction", "opened"),
    [
        ("redis", {}, "volatile-lru", Truth.YES),
        ("redis", {"disableAccessKeyAuthentication": True}, "volatile-lru", Truth.NO),
        (
            "redis",
            {"redisConfiguration": {"maxmemory-policy": "allkeys-lru"}},
            "allkeys-lru",
            Truth.YES,
        ),
        ("redisEnterprise/databases", {}, "volatile-lru", Truth.UNKNOWN),
        (
            "redisEnterprise/databases",
            {"evictionPolicy": "AllKeysLFU", "accessKeysAuthentication": "Disabled"},
            "allkeys-lfu",
            Truth.NO,
        ),
        (
            "redisEnterprise/databases",
            {"evictionPolicy": "NoEviction", "accessKeysAuthentication": "Enabled"},
            "noeviction",
            Truth.YES,
        ),
    ],
)
def test_caches_say_what_they_evict_and_what_opens_them(
    type_: str, properties: object, eviction: str, opened: Truth
) -> None:
    cache = {"type": f"Microsoft.Cache/{type_}", "name": "sessions", "properties": properties}
    found = deployed(cache)

    assert [store.eviction for store in found.memory_stores] == [eviction]
    assert [each.static_access for each in found.resources] == [opened]


@pytest.mark.parametrize("type_", ["accounts/connections", "accounts/projects/connections"])
def test_keys_of_connections_stand_where_they_are_written(type_: str) -> None:
    def connected(credentials: object) -> Deployment:
        connection = {
            "type": f"Microsoft.CognitiveServices/{type_}",
            "name": "search",
            "properties": {"category": "CognitiveSearch", "credentials": credentials},
        }
        return deployed(connection, VAULT_RESOURCE)

    assert [each.form for each in connected({"key": LITERAL}).credentials] == [
        CredentialForm.LITERAL
    ]
    custom = {"keys": {"Authorization": f"Bearer {LITERAL}", "tenant": "acme"}}
    assert [each.variable for each in connected(custom).credentials] == ["Authorization"]
    listed = "[listAdminKeys('search', '2023-11-01').primaryKey]"
    assert connected({"key": listed}).credentials == ()
    assert not connected({"key": listed}).incomplete


def test_secrets_of_vaults_are_no_texts_of_a_template() -> None:
    def kept(value: str) -> Deployment:
        secret = {"type": "Microsoft.KeyVault/vaults/secrets", "name": "v/openai"}
        return deployed({**secret, "properties": {"value": value}})

    assert [each.form for each in kept(LITERAL).credentials] == [CredentialForm.LITERAL]
    assert kept("[parameters('key')]").credentials == ()


def test_parameters_for_secrets_have_no_defaults_and_are_not_shown() -> None:
    given = {
        "adminPassword": {"type": "string"},
        "key": {"type": "secureString", "defaultValue": LITERAL},
        "openAiApiKey": {"type": "secureString"},
        "clientSecret": {"type": "string", "defaultValue": ""},
        "resourceToken": {"type": "string"},
        "appInsightsConnectionString": {"type": "string"},
        "secrets": {"type": "array"},
    }
    found = deployed(VAULT_RESOURCE, parameters=given)

    assert {(each.variable, each.form, each.exposure) for each in found.credentials} == {
        ("adminPassword", CredentialForm.UNKNOWN, "parameter"),
        ("keySecret", CredentialForm.LITERAL, "file"),
    }
    assert LITERAL not in repr(found)


def test_groups_of_containers_are_read_with_their_variables() -> None:
    variables = [
        {"name": "OPENAI_API_KEY", "secureValue": "[parameters('key')]"},
        {"name": "TAVILY_API_KEY", "value": LITERAL},
    ]
    container = {
        "name": "agent",
        "properties": {
            "image": "acme.azurecr.io/agent:1",
            "environmentVariables": variables,
            "resources": {"requests": {"cpu": 1, "memoryInGB": 2}},
        },
    }
    group = {
        "type": "Microsoft.ContainerInstance/containerGroups",
        "name": "agents",
        "properties": {"containers": [container]},
    }
    found = deployed(group)

    assert {each.variable: each.form for each in found.credentials} == {
        "OPENAI_API_KEY": CredentialForm.SECRET_REF,
        "TAVILY_API_KEY": CredentialForm.LITERAL,
    }
    assert {each.unused_channel for each in found.credentials} == {"", "`secureValue`"}
    assert [(each.name, each.memory_limit) for each in found.runtimes] == [("agent", Known.SET)]


def test_connection_strings_of_an_app_are_among_its_settings() -> None:
    string = f"Server=db;User Id=agent;Password={LITERAL}"
    app = {
        **site(VAULT),
        "properties": {
            "siteConfig": {
                "connectionStrings": [
                    {"name": "Orders", "connectionString": string, "type": "SQLAzure"}
                ]
            }
        },
    }

    assert [each.variable for each in deployed(app).credentials] == ["OrdersConnectionString"]


BICEP = """\
resource mine 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'desk'
  location: 'westeurope'
}
resource app 'Microsoft.Web/sites@2023-12-01' = {
  name: 'support-agent'
  identity: {
    type: 'SystemAssigned, UserAssigned'
    userAssignedIdentities: { '${mine.id}': {} }
  }
  properties: { siteConfig: { appSettings: [] } }
}
resource right 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id)
  scope: subscription()
  properties: {
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions', '8e3af657-a8ff-443c-a75c-2fe8c4bcb635')
    principalId: PRINCIPAL
    CONDITION
  }
}
"""


@pytest.mark.parametrize(
    ("principal", "name"),
    [
        ("mine.properties.principalId", "desk"),
        ("app.identity.principalId", "support-agent"),
        ("other.properties.principalId", ""),
    ],
)
def test_a_right_of_a_template_is_its_identitys(principal: str, name: str) -> None:
    text = BICEP.replace("PRINCIPAL", principal).replace("    CONDITION\n", "")
    found = deployment_of({"main.bicep": text})
    (grant,) = found.grants
    names = {identity.id: identity.name for identity in found.identities}

    assert set(names.values()) == {"desk", "support-agent"}
    assert names.get(grant.identity_id, "") == name
    assert grant.agent_reachable is bool(name)


def test_a_template_says_under_which_condition_a_right_is_given() -> None:
    condition = (
        "condition: '@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] "
        "ForAnyOfAnyValues:GuidEquals {7f951dda-4ed3-4680-a7ca-43fe172d538d}'"
    )
    text = BICEP.replace("PRINCIPAL", "mine.properties.principalId").replace("CONDITION", condition)
    (grant,) = deployment_of({"main.bicep": text}).grants

    assert grant.conditions == ("microsoft.authorization/roleassignments:roledefinitionid",)
    assert not grant.escalations


@pytest.mark.parametrize(
    ("type_", "name", "rest"),
    [
        ("Microsoft.Web/sites", "agent", "'2023-12-01', 'Full').identity.principalId"),
        ("Microsoft.ManagedIdentity/userAssignedIdentities", "desk", "'2023-01-31').principalId"),
    ],
)
def test_a_right_in_json_is_that_of_the_identity_whose_principal_is_looked_up(
    type_: str, name: str, rest: str
) -> None:
    right = assignment(
        "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', variables('role'))]"
    )
    principal = f"[reference(resourceId('{type_}', '{name}'), {rest}]"
    properties = {**right["properties"], "principalId": principal}  # type: ignore[dict-item]
    app = {**site(VAULT), "identity": {"type": "SystemAssigned"}}
    mine = {"type": "Microsoft.ManagedIdentity/userAssignedIdentities", "name": "desk"}
    given = {**right, "properties": properties}
    found = deployed(app, mine, given, variables={"role": OWNER})
    names = {identity.id: identity.name for identity in found.identities}

    assert [names.get(grant.identity_id) for grant in found.grants] == [name]


def test_a_script_that_azure_runs_while_it_deploys_is_handed_secrets() -> None:
    """What is hidden in the portal stands in the repository all the same."""
    password, other = fake("password"), "Vx91kf" + "Lm7QaTz"
    text = f"""
resource prepare 'Microsoft.Resources/deploymentScripts@2023-08-01' = {{
  name: 'prepare'
  kind: 'AzureCLI'
  properties: {{
    environmentVariables: [
      {{ name: 'ROOT_PASSWORD', value: '{password}' }}
      {{ name: 'DB_PASSWORD', secureValue: '{other}' }}
      {{ name: 'API_TOKEN', secureValue: token }}
      {{ name: 'STAGE', value: 'production-of-ours' }}
    ]
  }}
}}
"""
    found = deployment_of({"main.bicep": text}).credentials

    assert sorted(each.variable for each in found) == ["DB_PASSWORD", "ROOT_PASSWORD"]
