"""Agents of further frameworks in Python: their loops, their tools, and where their code runs."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.tools import Tool

FRAMEWORKS = (
    "import dspy\nimport langroid as lr\n"
    "from smolagents import CodeAgent, ToolCallingAgent, DuckDuckGoSearchTool, DockerExecutor\n"
    "from haystack.components.agents import Agent as HaystackAgent\n"
    "from semantic_kernel.agents import ChatCompletionAgent, ChatHistoryAgentThread\n"
    "from semantic_kernel.connectors.ai import FunctionChoiceBehavior\n"
    "from semantic_kernel.contents import ChatHistoryTruncationReducer\n"
    "from agno.agent import Agent as AgnoAgent\n"
    "from google.adk.agents import Agent as AdkAgent, LoopAgent, RunConfig\n"
    "from deepagents import create_deep_agent\n"
    "from strands import Agent as StrandsAgent\n"
    "from llama_index.core.agent.workflow import AgentWorkflow, CodeActAgent\n"
    "from agent_framework import ChatAgent\n"
    "from langchain.agents import create_agent\n"
    "from autogen import UserProxyAgent\n"
)


def read(code: str) -> Deployment:
    return deployment_of({"a.py": FRAMEWORKS + code + "\n"})


def agent_of(code: str) -> Agent:
    return read(code).agents[0]


@pytest.mark.parametrize(
    ("code", "framework", "known", "count"),
    [
        ("a = ToolCallingAgent([], model)", "smolagents", Known.SET, 20),
        ("a = ToolCallingAgent([], model, max_steps=7)", "smolagents", Known.SET, 7),
        ("a = ToolCallingAgent([], model)\na.run('x', max_steps=9)", "smolagents", Known.SET, 9),
        ("a = HaystackAgent(chat_generator=g)", "haystack", Known.SET, 100),
        ("a = HaystackAgent(chat_generator=g, max_agent_steps=4)", "haystack", Known.SET, 4),
        ("a = dspy.ReAct('q -> a', tools=[])", "dspy", Known.SET, 20),
        ("a = dspy.ReAct('q -> a', [], max_iters=3)", "dspy", Known.SET, 3),
        ("a = ChatCompletionAgent(service=s)", "semantic-kernel", Known.SET, 5),
        (
            (
                "a = ChatCompletionAgent(service=s, function_choice_behavior="
                "FunctionChoiceBehavior.Auto(maximum_auto_invoke_attempts=99))"
            ),
            "semantic-kernel",
            Known.SET,
            99,
        ),
        ("a = AgnoAgent(model=m, tools=[f])", "agno", Known.NONE, None),
        ("a = AgnoAgent(model=m, tools=[])", "agno", Known.SET, 1),
        ("a = create_agent(model=m, tools=[])", "langchain", Known.SET, 1),
        ("a = StrandsAgent(model=m, tools=[], retry_strategy=r)", "strands", Known.SET, 1),
        ("a = StrandsAgent(model=m, hooks=[Guard()])", "strands", Known.SET, 1),
        ("a = create_agent(model=m, tools=[], middleware=[x])", "langchain", Known.NONE, None),
        ("a = create_agent(m, tools)", "langchain", Known.NONE, None),
        ("a = UserProxyAgent('p', max_consecutive_auto_reply=0)", "autogen", Known.SET, 1),
        ("a = UserProxyAgent('p', max_consecutive_auto_reply=7)", "autogen", Known.SET, 7),
        ("a = AgnoAgent(model=m, tool_call_limit=6)", "agno", Known.SET, 6),
        ("a = AdkAgent(name='a')", "google-adk", Known.SET, 500),
        (
            "a = AdkAgent(name='a')\nr.run_async(run_config=RunConfig(max_llm_calls=30))",
            "google-adk",
            Known.SET,
            30,
        ),
        (
            "a = AdkAgent(name='a')\nconfig = RunConfig(max_llm_calls=0)",
            "google-adk",
            Known.NONE,
            None,
        ),
        ("a = LoopAgent(name='a', max_iterations=3)", "google-adk", Known.SET, 3),
        ("a = create_deep_agent(model, [])", "deepagents", Known.SET, 9_999),
        ("a = StrandsAgent(m, [])", "strands", Known.SET, 1),
        ("a = StrandsAgent(m, [], [f])", "strands", Known.NONE, None),
        ("a = StrandsAgent(*given)", "strands", Known.NONE, None),
        ("a = StrandsAgent(tools=[f])", "strands", Known.NONE, None),
        ("a = StrandsAgent()\na('hi', limits={'turns': 8})", "strands", Known.SET, 8),
        ("a = AgentWorkflow.from_tools_or_functions([])", "llama-index", Known.SET, 20),
        ("a = ChatAgent(client)", "agent-framework", Known.SET, 40),
        ("a = lr.ChatAgent(config)", "langroid", Known.UNKNOWN, None),
        ("a = lr.ChatAgent(c)\nlr.Task(a).run('x', turns=5)", "langroid", Known.SET, 5),
        ("a = AgnoAgent(**settings)", "agno", Known.UNKNOWN, None),
    ],
)
def test_loops_end_as_their_framework_says(
    code: str, framework: str, known: Known, count: int | None
) -> None:
    agent = agent_of(code)

    assert agent.framework == framework
    assert (agent.max_iterations, agent.max_iterations_count) == (known, count)


def runner_of(code: str) -> Tool | None:
    return next((tool for tool in read(code).tools if "execute" in tool.effects), None)


@pytest.mark.parametrize(
    ("code", "sandboxed"),
    [
        ("CodeAgent([], model)", Truth.NO),
        ("CodeAgent([], model, additional_authorized_imports=['*'])", Truth.NO),
        ("CodeAgent([], model, executor_type='docker')", Truth.YES),
        ("CodeAgent([], model, executor_type='local')", Truth.NO),
        ("CodeAgent([], model, executor=DockerExecutor([], log))", Truth.YES),
        ("dspy.CodeAct('q -> a', tools=[])", Truth.YES),
        ("dspy.CodeAct('q -> a', tools=[], interpreter_factory=dspy.LocalInterpreter)", Truth.NO),
    ],
)
def test_code_runs_where_it_is_said_to_run(code: str, sandboxed: Truth) -> None:
    tool = runner_of(f"a = {code}")

    assert tool is not None
    assert (tool.sandboxed, tool.approval) == (sandboxed, Truth.NO)


@pytest.mark.parametrize(
    "code",
    ["CodeAgent([], model, executor_type=kind)", "CodeAgent([], model, executor=mine())"],
)
def test_code_that_runs_nobody_knows_where_is_left_open(code: str) -> None:
    deployment = read(f"a = {code}")

    assert runner_of(f"a = {code}") is None
    assert [item.what for item in deployment.unresolved] == ["where a runs code does not fold"]


def tools_of(code: str) -> dict[str, Truth]:
    return {tool.name: tool.reads_untrusted for tool in read(code).tools}


def test_tools_are_followed_through_wrappers_stars_and_objects() -> None:
    code = (
        "from semantic_kernel.functions import kernel_function\n"
        "class Menu:\n"
        "    @kernel_function\n"
        "    def specials(self) -> str: ...\n"
        "    def other(self): ...\n"
        "def look(x: str): return requests.get(x)\n"
        "import requests\n"
        "extra = [DuckDuckGoSearchTool()]\n"
        "a = ChatCompletionAgent(service=s, plugins=[Menu()])\n"
        "b = dspy.ReAct('q -> a', [dspy.Tool(look), *extra])\n"
    )

    assert tools_of(code) == {
        "specials": Truth.UNKNOWN,
        "look": Truth.YES,
        "DuckDuckGoSearchTool": Truth.YES,
    }
    assert not read(code).unresolved


def test_what_wraps_a_function_may_ask_first() -> None:
    code = (
        "from google.adk.tools import FunctionTool, google_search\n"
        "def pay(amount: int) -> str: ...\n"
        "a = AdkAgent(name='a', tools=[FunctionTool(pay, require_confirmation=True),"
        " google_search])\n"
    )
    found = {tool.name: (tool.approval, tool.reads_untrusted) for tool in read(code).tools}

    assert found["pay"][0] is Truth.YES
    assert found["google_search"] == (Truth.UNKNOWN, Truth.YES)


CELL = "import os\nimport strands\nos.environ['BYPASS_TOOL_CONSENT'] = '1'\n"
NOTEBOOK = json.dumps(
    {
        "cells": [{"cell_type": "code", "metadata": {}, "outputs": [], "source": [CELL]}],
        "metadata": {"language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
)
STRANDS = "from strands import Agent\nfrom strands_tools import shell, file_read, calculator\n"


def test_tools_of_strands_ask_on_the_terminal_unless_that_is_switched_off() -> None:
    code = f"{STRANDS}a = Agent(tools=[shell, file_read, calculator])\n"
    asking = {tool.name: tool.approval for tool in deployment_of({"a.py": code}).tools}
    silent = deployment_of({"a.py": code, ".env": "BYPASS_TOOL_CONSENT=true\n"}).tools

    assert asking == {
        "shell": Truth.YES,
        "file_read": Truth.UNKNOWN,
        "calculator": Truth.UNKNOWN,
    }
    assert {tool.name: tool.approval for tool in silent}["shell"] is Truth.NO


@pytest.mark.parametrize(
    ("file", "text", "approval"),
    [
        ("app/run.py", "import strands\nos.environ['BYPASS_TOOL_CONSENT'] = '1'\n", Truth.NO),
        ("run.py", "import strands\nos.environ['BYPASS_TOOL_CONSENT'] = '1'\n", Truth.NO),
        ("other/a.py", "import strands\nos.environ['BYPASS_TOOL_CONSENT'] = '1'\n", Truth.UNKNOWN),
        ("other/.env", "BYPASS_TOOL_CONSENT=true\n", Truth.NO),
        ("app/a.ipynb", NOTEBOOK, Truth.NO),
        ("other/a.ipynb", NOTEBOOK, Truth.YES),
    ],
    ids=[
        *("beside it", "above it", "a program elsewhere", "settings elsewhere"),
        *("a notebook beside it", "a notebook elsewhere"),
    ],
)
def test_what_a_program_switches_off_is_off_for_what_it_may_start(
    file: str, text: str, approval: Truth
) -> None:
    code = f"{STRANDS}a = Agent(tools=[shell])\n"
    (tool,) = deployment_of({"app/agents/a.py": code, file: text}).tools

    assert tool.approval is approval


LOOKS = "def look(p):\n    a = Agent(tools=[file_read])\n    a.tool.file_read(path=p)\n"
LOOKED = "a = Agent(tools=[file_read])\na.tool.file_read(path='x')\n"
ASKS_WITHIN = "    def ask():\n        return a('Sum it up')\n    return ask()\n"


@pytest.mark.parametrize(
    ("code", "files", "known"),
    [
        (LOOKS, {}, 1),
        (LOOKED, {}, 1),
        (LOOKED, {"b.py": "import strands\nfrom a import other\n"}, 1),
        (LOOKS + "    return a('Sum it up')\n", {}, None),
        (LOOKS + ASKS_WITHIN, {}, None),
        (LOOKED, {"b.py": "import strands\nfrom a import a\na('Sum it up')\n"}, None),
        ("a = Agent(tools=[file_read])\ndef look(p):\n    a.tool.file_read(path=p)\n", {}, None),
        ("a = Agent(tools=[file_read])\n", {}, None),
    ],
)
def test_an_agent_whose_tools_the_program_calls_takes_no_turn(
    code: str, files: dict[str, str], known: int | None
) -> None:
    (agent,) = deployment_of({"a.py": STRANDS + code, **files}).agents

    assert agent.max_iterations_count == known


@pytest.mark.parametrize("caught", ["ImportError", "(ModuleNotFoundError, OSError)", "ValueError"])
def test_what_stands_in_for_a_missing_package_is_no_tool(caught: str) -> None:
    code = (
        "from strands import Agent\n"
        "try:\n    from strands_tools import shell\n"
        f"except {caught}:\n    def shell(*args):\n        return 'not here'\n"
        "a = Agent(tools=[shell])\n"
    )
    (tool,) = deployment_of({"a.py": code}).tools

    assert ("execute" in tool.effects) is (caught != "ValueError")


AUTOGEN = (
    "from autogen_agentchat.agents import AssistantAgent, CodeExecutorAgent\n"
    "from autogen_agentchat.teams import RoundRobinGroupChat, SelectorGroupChat,"
    " MagenticOneGroupChat, GraphFlow\n"
    "from autogen_agentchat.conditions import *\n"
    "from autogen_agentchat.conditions import MaxMessageTermination, TextMentionTermination,"
    " TimeoutTermination, FunctionalTermination, TokenUsageTermination\n"
    "from autogen_core.model_context import BufferedChatCompletionContext\n"
    "from autogen_ext.code_executors.local import LocalCommandLineCodeExecutor\n"
    "from autogen_ext.code_executors.docker import DockerCommandLineCodeExecutor\n"
    "from autogen_ext.tools.code_execution import PythonCodeExecutionTool\n"
)


def of_autogen(code: str) -> Deployment:
    return deployment_of({"a.py": f"{AUTOGEN}{code}\n"})


@pytest.mark.parametrize(
    ("team", "known", "count"),
    [
        ("RoundRobinGroupChat([a])", Known.NONE, None),
        ("RoundRobinGroupChat([a], max_turns=3)", Known.SET, 3),
        ("RoundRobinGroupChat([a], termination_condition=word)", Known.NONE, None),
        ("RoundRobinGroupChat([a], termination_condition=word | most)", Known.SET, 12),
        ("RoundRobinGroupChat([a], most)", Known.SET, 12),
        ("RoundRobinGroupChat([a], termination_condition=word & most)", Known.UNKNOWN, None),
        ("RoundRobinGroupChat([a], termination_condition=made())", Known.UNKNOWN, None),
        (
            "RoundRobinGroupChat([a], termination_condition=FunctionalTermination(f))",
            Known.UNKNOWN,
            None,
        ),
        ("SelectorGroupChat([a], m, max_turns=5, termination_condition=most)", Known.SET, 5),
        ("MagenticOneGroupChat([a], m)", Known.SET, 20),
        ("MagenticOneGroupChat([a], m, max_turns=None)", Known.NONE, None),
        ("GraphFlow([a], graph=g)", Known.UNKNOWN, None),
        ("RoundRobinGroupChat([a], **settings)", Known.UNKNOWN, None),
    ],
)
def test_members_go_on_for_as_long_as_their_team(
    team: str, known: Known, count: int | None
) -> None:
    agent = of_autogen(
        "word = TextMentionTermination('DONE')\nmost = MaxMessageTermination(max_messages=12)\n"
        f"a = AssistantAgent('a', m)\nteam = {team}"
    ).agents[0]

    assert (agent.max_iterations, agent.max_iterations_count) == (known, count)


def test_nodes_of_a_graph_are_members_of_what_ends_by_itself() -> None:
    found = of_autogen(
        "from autogen_agentchat.agents import MessageFilterAgent\n"
        "from autogen_agentchat.teams import DiGraphBuilder\n"
        "a = AssistantAgent('a', m)\nb = AssistantAgent('b', m)\n"
        "seen = MessageFilterAgent(name='seen', wrapped_agent=b, filter=f)\n"
        "builder = DiGraphBuilder()\nbuilder.add_node(a).add_node(seen)\n"
        "team = GraphFlow(participants=builder.get_participants(), graph=builder.build())"
    )
    known = {agent.name: agent.max_iterations for agent in found.agents}

    assert known["a"] is known["b"] is Known.UNKNOWN
    assert all(store.max_turns is Known.UNKNOWN for store in found.memory_stores)


@pytest.mark.parametrize(
    ("more", "given", "known"),
    [
        ("", "", Known.UNKNOWN),
        ("builder.add_edge(b, a, condition=again)\n", "", Known.NONE),
        ("builder.add_edge(b, a, condition=again)\n", ", max_turns=9", Known.SET),
    ],
)
def test_a_graph_with_a_circle_does_not_end_by_itself(more: str, given: str, known: Known) -> None:
    found = of_autogen(
        "from autogen_agentchat.teams import DiGraphBuilder\n"
        "a = AssistantAgent('a', m)\nb = AssistantAgent('b', m)\n"
        "builder = DiGraphBuilder()\nbuilder.add_node(a).add_node(b)\nbuilder.add_edge(a, b)\n"
        f"{more}"
        f"team = GraphFlow(builder.get_participants(), graph=builder.build(){given})"
    )

    assert [agent.max_iterations for agent in found.agents] == [known, known]


def test_the_edges_of_a_module_are_looked_at_once_for_all_of_its_graphs() -> None:
    """It took 12 seconds, since each of them looked at every call."""
    found = of_autogen("GraphFlow([])\n" * 12_000)

    assert {agent.max_iterations for agent in found.agents} == {Known.UNKNOWN}


def test_an_assistant_alone_calls_tools_once_unless_it_is_told_otherwise() -> None:
    alone = of_autogen("a = AssistantAgent('a', m)").agents[0]
    told = of_autogen("a = AssistantAgent('a', m, max_tool_iterations=8)").agents[0]

    assert (alone.max_iterations_count, told.max_iterations_count) == (1, 8)


def test_seconds_and_tokens_end_a_team_too() -> None:
    agent = of_autogen(
        "a = AssistantAgent('a', m)\nteam = RoundRobinGroupChat([a], termination_condition="
        "TimeoutTermination(90) | TokenUsageTermination(max_total_token=9))"
    ).agents[0]

    assert (agent.timeout, agent.timeout_s, agent.budget) == (Known.SET, 90, Known.SET)
    assert agent.max_iterations is Known.UNKNOWN


def test_who_is_in_two_teams_goes_on_as_long_as_the_longer_one() -> None:
    deployment = of_autogen(
        "a = AssistantAgent('a', m)\nb = AssistantAgent('b', m)\n"
        "one = RoundRobinGroupChat([a], max_turns=2)\ntwo = RoundRobinGroupChat([a, b])\n"
    )
    found = {agent.name: agent.max_iterations for agent in deployment.agents}

    assert found == {"a": Known.NONE, "b": Known.NONE}


def test_a_team_of_agents_from_elsewhere_is_what_goes_on() -> None:
    deployment = deployment_of(
        {
            "agents.py": f"{AUTOGEN}planner = AssistantAgent('planner', m)\n",
            "team.py": f"{AUTOGEN}from agents import planner\n"
            "crew = RoundRobinGroupChat([planner])\n",
        }
    )
    found = {agent.name: agent.max_iterations for agent in deployment.agents}

    assert found == {"planner": Known.SET, "crew": Known.NONE}


@pytest.mark.parametrize(
    ("team", "paced"),
    [
        ("RoundRobinGroupChat([a, person])", True),
        ("RoundRobinGroupChat(participants=[a, UserProxyAgent('b')])", True),
        ("SelectorGroupChat([a, person])", False),
        ("RoundRobinGroupChat([a])", False),
        ("RoundRobinGroupChat([a, person])\nmore = RoundRobinGroupChat([a])", False),
    ],
)
def test_a_person_who_is_asked_in_turn_paces_a_team(team: str, paced: bool) -> None:  # noqa: FBT001, a parameter of the table
    made = "from autogen_agentchat.agents import UserProxyAgent\nperson = UserProxyAgent('user')\n"
    deployment = of_autogen(f"{made}a = AssistantAgent('a', m)\nteam = {team}")

    assert [agent.paced_by_person for agent in deployment.agents] == [paced]


def context_of(code: str) -> tuple[MemoryStore, ...]:
    return of_autogen(code).memory_stores


def test_an_assistant_keeps_everything_unless_it_is_given_a_context() -> None:
    (alone,) = context_of("a = AssistantAgent('a', m)")
    (ending,) = context_of("a = AssistantAgent('a', m)\nt = RoundRobinGroupChat([a], max_turns=3)")
    (given,) = context_of(
        "a = AssistantAgent('a', m, model_context=BufferedChatCompletionContext(buffer_size=4))"
    )

    assert (alone.kind, alone.max_turns) == ("buffer", Known.NONE)
    assert ending.max_turns is Known.UNKNOWN
    assert given.max_turns_count == 4


@pytest.mark.parametrize(
    ("agent", "sandboxed", "approval"),
    [
        ("CodeExecutorAgent('a', LocalCommandLineCodeExecutor())", Truth.NO, Truth.NO),
        (
            "CodeExecutorAgent('a', code_executor=DockerCommandLineCodeExecutor())",
            Truth.YES,
            Truth.NO,
        ),
        (
            "CodeExecutorAgent('a', LocalCommandLineCodeExecutor(), approval_func=ask)",
            Truth.NO,
            Truth.YES,
        ),
        (
            (
                "AssistantAgent('a', m, tools=[PythonCodeExecutionTool("
                "LocalCommandLineCodeExecutor(work_dir='x'))])"
            ),
            Truth.NO,
            Truth.NO,
        ),
    ],
)
def test_autogen_runs_code_in_its_executor(agent: str, sandboxed: Truth, approval: Truth) -> None:
    deployment = of_autogen(f"a = {agent}")
    (tool,) = deployment.tools

    assert (tool.sandboxed, tool.approval) == (sandboxed, approval)
    assert any(edge.kind is EdgeKind.INVOKES for edge in deployment.edges)


@pytest.mark.parametrize(
    ("call", "sandboxed", "approval"),
    [
        ("UserProxyAgent('u', code_execution_config={'use_docker': False})", Truth.NO, Truth.YES),
        (
            (
                "UserProxyAgent('u', human_input_mode='NEVER',"
                " code_execution_config={'use_docker': False})"
            ),
            Truth.NO,
            Truth.NO,
        ),
        ("UserProxyAgent('u', code_execution_config={'work_dir': 'x'})", Truth.YES, Truth.YES),
    ],
)
def test_autogen_of_old_runs_code_in_docker_or_not(
    call: str, sandboxed: Truth, approval: Truth
) -> None:
    deployment = deployment_of({"a.py": f"from autogen import UserProxyAgent\nu = {call}\n"})
    (tool,) = deployment.tools

    assert (tool.sandboxed, tool.approval) == (sandboxed, approval)
    assert deployment.agents[0].max_iterations_count == 100


def test_autogen_of_old_runs_no_code_where_it_is_switched_off() -> None:
    code = "from autogen import UserProxyAgent\nu = UserProxyAgent(code_execution_config=False)\n"

    assert not deployment_of({"a.py": code}).tools


def store_of(code: str) -> MemoryStore:
    return read(code).memory_stores[0]


def test_a_reducer_bounds_nothing_that_nobody_has_it_reduce() -> None:
    made = "history = ChatHistoryTruncationReducer(target_count=10"

    assert store_of(f"{made})").max_turns is Known.NONE
    assert store_of(f"{made}, auto_reduce=True)").max_turns_count == 10
    assert store_of(f"{made})\nawait thread.reduce()").max_turns_count == 10


def test_a_thread_that_is_given_a_history_keeps_none_of_its_own() -> None:
    assert store_of("t = ChatHistoryAgentThread()").kind == "buffer"
    assert not read("t = ChatHistoryAgentThread(chat_history=history)").memory_stores


@pytest.mark.parametrize(
    ("made", "kind", "ttl", "tokens"),
    [
        ("llama_index.core.memory.Memory.from_defaults()", "window", Known.NONE, 30_000),
        ("llama_index.core.memory.Memory(token_limit=50)", "window", Known.NONE, 50),
        ("agno.db.sqlite.SqliteDb(db_file='x')", "history", Known.NONE, None),
        ("agno.db.redis.RedisDb(expire=3600)", "history", Known.SET, None),
        ("mem0.Memory()", "vector", Known.NONE, None),
        ("ours.Memory()", None, None, None),
    ],
)
def test_memories_are_bounded_as_their_framework_says(
    made: str, kind: str | None, ttl: Known | None, tokens: int | None
) -> None:
    code = f"import {made.rpartition('.')[0].removesuffix('.Memory')}\nstore = {made}\n"
    found = deployment_of({"a.py": code}).memory_stores

    assert [(item.kind, item.ttl, item.max_tokens_count) for item in found] == (
        [(kind, ttl, tokens)] if kind else []
    )


@pytest.mark.parametrize(
    ("use", "kept"),
    [
        ("Knowledge(contents_db=db)", 0),
        ("Agent(db=db)", 1),
        ("Agent(db=db, knowledge=Knowledge(contents_db=db))", 1),
        ("elsewhere(db)", 1),
    ],
)
def test_a_database_of_documents_is_no_memory_of_conversations(use: str, kept: int) -> None:
    code = f"from agno.db.sqlite import SqliteDb\ndb = SqliteDb(db_file='x')\na = {use}\n"

    assert len(deployment_of({"a.py": code}).memory_stores) == kept


@pytest.mark.parametrize(
    ("package", "typed"),
    [("agent_framework", Truth.YES), ("langchain_core.tools", Truth.NO)],
)
def test_what_the_program_passes_to_a_tool_is_no_argument_of_the_model(
    package: str, typed: Truth
) -> None:
    code = (
        f"from {package} import tool\n@tool(name='look')\n"
        "def look(query: str, **kwargs: Any) -> str: ...\n"
    )
    (tool,) = deployment_of({"a.py": code}).tools

    assert tool.typed is typed


def test_one_tool_needs_no_list() -> None:
    code = "def look(x: str) -> str: ...\na = ChatAgent(client, tools=look)\n"
    deployment = read(code)

    assert [tool.name for tool in deployment.tools] == ["look"]
    assert not deployment.unresolved


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("a = OpenAIChatClient().as_agent(name='a', tools=[])", ["a"]),
        ("client = OpenAIChatClient()\na = client.create_agent(name='a')", ["a"]),
        ("a = other.as_agent(name='a')", []),
    ],
)
def test_clients_of_agent_framework_make_agents_too(code: str, found: list[str]) -> None:
    head = "from agent_framework.openai import OpenAIChatClient\nfrom x import other\n"
    agents = deployment_of({"a.py": f"{head}{code}\n"}).agents

    assert [agent.name for agent in agents] == found
    assert all(agent.framework == "agent-framework" for agent in agents)


@pytest.mark.parametrize(
    ("head", "handed"),
    [
        ("from google.adk.agents import Agent", "sub_agents=[helper]"),
        (
            "from google.adk.agents import Agent\nfrom google.adk.tools import AgentTool",
            "tools=[AgentTool(agent=helper)]",
        ),
        ("from agents import Agent", "handoffs=[helper]"),
        ("from agents import Agent", "tools=[helper.as_tool('a', 'b')]"),
        ("from agents import Agent", "tools=[asked]"),
        ("from semantic_kernel.agents import ChatCompletionAgent as Agent", "plugins=[helper]"),
        ("from smolagents import ToolCallingAgent as Agent", "managed_agents=[helper]"),
    ],
)
def test_agents_hand_work_to_agents_that_they_are_given(head: str, handed: str) -> None:
    helper = "helper = Agent(name='helper')\nasked = helper.as_tool('ask', 'Asks.')\n"
    code = f"{head}\n{helper}chief = Agent(name='chief', {handed})\n"
    deployment = deployment_of({"a.py": code})
    names = {agent.id: agent.name for agent in deployment.agents}
    edges = [edge for edge in deployment.edges if edge.kind is EdgeKind.DELEGATES_TO]

    assert [(names[edge.src], names[edge.dst]) for edge in edges] == [("chief", "helper")]
    assert not deployment.tools


def test_an_agent_of_another_file_that_is_a_tool_is_left_open() -> None:
    code = (
        "from google.adk.agents import Agent\nfrom google.adk.tools import AgentTool\n"
        "from elsewhere import helper\na = Agent(name='a', tools=[AgentTool(agent=helper)])\n"
    )
    deployment = deployment_of({"a.py": code})

    assert not deployment.tools
    assert [item.what for item in deployment.unresolved] == [
        "an agent that is a tool is built in another file"
    ]


def test_steps_of_a_process_are_no_tools() -> None:
    code = (
        "from semantic_kernel.functions import kernel_function\n"
        "from semantic_kernel.processes.kernel_process import KernelProcessStep\n"
        "class Plan(KernelProcessStep[State]):\n"
        "    @kernel_function\n    def refine(self, context, plan): ...\n"
    )

    assert not deployment_of({"a.py": code}).tools


def test_a_function_means_what_it_imports_itself() -> None:
    code = """
def ours():
    from acme import Agent
    a = Agent(model=m, tools=[f])


def theirs():
    from agno.agent import Agent
    def inner():
        from strands import Agent
        b = Agent(tools=[f])
    c = Agent(model=m, tools=[f])
"""
    found = {item.name: item.framework for item in deployment_of({"a.py": code}).agents}

    assert found == {"b": "strands", "c": "agno"}


def test_instructions_under_any_name_are_no_tools() -> None:
    assert agent_of("a = AgnoAgent(model=m, system_message='x')").max_iterations_count == 1


@pytest.mark.parametrize(
    ("hooks", "known"),
    [
        ("hooks=[ToolLimitHook(5)]", Known.UNKNOWN),
        ("hooks=[most]", Known.UNKNOWN),
        ("hooks=[Logs()]", Known.NONE),
        ("hooks=[GuardrailsHook(), EventLoopMetrics()]", Known.NONE),
        ("hooks=[]", Known.NONE),
        ("hooks=given or []", Known.UNKNOWN),
    ],
)
def test_hooks_of_strands_may_stop_an_agent(hooks: str, known: Known) -> None:
    code = (
        "from strands import Agent\nfrom desk.hooks import EventLoopMetrics, GuardrailsHook, Logs\n"
        "from desk.hooks import ToolLimitHook\n"
        "most = ToolLimitHook(max_calls=9)\n\ndef made(given):\n"
        f"    return Agent(model=m, tools=[ask], {hooks})\n"
    )
    (agent,) = deployment_of({"desk.py": code}).agents

    assert agent.max_iterations is known
