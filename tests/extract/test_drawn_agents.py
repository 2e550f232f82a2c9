"""Where agents run that were drawn in n8n, Flowise or Dify."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind
from tests.extract.test_low_code import n8n
from tests.linting.severities import found

FLOW = {"flows/help.json": json.dumps(n8n())}
SOCKET = "volumes: ['/var/run/docker.sock:/var/run/docker.sock']"
ONE = f"services:\n  flows:\n    {{}}\n    {SOCKET}\n"


def places(deployment: Deployment) -> list[tuple[str, str]]:
    names = {each.id: each.name for each in (*deployment.agents, *deployment.runtimes)}
    edges = (edge for edge in deployment.edges if edge.kind is EdgeKind.RUNS_ON)
    return [(names[edge.src], names[edge.dst]) for edge in edges]


@pytest.mark.parametrize(
    "files",
    [
        {"compose.yaml": ONE.format("image: n8nio/n8n:1.100.0")},
        {
            "compose.yaml": ONE.format("build: ./own"),
            "own/Dockerfile": "FROM n8nio/n8n:1.100.0\nUSER root\nRUN apk add docker-cli\n",
        },
    ],
)
def test_a_drawn_agent_runs_in_the_product_it_was_drawn_in(files: dict[str, str]) -> None:
    deployment = deployment_of({**FLOW, **files})

    assert places(deployment) == [("Helper", "flows")]
    assert "agent-owns-host" in found({**FLOW, **files})
    assert "agent-owns-host" not in found(files)  # what nobody drew an agent in may have none


@pytest.mark.parametrize(
    "text",
    [
        ONE.format("image: flowiseai/flowise:3"),
        ONE.format("image: registry.example/flows:1"),
        f"{ONE.format('image: n8nio/n8n:1')}  second:\n    image: n8nio/n8n:1\n",
    ],
)
def test_which_of_several_and_what_is_another_product_is_not_guessed(text: str) -> None:
    assert not places(deployment_of({**FLOW, "compose.yaml": text}))
