"""Folders of a home that a container is given, with what its owner signs in with."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.model.finding import Severity
from agentaudit.rules.ours import lint_rules

AGENT = "image: 'acme/desk-agent:1', environment: {OPENAI_BASE_URL: 'http://gateway:4000'}"
POD = """
apiVersion: v1
kind: Pod
metadata: {{name: desk}}
spec:
  containers:
    - name: agent
      image: acme/desk-agent:1
      volumeMounts: [{{name: home, mountPath: /keys}}]
  volumes: [{{name: home, hostPath: {{path: {path}}}}}]
"""


def given(text: str, file: str = "compose.yaml") -> tuple[str, ...]:
    (runtime,) = deployment_of({file: text}).runtimes
    return runtime.personal_folders


@pytest.mark.parametrize(
    ("volume", "folders"),
    [
        ("'~/.aws:/home/agent/.aws:ro'", ("~/.aws",)),
        ("'${HOME}/.kube/config:/config'", ("${HOME}/.kube/config",)),
        ("'${HOME:-/root}/.azure:/root/.azure'", ("${HOME:-/root}/.azure",)),
        ("'/home/ada/.config/gcloud:/gcloud'", ("/home/ada/.config/gcloud",)),
        ("{type: bind, source: ~/.ssh, target: /root/.ssh}", ("~/.ssh",)),
        ("'~/.ssh/known_hosts:/root/.ssh/known_hosts'", ()),
        ("'~/.ssh/desk.pub:/root/.ssh/desk.pub'", ()),
        ("'~/.awsome:/a'", ()),
        ("'~/.cache/huggingface:/cache'", ()),
        ("'./aws:/home/agent/.aws'", ()),
        ("'aws:/home/agent/.aws'", ()),
    ],
)
def test_what_a_service_is_given_of_a_home(volume: str, folders: tuple[str, ...]) -> None:
    assert given(f"services: {{agent: {{{AGENT}, volumes: [{volume}]}}}}\n") == folders


@pytest.mark.parametrize(("path", "count"), [("/root/.kube", 1), ("/var/lib/desk", 0)])
def test_a_pod_may_be_given_a_home_of_its_node(path: str, count: int) -> None:
    assert len(given(POD.format(path=path), "pod.yaml")) == count


@pytest.mark.parametrize(
    ("service", "told"),
    [
        (AGENT, [Severity.MEDIUM]),
        ("image: 'traefik:3'", []),
        ("image: 'acme/agent-dashboard:1'", [Severity.LOW]),
    ],
)
def test_an_agent_that_gets_them_acts_as_that_person(service: str, told: list[Severity]) -> None:
    text = f"services: {{it: {{{service}, volumes: ['~/.aws:/aws']}}}}\n"
    rules = {"personal-credentials-in-agent"}
    found = lint(deployment_of({"compose.yaml": text}), lint_rules(), names=rules).findings

    assert [each.severity for each in found] == told
