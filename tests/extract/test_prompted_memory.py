"""Memory that models take for instructions: who shares it, and who writes it."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.memory import MemoryStore

HEAD = "from langchain.messages import SystemMessage\nfrom langgraph.store.base import BaseStore\n"
PUT = 'def learn(store, x): store.put(("rules",), "a", x)\n'


def prompted(*texts: str) -> list[MemoryStore]:
    files = {f"a{number}.py": text for number, text in enumerate(texts)}
    stores = deployment_of(files).memory_stores
    return [store for store in stores if store.read_as_instructions is Truth.YES]


@pytest.mark.parametrize(
    "body",
    [
        'x = store.get(("rules",), "a")\n  return SystemMessage(content=f"Help. {x}")',
        'x = store.search(("rules",))\n  return SystemMessage(" ".join(i.value for i in x))',
        'x = store.get(("rules",), "a")[0]\n  y = f"{x}"\n  m([{"role": "system", "content": y}])',
        'x = store.get(namespace=("rules",), key="a")\n  return m([("system", x.value)])',
        "x = store.get(NAMED, 'a')\n  return agent(system_prompt=x.value)",
        'x: str = store.get(("rules",), "a")\n  return SystemMessage(content=x)',
        'if x := store.get(("rules",), "a"):\n    return SystemMessage(content=x)',
        'with store.get(("rules",), "a") as x:\n    return SystemMessage(content=x)',
        'x = ""\n  x += store.get(("rules",), "a")\n  return SystemMessage(content=x)',
        'out = ""\n  for i in store.search(("rules",)): out = out + i\n  SystemMessage(out)',
    ],
)
def test_what_is_read_into_a_system_message_instructs(body: str) -> None:
    (store,) = prompted(f'{HEAD}NAMED = ("rules",)\n{PUT}def ask(store):\n  {body}\n')

    assert (store.name, store.agent_writable, store.scope) == ("rules", Truth.YES, "global")


@pytest.mark.parametrize(
    "body",
    [
        'x = store.get(("rules", user), "a")\n  return SystemMessage(content=f"Help. {x}")',
        'x = store.get(("rules",), "a")\n  return HumanMessage(content=f"{x}")',
        'x = store.get(("rules",), "a")\n  return SystemMessage(content="Help.")',
        'x = cache.get(("rules",), "a")\n  return SystemMessage(content=x)',
        'x = store.get(space(), "a")\n  return SystemMessage(content=x)',
    ],
)
def test_content_and_what_names_its_user_are_no_shared_instructions(body: str) -> None:
    assert prompted(f"{HEAD}{PUT}def ask(store, user):\n  {body}\n") == []


def test_what_nobody_is_seen_to_write_is_left_unknown() -> None:
    read = 'def ask(store): return SystemMessage(store.get(("rules",), "a"))\n'

    assert [store.agent_writable for store in prompted(HEAD + read)] == [Truth.UNKNOWN]
    assert [store.agent_writable for store in prompted(HEAD + read, HEAD + PUT)] == [Truth.YES]


@pytest.mark.parametrize(
    ("written", "writable"),
    [
        ('def keep(note, tool_context): tool_context.state["app:notes"] = note', Truth.YES),
        ('b = LlmAgent(name="b", output_key="app:notes")', Truth.YES),
        ('def keep(note, tool_context): tool_context.state["user:notes"] = note', Truth.UNKNOWN),
    ],
)
def test_state_of_an_application_instructs_all_its_users(written: str, writable: Truth) -> None:
    code = "from google.adk.agents import LlmAgent\n"
    text = "name: support\ninstruction: Help. Notes {app:notes?}\nmodel: gemini-3-pro\n"
    deployment = deployment_of({"tools.py": f"{code}{written}\n", "root_agent.yaml": text})
    (store,) = (item for item in deployment.memory_stores if item.name == "app:notes")

    assert store.agent_writable is writable
    assert store.evidence[0].file == "root_agent.yaml"


def test_a_block_is_shared_when_two_agents_of_letta_have_it() -> None:
    blocks = [{"id": "block-0", "label": "team", "limit": 10}, {"id": "block-1", "label": "own"}]
    agents = [
        {"name": "a", "block_ids": ["block-0", "block-1"]},
        {"name": "b", "block_ids": ["block-0", "block-0"]},
    ]
    text = json.dumps({"agents": agents, "blocks": blocks})
    stores = deployment_of({"team.af": text}).memory_stores

    assert [store.name for store in stores if store.scope == "global"] == ["memory block team"]


def test_what_tends_an_agents_memory_is_no_second_agent() -> None:
    agents = [
        {"name": "a", "block_ids": ["block-0"], "agent_type": "memgpt_v2_agent"},
        {"name": "a-sleeptime", "block_ids": ["block-0"], "agent_type": "sleeptime_agent"},
    ]
    text = json.dumps({"agents": agents, "blocks": [{"id": "block-0", "label": "team"}]})

    assert [
        store for store in deployment_of({"team.af": text}).memory_stores if store.scope == "global"
    ] == []


def test_of_many_agents_with_many_memories_some_are_joined_and_the_rest_is_open() -> None:
    agents = "".join(
        f"a{number} = Agent(name='a{number}', model='m', instruction='{{app:k{number}}}')\n"
        for number in range(200)
    )
    deployment = deployment_of({"agent.py": f"from google.adk.agents import Agent\n{agents}"})

    joined = [edge for edge in deployment.edges if edge.kind is EdgeKind.PERSISTS_TO]
    assert 10_000 < len(joined) <= 20_000
    assert any(end.what.startswith("who is instructed by") for end in deployment.unresolved)
