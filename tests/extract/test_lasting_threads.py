"""Threads of LangChain that last grow with every turn, unless something shortens them."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.finding import Severity
from agentaudit.rules.ours import lint_rules

PYTHON = (
    "from langchain.agents import create_agent\n"
    "from langchain.agents.middleware import *\n"
    "from langchain.agents.middleware import SummarizationMiddleware, ModelCallLimitMiddleware\n"
    "from langchain.agents.middleware import HumanInTheLoopMiddleware\n"
    "from langgraph.checkpoint.memory import InMemorySaver\n"
    "from langgraph.checkpoint.postgres import PostgresSaver\n"
    "from langgraph.prebuilt import create_react_agent\n"
    "from deepagents import create_deep_agent\n"
    "saver = PostgresSaver.from_conn_string(url)\n"
)
SCRIPT = (
    "import { createAgent, summarizationMiddleware, todoListMiddleware } from 'langchain';\n"
    "import { createReactAgent } from '@langchain/langgraph/prebuilt';\n"
    "import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';\n"
    "const saver = PostgresSaver.fromConnString(url);\n"
)


def threads(file: str, code: str) -> list[MemoryStore]:
    stores = deployment_of({file: code}).memory_stores
    return [store for store in stores if store.name.startswith("the thread of")]


@pytest.mark.parametrize(
    "code",
    [
        "desk = create_agent('openai:gpt-5', [find], checkpointer=saver)\n",
        "desk = create_react_agent(model, [find], checkpointer=saver, prompt='Help.')\n",
        "desk = create_react_agent(model, [find], checkpointer=saver, prompt=SYSTEM_PROMPT)\n",
        "desk = create_agent(model, checkpointer=saver, middleware=[HumanInTheLoopMiddleware()])\n",
        (
            "stop = ModelCallLimitMiddleware(run_limit=9)\n"
            "desk = create_agent(model, checkpointer=saver, middleware=[stop])\n"
        ),
    ],
)
def test_nothing_bounds_what_is_shown_of_a_thread_that_lasts(code: str) -> None:
    (thread,) = threads("desk.py", PYTHON + code)

    assert (thread.max_turns, thread.backend) == (Known.NONE, "postgres")
    assert thread.persistent is Truth.YES


@pytest.mark.parametrize(
    "code",
    [
        "desk = create_react_agent(model, checkpointer=saver, pre_model_hook=shorter)\n",
        "desk = create_react_agent(model, checkpointer=saver, prompt=shown)\n",
        "desk = create_react_agent(shorter | model, checkpointer=saver)\n",
        "desk = create_agent(model, checkpointer=saver, middleware=[ours])\n",
        "desk = create_agent(model, checkpointer=saver, middleware=layers())\n",
        "desk = create_agent(model, checkpointer=saver, **settings)\n",
        (
            "stop = ModelCallLimitMiddleware(thread_limit=90)\n"
            "desk = create_agent(model, checkpointer=saver, middleware=[stop])\n"
        ),
        (
            "desk = create_agent(model, checkpointer=saver)\n"
            "def ask(text):\n"
            "    run = {'configurable': {'thread_id': str(uuid4())}}\n"
            "    return desk.invoke({'messages': [text]}, run)\n"
        ),
        (
            "desk = create_agent(model, checkpointer=saver)\n"
            "def forget(thread):\n    saver.delete_thread(thread)\n"
        ),
    ],
)
def test_what_may_shorten_a_thread_leaves_it_open(code: str) -> None:
    (thread,) = threads("desk.py", PYTHON + code)

    assert thread.max_turns is Known.UNKNOWN


@pytest.mark.parametrize(
    "code",
    [
        "desk = create_agent(model, checkpointer=InMemorySaver())\nother = create_agent(saver)\n",
        "desk = create_agent(model)\n",
        "desk = create_deep_agent(model, checkpointer=saver)\n",
        (
            "shorter = SummarizationMiddleware(model='gpt-5-mini', trigger=('tokens', 4000))\n"
            "desk = create_agent(model, checkpointer=saver, middleware=[shorter])\n"
        ),
    ],
)
def test_what_ends_or_is_summarised_is_no_thread_that_grows(code: str) -> None:
    assert threads("desk.py", PYTHON + code) == []


@pytest.mark.parametrize(
    ("code", "turns"),
    [
        ("createAgent({ model, tools: [], checkpointer: saver });", [Known.NONE]),
        ("createReactAgent({ llm, tools: [], checkpointSaver: saver });", [Known.NONE]),
        (
            "createAgent({ model, checkpointer: saver, middleware: [todoListMiddleware()] });",
            [Known.NONE],
        ),
        ("createAgent({ model, checkpointer: saver, middleware: [ours] });", [Known.UNKNOWN]),
        ("createReactAgent({ llm, checkpointer: saver, preModelHook: cut });", [Known.UNKNOWN]),
        ("createReactAgent({ llm, checkpointer: saver, prompt: shown });", [Known.UNKNOWN]),
        ("createAgent({ model, checkpointer: saver, ...rest });", [Known.UNKNOWN]),
        ("createAgent({ model });", []),
        (
            (
                "createAgent({ model, checkpointer: saver, middleware: "
                "[summarizationMiddleware({ model, trigger: { tokens: 4000 } })] });"
            ),
            [],
        ),
    ],
)
def test_threads_of_scripts_grow_likewise(code: str, turns: list[Known]) -> None:
    found = threads("desk.ts", f"{SCRIPT}export const desk = {code}\n")

    assert [thread.max_turns for thread in found] == turns


def test_a_thread_that_lasts_is_told_once_as_what_it_is() -> None:
    code = f"{PYTHON}desk = create_agent('openai:gpt-5', [find], checkpointer=saver)\n"
    rules = {"unbounded-context", "history-without-expiry", "memory-store-without-expiry"}
    result = lint(deployment_of({"desk.py": code}), lint_rules(), names=rules)
    told = [(finding.rule, finding.severity) for finding in result.findings]

    assert told == [("unbounded-context", Severity.MEDIUM)]
