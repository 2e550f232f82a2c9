"""What multiplies is told up to a limit: beyond it, it is named, and nothing passes as read."""

import json
from types import ModuleType

import pytest

from agentaudit.extract.azure import identities as azure_identities
from agentaudit.extract.budgets import Budget, Spent
from agentaudit.extract.coding_agents import instructions, openclaw
from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.containers import render
from agentaudit.extract.deployment import deployment_of
from agentaudit.extract.joins import credentials as joined_credentials
from agentaudit.extract.pipelines import actions_jobs
from agentaudit.extract.stacks import Stack
from agentaudit.model.deployment import Deployment, EdgeKind, FileStatus
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.agents import Agent, Instruction

PLACE = Evidence(file="a.py", line=1, column=1, end_line=1, end_column=1)
AGENT = (
    "from langgraph.prebuilt import create_react_agent\n"
    "agent = create_react_agent('openai:gpt-4o', tools=[])\n"
)
CALLED = (
    "on: workflow_call\njobs:\n  a:\n    runs-on: x\n    steps: [{run: ls}, {run: ls}, {run: ls}]\n"
)
CALLING = "on: push\njobs:\n  a: {uses: ./.github/workflows/called.yml}\n"


def in_part(deployment: Deployment) -> set[str]:
    return {
        f"{file.file}: {file.reason}"
        for file in deployment.coverage
        if file.status is FileStatus.PARTIAL
    }


def test_what_is_spent_counts_beyond_what_each_has_for_free() -> None:
    spent, budget = Spent(), Budget("looks", 3, free=2)

    assert [spent.on(budget, more, file="a") for more in (2, 4, 3, 3)] == [True, True, True, False]
    assert spent.on(budget, 5, file="b")


def test_an_instruction_prompts_the_agents_of_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are more than a budget for all instructions are named, and the run ends with 3."""
    monkeypatch.setattr(instructions, "_PROMPTED", Budget("agents", 3, free=1, whole=True))
    agents = {f"app/{number}.py": AGENT for number in range(3)}
    found = deployment_of({**agents, "app/prompts/a.md": "Hi", "app/.claude/agents/b.md": "Hi"})
    more = deployment_of({**agents, "AGENTS.md": "Hi", "other/AGENTS.md": "Hi", "CLAUDE.md": "Hi"})

    assert [edge.kind for edge in found.edges if edge.kind == EdgeKind.PROMPTS] == ["prompts"] * 3
    assert len([edge for edge in more.edges if edge.kind == EdgeKind.PROMPTS]) == 3
    assert in_part(more) == {
        "CLAUDE.md: more than is read or followed: which agents CLAUDE.md prompts"
    }
    assert more.incomplete


def test_agents_of_one_runtime_see_its_credentials_up_to_a_budget(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each credential has an agent that holds it, whatever is left out."""
    monkeypatch.setattr(joined_credentials, "_SEEN", Budget("seen", 2, free=1, whole=True))
    names = ("OPENAI", "ANTHROPIC", "GROQ")
    keys = "".join(f"      {name}_API_KEY: xk93jfh2kd93{name}\n" for name in names)
    compose = f"services:\n  agent:\n    build: ./app\n    environment:\n{keys}"
    found = deployment_of(
        {"compose.yaml": compose, **{f"app/{number}.py": AGENT for number in range(2)}}
    )
    seeing = [
        edge
        for edge in found.edges
        if edge.dst.startswith("agent:") and edge.src.startswith("cred")
    ]

    assert len(found.agents) == 2
    assert len([edge for edge in seeing if edge.kind == EdgeKind.VISIBLE_TO]) == 5
    assert [len(in_part(found)), found.incomplete] == [1, True]


MANY_GROUPS = """
services:
  - {type: web, name: a-agent, envVars: [{fromGroup: g}, {fromGroup: g}, {fromGroup: g}]}
envVarGroups:
  - {name: g, envVars: [{key: A, value: a}, {key: B, value: b}]}
"""
MANY_CHANNELS = {
    "agents": {"list": [{"id": f"a{number}", "tools": {}} for number in range(2)]},
    "channels": {name: {"dmPolicy": "open"} for name in ("slack", "discord")},
}
MANY_CONTAINERS = """
resource "azurerm_user_assigned_identity" "own" {
  name = "own"
}
resource "azurerm_container_group" "agents" {
  name = "agents"
  container {
    name = "a-agent"
  }
  container {
    name = "b-agent"
  }
  identity {
    type         = "SystemAssigned, UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.own.id]
  }
}
"""
MANY_VERBS = f"""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: many}}
rules: [{{apiGroups: [""], resources: [pods], verbs: [{", ".join(f"v{n}" for n in range(21))}]}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{name: many}}
subjects: [{{kind: ServiceAccount, name: agent, namespace: a}}]
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: many}}
"""


@pytest.mark.parametrize(
    ("where", "file", "text"),
    [
        ((render, "SHARED"), "render.yaml", MANY_GROUPS),
        ((openclaw, "_TOLD"), "openclaw.json", json.dumps(MANY_CHANNELS)),
        ((azure_identities, "_ACTING"), "main.tf", MANY_CONTAINERS),
    ],
)
def test_what_multiplies_within_a_file_is_told_up_to_a_budget(
    where: tuple[ModuleType, str], file: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = deployment_of({file: text})
    monkeypatch.setattr(*where, Budget("of this", 2, whole=True))
    found = deployment_of({file: text})

    assert [len(in_part(whole)), len(in_part(found))] == [0, 1]


def test_verbs_beyond_what_is_read_are_no_pass() -> None:
    (told,) = in_part(deployment_of({"roles.yaml": MANY_VERBS}))

    assert told == "roles.yaml: more than is read or followed: the verbs of many beyond 20"


def test_workflows_share_a_limit_on_the_steps_that_they_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(actions_jobs, "_MOST_IN_ALL", 7)
    calling = {f".github/workflows/{name}.yml": CALLING for name in ("a", "b", "c")}
    found = deployment_of({".github/workflows/called.yml": CALLED, **calling})

    (told,) = in_part(found)

    assert told.startswith(".github/workflows/c.yml: more than is read or followed: it calls more")


def test_what_begins_at_a_fact_is_found_without_a_look_at_what_ends_there() -> None:
    """Very much may point at one agent."""
    collector = Collector()
    agent = Agent(id=fact_id("agent", "a", "a"), name="a", evidence=(PLACE,))
    collector.add(agent)
    for number in range(3):
        text = Instruction(id=fact_id("instruction", "i", f"{number}"), name="i", evidence=(PLACE,))
        collector.link(EdgeKind.PROMPTS, collector.add(text).id, agent.id, PLACE)
    collector.link(EdgeKind.DELEGATES_TO, agent.id, agent.id, PLACE)
    (begun,) = collector.from_fact(agent.id)
    collector.remove(agent.id)

    assert begun.kind == EdgeKind.DELEGATES_TO
    assert not collector.edges


def test_the_resources_of_a_stack_are_sought_once_for_all_who_ask() -> None:
    """Each of thousands of functions asks for the log groups."""
    stack = Stack(folder="a.yaml", bodies=[])
    first = stack.resources("aws_cloudwatch_log_group", "aws_cloudtrail")

    assert stack.resources("aws_cloudwatch_log_group", "aws_cloudtrail") is first
