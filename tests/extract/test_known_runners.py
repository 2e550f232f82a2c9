"""Libraries that run code or statements which a model writes."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.evidence import Known, Truth
from tests.extract.invoked import tools_of

_LANGCHAIN = "from langchain_experimental.agents import {made}\nagent = {made}(llm, it{more})\n"


def _found(code: str) -> Deployment:
    return deployment_of({"desk.py": code})


@pytest.mark.parametrize(
    ("made", "runs"),
    [
        ("create_pandas_dataframe_agent", True),
        ("create_csv_agent", True),
        ("create_python_agent", True),
        ("create_sql_agent", False),
    ],
)
def test_agents_of_langchain_have_tools_of_their_own(
    made: str,
    runs: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    found = _found(_LANGCHAIN.format(made=made, more=", allow_dangerous_code=True"))
    (agent,), (tool,) = found.agents, tools_of(found).values()

    assert (agent.max_iterations, agent.max_iterations_count) == (Known.SET, 15)
    assert ("execute" in tool.effects) is runs
    assert "delete" in tool.effects


def test_without_leave_they_run_nothing() -> None:
    more = ", allow_dangerous_code=False"
    found = _found(_LANGCHAIN.format(made="create_csv_agent", more=more))

    assert tools_of(found) == {}


@pytest.mark.parametrize(
    ("names", "effects"),
    [
        ("'terminal'", {"execute"}),
        ("'python_repl'", {"execute"}),
        ("'requests_all'", {"send"}),
        ("'wikipedia', 'llm-math'", {"read"}),
    ],
)
def test_tools_that_are_loaded_by_name(names: str, effects: set[str]) -> None:
    code = (
        "from langchain.agents import initialize_agent, load_tools\n"
        f"tools = load_tools([{names}], llm=llm)\nagent = initialize_agent(tools, llm)\n"
    )
    found = _found(code)

    assert effects <= {each for tool in tools_of(found).values() for each in tool.effects}
    assert found.unresolved == ()


@pytest.mark.parametrize("names", ["['of-tomorrow']", "chosen()"])
def test_names_of_tools_that_are_not_known_are_named(names: str) -> None:
    code = (
        "from langchain.agents import initialize_agent, load_tools\n"
        f"agent = initialize_agent(load_tools({names}), llm)\n"
    )

    assert len(_found(code).unresolved) == 1


@pytest.mark.parametrize(
    ("code", "sandboxed", "approval"),
    [
        (
            "from langchain_experimental.pal_chain import PALChain\nPALChain.from_math_prompt(llm)",
            Truth.UNKNOWN,
            Truth.UNKNOWN,
        ),
        (
            (
                "from llama_index.experimental.query_engine import PandasQueryEngine\n"
                "PandasQueryEngine(df=df)"
            ),
            Truth.UNKNOWN,
            Truth.UNKNOWN,
        ),
        ("from pandasai import Agent\nAgent(df)", Truth.UNKNOWN, Truth.UNKNOWN),
        ("import pandasai as pai\npai.SmartDataframe(df)", Truth.UNKNOWN, Truth.UNKNOWN),
        ("from pandasai import Agent\nAgent(df, sandbox=box)", Truth.YES, Truth.UNKNOWN),
        ("from vanna.flask import VannaFlaskApp\nVannaFlaskApp(vn)", Truth.UNKNOWN, Truth.UNKNOWN),
        ("from vanna.remote import VannaDefault\nvn.ask('q')", Truth.UNKNOWN, Truth.UNKNOWN),
        ("from interpreter import interpreter\ninterpreter.chat(q)", Truth.UNKNOWN, Truth.YES),
        (
            "from interpreter import interpreter\ninterpreter.auto_run = True\ninterpreter.chat(q)",
            Truth.UNKNOWN,
            Truth.NO,
        ),
    ],
)
def test_libraries_run_code_of_models(code: str, sandboxed: Truth, approval: Truth) -> None:
    (tool,) = _found(f"{code}\n").tools

    assert "execute" in tool.effects
    assert (tool.sandboxed, tool.approval) == (sandboxed, approval)


@pytest.mark.parametrize(
    "code",
    [
        (
            "from langchain_experimental.pal_chain import PALChain\n"
            "PALChain.from_math_prompt(llm, allow_dangerous_code=False)"
        ),
        "from vanna.remote import VannaDefault\nvn.ask('q', visualize=False)",
        "from llama_index.core.query_engine import RetrieverQueryEngine\nRetrieverQueryEngine(r)",
        "from agno.agent import Agent\nfrom other import SmartDataframe\nSmartDataframe(df)",
        "import openai\nvn.ask('q')",
    ],
)
def test_what_runs_nothing_is_no_tool(code: str) -> None:
    assert _found(f"{code}\n").tools == ()


def test_what_runs_the_code_of_an_agent_of_llamaindex_is_read() -> None:
    code = (
        "from llama_index.core.agent.workflow import CodeActAgent\n"
        "def run(code):\n    exec(code)\nagent = CodeActAgent(code_execute_fn=run, llm=llm)\n"
    )

    assert "execute" in tools_of(_found(code))["run"].effects
