"""Agents of LlamaIndex and Agent Framework in Python, and memories of AgentCore."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known, Truth

CORE = "import os\nfrom bedrock_agentcore.memory import MemoryClient\nclient = MemoryClient()\n"
DAY_S = 86400


@pytest.mark.parametrize(
    ("call", "ttl", "seconds"),
    [
        ("client.create_memory(name='m')", Known.SET, 90 * DAY_S),
        ("client.create_memory('m', event_expiry_days=7)", Known.SET, 7 * DAY_S),
        ("MemoryClient().create_or_get_memory(name='m')", Known.SET, 90 * DAY_S),
        ("client.create_memory(name='m', event_expiry_days=n())", Known.UNKNOWN, None),
        ("client.create_memory_and_wait(name='m', **more)", Known.UNKNOWN, None),
    ],
)
def test_a_memory_of_agentcore_expires_by_default(
    call: str, ttl: Known, seconds: int | None
) -> None:
    store = deployment_of({"a.py": f"{CORE}{call}\n"}).memory_stores[0]

    assert (store.name, store.ttl, store.ttl_s) == ("m", ttl, seconds)
    assert (store.backend, store.persistent) == ("agentcore", Truth.YES)


def test_other_clients_create_other_memories() -> None:
    code = f"{CORE}other.create_memory(name='m')\nclient.list_memories()\n"

    assert deployment_of({"a.py": code}).memory_stores == ()


@pytest.mark.parametrize(("run", "limit"), [("", 20), ("agent.run('x', max_iterations=5)\n", 5)])
def test_an_agent_of_llama_index_has_the_functions_it_wraps(run: str, limit: int) -> None:
    code = (
        "import os\nfrom llama_index.core.agent.workflow import FunctionAgent\n"
        "from llama_index.core.tools import FunctionTool\n"
        "def wipe(path: str) -> str:\n    os.remove(path)\n"
        "agent = FunctionAgent(name='Clerk', tools=[FunctionTool.from_defaults(fn=wipe)])\n"
    )
    deployment = deployment_of({"a.py": code + run})
    agent, tool = deployment.agents[0], deployment.tools[0]

    assert (agent.framework, agent.max_iterations_count) == ("llama-index", limit)
    assert (tool.name, tool.effects) == ("wipe", ("delete",))
    assert [edge.dst for edge in deployment.edges if edge.kind is EdgeKind.INVOKES] == [tool.id]


def test_an_agent_of_agent_framework_stops_after_forty_rounds() -> None:
    code = "from agent_framework import Agent\nclerk = Agent(client, name='Clerk', tools=[])\n"
    agent = deployment_of({"a.py": code}).agents[0]

    assert (agent.name, agent.framework, agent.max_iterations_count) == (
        "Clerk",
        "agent-framework",
        40,
    )
