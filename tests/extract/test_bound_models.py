"""Loops of programs' own around models of LangChain that tools are bound to."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Known
from agentaudit.model.facts.agents import Agent
from tests.extract.invoked import tools_of

HEAD = """\
import subprocess
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

@tool
def shell(command: str) -> str:
    '''Run a command.'''
    return subprocess.run(command, shell=True, capture_output=True, text=True).stdout

"""
LOOP = """\
llm = ChatOpenAI(model="m").bind_tools([shell])

def run(task):
    messages = [HumanMessage(task)]
    while True:
        answer = llm.invoke(messages)
        if not answer.tool_calls:
            return answer
        for call in answer.tool_calls:
            messages.append(ToolMessage(shell.invoke(call["args"]), tool_call_id=call["id"]))
"""
MEMBER = """\
class Desk:
    def __init__(self):
        self.llm = ChatOpenAI(model="m").bind_tools(tools=[shell])

    async def run(self, messages):
        for _ in range(8):
            answer = await self.llm.ainvoke(messages)
            messages.append(ToolMessage(shell.invoke(answer), tool_call_id=answer.id))
"""


def agents(code: str, head: str = HEAD) -> tuple[Agent, ...]:
    return deployment_of({"agent.py": f"{head}{code}"}).agents


@pytest.mark.parametrize(
    ("code", "name", "known", "count"),
    [
        (LOOP, "run", Known.NONE, None),
        (LOOP.replace("while True", "for _ in range(5)"), "run", Known.SET, 5),
        (
            LOOP.replace("llm.invoke", 'ChatOpenAI(model="m").bind_tools([shell]).invoke'),
            "run",
            Known.NONE,
            None,
        ),
        (MEMBER, "Desk", Known.SET, 8),
    ],
)
def test_a_loop_around_a_model_with_tools_is_an_agent(
    code: str, name: str, known: Known, count: int | None
) -> None:
    found = deployment_of({"agent.py": f"{HEAD}{code}"})
    (agent,) = found.agents

    assert (agent.name, agent.framework) == (name, "langchain")
    assert (agent.max_iterations, agent.max_iterations_count) == (known, count)
    assert "execute" in tools_of(found)["shell"].effects


@pytest.mark.parametrize(
    "code",
    [
        LOOP.replace("    while True:\n", "    if True:\n"),
        LOOP.replace(".bind_tools([shell])", ""),
        LOOP.replace("ToolMessage(", "HumanMessage(").replace(", tool_call_id=", ", id="),
    ],
)
def test_what_asks_once_has_no_tools_or_hands_nothing_back_is_none(code: str) -> None:
    head = HEAD if "ToolMessage(" in code else HEAD.replace(", ToolMessage", "")

    assert agents(code, head) == ()


def test_a_graph_whose_nodes_do_that_is_one_agent() -> None:
    graph = "from langgraph.graph import StateGraph\ngraph = StateGraph(dict)\n"
    (agent,) = agents(f"{graph}{LOOP}")

    assert agent.framework == "langgraph"
