"""Builds of Google Cloud Build: the agents that their steps start, and what the steps hold."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.facts.credentials import CredentialForm

STEP = """
steps:
  - name: gcr.io/cloud-builders/docker
    args: [build, -t, agent, .]
  - name: node:22
    id: review
{command}
    env:
      - "CRM_TOKEN=q8vR2xLkQ9mP4Zt7wYs3nHc6dJf"
      - "STAGE=prod"
    secretEnv: [ANTHROPIC_API_KEY]
availableSecrets:
  secretManager:
    - versionName: projects/acme/secrets/key/versions/latest
      env: ANTHROPIC_API_KEY
"""


@pytest.mark.parametrize(
    "command",
    [
        "    entrypoint: bash\n    args: [-c, 'npm ci && claude --dangerously-skip-permissions']",
        "    entrypoint: sh\n    args:\n      - -c\n      - |\n        codex exec --full-auto",
        "    entrypoint: claude\n    args: [--dangerously-skip-permissions, -p, x]",
        "    script: claude --dangerously-skip-permissions -p x",
    ],
)
def test_a_step_may_start_an_agent(command: str) -> None:
    found = deployment_of({"deploy/cloudbuild.prod.yaml": STEP.format(command=command)})
    (agent,) = found.agents

    assert (agent.name, agent.permission_mode) == ("cloudbuild.prod.yaml/review", "bypass")
    assert [each.name for each in found.runtimes if each.runs_agent] == [agent.name]
    assert {(each.variable, each.form) for each in found.credentials} == {
        ("CRM_TOKEN", CredentialForm.LITERAL),
        ("ANTHROPIC_API_KEY", CredentialForm.ENV_REF),
    }


@pytest.mark.parametrize(
    "command",
    [
        "    entrypoint: bash\n    args: [-c, 'claude --version']",
        "    args: [install, -g, '@anthropic-ai/claude-code']",
    ],
)
def test_other_steps_start_none(command: str) -> None:
    assert not deployment_of({"cloudbuild.yaml": STEP.format(command=command)}).agents


def test_no_account_stands_in_for_a_key_of_what_asks_for_keys_alone() -> None:
    step = STEP.replace("ANTHROPIC_API_KEY]", "GEMINI_API_KEY, GOOGLE_CUSTOM_SEARCH_API_KEY]")
    found = deployment_of({"cloudbuild.yaml": step.format(command="    script: claude -p x")})

    assert {each.variable: each.short_alternative for each in found.credentials} == {
        "CRM_TOKEN": "",
        "GEMINI_API_KEY": "the service account of the build",
        "GOOGLE_CUSTOM_SEARCH_API_KEY": "",
    }
