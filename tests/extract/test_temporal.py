"""Agents in Temporal: how long their calls are tried, and whether their runs end."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Known

HEAD = """\
from datetime import timedelta
from pydantic_ai import Agent
from pydantic_ai.durable_exec.temporal import TemporalAgent
from temporalio.common import RetryPolicy
from temporalio.contrib import strands
from temporalio.contrib.openai_agents import ModelActivityParameters, OpenAIAgentsPlugin
from temporalio.workflow import ActivityConfig
MINUTE = timedelta(minutes=1)
NEVER = RetryPolicy(maximum_attempts=0)
FEW = RetryPolicy(maximum_attempts=3)
agent = Agent("openai:gpt-5", name="geographer")
"""
STARTS = "await client.execute_workflow(Flow.run, id='x', execution_timeout=timedelta(hours=1))\n"


def limit(line: str, **files: str) -> Known:
    (retry,) = deployment_of({"worker.py": HEAD + line, **files}).retries
    return retry.limit


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("TemporalAgent(agent)", Known.NONE),
        ("TemporalAgent(agent, **options)", Known.UNKNOWN),
        ("TemporalAgent(agent, activity_config=config)", Known.UNKNOWN),
        (
            "TemporalAgent(agent, activity_config=ActivityConfig(start_to_close_timeout=MINUTE))",
            Known.NONE,
        ),
        ("TemporalAgent(agent, activity_config=ActivityConfig(retry_policy=FEW))", Known.SET),
        ("TemporalAgent(agent, model_activity_config={'retry_policy': FEW})", Known.SET),
        (
            "TemporalAgent(agent, activity_config={'schedule_to_close_timeout': MINUTE})",
            Known.SET,
        ),
        ("TemporalAgent(agent, activity_config={'retry_policy': RetryPolicy()})", Known.NONE),
        ("TemporalAgent(agent, model_activity_config=dict(retry_policy=NEVER))", Known.NONE),
        ("TemporalAgent(agent, activity_config={'retry_policy': counted})", Known.UNKNOWN),
        ("OpenAIAgentsPlugin()", Known.NONE),
        ("OpenAIAgentsPlugin(model_params=ModelActivityParameters(retry_policy=FEW))", Known.SET),
        ("strands.TemporalAgent(model='m', start_to_close_timeout=MINUTE)", Known.NONE),
        ("strands.TemporalAgent(model='m', retry_policy=FEW)", Known.SET),
    ],
)
def test_a_call_is_tried_as_its_activity_says(line: str, expected: Known) -> None:
    assert limit(line) is expected


@pytest.mark.parametrize(("works", "found"), [("", 0), ("Worker(client)\n", 1)])
def test_what_only_starts_workflows_tries_nothing(works: str, found: int) -> None:
    code = (
        "from temporalio.client import Client\nfrom temporalio.worker import Worker\n"
        "client = Client.connect('temporal:7233', plugins=[OpenAIAgentsPlugin()])\n"
    )

    assert len(deployment_of({"start.py": f"{HEAD}{code}{works}"}).retries) == found


def test_a_workflow_that_ends_leaves_it_open() -> None:
    start = f"from temporalio.client import Client\n{STARTS}"

    assert limit("TemporalAgent(agent)", **{"start.py": start}) is Known.UNKNOWN


@pytest.mark.parametrize(("start", "expected"), [("", Known.NONE), (STARTS, Known.UNKNOWN)])
def test_a_run_ends_with_its_workflow(start: str, expected: Known) -> None:
    (found,) = deployment_of({"worker.py": f"{HEAD}TemporalAgent(agent)\n{start}"}).agents

    assert found.timeout is expected


def test_an_agent_of_strands_in_temporal_is_one() -> None:
    line = "flow = strands.TemporalAgent(model='m', schedule_to_close_timeout=MINUTE)"
    (_, found) = sorted(
        deployment_of({"worker.py": HEAD + line}).agents, key=lambda agent: agent.framework
    )

    assert (found.framework, found.timeout) == ("strands", Known.UNKNOWN)
