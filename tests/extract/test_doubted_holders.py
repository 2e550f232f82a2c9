"""A key on a container that but resembles an agent's, while the agent surely runs elsewhere."""

import pytest

from agentaudit.extract.deployment import deployment_of

AGENT = """\
from crewai import Agent

triage = Agent(role="Triage", goal="Sort mail", backstory="Careful.", tools=[read_mail])
"""
COMPOSE = """\
services:
  triage:
    build: ./triage
    environment: ["MAIL_TOKEN=${MAIL_TOKEN}", "MODEL_TOKEN=${MODEL_TOKEN}"]
  triage-agent-checks:
    image: registry.example/triage-checks:1.4
    environment: ["HF_TOKEN=${HF_TOKEN}", "MODEL_TOKEN=${MODEL_TOKEN}"]
"""


@pytest.mark.parametrize(
    ("name", "resembles"),
    [("MAIL_TOKEN", [False]), ("MODEL_TOKEN", [False, True]), ("HF_TOKEN", [True])],
)
def test_an_agent_elsewhere_does_not_vouch_for_a_container(
    name: str, resembles: list[bool]
) -> None:
    found = deployment_of({"compose.yaml": COMPOSE, "triage/main.py": AGENT})
    keys = [item for item in found.credentials if item.name == name]

    assert sorted({key.holder_resembles for key in keys}) == resembles
    assert all(key.agent_reachable for key in keys)
