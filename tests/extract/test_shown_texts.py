"""Scripts, guides, drawn workflows and blueprints: their secrets are found, and never shown."""

import json
from base64 import b64encode
from collections.abc import Mapping

from agentaudit.extract.deployment import deployment_of
from agentaudit.rules.fakes import fake

KEY, TOKEN, PASSWORD = fake("openai_key"), fake("github_classic"), fake("password")
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
    shown = repr(deployment_of(FILES))

    assert [canary for canary in CANARIES if canary in shown or canary[-12:] in shown] == []


def test_each_of_their_secrets_is_found() -> None:
    """What is not seen is not redacted: the test above would pass for an empty deployment."""
    found = {credential.evidence[0].file for credential in deployment_of(FILES).credentials}

    assert found == set(FILES) - {".claude/settings.json"}  # a folder opens nothing
