"""Tools that decorators, sets and wrappers give an agent, and whether anybody is asked for them."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Truth
from tests.extract.invoked import tools_of

SHELL = (
    "    '''Run a command.'''\n"
    "    return subprocess.run(command, shell=True, capture_output=True, text=True).stdout\n"
)
PYDANTIC = "import subprocess\nfrom pydantic_ai import Agent\nagent = Agent('openai:gpt-5')\n"
GRAPH = "from langgraph.prebuilt import create_react_agent as Agent\n"
TOOLED = "from pydantic_ai import Agent, Tool\n"
SETS = (
    "import subprocess\nfrom pydantic_ai import Agent\n"
    "from pydantic_ai.toolsets import CombinedToolset, FunctionToolset\n"
    f"def shell(command: str) -> str:\n{SHELL}"
)


@pytest.mark.parametrize(
    "decorator", ["@agent.tool_plain", "@agent.tool", "@agent.tool_plain(retries=2)"]
)
def test_a_decorator_gives_an_agent_a_tool(decorator: str) -> None:
    text = f"{PYDANTIC}{decorator}\ndef shell(command: str) -> str:\n{SHELL}"
    tools = tools_of(deployment_of({"agent.py": text}))

    assert "execute" in tools["shell"].effects


def test_the_agent_may_stand_in_another_file() -> None:
    head = "import subprocess\nfrom agent import agent\n@agent.tool_plain\n"
    tool = f"{head}def shell(command: str) -> str:\n{SHELL}"
    main = "from agent import agent\nimport tools\nagent.run_sync('Hi')\n"
    found = deployment_of({"agent.py": PYDANTIC, "tools.py": tool, "main.py": main})

    assert list(tools_of(found)) == ["shell"]


def test_another_object_with_such_a_method_gives_it_nothing() -> None:
    text = f"{PYDANTIC}@registry.tool_plain\ndef shell(command: str) -> str:\n{SHELL}"

    assert tools_of(deployment_of({"agent.py": text})) == {}


@pytest.mark.parametrize(
    ("toolsets", "asked"),
    [
        ("[FunctionToolset(tools=[shell])]", Truth.UNKNOWN),
        ("[FunctionToolset([shell]).prefixed('own')]", Truth.UNKNOWN),
        ("[CombinedToolset([FunctionToolset([shell])])]", Truth.UNKNOWN),
        ("[FunctionToolset([shell]).approval_required()]", Truth.YES),
        ("[FunctionToolset([shell]).approval_required(lambda *_: True)]", Truth.UNKNOWN),
    ],
)
def test_sets_of_tools_are_given_to_an_agent(toolsets: str, asked: Truth) -> None:
    """Which calls a function asks about, is decided call by call."""
    text = f"{SETS}agent = Agent('openai:gpt-5', toolsets={toolsets})\n"
    found = deployment_of({"agent.py": text})

    assert tools_of(found)["shell"].approval is asked
    assert found.unresolved == ()


def test_a_set_has_what_its_decorators_give_it() -> None:
    text = (
        "import subprocess\nfrom pydantic_ai import Agent, FunctionToolset\n"
        f"own = FunctionToolset()\n@own.tool_plain\ndef shell(command: str) -> str:\n{SHELL}"
        "agent = Agent('openai:gpt-5', toolsets=[own])\n"
    )

    assert list(tools_of(deployment_of({"agent.py": text}))) == ["shell"]


@pytest.mark.parametrize("toolsets", ["[made()]", "made()", "[Own()]"])
def test_sets_that_nobody_knows_are_open(toolsets: str) -> None:
    found = deployment_of({"a.py": f"{SETS}a = Agent('openai:gpt-5', toolsets={toolsets})\n"})

    assert len(found.unresolved) == 1


@pytest.mark.parametrize(
    ("imports", "made"),
    [
        ("from agents import Agent, function_tool", "function_tool(shell)"),
        ("from agents import Agent, function_tool", "function_tool(name_override='x')(shell)"),
        ("from agents import Agent\nfrom langchain_core.tools import tool", "tool(shell)"),
        ("from strands import Agent, tool", "tool(shell)"),
    ],
)
@pytest.mark.parametrize("within", [True, False])
def test_a_decorator_may_be_called_by_hand(imports: str, made: str, within: bool) -> None:  # noqa: FBT001
    """Whether it is imported at the top of a file or in the function that needs it."""
    lines = [*imports.splitlines(), f"return Agent(name='ops', tools=[{made}])"]
    head = "import subprocess\n" + ("" if within else f"{imports}\n")
    body = "".join(f"    {line}\n" for line in (lines if within else lines[-1:]))
    text = f"{head}def shell(command: str) -> str:\n{SHELL}def build():\n{body}"

    assert list(tools_of(deployment_of({"agent.py": text}))) == ["shell"]


@pytest.mark.parametrize(
    ("build", "asked"),
    [
        (GRAPH + "a = Agent(m, [run])", "no"),
        ("from pydantic_ai import Agent\na = Agent('openai:gpt-5', tools=[run])", "no"),
        (
            GRAPH + "a = Agent(m, [run], post_model_hook=look)",
            "unknown",
        ),
        (
            GRAPH + "a = Agent(m, [run], interrupt_before=['tools'])",
            "unknown",
        ),
        (
            TOOLED + "a = Agent('openai:gpt-5', tools=[Tool(run, requires_approval=True)])",
            "yes",
        ),
    ],
)
def test_a_function_that_runs_any_statement_asks_nobody_unless_something_says_so(
    build: str, asked: str
) -> None:
    text = (
        "import sqlite3\ndb = sqlite3.connect('shop.db')\n"
        f"def run(query: str) -> str:\n    return str(db.execute(query).fetchall())\n{build}\n"
    )
    tool = tools_of(deployment_of({"agent.py": text}))["run"]

    assert "delete" in tool.effects
    assert tool.approval == asked
