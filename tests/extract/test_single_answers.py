"""Agents of Agent Framework that answer once, since nobody hands them tools."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.model.finding import Severity
from agentaudit.rules.ours import lint_rules

DESK = """
from agent_framework import ChatAgent{imported}

class Desk:
    def __init__(self, client):
        self.agent = ChatAgent(chat_client=client, name="desk", instructions="Answer."{given})

    async def answer(self, text):
        return await self.agent.{run}
"""


def without_end(*, imported: str = "", given: str = "", run: str = "run(text)") -> Severity:
    files = {"desk.py": DESK.format(imported=imported, given=given, run=run)}
    findings = lint(deployment_of(files), lint_rules()).findings
    (severity,) = (each.severity for each in findings if each.rule == "no-execution-timeout")
    return severity


@pytest.mark.parametrize("run", ["run(text)", "run(text, thread=None)"])
def test_without_tools_its_first_answer_is_its_last(run: str) -> None:
    assert without_end(run=run) is Severity.LOW


@pytest.mark.parametrize(
    "changed",
    [
        {"given": ", tools=[look_up]"},
        {"given": ", context_providers=[memory]"},
        {"given": ", middleware=[looks]"},
        {"run": "run(text, tools=[look_up])"},
        {"run": "as_tool()"},
        {"imported": ", HandoffBuilder"},
    ],
)
def test_one_that_may_be_handed_tools_goes_on(changed: dict[str, str]) -> None:
    assert without_end(**changed) is Severity.MEDIUM
