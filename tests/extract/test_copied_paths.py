"""Agents run in the images that are given their files."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind

AGENT = """
from langchain.agents import create_agent

agent = create_agent("openai:gpt-5", tools=[])
"""
COMPOSE = """
services:
  agent_client:
    build: {context: ., dockerfile: client/Dockerfile}
    env_file: .env
"""


def run(dockerfile: str, *, compose: str = COMPOSE) -> set[str]:
    """The frameworks of the agents that the container runs."""
    files = {"desk/agent.py": AGENT, "client/Dockerfile": dockerfile, "compose.yaml": compose}
    return frameworks(deployment_of(files))


def frameworks(deployment: Deployment) -> set[str]:
    (runtime,) = (each for each in deployment.runtimes if each.name == "agent_client")
    on = {
        each.src
        for each in deployment.edges
        if each.kind is EdgeKind.RUNS_ON and each.dst == runtime.id
    }
    return {each.framework for each in deployment.agents if each.id in on} - {""}


@pytest.mark.parametrize(
    "copied",
    [
        "COPY client /app",
        "COPY --chown=app client/requirements.txt client/page.py /app/",
        "COPY /client /app",
        "ADD desk-page /app",
        "COPY --from=ghcr.io/astral-sh/uv:latest /uv /bin/uv\nCOPY client /app",
        "COPY client /app\nFROM python:3.12-slim\nCOPY --from=0 /app /app",
    ],
)
def test_an_image_that_is_given_other_files_runs_no_agent_of_the_folder(copied: str) -> None:
    assert not run(f"FROM python:3.12-slim\n{copied}\n")


@pytest.mark.parametrize(
    "dockerfile",
    [
        "FROM python:3.12-slim\nCOPY . /app\n",
        "FROM python:3.12-slim\nCOPY client /app\nCOPY desk/agent.py /app/\n",
        (
            "FROM python:3.12-slim AS built\nCOPY desk /app\nFROM python:3.12-slim\n"
            "COPY --from=built /app /app\nCOPY client /client\n"
        ),
        "FROM python:3.12-slim\nCOPY d* /app/\n",
        "FROM python:3.12-slim\nCOPY ${WHAT} /app/\n",
        'FROM python:3.12-slim\nCOPY ["desk", "/app"]\n',
        "FROM python:3.12-slim\nRUN pip install requests\n",
        "FROM python:3.12-slim\nCOPY client /app\nRUN git clone https://git.example/acme/desk\n",
        (
            "FROM python:3.12-slim\nCOPY client /app\n"
            "RUN --mount=type=bind,source=desk,target=/desk cp -r /desk /app\n"
        ),
        "FROM registry.example/acme/base:1\nCOPY client /app\n",
        "FROM python:3.12-slim\nCOPY --from=acme.example/desk:1 /app /app\nCOPY client /client\n",
    ],
)
def test_an_image_that_may_hold_the_files_of_an_agent_runs_it(dockerfile: str) -> None:
    assert run(dockerfile) == {"langchain"}


def test_files_may_be_mounted_instead() -> None:
    mounted = COMPOSE + "    volumes: [./desk:/app]\n"

    assert run("FROM python:3.12-slim\nCOPY client /app\n", compose=mounted) == {"langchain"}
