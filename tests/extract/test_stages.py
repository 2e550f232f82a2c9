"""Stages of deployments by their names, and credentials where nobody needs them."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.extract.stages import stage_of_file
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.credentials import Credential
from agentaudit.rules.fakes import expand_fakes


@pytest.mark.parametrize(
    ("file", "stage"),
    [
        ("compose.dev.yaml", "development"),
        ("docker-compose-preview.yml", "preview"),
        ("overlays/staging/agent.yaml", "staging"),
        ("envs/prod/main.tf", "production"),
        ("envs/dev/prod.tfvars", "production"),
        (".env.development", "development"),
        (".env.non-prod", ""),
        (".env.NON_PROD", ""),
        (".env.pre-prod", ""),
        ("non_prod.tfvars", ""),
        ("envs/staging/non-prod.tfvars", "staging"),
        ("dev-not-prod.yaml", "development"),
        ("pre-commit.prod.yaml", "production"),
        ("devices/product.yaml", ""),
        ("compose.yaml", ""),
        ("tests/compose.yaml", ""),
    ],
)
def test_a_file_is_for_the_stage_that_it_names(file: str, stage: str) -> None:
    assert stage_of_file(file) == stage


def held(name: str, value: str, more: str = "") -> Credential:
    text = f"""
services:
  agent:
    image: ghcr.io/acme/agent:1.0.0
    environment:
      OPENAI_MODEL: gpt-5
      {name}: "{value}"
      {more}
"""
    (credential,) = deployment_of({"compose.yaml": expand_fakes(text)}).credentials
    return credential


@pytest.mark.parametrize(
    ("name", "value", "owner"),
    [
        ("PROD_API_TOKEN", "${TOKEN}", "production"),
        ("API_TOKEN", "${PRODUCTION_API_TOKEN}", "production"),
        (
            "API_TOKEN",
            "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/api",
            "production",
        ),
        ("DATABASE_URL", "postgres://a:{{fake:password}}@prod-db.acme.example/a", "production"),
        ("DATABASE_URL", "postgres://prod:{{fake:password}}@db.acme.example/prod", ""),
        ("STRIPE_SECRET_KEY", "{{fake:stripe_live_key}}", "production"),
        ("NON_PROD_API_TOKEN", "${TOKEN}", ""),
        ("PREPROD_API_TOKEN", "${PRE_PROD_TOKEN}", ""),
        ("API_TOKEN", "${DEV_TOKEN_LIKE_PROD}", ""),
        ("PRODUCT_API_TOKEN", "${TOKEN}", ""),
    ],
)
def test_a_credential_belongs_to_production_by_a_name(name: str, value: str, owner: str) -> None:
    assert held(name, value).belongs_to == owner


@pytest.mark.parametrize(
    ("setting", "stage"),
    [
        ("APP_ENV: preview", "preview"),
        ("ENVIRONMENT: dev", "development"),
        ('NODE_ENV: "${NODE_ENV:-development}"', ""),
        ("STAGE: one", ""),
    ],
)
def test_an_environment_says_which_stage_it_is(setting: str, stage: str) -> None:
    assert held("API_TOKEN", "${TOKEN}", setting).environment == stage


@pytest.mark.parametrize(
    ("namespace", "stage"),
    [
        ("agents-prod", "production"),
        ("agents-prd", "production"),
        ("qa", "test"),
        ("sandbox", "test"),
        ("agent-sandbox-system", ""),
        ("dev", "development"),
        ("agents-non-prod", ""),
        ("pre-prod", ""),
        ("production-line-preview", "production"),
        ("agents", ""),
        ("", ""),
    ],
)
def test_a_namespace_is_of_the_stage_that_it_names(namespace: str, stage: str) -> None:
    pod = f"""
apiVersion: v1
kind: Pod
metadata: {{name: agent, namespace: "{namespace}"}}
spec:
  containers: [{{name: agent, image: "ghcr.io/acme/agent:1.0.0"}}]
"""
    (runtime,) = deployment_of({"k8s/agent.yaml": pod}).runtimes

    assert runtime.environment == stage


def test_a_job_in_an_environment_is_of_its_stage() -> None:
    text = """
on: [push]
jobs:
  agent:
    runs-on: ubuntu-latest
    environment: preview
    steps:
      - uses: anthropics/claude-code-action@v1
        env: {DATABASE_PASSWORD: "${{ secrets.PROD_DATABASE_PASSWORD }}"}
"""
    found = deployment_of({".github/workflows/agent.yml": text}).credentials
    (credential,) = (item for item in found if item.name == "DATABASE_PASSWORD")

    assert (credential.environment, credential.belongs_to) == ("preview", "production")


DRAWN = "vq83hTzL0sPm2Xc9RbWd7KfE4uYj6NaG"


@pytest.mark.parametrize(
    ("stage", "name", "confidence"),
    [
        ("ENVIRONMENT: test", "ENCRYPTION_KEY", Confidence.POSSIBLE),
        ("NODE_ENV: testing", "JWT_SECRET", Confidence.POSSIBLE),
        ("ENVIRONMENT: production", "ENCRYPTION_KEY", Confidence.LIKELY),
        ("TARGET: test", "ENCRYPTION_KEY", Confidence.LIKELY),
        ("ENVIRONMENT: test", "PINECONE_API_KEY", Confidence.LIKELY),  # good at its vendor
    ],
)
def test_tests_encrypt_what_they_made_up(stage: str, name: str, confidence: Confidence) -> None:
    text = f"""
on: [push]
jobs:
  tests:
    runs-on: ubuntu-latest
    env:
      {stage}
      {name}: {DRAWN}
    steps: [{{run: pytest}}]
"""
    found = deployment_of({".github/workflows/ci.yml": text}).credentials

    assert [each.confidence for each in found if each.name == name] == [confidence]


@pytest.mark.parametrize(
    ("package", "variable", "needless"),
    [
        ("mcp-server-fetch", "OPENAI_API_KEY", True),
        ("mcp-server-time", "AWS_SECRET_ACCESS_KEY", True),
        ("@modelcontextprotocol/server-github", "SLACK_BOT_TOKEN", True),
        ("@modelcontextprotocol/server-github", "GITHUB_TOKEN", False),
        ("postgres-mcp", "OPENAI_API_KEY", False),
        ("mcp-server-commands", "AWS_SECRET_ACCESS_KEY", False),
        ("ours-mcp", "OPENAI_API_KEY", False),
        ("mcp-server-fetch", "PROXY_PASSWORD", False),
    ],
)
def test_what_a_known_server_needs_is_known(package: str, variable: str, *, needless: bool) -> None:
    server = {"command": "npx", "args": [package], "env": {variable: f"${{{variable}}}"}}
    text = json.dumps({"mcpServers": {"x": server}})
    (credential,) = deployment_of({".mcp.json": text}).credentials

    assert credential.needless_for == (("x",) if needless else ())
