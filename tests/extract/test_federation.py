"""Who from outside gets in: subjects of other issuers, on AWS and on Google Cloud."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.rules.ours import lint_rules

PROVIDER = """
resource "google_iam_workload_identity_pool_provider" "p" {
  workload_identity_pool_id          = "ci"
  workload_identity_pool_provider_id = "ci"
  %s
  %s
}
"""
GITHUB = 'oidc {\n    issuer_uri = "https://token.actions.githubusercontent.com"\n  }'


def fires(**files: str) -> bool:
    texts = {name.replace("_", "."): text for name, text in files.items()}
    found = lint(deployment_of(texts), lint_rules()).findings
    return "loose-federation-subject" in {finding.rule for finding in found}


@pytest.mark.parametrize(
    ("issuer", "condition", "loose"),
    [
        (GITHUB, "", True),
        (GITHUB, "attribute_condition = \"assertion.repository_owner == 'acme'\"", False),
        (GITHUB, "attribute_condition = var.condition", False),
        (GITHUB.replace("token.actions.githubusercontent.com", "login.acme.example"), "", False),
        ('aws {\n    account_id = "1"\n  }', "", False),
    ],
)
def test_a_provider_of_many_needs_a_condition(issuer: str, condition: str, *, loose: bool) -> None:
    assert fires(main_tf=PROVIDER % (issuer, condition)) is loose


def test_an_issuer_that_no_value_tells_is_open() -> None:
    text = PROVIDER % ("oidc {\n    issuer_uri = var.issuer\n  }", "")
    found = deployment_of({"main.tf": text})

    assert not found.identities
    assert [end.effect for end in found.unresolved] == ["who gets in is open"]


@pytest.mark.parametrize(
    ("subject", "loose"),
    [
        ("repo:acme/agent:environment:production", False),
        ("repo:acme/*", True),
        ("workflow:deploy:*", True),
        ("environment:production:*", True),
        ("repository_owner:acme", True),
        ("job_workflow_ref:acme/ci/.github/workflows/deploy.yaml@refs/heads/main", False),
    ],
)
def test_a_subject_that_names_no_repository_is_anybodys(subject: str, *, loose: bool) -> None:
    key = "token.actions.githubusercontent.com"
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{key}"},
        "Condition": {"StringLike": {f"{key}:sub": subject}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    assert fires(trust_json=policy) is loose
