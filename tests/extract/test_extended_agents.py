"""A class that extends one of a framework makes agents as that does."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known
from agentaudit.model.facts.agents import Agent

CREW = "from crewai import Agent\n"
LOOK_UP = '@tool\ndef look_up(place: str) -> str:\n    """Looks up."""\n    return place\n'
STRANDS = f"from strands import Agent, tool\n{LOOK_UP}"
PLAIN = f'{CREW}class Clerk(Agent):\n    nickname: str = ""\n'
BEGUN = (
    f"{STRANDS}class Clerk(Agent):\n"
    "    def __init__(self, prompt: str) -> None:\n"
    "        super().__init__(system_prompt=prompt, tools=[look_up])\n"
)
ADK = (
    "from google.adk.agents import LlmAgent\nclass Clerk(LlmAgent):\n"
    '    def __init__(self):\n        super().__init__(name="desk")\n'
)


def made(code: str) -> tuple[Agent, ...]:
    return deployment_of({"desk/clerk.py": code}).agents


@pytest.mark.parametrize(
    ("code", "name", "framework", "count"),
    [
        (f'{PLAIN}Clerk(role="desk", goal=g)\n', "desk", "crewai", 25),
        (f"{PLAIN}desk = Clerk(role=r, goal=g, max_iter=3)\n", "desk", "crewai", 3),
        (f"{PLAIN}class Boss(Clerk):\n    pass\ndesk = Boss(role=r)\n", "desk", "crewai", 25),
        (f"{BEGUN}desk = Clerk(p)\n", "Clerk", "strands", None),
        (BEGUN.replace("super().__init__(", "Agent.__init__(self, "), "Clerk", "strands", None),
        (ADK, "desk", "google-adk", 500),
    ],
)
def test_each_is_an_agent_of_the_framework(
    code: str, name: str, framework: str, count: int | None
) -> None:
    (agent,) = made(code)

    assert (agent.name, agent.framework) == (name, framework)
    assert agent.max_iterations_count == count
    assert agent.max_iterations is (Known.NONE if count is None else Known.SET)


def test_its_tools_are_those_that_it_begins_with() -> None:
    found = deployment_of({"desk/clerk.py": BEGUN})
    (agent,) = found.agents

    called = {edge.dst for edge in found.edges if edge.kind is EdgeKind.INVOKES}

    assert called == {tool.id for tool in found.tools if tool.name == "look_up"}
    assert {edge.src for edge in found.edges if edge.kind is EdgeKind.INVOKES} == {agent.id}


def test_options_that_are_passed_on_are_open() -> None:
    passing = "    def __init__(self, **given):\n        super().__init__(**given)\n"

    (agent,) = made(f"{CREW}class Clerk(Agent):\n{passing}")

    assert agent.timeout is Known.UNKNOWN


@pytest.mark.parametrize(
    "code",
    [
        PLAIN,
        f"{CREW}class Clerk(Other):\n    pass\ndesk = Clerk(role=r)\n",
        f"{BEGUN.replace('Clerk(Agent)', 'Clerk(Thread)')}desk = Clerk(p)\n",
        f"{CREW}class Clerk(Agent):\n    def __init__(self):\n        self.begun = True\n",
    ],
    ids=["never called", "extends another", "begins another", "begins nothing"],
)
def test_without_a_call_there_is_none(code: str) -> None:
    assert made(code) == ()


@pytest.mark.parametrize(
    "code",
    [
        "class Traced(StateGraph):\n    def __init__(self, of):\n        super().__init__(of)\n",
        "class Traced(StateGraph):\n    traced = True\n\n\ndesk = Traced(State)\n",
    ],
    ids=["begins a graph", "begins as its base does"],
)
def test_the_steps_of_an_extended_graph_are_open(code: str) -> None:
    text = f"from langgraph.graph import StateGraph\n\n\n{code}"
    (graph,) = deployment_of({"a.py": text}).agents

    assert (graph.framework, graph.never_repeats) == ("langgraph", False)
