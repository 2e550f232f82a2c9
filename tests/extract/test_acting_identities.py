"""As whom agents act, where the identity is one of Azure, of a cluster, or of another account."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.evidence import Truth

IDENTITY = """
resource {symbol} 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {{
  name: '{name}'
  location: 'westeurope'
}}
"""
APP = """
resource {name} 'Microsoft.App/containerApps@2024-03-01' = {{
  name: '{name}-agent'
  identity: {{ type: 'UserAssigned', userAssignedIdentities: {{ {given}: {{}} }} }}
  properties: {{ template: {{ containers: [
    {{ name: '{name}', image: 'acme/agent:1', env: [
      {{ name: 'AZURE_OPENAI_ENDPOINT', value: 'https://a.openai.azure.com' }}
    ] }}
  ] }} }}
}}
"""
OWN = "'${own.id}'"


def acting(found: Deployment) -> dict[str, int]:
    """How many agents act as each identity."""
    return {identity.name: len(identity.agents) for identity in found.identities}


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (OWN, {"one": 2}),
        ("'${other.id}'", {"one": 1, "two": 1}),
        ("'${toLower(own.id)}'", {"one": 1}),
        ("'${parameter}'", {"one": 1}),
    ],
)
def test_an_app_acts_as_the_identity_that_it_is_assigned(
    second: str, expected: dict[str, int]
) -> None:
    made = IDENTITY.format(symbol="own", name="one") + IDENTITY.format(symbol="other", name="two")
    apps = APP.format(name="first", given=OWN) + APP.format(name="second", given=second)

    assert (
        acting(deployment_of({"main.bicep": f"param parameter string\n{made}{apps}"})) == expected
    )


def test_identities_of_one_symbol_in_several_modules_are_several() -> None:
    module = IDENTITY.format(symbol="own", name="one") + APP.format(name="first", given=OWN)
    other = IDENTITY.format(symbol="own", name="two") + APP.format(name="second", given=OWN)
    main = "module a 'a.bicep' = { name: 'a' }\nmodule b 'b.bicep' = { name: 'b' }\n"
    found = deployment_of({"main.bicep": main, "a.bicep": module, "b.bicep": other})

    assert acting(found) == {"one": 1, "two": 1}


def test_an_identity_is_found_by_the_id_of_its_resource() -> None:
    name = "Microsoft.ManagedIdentity/userAssignedIdentities"
    variable = {"name": "AZURE_OPENAI_ENDPOINT", "value": "https://a.openai.azure.com"}
    app = {
        "type": "Microsoft.App/containerApps",
        "name": "agent",
        "identity": {
            "type": "UserAssigned",
            "userAssignedIdentities": {f"[resourceId('{name}', 'agents')]": {}},
        },
        "properties": {
            "template": {"containers": [{"name": "agent", "image": "a:1", "env": [variable]}]}
        },
    }
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "resources": [{"type": name, "name": "agents"}, app],
    }

    assert acting(deployment_of({"azuredeploy.json": json.dumps(template)})) == {"agents": 1}


def test_an_agent_of_kagent_acts_as_its_account_and_may_do_what_that_may() -> None:
    text = """
apiVersion: kagent.dev/v1alpha2
kind: Agent
metadata: {name: support, namespace: agents}
spec: {type: Declarative, declarative: {systemMessage: Help.}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: support}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: support, namespace: agents}]
"""
    found = deployment_of({"agents.yaml": text})

    assert acting(found) == {"support": 1}
    assert [grant.agent_reachable for grant in found.grants] == [True]


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ('"arn:aws:iam::111122223333:role/team/agents"', {"agents": 1}),
        ('"arn:aws:iam::${var.account}:role/agents"', {"agents": 1}),
        ('"arn:aws:iam::111122223333:role/${var.name}"', {}),
        ("var.role", {}),
        ("data.aws_iam_role.agents.arn", {}),
    ],
)
def test_a_role_of_another_file_is_known_by_its_arn(role: str, expected: dict[str, int]) -> None:
    text = (
        'resource "aws_bedrockagentcore_agent_runtime" "a" {\n'
        f'  agent_runtime_name = "a"\n  role_arn = {role}\n}}\n'
    )
    found = deployment_of({"main.tf": text})

    assert acting(found) == expected
    assert [end.effect for end in found.unresolved] == ["what it may do is not known"]


@pytest.mark.parametrize(
    ("more", "boundary"),
    [
        ({"RoleId": "A"}, Truth.NO),
        ({"RoleId": "A", "PermissionsBoundary": {"PermissionsBoundaryArn": "a"}}, Truth.YES),
        ({}, Truth.UNKNOWN),
    ],
)
def test_a_whole_answer_says_whether_a_role_has_a_boundary(
    more: dict[str, object], boundary: Truth
) -> None:
    allowed = {"Effect": "Allow", "Principal": {"Service": "a"}, "Action": "sts:AssumeRole"}
    role = {"RoleName": "a", "AssumeRolePolicyDocument": {"Statement": [allowed]}, **more}
    (identity,) = deployment_of({"role.json": json.dumps({"Role": role})}).identities

    assert identity.boundary is boundary


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        ('"agents@acme.iam.gserviceaccount.com"', {"agents": 2}),
        ('"agents@${var.project}.iam.gserviceaccount.com"', {}),
        ("var.account", {}),
    ],
)
def test_an_account_of_another_file_is_known_by_its_address(
    account: str, expected: dict[str, int]
) -> None:
    service = """
resource "google_cloud_run_v2_service" "{name}" {{
  name = "{name}-agent"
  template {{
    service_account = {account}
    containers {{
      image = "acme/{name}-agent:1"
      env {{
        name  = "OPENAI_BASE_URL"
        value = "http://gateway:4000"
      }}
    }}
  }}
}}
"""
    text = "".join(service.format(name=name, account=account) for name in ("first", "second"))

    assert acting(deployment_of({"main.tf": text})) == expected


TOOLKIT = """
agents:
  support: {{name: support, entrypoint: support.py, aws: {{execution_role: "{first}"}}}}
  billing: {{name: billing, entrypoint: billing.py, aws: {{execution_role: "{second}"}}}}
"""
ROLE = "arn:aws:iam::111122223333:role/agents"


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (ROLE, {"agents": 2}),
        ("arn:aws:iam::111122223333:role/billing", {"agents": 1, "billing": 1}),
    ],
)
def test_agents_of_the_toolkit_may_run_as_one_role_that_no_file_declares(
    second: str, expected: dict[str, int]
) -> None:
    text = TOOLKIT.format(first=ROLE, second=second)

    assert acting(deployment_of({".bedrock_agentcore.yaml": text})) == expected


def test_services_of_cloud_run_may_run_as_one_account_that_no_file_declares() -> None:
    service = """
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {{name: {name}-agent, annotations: {{run.googleapis.com/ingress: internal}}}}
spec:
  template:
    spec:
      serviceAccountName: agents@acme.iam.gserviceaccount.com
      containers:
        - {{image: "acme/{name}-agent:1", env: [{{name: OPENAI_BASE_URL, value: "http://g:4000"}}]}}
"""
    text = "---".join(service.format(name=name) for name in ("support", "billing"))

    assert acting(deployment_of({"services.yaml": text})) == {"agents": 2}


TEAM = """\
from strands import Agent

first = Agent(name="first", tools=[read])
second = Agent(name="second", tools=[write])
"""
PODS = """\
apiVersion: v1
kind: ServiceAccount
metadata: {name: team}
"""
POD = """\
---
apiVersion: v1
kind: Pod
metadata: {name: %s-agent}
spec:
  serviceAccountName: team
  containers: [{name: %s-agent, image: "acme/%s-agent:1"}]
"""


def test_agents_of_one_program_do_not_run_apart() -> None:
    pods = PODS + POD.replace("%s", "support")
    (identity,) = deployment_of({"pods.yaml": pods, "support.py": TEAM}).identities

    assert (len(identity.agents), identity.agents_apart) == (2, False)


def test_agents_of_two_pods_run_apart() -> None:
    pods = PODS + POD.replace("%s", "support") + POD.replace("%s", "billing")
    (identity,) = deployment_of({"pods.yaml": pods}).identities

    assert (len(identity.agents), identity.agents_apart) == (2, True)


def test_agents_of_one_pod_cannot_have_two_accounts() -> None:
    beside = '{name: billing-agent, image: "acme/billing-agent:1"}'
    pods = PODS + POD.replace("%s", "support").replace(':1"}]', f':1"}}, {beside}]')
    (identity,) = deployment_of({"pods.yaml": pods}).identities

    assert (len(identity.agents), identity.agents_apart) == (2, False)


def test_the_older_name_of_an_account_counts() -> None:
    older = POD.replace("serviceAccountName", "serviceAccount")
    pods = PODS + POD.replace("%s", "support") + older.replace("%s", "billing")
    (identity,) = deployment_of({"pods.yaml": pods}).identities

    assert (identity.name, len(identity.agents)) == ("team", 2)


def test_what_only_resembles_an_agent_is_none_of_several() -> None:
    """Pods that copy what an agent wrote have its image, and a script to start."""
    copying = POD.replace("%s-agent:1", "agent-coordinator:1").replace("%s", "copy")
    pods = PODS + POD.replace("%s", "support") + copying.replace("copy-agent", "copy")
    (identity,) = deployment_of({"pods.yaml": pods}).identities

    assert (len(identity.agents), identity.agents_apart) == (2, False)
