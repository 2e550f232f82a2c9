"""Tools that functions of a repository in Python make of what they are handed."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment

MAKER = """\
from langchain_core.tools import StructuredTool

def define_tool(name, fn, *, asks=False):
    made = StructuredTool.from_function(func=fn, name=name)
    return made
"""
AGENT = """\
import subprocess
from langchain.agents import create_agent
from langchain_core.tools import StructuredTool
from making import define_tool

def run(command: str) -> str:
    return subprocess.run(command, shell=True)

def look(command: str) -> int:
    return len(command)

agent = create_agent("m", tools=[{tools}])
"""


def deployed(tools: str, maker: str = MAKER) -> Deployment:
    return deployment_of({"agent.py": AGENT.replace("{tools}", tools), "making.py": maker})


def effects(found: Deployment) -> dict[str, bool]:
    return {tool.name: "execute" in tool.effects for tool in found.tools}


@pytest.mark.parametrize("call", ["define_tool('sh', {})", "define_tool(fn={}, name='sh')"])
def test_each_call_makes_a_tool_of_the_function_that_it_hands_over(call: str) -> None:
    found = deployed(", ".join(call.format(name) for name in ("run", "look")))

    assert effects(found) == {"run": True, "look": False}
    assert not found.unresolved


def test_a_factory_of_the_same_module_is_followed() -> None:
    maker = MAKER.replace("define_tool", "other")
    code = AGENT.replace("from making import define_tool", MAKER).replace(
        "{tools}", "define_tool('sh', run)"
    )
    found = deployment_of({"agent.py": code, "making.py": maker})

    assert effects(found) == {"run": True}


@pytest.mark.parametrize(
    ("tools", "maker"),
    [
        ("define_tool('sh', run)", MAKER.replace("func=fn", "func=FUNCTIONS[name]")),
        ("define_tool('sh', run)", MAKER.replace("return made", "return made if x else other()")),
        ("define_tool('sh', run)", "def define_tool(name, fn):\n    return registered(fn)\n"),
        ("elsewhere('sh', run)", MAKER),
    ],
)
def test_what_makes_a_tool_of_something_else_is_open(tools: str, maker: str) -> None:
    found = deployed(tools, maker)
    name = tools.partition("(")[0]

    assert {each.what for each in found.unresolved} == {f"the tool {name} is not known"}
