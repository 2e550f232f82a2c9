"""A word that anybody guesses is a secret where a program asks others for it as it stands."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Confidence

COMPOSE = "services:\n  agent:\n    image: agent:1\n    environment:\n      {key}: '{value}'\n"
MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: agent}}
spec:
  template:
    spec:
      containers:
      - name: agent
        image: agent:1
        env: [{{name: {key}, value: '{value}'}}]
"""
BY_FILE = "services:\n  agent:\n    image: agent:1\n    env_file: {file}\n"


def guessed(files: dict[str, str]) -> list[tuple[str, Confidence]]:
    found = deployment_of(files).credentials
    return [(each.variable, each.confidence) for each in found]


@pytest.mark.parametrize("text", [COMPOSE, MANIFEST])
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ACME_DJANGO_SECRET_KEY", "secret"),
        ("ACME_ADMIN_PASSWORD", "password"),
        ("JWT_SECRET", "change-me"),
        ("SESSION_SECRET", "your-session-secret"),
        ("NEXTAUTH_SECRET", "${LANGFUSE_SECRET:-supersecretkey_change_in_prod}"),
        ("OAUTH2_PROXY_COOKIE_SECRET", "change-me"),
        ("LITELLM_MASTER_KEY", "changeme"),
        ("POSTGRES_PASSWORD", "password"),
        ("DB_PASSWORD", "your-password"),
    ],
)
def test_what_guards_a_door_is_a_secret_however_easily_guessed(
    text: str, key: str, value: str
) -> None:
    (found,) = guessed({"deploy.yaml": text.format(key=key, value=value)})

    assert found == (key, Confidence.POSSIBLE)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("OPENAI_API_KEY", "changeme"),  # opens nothing at its vendor
        ("SLACK_BOT_TOKEN", "your-token"),
        ("SMTP_PASSWORD", "password"),  # of a server that others run
        ("DISABLE_ADMIN_PASSWORD", "true"),
        ("SECRET_KEY", ""),
        ("ADMIN_PASSWORD", "${ADMIN_PASSWORD:?set it}"),
        ("ADMIN_PASSWORD_FILE", "/run/secrets/admin"),
    ],
)
def test_what_opens_nothing_as_it_stands_is_none(key: str, value: str) -> None:
    found = guessed({"compose.yaml": COMPOSE.format(key=key, value=value)})

    assert all(confidence is not Confidence.POSSIBLE for _, confidence in found)


def test_a_file_that_is_copied_waits_for_other_values() -> None:
    """But not where a service reads it as it is."""
    line, compose = "JWT_SECRET=change-me\n", BY_FILE.format(file=".env")
    copied = guessed({"compose.yaml": compose, ".env.example": line})
    read = guessed({"compose.yaml": BY_FILE.format(file=".env.example"), ".env.example": line})

    assert (copied, read) == ([], [("JWT_SECRET", Confidence.POSSIBLE)])


def test_nobody_has_to_steal_what_is_guessed() -> None:
    """So a container that has nothing else holds no secrets, and needs no wall around it."""
    guards = deployment_of({"compose.yaml": COMPOSE.format(key="JWT_SECRET", value="change-me")})
    holds = deployment_of({"compose.yaml": COMPOSE.format(key="JWT_SECRET", value="${JWT}")})

    assert [each.default_value for each in guards.credentials] == [True]
    assert [each.holds_secrets for each in guards.runtimes] == [False]
    assert [each.holds_secrets for each in holds.runtimes] == [True]


def test_the_default_of_a_variable_guards_a_door_until_somebody_sets_it() -> None:
    found = guessed({"compose.yaml": COMPOSE.format(key="JWT_SECRET", value="${JWT:-change-me}")})

    assert found == [("JWT_SECRET", Confidence.POSSIBLE)]
