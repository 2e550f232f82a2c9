"""Scripts, guides, drawn workflows and blueprints: their secrets are found, and never shown."""

import json
from base64 import b64encode
from collections.abc import Mapping

from agentaudit.extract.deployment import deployment_of
from agentaudit.rules.fakes import fake
from tests.extract.test_deployment import KEY, PASSWORD, TOKEN, seen

CANARIES = (KEY, TOKEN, PASSWORD, fake("azure_resource_key"))
NODES = [
    {
        "name": f"HTTP {KEY}",
        "type": "n8n-nodes-base.httpRequest",
        "parameters": {"jsonBody": json.dumps({"api_key": PASSWORD})},
    },
    {"name": "Agent", "type": "@n8n/n8n-nodes-langchain.agent", "parameters": {}},
]
OPENCLAW = {
    "gateway": {"auth": {"mode": "token", "token": PASSWORD}},
    "agents": {"list": [{"id": TOKEN, "tools": {}}]},
    "channels": {KEY: {"dmPolicy": "open"}},
}
FILES: Mapping[str, str] = {
    "run.sh": f"DB_PASSWORD='{PASSWORD}'\nclaude --dangerously-skip-permissions -p {TOKEN}\n",
    "guide.md": f"Say `{CANARIES[3]}`.\n",
    "flow.json": json.dumps({"nodes": NODES, "connections": {}}),
    "openclaw.json": json.dumps(OPENCLAW),
    "render.yaml": f"""services:
  - type: web
    name: agent
    dockerCommand: run --token {TOKEN}
    envVars: [{{key: CRM_PASSWORD, value: "{PASSWORD}"}}]
""",
    "Pulumi.yaml": f"""name: a
runtime: yaml
resources:
  agent:
    type: aws:lambda:Function
    properties: {{environment: {{variables: {{CRM_TOKEN: {TOKEN}}}}}}}
""",
    "Agent.cs": f'using Microsoft.SemanticKernel;\n[KernelFunction] a = "{KEY}";\n',
    "config.json": json.dumps(
        {"auths": {TOKEN: {"auth": b64encode(f"a:{PASSWORD}".encode()).decode()}}}
    ),
    "main.tf": f"""resource "aws_instance" "a" {{
  user_data = "export DB_PASSWORD={PASSWORD}"
}}
resource "google_iam_workload_identity_pool_provider" "a" {{
  workload_identity_pool_provider_id = "a"
  attribute_condition                = "assertion.a == '{TOKEN}'"
  oidc {{
    issuer_uri = "https://a:{PASSWORD}@gitlab.com"
  }}
}}
""",
    ".claude/settings.json": json.dumps({"permissions": {"additionalDirectories": [f"/{KEY}"]}}),
    "policy.yaml": f"""apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {{name: a}}
spec:
  endpointSelector: {{}}
  egress: [{{toFQDNs: [{{matchName: {TOKEN}}}]}}]
""",
}


def test_no_secret_of_them_is_anywhere_to_be_seen() -> None:
    assert seen(CANARIES, deployment_of(FILES)) == []


def test_each_of_their_secrets_is_found() -> None:
    """What is not seen is not redacted: the test above would pass for an empty deployment."""
    found = {credential.evidence[0].file for credential in deployment_of(FILES).credentials}

    assert found == set(FILES) - {".claude/settings.json"}  # a folder opens nothing


STATEMENT = {
    "Sid": KEY,
    "Effect": "Allow",
    "Action": [f"s3:{TOKEN}", f"{KEY}:*"],
    "Resource": [f"arn:aws:s3:::drop/{TOKEN}", f"https://a:{PASSWORD}@acme.example"],
    "Condition": {"StringEquals": {f"aws:{TOKEN}": [KEY]}},
    "Principal": {"AWS": f"arn:aws:iam::111122223333:role/{KEY}"},
}
GRANTS: Mapping[str, str] = {
    "policy.json": json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]}),
    "role.tf": f"""resource "aws_iam_role_policy" "a" {{
  role   = aws_iam_role.a.id
  policy = jsonencode({json.dumps({"Statement": [STATEMENT]})})
}}
resource "aws_iam_role" "a" {{
  name               = "a"
  assume_role_policy = jsonencode({json.dumps({"Statement": [STATEMENT]})})
}}
resource "google_project_iam_custom_role" "a" {{
  role_id     = "a"
  permissions = ["storage.objects.{TOKEN}"]
}}
resource "google_project_iam_member" "a" {{
  project = "p"
  role    = google_project_iam_custom_role.a.id
  member  = "serviceAccount:{KEY}@p.iam.gserviceaccount.com"
}}
resource "google_project_iam_member" "b" {{
  project = "{TOKEN}"
  role    = "roles/{KEY}"
  member  = "allUsers"
}}
resource "azurerm_role_assignment" "a" {{
  scope                = "/subscriptions/{TOKEN}"
  role_definition_name = "{KEY}"
  principal_id         = "{KEY}"
}}
resource "azurerm_role_definition" "a" {{
  name  = "a"
  scope = "/subscriptions/s"
  permissions {{
    actions     = ["Microsoft.Storage/{TOKEN}/write"]
    not_actions = ["{KEY}/*"]
  }}
}}
""",
    "role.yaml": f"""apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: "{KEY}"}}
rules: [{{apiGroups: ["{KEY}"], resources: ["{TOKEN}"], verbs: ["delete", "{KEY}"]}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{name: b}}
roleRef: {{kind: ClusterRole, name: "{KEY}"}}
subjects: [{{kind: ServiceAccount, name: a, namespace: "{TOKEN}"}}]
""",
}


def test_no_secret_within_a_grant_is_anywhere_to_be_seen() -> None:
    """Nor in small letters, in which rights are compared."""
    deployment = deployment_of(GRANTS)

    assert {grant.source for grant in deployment.grants} == {
        "aws_iam",
        "kubernetes_rbac",
        "gcp_iam",
        "azure_rbac",
        "azure_role",
    }
    assert seen(CANARIES, deployment) == []
