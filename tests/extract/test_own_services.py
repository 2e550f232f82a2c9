"""What a job of a workflow guards in service containers of its own is made up for them."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Confidence
from agentaudit.rules.fakes import fake

DRAWN = "q8vR2xLkQ9mP4Zt7wYs3nHc6dJf"
OTHER = DRAWN[::-1]
SERVICES = f"""
    services:
      postgres:
        image: postgres:17
        env: {{POSTGRES_PASSWORD: {DRAWN}}}
"""


def confidence(variable: str, value: str, services: str = SERVICES) -> Confidence:
    text = f"""
on: [push]
jobs:
  tests:
    runs-on: ubuntu-latest
{services}
    steps:
      - run: npx playwright test
        env:
          {variable}: {value}
"""
    (credential,) = deployment_of({".github/workflows/ci.yml": text}).credentials
    return credential.confidence


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PGPASSWORD", DRAWN),
        ("DATABASE_URL", f"postgresql://app:{OTHER}@localhost:5432/app"),
        ("DATABASE_URL", f"postgresql://app:{OTHER}@postgres:5432/app"),
        ("E2E_PASSWORD", OTHER),
        ("TEST_USER_PASSWORD", OTHER),
        ("JWT_SECRET", OTHER),
    ],
)
def test_what_opens_a_container_of_the_job_is_doubted_there_alone(
    variable: str, value: str
) -> None:
    assert confidence(variable, value) is Confidence.POSSIBLE
    assert confidence(variable, value, services="") is not Confidence.POSSIBLE


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PGPASSWORD", OTHER),
        ("DATABASE_URL", f"postgresql://app:{DRAWN}@db.example.org:5432/app"),
        ("E2E_API_TOKEN", OTHER),
        ("CRM_PASSWORD", OTHER),
        ("E2E_PASSWORD", fake("openai_key")),
        ("TEST_KEY", fake("github_classic")),
    ],
)
def test_what_opens_something_else_stays_a_secret(variable: str, value: str) -> None:
    assert confidence(variable, value) is not Confidence.POSSIBLE
    assert confidence(variable, value) is confidence(variable, value, services="")


def test_the_same_variable_of_another_job_stays_a_secret() -> None:
    text = f"""
on: [push]
jobs:
  tests:
    runs-on: ubuntu-latest
{SERVICES}
    steps: [{{run: make, env: {{PGPASSWORD: {DRAWN}}}}}]
  deploy:
    runs-on: ubuntu-latest
    steps: [{{run: make, env: {{PGPASSWORD: {OTHER}}}}}]
"""
    found = deployment_of({".github/workflows/ci.yml": text}).credentials

    assert {each.confidence for each in found} == {Confidence.POSSIBLE, Confidence.LIKELY}
