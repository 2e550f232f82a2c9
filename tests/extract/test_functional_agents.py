"""Agents that LangGraph's functional API makes of functions."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known
from agentaudit.model.facts.agents import Agent
from tests.extract.invoked import tools_of

TASKS = """\
import subprocess
from langchain.chat_models import init_chat_model
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.func import entrypoint, task
from langgraph.graph import add_messages

@tool
def shell(command: str) -> str:
    '''Run a command.'''
    return subprocess.run(command, shell=True, capture_output=True, text=True).stdout

model = init_chat_model("m").bind_tools([shell])

@task
def call_model(messages):
    return model.invoke(messages)
"""
FOREVER = """\
    answer = call_model(messages).result()
    while answer.tool_calls:
        messages = add_messages(messages, [answer, shell.invoke(answer.tool_calls[0])])
        answer = call_model(messages).result()
    return answer
"""


def text(body: str, decorator: str = "@entrypoint(checkpointer=InMemorySaver())") -> str:
    return f"{TASKS}\n{decorator}\ndef desk(messages):\n{body}"


def agent_of(body: str, decorator: str = "@entrypoint()") -> Agent:
    (agent,) = deployment_of({"agent.py": text(body, decorator)}).agents
    return agent


def test_an_entry_point_is_an_agent_with_its_tools_and_its_memory() -> None:
    found = deployment_of({"agent.py": text(FOREVER)})
    (agent,), (store,) = found.agents, found.memory_stores

    assert (agent.name, agent.framework) == ("desk", "langgraph")
    assert list(tools_of(found)) == ["shell"]
    assert (EdgeKind.PERSISTS_TO, agent.id, store.id) in {
        (edge.kind, edge.src, edge.dst) for edge in found.edges
    }


@pytest.mark.parametrize(
    ("body", "known", "count"),
    [
        (FOREVER, Known.NONE, None),
        (
            FOREVER.replace("call_model(messages).result()", "model.invoke(messages)"),
            Known.NONE,
            None,
        ),
        ("    for _ in range(8):\n        answer = call_model(messages).result()\n", Known.SET, 8),
        ("    return call_model(messages).result()\n", Known.SET, 1),
    ],
)
def test_it_goes_round_as_often_as_its_function_says(
    body: str, known: Known, count: int | None
) -> None:
    """No recursion limit counts the rounds of a function's own loop."""
    agent = agent_of(body)

    assert (agent.max_iterations, agent.max_iterations_count) == (known, count)
    assert agent.never_repeats is (count == 1)


@pytest.mark.parametrize(
    ("decorator", "timeout"),
    [
        ("@entrypoint", Known.NONE),
        ("@entrypoint(timeout=60)", Known.SET),
        ("@entrypoint(timeout=None)", Known.NONE),
    ],
)
def test_it_ends_when_its_decorator_says(decorator: str, timeout: Known) -> None:
    assert agent_of(FOREVER, decorator).timeout is timeout


@pytest.mark.parametrize(
    "code",
    [
        "from langgraph.func import entrypoint\n@entrypoint()\ndef add(n):\n    return n + 1\n",
        "@app.entrypoint\ndef desk(payload):\n    return model.invoke(payload)\n",
    ],
)
def test_a_workflow_without_a_model_is_no_agent(code: str) -> None:
    """Nor is what another framework calls by that name one of LangGraph's."""
    assert deployment_of({"agent.py": f"import langgraph\n{code}"}).agents == ()
