"""What bounds an agent whole, and what only a part of it or nothing at all."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Agent
from tests.extract.invoked import tools_of

PYTHON = (
    "from langchain.agents import create_agent\n"
    "from langchain.agents.middleware import ModelCallLimitMiddleware, ToolCallLimitMiddleware\n"
    "agent = create_agent('m', tools=[a, b], middleware=[{}])\n"
)
IMPORTS = (
    'import { createAgent, modelCallLimitMiddleware, toolCallLimitMiddleware } from "langchain";\n'
)
SCRIPT = "const agent = createAgent({{ model: 'm', tools: [a, b], middleware: [{}] }});\n"
PYDANTIC = (
    "from pydantic_ai import Agent, UsageLimits\nagent = Agent('openai:gpt-5')\n"
    "async def go(text):\n    async with agent.iter(text, usage_limits={}) as run: ...\n"
)


def agent_of(text: str, file: str = "agent.py") -> Agent:
    (agent,) = deployment_of({file: text}).agents
    return agent


@pytest.mark.parametrize(
    ("middleware", "known", "count"),
    [
        ("ToolCallLimitMiddleware(tool_name='a', run_limit=5)", Known.NONE, None),
        ("ToolCallLimitMiddleware(run_limit=5)", Known.SET, 5),
        ("ToolCallLimitMiddleware(tool_name=None, run_limit=5)", Known.SET, 5),
        (
            (
                "ToolCallLimitMiddleware(tool_name='a', run_limit=5),"
                " ModelCallLimitMiddleware(run_limit=9)"
            ),
            Known.SET,
            9,
        ),
    ],
)
def test_a_limit_of_one_tool_bounds_no_agent(
    middleware: str, known: Known, count: int | None
) -> None:
    """LangChain, "Tool call limit": the other tools go on."""
    agent = agent_of(PYTHON.format(middleware))

    assert (agent.max_iterations, agent.max_iterations_count) == (known, count)
    assert agent.budget is known


@pytest.mark.parametrize(
    ("middleware", "known"),
    [
        ("toolCallLimitMiddleware({ toolName: 'a', runLimit: 5 })", Known.NONE),
        ("toolCallLimitMiddleware({ runLimit: 5 })", Known.SET),
        (
            (
                "toolCallLimitMiddleware({ toolName: 'a', runLimit: 5 }),"
                " modelCallLimitMiddleware({ runLimit: 9 })"
            ),
            Known.SET,
        ),
    ],
)
def test_nor_does_it_in_a_script(middleware: str, known: Known) -> None:
    agent = agent_of(f"{IMPORTS}{SCRIPT.format(middleware)}", "agent.ts")

    assert agent.budget is known
    assert (agent.max_iterations_count == 5) is ("{ runLimit: 5" in middleware)


@pytest.mark.parametrize(
    ("limits", "budget", "count"),
    [
        ("UsageLimits(total_tokens_limit=1000)", Known.SET, 50),
        ("UsageLimits(request_limit=7)", Known.SET, 7),
        ("None", Known.NONE, 50),
    ],
)
def test_what_is_gone_through_step_by_step_has_its_limits(
    limits: str, budget: Known, count: int
) -> None:
    agent = agent_of(PYDANTIC.format(limits))

    assert (agent.budget, agent.max_iterations_count) == (budget, count)


@pytest.mark.parametrize(
    ("given", "boxed"),
    [("", Truth.YES), ("unsafe_mode=False", Truth.YES), ("unsafe_mode=True", Truth.UNKNOWN)],
)
def test_an_interpreter_in_its_unsafe_mode_is_in_no_box(given: str, boxed: Truth) -> None:
    code = (
        "from crewai import Agent\nfrom crewai_tools import CodeInterpreterTool\n"
        f"dev = Agent(role='dev', tools=[CodeInterpreterTool({given})])\n"
    )
    tool = tools_of(deployment_of({"crew.py": code}))["CodeInterpreterTool"]

    assert (tool.sandboxed, "execute" in tool.effects) == (boxed, True)
