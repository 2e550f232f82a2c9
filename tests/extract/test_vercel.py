"""Functions of Vercel, which end the agents that run in them."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Known
from agentaudit.model.facts.agents import Agent

AGENT = "from langchain.agents import AgentExecutor\nhelper = AgentExecutor(agent=a, tools=[])\n"
BUILT = {"builds": [{"src": "run.py", "use": "@vercel/python"}]}


def agent_of(project: object, file: str = "src/helper.py") -> Agent:
    files = {"vercel.json": json.dumps(project), file: AGENT}
    (agent,) = deployment_of(files).agents
    return agent


@pytest.mark.parametrize(
    ("project", "file", "seconds"),
    [
        (BUILT, "run.py", 300),
        ({}, "api/helper.py", 300),
        ({"functions": {"api/*.py": {"maxDuration": 60}}}, "api/helper.py", 60),
        ({"functions": {"run.py": {"maxDuration": 60}}}, "run.py", 60),
        (
            {
                "builds": [
                    {"src": "run.py", "use": "@vercel/python@4", "config": {"maxDuration": 9}}
                ]
            },
            *("run.py", 9),
        ),
    ],
)
def test_a_function_ends_what_runs_in_it(project: object, file: str, seconds: int) -> None:
    agent = agent_of(project, file)

    assert (agent.timeout, agent.timeout_s) == (Known.SET, seconds)


@pytest.mark.parametrize("project", [BUILT, {"functions": {"run.py": {"maxDuration": 800}}}])
def test_whether_a_function_runs_an_agent_of_another_file_is_open(project: object) -> None:
    files = {"vercel.json": json.dumps(project), "src/helper.py": AGENT}
    found = deployment_of(files)

    assert found.agents[0].timeout is Known.UNKNOWN
    assert "whether a function of Vercel runs" in " ".join(end.what for end in found.unresolved)


HEAD = "from langchain_core.messages import HumanMessage\n"


@pytest.mark.parametrize(
    ("files", "seconds"),
    [
        ({"api/ask.py": f"{HEAD}from src.helper import helper\n"}, 300),
        (
            {
                "api/ask.py": f"{HEAD}from src.between import ask\n",
                "src/between.py": f"{HEAD}from .helper import helper\nask = helper.invoke\n",
            },
            300,
        ),
        (
            {
                "api/ask.py": f"{HEAD}from src.helper import helper\n",
                "api/long.py": f"{HEAD}from src import helper\n",
            },
            800,
        ),
    ],
)
def test_what_functions_import_ends_with_the_longest_of_them(
    files: dict[str, str], seconds: int
) -> None:
    project = json.dumps({"functions": {"api/long.py": {"maxDuration": 800}}})
    found = deployment_of({"vercel.json": project, "src/helper.py": AGENT, **files})

    assert [(agent.timeout, agent.timeout_s) for agent in found.agents] == [(Known.SET, seconds)]


@pytest.mark.parametrize(
    ("project", "file"),
    [
        ({"rewrites": []}, "src/helper.py"),
        ({"functions": {"app/api/chat/route.ts": {"maxDuration": 60}}}, "src/helper.py"),
    ],
)
def test_a_project_without_functions_in_its_language_ends_nothing(
    project: object, file: str
) -> None:
    assert agent_of(project, file).timeout is Known.NONE


def test_an_agent_outside_of_the_project_is_not_ended() -> None:
    files = {"web/vercel.json": json.dumps(BUILT), "src/helper.py": AGENT}
    (agent,) = deployment_of(files).agents

    assert agent.timeout is Known.NONE


def test_where_the_limit_is_said_is_told_with_the_agent() -> None:
    agent = agent_of({"functions": {"run.py": {"maxDuration": 60}}}, "run.py")

    assert "vercel.json" in {place.file for place in agent.evidence}


@pytest.mark.parametrize(
    ("framework", "ends"), [("nextjs", Known.UNKNOWN), ("vite", Known.NONE), (None, Known.NONE)]
)
def test_a_framework_that_answers_on_a_server_may_run_the_agent(
    framework: str | None, ends: Known
) -> None:
    script = (
        'import { Agent } from "@mastra/core";\n'
        'export const helper = new Agent({ name: "helper", model, tools: { look } });\n'
    )
    files = {"vercel.json": json.dumps({"framework": framework}), "lib/helper.ts": script}
    (agent,) = deployment_of(files).agents

    assert agent.timeout is ends
    assert agent_of({"framework": framework}, "lib/helper.py").timeout is Known.NONE
