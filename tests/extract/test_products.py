"""Products in images of one's own: what runs is the product, whoever built the image."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from tests.linting.severities import found

COMPOSE = "services:\n  automation:\n    {run}\n    ports: ['8080:8080']\n    {more}\n"
POD = """
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec: {{containers: [{{name: main, image: {image}}}]}}
"""
PRODUCTS = (
    "ghcr.io/berriai/litellm:main-stable",
    "langflowai/langflow:1.6.0",
    "flowiseai/flowise:2.2.8",
    "n8nio/n8n:1.100.0",
    "pgvector/pgvector:pg17",
    "vllm/vllm-openai:v0.11.0",
    "mintplexlabs/anythingllm:1.8",
)


def told(deployment: Deployment) -> list[tuple[str, str, int, int]]:
    return [
        (each.role, each.database, len(deployment.agents), len(deployment.gateways))
        for each in deployment.runtimes
    ]


@pytest.mark.parametrize("image", PRODUCTS)
@pytest.mark.parametrize(
    "more",
    [
        "",
        "RUN apk add ca-certificates\n",
        'ENTRYPOINT ["tini", "--", "/docker-entrypoint.sh"]\n',
        'CMD ["--port", "8080"]\n',
    ],
)
def test_what_extends_a_product_is_that_product(image: str, more: str) -> None:
    own = {
        "compose.yaml": COMPOSE.format(run="build: ./own", more=""),
        "own/Dockerfile": f"FROM node:24 AS pages\nRUN make\nFROM {image}\n{more}",
    }
    published = {"compose.yaml": COMPOSE.format(run=f"image: {image}", more="")}

    assert told(deployment_of(own)) == told(deployment_of(published))
    assert found(own).keys() >= found(published).keys() - {"unpinned-agent-image"}


def test_a_pod_runs_the_product_that_the_dockerfile_of_its_image_extends() -> None:
    files = {
        "gate/Dockerfile": "FROM ghcr.io/berriai/litellm:main-stable\nCOPY config.yaml /app/\n",
        "pod.yaml": POD.format(name="front", image="registry.example/team/gate:3"),
    }

    assert [each.role for each in deployment_of(files).runtimes if each.kind == "pod"] == [
        "gateway"
    ]


@pytest.mark.parametrize(
    ("dockerfile", "more"),
    [
        ("FROM postgres:17\nCMD python worker.py\n", ""),
        ("FROM vllm/vllm-openai:v0.11.0\nENTRYPOINT python3 serve.py\n", ""),
        ("FROM ghcr.io/berriai/litellm:main\n", "command: python check.py"),
        ("FROM node:24\nCMD node server.js\n", ""),
        ("FROM n8nio/n8n:1 AS flows\nFROM node:24\nCOPY --from=flows /x /x\n", ""),
    ],
)
def test_what_starts_something_else_is_no_product(dockerfile: str, more: str) -> None:
    files = {
        "compose.yaml": COMPOSE.format(run="build: ./own", more=more),
        "own/Dockerfile": dockerfile,
    }

    assert [each.role for each in deployment_of(files).runtimes] == [""]


def test_which_of_two_images_of_a_name_a_pod_runs_is_not_guessed() -> None:
    files = {
        "a/gate/Dockerfile": "FROM ghcr.io/berriai/litellm:main-stable\n",
        "b/gate/Dockerfile": "FROM node:24\n",
        "pod.yaml": POD.format(name="front", image="registry.example/team/gate:3"),
    }

    assert [each.role for each in deployment_of(files).runtimes if each.kind == "pod"] == [""]


@pytest.mark.parametrize(
    ("command", "agents"),
    [("[gateway, run]", 1), ("[chat]", 1), ("[dashboard, --host, 0.0.0.0]", 0), ("[nginx]", 0)],
)
def test_an_extended_agent_is_one_by_the_command_that_its_image_takes(
    command: str, agents: int
) -> None:
    found = deployment_of(
        {
            "images/hermes/Dockerfile": "FROM nousresearch/hermes-agent:latest\nUSER 10000\n",
            "compose.yml": "services:\n  hermes:\n    build: {context: images/hermes}\n"
            f"    command: {command}\n    environment: {{GOOGLE_API_KEY: '${{GOOGLE_API_KEY}}'}}\n",
        }
    )

    assert len(found.agents) == agents
