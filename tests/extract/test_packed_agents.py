"""Workloads whose image is the repository's own, and packs agents."""

from collections.abc import Mapping

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind

AGENT = 'from pydantic_ai import Agent\nagent = Agent("openai:gpt-5", name="watcher")\n'
DOCKERFILE = "FROM python:3.13\nCOPY . .\nCMD python main.py\n"
PROJECT = '[project]\nname = "cluster_watch"\ndependencies = ["pydantic-ai", "openai"]\n'
POD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: watch}
spec: {template: {spec: {containers: [{name: app, image: "%s"}]}}}
"""
IMAGE = "ghcr.io/acme/cluster-watch:main"


def watched(image: str = IMAGE, files: Mapping[str, str] | None = None) -> Deployment:
    usual = {
        "pyproject.toml": PROJECT,
        "Dockerfile": DOCKERFILE,
        "app/watch.py": AGENT,
        "deploy/app.yaml": POD % image,
    }
    return deployment_of({**usual, **(files or {})})


def runs_agent(deployment: Deployment) -> bool:
    return any(item.runs_agent for item in deployment.runtimes if item.kind == "pod")


def test_a_pod_runs_the_agents_that_its_image_packs() -> None:
    found = watched()
    edges = [edge for edge in found.edges if edge.kind is EdgeKind.RUNS_ON]

    assert runs_agent(found)
    assert any(edge.src.startswith("agent:watcher") for edge in edges)
    assert [agent.name for agent in found.agents] == ["watcher"]


@pytest.mark.parametrize(
    "missing",
    [
        {"deploy/app.yaml": POD % "ghcr.io/acme/other:main"},
        {"Dockerfile": "FROM python:3.13\nCOPY web/ .\n"},
        {"Dockerfile": "FROM python:3.13\nCOPY --from=built . .\n"},
        {"app/watch.py": "import this\n"},
        {"pyproject.toml": PROJECT.replace("cluster_watch", "another")},
    ],
)
def test_the_chain_has_no_gap(missing: dict[str, str]) -> None:
    assert not runs_agent(watched(files=missing))


def test_two_projects_of_one_name_leave_it_open() -> None:
    other = {"other/pyproject.toml": PROJECT, "other/Dockerfile": DOCKERFILE}

    assert not runs_agent(watched(files={**other, "other/watch.py": AGENT}))


def test_a_folder_is_called_as_its_image() -> None:
    files = {
        "services/cluster-watch/Dockerfile": "FROM python:3.13\nCOPY watch.py .\n",
        "services/cluster-watch/watch.py": AGENT,
        "deploy/app.yaml": POD % IMAGE,
    }

    assert runs_agent(deployment_of(files))


def test_what_the_image_is_known_to_be_stays() -> None:
    found = watched("ghcr.io/acme/cluster-watch-mcp:main")

    assert not runs_agent(found)
