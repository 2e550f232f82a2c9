"""Rows of the catalogue by format: what each format says of a fault is found, and no more."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest
import yaml

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.rules.compiled import CompiledRule
from agentaudit.rules.fakes import expand_fakes
from agentaudit.rules.ours import lint_rules

Files = Mapping[str, str]
Policy = dict[str, object]
TABLES = sorted((Path(__file__).parent / "rows").glob("*.yaml"))
CASES = [
    pytest.param(case["rule"], case["fault"], case["clean"], id=f"{case['row']}-{case['format']}")
    for table in TABLES
    for case in yaml.safe_load(table.read_text(encoding="utf-8"))
]


@cache
def rules() -> tuple[CompiledRule, ...]:
    return lint_rules([])


def found(files: Files) -> set[str]:
    texts = {file: expand_fakes(text) for file, text in files.items()}
    return {finding.rule for finding in lint(deployment_of(texts), rules()).findings}


@pytest.mark.parametrize(("rule", "fault", "clean"), CASES)
def test_a_row_is_found_in_each_of_its_formats(rule: str, fault: Files, clean: Files) -> None:
    assert rule in found(fault)
    assert rule not in found(clean)


def granting(*actions: str, resource: str = "*", **more: object) -> Policy:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def trusting(principal: object, **condition: object) -> Policy:
    action = "sts:AssumeRole"
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Condition": condition}


_ARN = "arn:aws:{}:eu-west-1:111122223333:{}"
_FILES = "arn:aws:s3:::acme-reports/*"
_PASSED = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
_GITHUB = "token.actions.githubusercontent.com"
_READS = granting("s3:GetObject", resource=_FILES)
_SENDS = granting("ses:SendRawEmail")
PERMISSIONS: Mapping[str, tuple[str, list[Policy], list[Policy]]] = {
    "IAM-001": ("administrator-grant", [granting("*")], [_READS]),
    "IAM-002": ("service-wildcard-grant", [granting("s3:*", resource=_FILES)], [_READS]),
    "IAM-003": (
        "allow-by-exception",
        [{"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}],
        [_READS],
    ),
    "IAM-004": (
        "unscoped-writes",
        [granting("dynamodb:PutItem")],
        [granting("dynamodb:PutItem", resource=_ARN.format("dynamodb", "table/orders"))],
    ),
    "IAM-005": (
        "privilege-escalation",
        [granting("iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction")],
        [granting("lambda:InvokeFunction", resource=_ARN.format("lambda", "function:a"))],
    ),
    "IAM-006": (
        "any-role-passed",
        [granting("iam:PassRole")],
        [granting("iam:PassRole", resource="arn:aws:iam::111122223333:role/a", Condition=_PASSED)],
    ),
    "IAM-007": (
        "any-secret-readable",
        [granting("secretsmanager:GetSecretValue")],
        [
            granting(
                "secretsmanager:GetSecretValue", resource=_ARN.format("secretsmanager", "secret:a")
            )
        ],
    ),
    "IAM-008": ("exfiltration-pair", [granting("s3:GetObject"), _SENDS], [_READS, _SENDS]),
    "IAM-014": (
        "any-model-invocable",
        [granting("bedrock:InvokeModel")],
        [granting("bedrock:InvokeModel", resource="arn:aws:bedrock:eu-west-1::foundation-model/m")],
    ),
    "IAM-015": (
        "own-guardrails-changeable",
        [granting("bedrock:DeleteGuardrail")],
        [granting("bedrock:ApplyGuardrail", resource=_ARN.format("bedrock", "guardrail/a"))],
    ),
    "CRED-005": (
        "key-creating-grant",
        [granting("iam:CreateAccessKey", resource="arn:aws:iam::111122223333:user/a")],
        [granting("iam:ListAccessKeys", resource="arn:aws:iam::111122223333:user/a")],
    ),
}
TRUSTS: Mapping[str, tuple[str, list[Policy], list[Policy]]] = {
    "IAM-009": (
        "open-trust",
        [trusting({"AWS": "*"})],
        [trusting({"Service": "lambda.amazonaws.com"})],
    ),
    "IAM-010": (
        "confused-deputy-trust",
        [trusting({"Service": "bedrock.amazonaws.com"})],
        [
            trusting(
                {"Service": "bedrock.amazonaws.com"},
                StringEquals={"aws:SourceAccount": "111122223333"},
            )
        ],
    ),
    "IAM-011": (
        "loose-federation-subject",
        [trusting({"Federated": _GITHUB}, StringLike={f"{_GITHUB}:sub": "repo:acme/*"})],
        [
            trusting(
                {"Federated": _GITHUB},
                StringEquals={
                    f"{_GITHUB}:sub": "repo:acme/agent:ref:refs/heads/main",
                    f"{_GITHUB}:aud": "sts.amazonaws.com",
                },
            )
        ],
    ),
}
_LAMBDA = [trusting({"Service": "lambda.amazonaws.com"})]


def document(statements: list[Policy]) -> Policy:
    return {"Version": "2012-10-17", "Statement": statements}


def terraform(permissions: list[Policy], trust: list[Policy]) -> Files:
    text = f"""
resource "aws_iam_role" "agent" {{
  name               = "agent"
  assume_role_policy = jsonencode({json.dumps(document(trust))})
}}
resource "aws_iam_role_policy" "agent" {{
  role   = aws_iam_role.agent.name
  policy = jsonencode({json.dumps(document(permissions))})
}}
"""
    return {"main.tf": text}


def role(permissions: list[Policy], trust: list[Policy]) -> Policy:
    policy = {"PolicyName": "agent", "PolicyDocument": document(permissions)}
    properties = {"AssumeRolePolicyDocument": document(trust), "Policies": [policy]}
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def cloudformation(permissions: list[Policy], trust: list[Policy]) -> Files:
    return {"template.yaml": json.dumps({"Resources": {"Agent": role(permissions, trust)}})}


def sam(permissions: list[Policy], trust: list[Policy]) -> Files:
    properties = {
        "Handler": "a.b",
        "Policies": ["AWSLambdaBasicExecutionRole", document(permissions)],
        "AssumeRolePolicyDocument": document(trust),
    }
    function = {"Type": "AWS::Serverless::Function", "Properties": properties}
    template = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Agent": function}}
    return {"template.yaml": json.dumps(template)}


def serverless(permissions: list[Policy], trust: list[Policy]) -> Files:
    project = {
        "service": "agent",
        "provider": {"name": "aws", "iam": {"role": {"statements": permissions}}},
        "functions": {"agent": {"handler": "a.b"}},
        "resources": {"Resources": {"Other": role([_READS], trust)}},
    }
    return {"serverless.yml": json.dumps(project)}


WRITTEN: Mapping[str, Callable[[list[Policy], list[Policy]], Files]] = {
    "TF": terraform,
    "CFN": cloudformation,
    "SAM": sam,
    "serverless": serverless,
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("row", PERMISSIONS)
def test_a_permission_is_found_wherever_it_is_granted(
    row: str, written: Callable[[list[Policy], list[Policy]], Files]
) -> None:
    rule, fault, clean = PERMISSIONS[row]

    assert rule in found(written(fault, _LAMBDA))
    assert rule not in found(written(clean, _LAMBDA))


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("row", TRUSTS)
def test_a_trust_is_found_wherever_it_is_given(
    row: str, written: Callable[[list[Policy], list[Policy]], Files]
) -> None:
    rule, fault, clean = TRUSTS[row]

    assert rule in found(written([_READS], fault))
    assert rule not in found(written([_READS], clean))


@pytest.mark.parametrize("row", [*PERMISSIONS, *TRUSTS])
def test_a_policy_is_judged_where_it_stands_alone(row: str) -> None:
    rule, fault, clean = {**PERMISSIONS, **TRUSTS}[row]

    assert rule in found({"policy.json": json.dumps(document(fault))})
    assert rule not in found({"policy.json": json.dumps(document(clean))})


PLACES: Mapping[str, str] = {
    "compose.yaml": "services:\n  a:\n    image: a:1\n    environment: {VALUE: '%s'}\n",
    ".env": "OPENAI_MODEL=gpt-5\nVALUE=%s\n",
    "values.yaml": "agent: {env: {VALUE: '%s'}}\n",
    "main.tf": 'resource "aws_lambda_function" "a" {\n  environment {\n    variables = {\n'
    '      VALUE = "%s"\n    }\n  }\n}\n',
    "terraform.tfvars": 'value = "%s"\n',
    "template.yaml": "Resources: {A: {Type: AWS::Lambda::Function, Properties: {Environment:"
    " {Variables: {VALUE: '%s'}}}}}\n",
    "serverless.yml": "service: a\nprovider: {name: aws, environment: {VALUE: '%s'}}\n"
    "functions: {a: {handler: a.b}}\n",
    ".mcp.json": '{"mcpServers": {"x": {"command": "x-mcp", "env": {"VALUE": "%s"}}}}',
    ".codex/config.toml": '[mcp_servers.x]\ncommand = "x-mcp"\nenv = { VALUE = "%s" }\n',
    "Dockerfile": "FROM python:3.13\nENV VALUE=%s\n",
    "agent.py": 'import openai\nVALUE = "%s"\n',
    ".github/workflows/a.yml": "on: [push]\njobs: {a: {runs-on: x, env: {VALUE: '%s'}}}\n",
    ".gitlab-ci.yml": "variables: {VALUE: '%s'}\na: {script: [agent]}\n",
    "langgraph.json": '{"graphs": {"a": "./a.py:g"}, "env": {"VALUE": "%s"}}',
}
"""Files, with the place in them where a value stands."""
LITERALS: Mapping[str, str] = {
    "aws_access_key": "literal-aws-access-key",
    "aws_session_key": "literal-short-lived-credential",
    "bedrock_key": "literal-bedrock-key",
    "google_api_key": "literal-model-api-key",
    "azure_client_secret": "literal-cloud-service-key",
    "github_classic": "literal-code-host-token",
    "gitlab_token": "literal-code-host-token",
    "github_app_token": "literal-short-lived-credential",
    "openai_key": "literal-model-api-key",
    "openai_admin_key": "model-admin-key-in-reach",
    "slack_bot": "literal-service-token",
    "jwt": "token-outlives-limit",
}


@pytest.mark.parametrize("place", PLACES)
def test_a_credential_is_known_by_its_look_in_every_format(place: str) -> None:
    """Rows whose formats are all: the value alone says what it is, whatever it is called."""
    missed = {
        kind
        for kind, rule in LITERALS.items()
        if rule not in found({place: PLACES[place].replace("%s", f"{{{{fake:{kind}}}}}")})
    }

    assert missed == set()
    assert not found({place: PLACES[place].replace("%s", "of-no-worth")}) & {*LITERALS.values()}
