"""Conversations that code keeps to one call of a function, and asks a fixed number of times."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Known

AUTOGEN = (
    "from autogen_agentchat.agents import AssistantAgent\n"
    "from autogen_agentchat.teams import RoundRobinGroupChat\n"
    "from autogen_agentchat.tools import AgentTool\n"
    "from autogen_agentchat.ui import Console\n\n\n"
)
MADE = "async def main():\n    a = AssistantAgent('a', m)\n"


def ends(code: str) -> bool:
    return all(store.ends_with_call for store in deployment_of({"a.py": code}).memory_stores)


@pytest.mark.parametrize(
    "asked",
    [
        "    await a.run(task='Where is it?')\n",
        "    said = await a.run(task='Where?')\n    await Console(a.run_stream(task=said))\n",
        "    for question in ('Where?', 'When?'):\n        await a.run(task=question)\n",
        "    for number in range(3):\n        await a.run(task=f'{number}?')\n",
        "    async for event in a.run_stream(task='Where?'):\n        print(event)\n",
        "    b = AssistantAgent('b', m, tools=[AgentTool(agent=a)])\n    await b.run(task='?')\n",
        "    await ask(a, '?')\n\n\nasync def ask(agent, task):\n    await agent.run(task=task)\n",
        "    await ask(to=a)\n\n\nasync def ask(to):\n    await to.run(task='Where?')\n",
    ],
)
def test_a_conversation_is_as_long_as_its_function_makes_it(asked: str) -> None:
    assert ends(f"{AUTOGEN}{MADE}{asked}")


@pytest.mark.parametrize(
    "asked",
    [
        "    while True:\n        await a.run(task=input())\n",
        "    for question in questions:\n        await a.run(task=question)\n",
        "    [await a.run(task=question) for question in questions]\n",
        "    return a\n",
        "    yield a\n",
        "    self.agent = a\n",
        "    agents['a'] = a\n",
        "    global a\n    await a.run(task='Where?')\n",
        "    serve(a)\n",
        "    a.serve()\n",
        "    answer = a.run\n",
        "    def more():\n        a.run(task='Where?')\n    on_message(more)\n",
        "    on_message(lambda text: a.run(task=text))\n",
        "    while True:\n        await ask(a)\n\n\nasync def ask(agent):\n    await agent.run()\n",
        "    await ask(a)\n\n\nasync def ask(agent):\n    while True:\n        await agent.run()\n",
        "    team = RoundRobinGroupChat([a])\n    await team.run(task='Where?')\n",
    ],
)
def test_a_conversation_that_gets_away_may_go_on(asked: str) -> None:
    assert not ends(f"{AUTOGEN}{MADE}{asked}")


def test_a_conversation_of_each_round_ends_with_the_round() -> None:
    made = "while True:\n        a = AssistantAgent('a', m)\n        await a.run(task=input())\n"

    assert ends(f"{AUTOGEN}async def main():\n    {made}")
    assert not ends(f"{AUTOGEN}a = AssistantAgent('a', m)\na.run(task='Where?')\n")


def test_a_session_in_memory_ends_as_its_agent_does_and_one_in_a_file_goes_on() -> None:
    code = (
        "from agents import Agent, Runner, SQLiteSession\n\n\nasync def main():\n"
        "    session = SQLiteSession('one'{file})\n"
        "    await Runner.run(agent, 'Where?', session=session)\n"
        "    await Runner.run(agent, 'When?', session=session)\n"
    )

    assert ends(code.format(file=""))
    assert not ends(code.format(file=", 'kept.db'"))


def test_a_history_in_memory_ends_with_the_workflow_around_it() -> None:
    code = (
        "from agent_framework import Agent, AgentExecutor, InMemoryHistoryProvider, WorkflowBuilder"
        "\n\n\nasync def main():\n"
        "    writer = Agent(client=c, context_providers=[InMemoryHistoryProvider()])\n"
        "    first = AgentExecutor(writer, session=writer.create_session())\n"
        "    flow = WorkflowBuilder(start_executor=first).add_chain([first, last]).build()\n"
    )

    assert ends(f"{code}    await flow.run('A line for a bicycle')\n")
    assert not ends(f"{code}    return flow\n")


@pytest.mark.parametrize(
    ("class_", "given", "seconds"),
    [
        ("langgraph.checkpoint.mongodb.MongoDBSaver", "c, ttl=3600", 3600),
        ("langgraph_checkpoint_aws.DynamoDBSaver", "table_name='t', ttl_seconds=3600", 3600),
        ("langgraph_checkpoint_aws.ValkeySaver", "c, ttl=60", 60),
        ("langgraph.checkpoint.redis.ShallowRedisSaver", "ttl={'default_ttl': 60}", 3600),
        ("langgraph.checkpoint.redis.ashallow.AsyncShallowRedisSaver", "'redis://r'", None),
        ("langgraph.store.redis.aio.AsyncRedisStore", "ttl={'default_ttl': 2}", 120),
    ],
)
def test_a_store_counts_its_time_in_its_own_unit(
    class_: str, given: str, seconds: int | None
) -> None:
    package, _, name = class_.rpartition(".")
    text = f"from {package} import {name}\nkept = {name}({given})\n"
    (store,) = deployment_of({"agent.py": text}).memory_stores

    assert store.ttl_s == seconds
    assert store.ttl is (Known.NONE if seconds is None else Known.SET)


SESSION = (
    "from agents import Agent, Runner, RunConfig, SessionSettings, SQLiteSession\n"
    "async def answer(user):\n"
    "    session = SQLiteSession(user, 'kept.db'%s)\n"
    "    await Runner.run(Agent(name='a'), 'hi', session=session%s)\n"
)


@pytest.mark.parametrize(
    ("own", "run", "turns"),
    [
        ("", "", (Known.NONE, None)),
        (", session_settings=SessionSettings(limit=50)", "", (Known.SET, 50)),
        (", session_settings={'limit': 50}", "", (Known.SET, 50)),
        (", session_settings=SessionSettings(limit=None)", "", (Known.NONE, None)),
        (", session_settings=SessionSettings()", "", (Known.NONE, None)),
        (", session_settings=chosen()[0]", "", (Known.UNKNOWN, None)),
        ("", ", run_config=RunConfig(session_settings=SessionSettings(limit=9))", (Known.SET, 9)),
        ("", ", run_config=RunConfig(model='m')", (Known.NONE, None)),
    ],
)
def test_settings_of_a_session_bound_what_a_run_retrieves(
    own: str, run: str, turns: tuple[Known, int | None]
) -> None:
    (store,) = deployment_of({"agent.py": SESSION % (own, run)}).memory_stores

    assert (store.max_turns, store.max_turns_count) == turns
