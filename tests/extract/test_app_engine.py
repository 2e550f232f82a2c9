"""Services of App Engine: what they hold, act as, and when the platform ends what they do."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known
from agentaudit.model.facts.credentials import CredentialForm

SERVICE = """
runtime: python312
entrypoint: python agent.py
env_variables:
  CRM_TOKEN: q8vR2xLkQ9mP4Zt7wYs3nHc6dJf
  PORT: "8080"
"""
AGENT = {"a/agent.py": "from strands import Agent\nagent = Agent()\n"}


def test_a_service_runs_the_agent_beside_it_and_holds_its_variables() -> None:
    found = deployment_of({"a/app.yaml": SERVICE, **AGENT})
    (runtime,) = found.runtimes

    assert (runtime.kind, runtime.memory_limit, runtime.published_ports) == (
        "app_engine",
        Known.SET,
        ("443",),
    )
    (runs,) = [edge for edge in found.edges if edge.kind is EdgeKind.RUNS_ON]
    assert (runs.src, runs.dst) == (found.agents[0].id, runtime.id)
    assert [(each.variable, each.form) for each in found.credentials] == [
        ("CRM_TOKEN", CredentialForm.LITERAL)
    ]


@pytest.mark.parametrize(
    ("more", "seconds"),
    [
        ("", 600),
        ("basic_scaling: {max_instances: 3}\n", 86_400),
        ("env: flex\n", 3_600),
    ],
)
def test_the_platform_ends_a_request(more: str, seconds: int) -> None:
    (agent,) = deployment_of({"a/app.yaml": SERVICE + more, **AGENT}).agents

    assert agent.timeout_s == seconds


@pytest.mark.parametrize(
    ("more", "account", "default"),
    [
        ("", "App Engine default service account", True),
        ("service_account: desk@acme.iam.gserviceaccount.com\n", "desk", False),
        (
            "service_account: acme@appspot.gserviceaccount.com\n",
            "App Engine default service account",
            True,
        ),
    ],
)
def test_a_service_acts_as_an_account(more: str, account: str, *, default: bool) -> None:
    (identity,) = deployment_of({"a/app.yaml": SERVICE + more}).identities

    assert (identity.name, identity.default_account) == (account, default)


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ("automatic_scaling: {max_instances: 4}\n", 4),
        ("env: flex\nautomatic_scaling: {max_num_instances: 2}\n", 2),
        ("manual_scaling: {instances: 1}\n", 1),
        ("", None),
    ],
)
def test_instances_are_counted(more: str, count: int | None) -> None:
    (runtime,) = deployment_of({"a/app.yaml": SERVICE + more}).runtimes

    assert runtime.instances_count == count


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("app.yaml", "runtime: slow\nother: 1\n"),
        ("app.yaml", "entrypoint: python agent.py\n"),
        ("config.yaml", SERVICE),
    ],
)
def test_other_files_are_no_services(file: str, text: str) -> None:
    assert not deployment_of({file: text}).runtimes
