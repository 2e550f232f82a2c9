"""Agents in forms that are not read are named, so that nothing passes without them."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import FileStatus

LIVEKIT = """
from livekit.agents.pipeline import VoicePipelineAgent

started = VoicePipelineAgent(vad=vad)
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LIVEKIT, (4, "an agent of LiveKit in a form that is not read")),
        (
            "import pipecat\ntask = FlowManager(task=other)\n",
            (2, "an agent of Pipecat in a form that is not read"),
        ),
    ],
)
def test_an_agent_that_is_not_read_is_named(text: str, told: tuple[int, str]) -> None:
    (coverage,) = deployment_of({"app.py": text}).coverage

    assert (coverage.line, coverage.reason) == told


def test_an_agent_that_is_read_is_not_named_as_one_that_is_not() -> None:
    text = "from livekit.agents import Agent\n\n\nclass Desk(Agent):\n    pass\n"
    found = deployment_of({"app.py": text})

    assert [agent.framework for agent in found.agents] == ["livekit"]
    assert [each.status for each in found.coverage] == [FileStatus.READ]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("app.py", "from livekit import api\n\n\nclass Room(Agent):\n    pass\n"),
        ("app.py", "from livekit.agents import function_tool\n"),
        ("tests/test_app.py", LIVEKIT),
    ],
)
def test_what_builds_none_and_tests_are_not_named(file: str, text: str) -> None:
    assert not any(
        each.status is FileStatus.PARTIAL for each in deployment_of({file: text}).coverage
    )


ROLE = '{"aws_iam_role": {"desk": {"name": "desk", "max_session_duration": 43200}}}'


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (f'{{"resource": {ROLE}}}', FileStatus.PARTIAL),
        ('{"variable": {"secret_name": {"type": "string"}}}', FileStatus.READ),
    ],
)
def test_terraform_in_json_is_named_where_it_declares_something(
    text: str, status: FileStatus
) -> None:
    (coverage,) = deployment_of({"cdk.tf.json": text}).coverage

    assert coverage.status is status
