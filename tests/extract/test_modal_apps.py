"""Agents in apps of Modal: their limits, what they are given, and what of them is not read."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind, FileStatus
from agentaudit.model.evidence import Known
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.runtimes import Runtime

KEY = "sk-proj-R7fQ2mZc9Xw4TbKd8LpYhGj3FsAe6UoI5xV1tN0wE"
APP = """
import os
import modal
from strands import Agent
app = modal.App("desk"{app})
agent = Agent()

@app.function({function})
{web}
def answer(text):
    return agent(text)

@app.function(timeout=60)
def clean():
    return 1
"""


def read(function: str = "", *, app: str = "", web: str = "") -> Deployment:
    text = APP.format(function=function, app=app, web=web)
    return deployment_of({"app.py": text})


def running(found: Deployment) -> tuple[Agent, Runtime]:
    (agent,) = found.agents
    names = {edge.dst for edge in found.edges if edge.kind is EdgeKind.RUNS_ON}
    (runtime,) = (each for each in found.runtimes if each.id in names)
    return agent, runtime


@pytest.mark.parametrize(
    ("function", "timeout", "seconds"),
    [
        ("", Known.SET, 300),
        ("timeout=20 * 60", Known.SET, 1200),
        ("timeout=int(os.environ['T'])", Known.UNKNOWN, None),
    ],
)
def test_a_call_ends_when_the_function_says_or_after_five_minutes(
    function: str, timeout: Known, seconds: int | None
) -> None:
    agent, runtime = running(read(function))

    assert (agent.timeout, agent.timeout_s) == (timeout, seconds)
    assert (runtime.name, runtime.runs_agent) == ("desk-answer", True)


@pytest.mark.parametrize(
    ("function", "memory", "count"),
    [
        ("memory=1024", (Known.UNKNOWN, None), (Known.UNKNOWN, None)),
        ("memory=(512, 2048)", (Known.SET, 2 * 1024**3), (Known.UNKNOWN, None)),
        ("max_containers=5", (Known.UNKNOWN, None), (Known.SET, 5)),
        ("concurrency_limit=2", (Known.UNKNOWN, None), (Known.SET, 2)),
        ("max_containers=MOST", (Known.UNKNOWN, None), (Known.UNKNOWN, None)),
    ],
)
def test_memory_and_containers_are_limited_where_it_is_said(
    function: str, memory: tuple[Known, int | None], count: tuple[Known, int | None]
) -> None:
    _, runtime = running(read(function))

    assert (runtime.memory_limit, runtime.memory_limit_bytes) == memory
    assert (runtime.instances, runtime.instances_count) == count


@pytest.mark.parametrize(
    ("secret", "variable", "form"),
    [
        ("Secret.from_name('x', required_keys=['OPENAI_API_KEY'])", "OPENAI_API_KEY", "secret_ref"),
        ("Secret.from_name('openai-secret')", "openai-secret", "secret_ref"),
        ("Secret.from_name('tavily')", "tavily_secret", "secret_ref"),
        ("Secret.from_local_environ(['HF_TOKEN'])", "HF_TOKEN", "env_ref"),
        ("Secret.from_dict({'HF_TOKEN': os.environ['T']})", "HF_TOKEN", "env_ref"),
        (f"Secret.from_dict({{'OPENAI_API_KEY': '{KEY}'}})", "OPENAI_API_KEY", "literal"),
    ],
)
@pytest.mark.parametrize("of_app", [False, True])
def test_secrets_of_a_function_and_of_its_app_are_its_credentials(
    secret: str,
    variable: str,
    form: str,
    of_app: bool,  # noqa: FBT001, a parameter of the table
) -> None:
    given = f"secrets=[modal.{secret}]"
    found = read(app=f", {given}") if of_app else read(given)
    agent, _ = running(found)
    (credential,) = found.credentials

    assert (credential.variable, str(credential.form)) == (variable, form)
    assert (EdgeKind.VISIBLE_TO, credential.id, agent.id) in {
        (edge.kind, edge.src, edge.dst) for edge in found.edges
    }


@pytest.mark.parametrize(
    ("web", "status"),
    [
        ("", FileStatus.READ),
        ("@modal.fastapi_endpoint(requires_proxy_auth=True)", FileStatus.READ),
        ("@modal.fastapi_endpoint(method='POST')", FileStatus.PARTIAL),
        ("@modal.asgi_app()", FileStatus.PARTIAL),
    ],
)
def test_who_may_call_an_agent_from_the_web_is_not_read(web: str, status: FileStatus) -> None:
    (item,) = read(web=web).coverage

    assert item.status is status
    assert ("who may call its functions" in item.reason) is (status is FileStatus.PARTIAL)


def test_a_function_without_an_agent_runs_none() -> None:
    found = read()

    assert {each.name: each.runs_agent for each in found.runtimes} == {
        "desk-answer": True,
        "desk-clean": False,
    }


def test_an_agent_outside_of_apps_is_deployed_by_none() -> None:
    text = "from strands import Agent\nagent = Agent()\n@app.function()\ndef answer(): agent('x')\n"
    found = deployment_of({"a.py": text})

    assert not found.runtimes
    assert [each.status for each in found.coverage] == [FileStatus.READ]
