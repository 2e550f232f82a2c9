"""A tool in Python that deletes runs unasked where nothing that its agent is given could ask."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Truth


def tool(mark: str, body: str) -> str:
    return f"\n@{mark}\ndef drop(path: str) -> str:\n    {body}\n    return path\n\n\n"


LANGCHAIN = """\
import os, requests
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware, TodoListMiddleware
from langchain_core.tools import tool
from acme import Gate
"""
OPENAI = "import os\nfrom agents import Agent, function_tool\n"


def approval(text: str) -> Truth:
    (found,) = (each for each in deployment_of({"a.py": text}).tools if each.name == "drop")
    assert "delete" in found.effects
    return found.approval


@pytest.mark.parametrize(
    "text",
    [
        LANGCHAIN + tool("tool", "os.remove(path)") + "create_agent('m', [drop])\n",
        LANGCHAIN
        + tool("tool", "requests.delete(f'https://crm.acme.example/{path}')")
        + "create_agent('m', tools=[drop], middleware=[TodoListMiddleware()])\n",
        OPENAI + tool("function_tool", "os.remove(path)") + "Agent(tools=[drop])\n",
    ],
)
def test_nobody_is_asked(text: str) -> None:
    assert approval(text) is Truth.NO


@pytest.mark.parametrize(
    "text",
    [
        LANGCHAIN
        + tool("tool", "os.remove(path)")
        + "create_agent('m', tools=[drop], middleware=[Gate()])\n",
        LANGCHAIN
        + tool("tool", "interrupt(path) and os.remove(path)")
        + "create_agent('m', tools=[drop])\n",
        LANGCHAIN + tool("tool", "os.remove(path)") + "create_agent(**given)\n",
        OPENAI
        + tool("function_tool", "input('Which? ') and os.remove(path)")
        + "Agent(tools=[drop])\n",
    ],
)
def test_what_may_ask_leaves_it_open(text: str) -> None:
    """Middleware of one's own, a question within the tool, and what is handed over unseen."""
    assert approval(text) is Truth.UNKNOWN


def test_a_question_that_the_call_itself_words_asks_about_the_call() -> None:
    text = OPENAI + tool("function_tool", "input(path) and os.remove(path)")

    assert approval(text + "Agent(tools=[drop])\n") is Truth.YES
