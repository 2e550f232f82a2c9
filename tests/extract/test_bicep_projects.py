"""Bicep: what it deploys is what the same template as JSON does, across files and their values."""

import json

import pytest
from msgspec.structs import asdict

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, FileStatus
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.credentials import CredentialForm

OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
LITERAL = "7c1e9a40b5d2f8637c1e9a40b5d2f8E5"
SCHEMA = (
    "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#"
)

WHOLE = f"""\
targetScope = 'subscription'
param key string = '{LITERAL}'
var keysOff = false
var settings = [
  {{ name: 'AZURE_OPENAI_API_KEY', value: key }}
  {{ name: 'AZURE_OPENAI_ENDPOINT', value: account.properties.endpoint }}
]
resource account 'Microsoft.CognitiveServices/accounts@2024-10-01' = {{
  name: 'models'
  properties: {{ disableLocalAuth: keysOff }}
}}
resource site 'Microsoft.Web/sites@2023-12-01' = {{
  name: 'agent'
  properties: {{ siteConfig: {{ appSettings: settings }} }}
}}
resource right 'Microsoft.Authorization/roleAssignments@2022-04-01' = {{
  name: guid(site.id)
  properties: {{
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '{OWNER}')
    principalId: 'p'
  }}
}}
"""
SAME = {
    "$schema": SCHEMA,
    "parameters": {"key": {"type": "string", "defaultValue": LITERAL}},
    "variables": {
        "keysOff": False,
        "settings": [
            {"name": "AZURE_OPENAI_API_KEY", "value": "[parameters('key')]"},
            {"name": "AZURE_OPENAI_ENDPOINT", "value": "[reference('account').endpoint]"},
        ],
    },
    "resources": {
        "account": {
            "type": "Microsoft.CognitiveServices/accounts",
            "name": "models",
            "properties": {"disableLocalAuth": "[variables('keysOff')]"},
        },
        "site": {
            "type": "Microsoft.Web/sites",
            "name": "agent",
            "properties": {"siteConfig": {"appSettings": "[variables('settings')]"}},
        },
        "right": {
            "type": "Microsoft.Authorization/roleAssignments",
            "name": "[guid(resourceId('Microsoft.Web/sites', 'agent'))]",
            "properties": {
                "roleDefinitionId": "[subscriptionResourceId("
                f"'Microsoft.Authorization/roleDefinitions', '{OWNER}')]",
                "principalId": "p",
            },
        },
    },
}


def said(found: Deployment) -> list[str]:
    """The facts without what tells where they stand."""
    groups = (found.runtimes, found.credentials, found.grants, found.resources, found.identities)
    return sorted(
        repr({name: value for name, value in asdict(fact).items() if name not in _OF_PLACES})
        for group in groups
        for fact in group
    )


_OF_PLACES = {"id", "evidence", "holder_id", "digest"}


def test_bicep_says_what_the_same_template_says_as_json() -> None:
    bicep = deployment_of({"main.bicep": WHOLE})
    arm = deployment_of({"main.json": json.dumps(SAME)})

    assert said(bicep) == said(arm)
    assert [grant.admin for grant in bicep.grants] == [True]
    assert [each.static_access for each in bicep.resources] == [Truth.YES]
    assert not bicep.incomplete
    assert not arm.incomplete


def test_every_place_is_where_the_text_stands() -> None:
    found = deployment_of({"main.bicep": WHOLE})
    (key,) = [each for each in found.credentials if each.variable == "AZURE_OPENAI_API_KEY"]

    assert [(each.line, each.column) for each in key.evidence] == [(5, 42), (2, 20)]
    (account,) = found.resources
    assert [(each.line, each.column) for each in account.evidence][:2] == [(9, 9), (3, 15)]
    assert LITERAL not in repr(found)


def test_what_is_made_from_bicep_is_not_read_twice() -> None:
    made = {**SAME, "metadata": {"_generator": {"name": "bicep", "version": "0.30"}}}
    found = deployment_of({"main.bicep": WHOLE, "main.json": json.dumps(made)})

    assert len(found.runtimes) == 1
    assert {each.evidence[0].file for each in found.runtimes} == {"main.bicep"}


APP = """\
param name string
param settings object = {}
param secrets array = []
@secure()
param key string = ''
var all = union(settings, { AZURE_OPENAI_API_KEY: key })
resource app 'Microsoft.App/containerApps@2024-03-01' = {
  name: name
  properties: {
    configuration: { secrets: secrets }
    template: { containers: [
      {
        name: 'main'
        image: 'acme.azurecr.io/agent:1'
        env: [for setting in items(all): { name: setting.key, value: setting.value }]
      }
    ] }
  }
}
"""


def project(main: str, **files: str) -> Deployment:
    named = {name.replace("_", "."): text for name, text in files.items()}
    return deployment_of({"infra/main.bicep": main, "infra/core/app.bicep": APP, **named})


def forms(found: Deployment) -> dict[str, CredentialForm]:
    return {each.variable: each.form for each in found.credentials}


def test_values_pass_into_modules_and_are_found_where_they_are_said() -> None:
    main = f"""\
param production bool
module web 'core/app.bicep' = {{
  name: 'web'
  params: {{ name: 'web', key: '{LITERAL}', settings: {{ LLM_MODEL: 'gpt' }} }}
}}
module worker 'core/app.bicep' = if (production) {{
  name: 'worker'
  params: {{ name: 'worker', key: vault.getSecret('openai') }}
}}
module never 'core/app.bicep' = if (false) {{ params: {{ name: 'never' }} }}
"""
    found = project(main)

    assert {each.form for each in found.credentials} == {
        CredentialForm.LITERAL,
        CredentialForm.SECRET_REF,
    }
    (literal,) = [each for each in found.credentials if each.form is CredentialForm.LITERAL]
    assert {(each.file, each.line) for each in literal.evidence} >= {("infra/main.bicep", 4)}
    assert len([each for each in found.runtimes if each.runs_agent]) == 2
    assert (found.incomplete, found.unresolved) == (False, ())


def test_a_module_in_a_loop_is_deployed_for_each_element() -> None:
    main = """\
module apps 'core/app.bicep' = [for (name, i) in ['a', 'b', 'c']: if (name != 'b') {
  name: 'app-${i}'
  params: { name: '${name}${i}' }
}]
"""
    assert len(project(main).runtimes) == 2
    assert len(project(main.replace("['a', 'b', 'c']", "names")).runtimes) == 1
    assert len(project(main.replace("['a', 'b', 'c']", "[given, 'c']")).runtimes) == 2
    assert len(project(main.replace("['a', 'b', 'c']", "[...given, 'c']")).runtimes) == 2


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("br/public:avm/res/web/site:0.15.1", "a module of a registry, which is not read"),
        ("br:acme.azurecr.io/agent:v1", "a module of a registry, which is not read"),
        ("ts:subscription/group/spec:v1", "a module of a registry, which is not read"),
        ("core/gone.bicep", "a template that is not in the audit"),
        ("../../../outside.bicep", "a template that is not in the audit"),
    ],
)
def test_a_module_that_cannot_be_followed_is_named_where_it_stands(
    source: str, reason: str
) -> None:
    found = project(f"module a '{source}' = {{ name: 'a' }}\n")
    (main,) = [each for each in found.coverage if each.file == "infra/main.bicep"]

    assert (main.status, main.reason, main.line, main.column) == (
        FileStatus.PARTIAL,
        reason,
        1,
        10,
    )
    quiet = project(
        "module net 'br/public:avm/res/network/virtual-network:0.5.1' = { name: 'n' }\n"
    )
    assert not quiet.incomplete


def test_modules_that_deploy_each_other_end_and_are_named() -> None:
    found = deployment_of(
        {
            "a.bicep": "module b 'b.bicep' = { name: 'b' }\n",
            "b.bicep": "module a 'a.bicep' = { name: 'a' }\n" + APP,
        }
    )

    assert found.incomplete


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (f"using './main.bicep'\nparam key = '{LITERAL}'\n", CredentialForm.LITERAL),
        (
            "using 'main.bicep'\nparam key = readEnvironmentVariable('KEY')\n",
            CredentialForm.SECRET_REF,
        ),
        (
            "using 'main.bicep'\nparam key = az.getSecret('s', 'g', 'v', 'k')\n",
            CredentialForm.SECRET_REF,
        ),
        (f"using 'other.bicep'\nparam key = '{LITERAL}'\n", CredentialForm.SECRET_REF),
    ],
)
def test_files_of_values_give_what_they_say(values: str, form: CredentialForm) -> None:
    main = """\
@secure()
param key string
module web 'core/app.bicep' = { name: 'w', params: { name: 'web', key: key } }
"""
    found = deployment_of(
        {
            "infra/main.bicep": main,
            "infra/core/app.bicep": APP,
            "infra/main.bicepparam": values,
        }
    )

    assert {each.form for each in found.credentials if each.holder == "agent"} == {form}


def test_files_of_values_that_differ_leave_it_to_the_template() -> None:
    main = "param off bool = true\n" + WHOLE.replace("var keysOff = false", "var keysOff = off")
    one, other = (f"using 'main.bicep'\nparam off = {each}\n" for each in ("false", "true"))

    def opened(**values: str) -> Truth:
        files = {f"{name}.bicepparam": text for name, text in values.items()}
        return deployment_of({"main.bicep": main, **files}).resources[0].static_access

    assert opened() is Truth.NO
    assert opened(dev=one) is Truth.YES
    assert opened(dev=one, test=one) is Truth.YES
    assert opened(dev=one, live=other) is Truth.NO


def test_resources_within_resources_have_their_whole_types() -> None:
    text = f"""\
resource site 'Microsoft.Web/sites@2023-12-01' existing = {{
  name: 'agent'
  resource settings 'config@2023-12-01' = {{
    name: 'appsettings'
    properties: {{ OPENAI_API_KEY: '{LITERAL}' }}
  }}
}}
resource more 'Microsoft.Web/sites/config@2023-12-01' = {{
  parent: site
  name: 'appsettings'
  properties: union({{ TAVILY_API_KEY: '{LITERAL}' }}, given)
}}
"""
    found = deployment_of({"main.bicep": text})

    assert set(forms(found)) == {"OPENAI_API_KEY", "TAVILY_API_KEY"}
    assert [(each.what, each.evidence.line) for each in found.unresolved] == [
        ("a list in an expression", 11)
    ]


def test_what_an_open_mapping_may_add_is_no_absence() -> None:
    text = """\
param more object
resource account 'Microsoft.CognitiveServices/accounts@2024-10-01' = {
  name: 'models'
  properties: { publicNetworkAccess: 'Enabled', ...more }
}
"""
    assert deployment_of({"main.bicep": text}).resources[0].static_access is Truth.UNKNOWN


def test_a_plain_web_app_with_a_vault_is_read_whole() -> None:
    text = """\
param location string = resourceGroup().location
resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: 'kv-${uniqueString(resourceGroup().id)}'
  location: location
  properties: { enableRbacAuthorization: true, tenantId: subscription().tenantId }
}
resource plan 'Microsoft.Web/serverfarms@2023-12-01' = { name: 'plan', location: location }
resource web 'Microsoft.Web/sites@2023-12-01' = {
  name: 'web'
  location: location
  identity: { type: 'SystemAssigned' }
  properties: {
    serverFarmId: plan.id
    siteConfig: { appSettings: [
      { name: 'VAULT', value: vault.properties.vaultUri }
    ] }
  }
}
"""
    found = deployment_of({"main.bicep": text})

    assert (found.incomplete, found.unresolved) == (False, ())


def test_a_file_that_is_broken_in_part_says_so_and_shows_the_rest() -> None:
    found = deployment_of({"main.bicep": WHOLE + "resource x = {}\n"})

    assert found.coverage[0].status is FileStatus.PARTIAL
    assert (found.coverage[0].line, found.coverage[0].column) == (23, 12)
    assert [grant.admin for grant in found.grants] == [True]


def test_variables_that_grow_without_end_are_left_and_named() -> None:
    lines = [f"var v{n} = [{', '.join([f'v{n - 1}'] * 8)}]" for n in range(1, 12)]
    text = "\n".join(["var v0 = ['a']", *lines, APP.replace("items(all)", "v11")])

    assert deployment_of({"main.bicep": text}).incomplete


def test_modules_that_grow_without_end_are_left_and_named() -> None:
    files = {
        f"m{n}.bicep": "".join(
            f"module m{each} 'm{n + 1}.bicep' = {{ name: 'm' }}\n" for each in range(8)
        )
        for n in range(9)
    }
    found = deployment_of({**files, "m9.bicep": APP})

    assert found.incomplete
    assert len(found.runtimes) < 500


def test_the_order_of_files_changes_nothing() -> None:
    files = {"infra/main.bicep": "module a 'core/app.bicep' = { params: { name: 'a' } }\n"}
    files |= {"infra/core/app.bicep": APP, "b.bicep": WHOLE}
    turned = dict(reversed(files.items()))

    assert deployment_of(files) == deployment_of(turned)


@pytest.mark.parametrize(
    ("template", "runtimes", "read"),
    [
        ("{ resources: [] }", 0, True),
        (
            "{ resources: [{ type: 'Microsoft.Web/sites', name: 'agent', properties: {} }] }",
            1,
            True,
        ),
        ("loadJsonContent('gone.json')", 0, False),
    ],
)
def test_deployments_that_are_resources_of_bicep_are_followed(
    template: str, runtimes: int, *, read: bool
) -> None:
    text = f"""\
resource nested 'Microsoft.Resources/deployments@2024-03-01' = {{
  name: 'nested'
  properties: {{ mode: 'Incremental', template: {template} }}
}}
"""
    found = deployment_of({"main.bicep": text})

    assert len(found.runtimes) == runtimes
    assert found.incomplete is not read


STEP = """
param name string
param keysOff bool = true
resource step 'Microsoft.Search/searchServices@2025-05-01' = {
  name: name
  properties: { disableLocalAuth: keysOff }
}
"""


@pytest.mark.parametrize(
    ("module", "name", "opened"),
    [
        ("'step.bicep'", "search.name", Truth.NO),
        ("'step.bicep'", "other.name", Truth.YES),
        ("'br/public:avm/res/search/search-service:0.12.0'", "search.name", Truth.UNKNOWN),
        ("'br/public:avm/res/search/search-service:0.12.0'", "'tools'", Truth.UNKNOWN),
        ("'br/public:avm/res/search/search-service:0.12.0'", "'others'", Truth.YES),
        ("'br/public:avm/res/storage/storage-account:0.9.1'", "search.name", Truth.YES),
    ],
)
def test_a_second_step_sets_what_the_first_left_out(module: str, name: str, opened: Truth) -> None:
    main = f"""
resource search 'Microsoft.Search/searchServices@2025-05-01' = {{
  name: 'tools'
  sku: {{ name: 'basic' }}
}}
module update {module} = {{
  name: 'update'
  params: {{ name: {name} }}
}}
"""
    found = deployment_of({"main.bicep": main, "step.bicep": STEP}).resources
    (first,) = (item for item in found if item.evidence[0].line == 3)

    assert first.static_access is opened


def test_no_resource_is_called_by_more_than_a_name_is_long() -> None:
    """Everything of it is named after it once more; its digest tells it from others."""
    long = f"var n = '{'a' * 2_000}'\n"
    site = (
        "resource s 'Microsoft.Web/sites' = {name: n, properties: {siteConfig: {appSettings: ["
        "{name: 'OPENAI_API_KEY', value: 'sk-abcdefghijklmnop'}]}}}\n"
    )
    (runtime,) = deployment_of({"main.bicep": long + site}).runtimes

    assert runtime.name.startswith("… (2000 characters, ")
