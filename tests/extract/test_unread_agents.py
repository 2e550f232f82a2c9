"""Agents of frameworks that are not read are named, so that nothing passes without them."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import FileStatus

LIVEKIT = """
from livekit import agents
from livekit.agents import Agent


class Receptionist(Agent):
    pass
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LIVEKIT, (6, "agents of LiveKit, which are not read")),
        (
            "import pipecat\ntask = PipelineTask(pipeline)\n",
            (2, "agents of Pipecat, which are not read"),
        ),
    ],
)
def test_an_agent_that_is_not_read_is_named(text: str, told: tuple[int, str]) -> None:
    (coverage,) = deployment_of({"app.py": text}).coverage

    assert (coverage.line, coverage.reason) == told


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
