"""Stores belong to the agents they are passed to."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence

HEAD = (
    "from langchain.agents import create_agent\n"
    "from langgraph.graph import StateGraph\n"
    "from langgraph.checkpoint.memory import InMemorySaver\n"
)


def kept(code: str) -> dict[str, Confidence]:
    """The agents that keep something, and how sure that is."""
    deployment = deployment_of({"app.py": HEAD + code})
    names = {agent.id: agent.name for agent in deployment.agents}
    assert set(names.values()) == {"a", "b"}
    edges = [edge for edge in deployment.edges if edge.kind is EdgeKind.PERSISTS_TO]
    return {names[edge.src]: edge.confidence for edge in edges if edge.src in names}


@pytest.mark.parametrize(
    "code",
    [
        "m = InMemorySaver()\na = create_agent(checkpointer=m)\nb = create_agent()\n",
        "a = create_agent(checkpointer=InMemorySaver())\nb = create_agent()\n",
        "m = InMemorySaver()\nn = m\na = create_agent(checkpointer=n)\nb = create_agent()\n",
        (
            "def made():\n    return InMemorySaver()\n\n"
            "a = create_agent(checkpointer=made())\nb = create_agent()\n"
        ),
        (
            "def made():\n    m = InMemorySaver()\n    return m\n\n"
            "m = 3\na = create_agent(checkpointer=made())\nb = create_agent(m)\n"
        ),
        (
            "class App:\n    def __init__(self):\n        self.kept = InMemorySaver()\n\n"
            "    def build(self):\n        a = create_agent(checkpointer=self.kept)\n"
            "        b = create_agent()\n"
        ),
        (
            "a = StateGraph(dict)\nm = InMemorySaver()\napp = a.compile(checkpointer=m)\n"
            "b = create_agent()\n"
        ),
        "with InMemorySaver() as m:\n    a = create_agent(checkpointer=m)\nb = create_agent()\n",
        "a = create_agent(checkpointer=InMemorySaver())\nb = create_agent(tools=[a])\n",
    ],
)
def test_a_store_is_its_agent_s_and_no_other_s(code: str) -> None:
    assert kept(code) == {"a": Confidence.LIKELY}


def test_two_agents_may_share_a_store() -> None:
    code = "m = InMemorySaver()\na = create_agent(checkpointer=m)\nb = create_agent(store=m)\n"

    assert kept(code) == {"a": Confidence.LIKELY, "b": Confidence.LIKELY}


def test_a_store_that_cannot_be_followed_may_be_anyone_s() -> None:
    code = "m = InMemorySaver()\nregistry['m'] = m\na = create_agent()\nb = create_agent()\n"

    assert kept(code) == {"a": Confidence.POSSIBLE, "b": Confidence.POSSIBLE}


def test_names_in_a_circle_end() -> None:
    code = "m = n\nn = m\nn = InMemorySaver()\na = create_agent(m)\nb = create_agent()\n"

    assert kept(code) == {"a": Confidence.LIKELY}


def test_a_name_in_another_function_is_another() -> None:
    code = (
        "def one():\n    m = InMemorySaver()\n    a = create_agent(checkpointer=m)\n\n"
        "def two():\n    m = None\n    b = create_agent(checkpointer=m)\n"
    )

    assert kept(code) == {"a": Confidence.LIKELY}
