"""Tools of a registry of one's own: functions and schemas under one name."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.facts.tools import Tool

HEAD = """\
import subprocess
from openai import OpenAI
client = OpenAI()


def run(arguments, folder):
    return subprocess.run(arguments["command"], shell=True)


SCHEMA = {"type": "object", "properties": {"command": {"type": "string"}}}
DEFINED = [{"type": "function", "function": {"name": "run_shell", "parameters": SCHEMA}}]
"""
REGISTERED = """\
@register_tool(name="run_shell", parameters={"type": "object", "properties": {"n": {}}})
def act(n: int) -> str:
    return str(n)
"""


def tools(code: str, head: str = HEAD) -> tuple[Tool, ...]:
    return deployment_of({"tools.py": head + code}).tools


@pytest.mark.parametrize(
    "code",
    [
        'register_tool(name="run_shell", description="d", parameters=SCHEMA, handler=run)\n',
        'registry.register("run_shell", input_schema=SCHEMA, func=run)\n',
        'RUNS = {"run_shell": run}\n',
        'class A:\n  def __init__(self):\n    self.runs = {"run_shell": self.run}\n',
        REGISTERED,
    ],
)
def test_a_function_with_a_schema_under_one_name_is_a_tool(code: str) -> None:
    (tool,) = tools(code)

    assert tool.name == "run_shell"


def test_a_tool_does_what_its_function_does_and_takes_what_its_schema_says() -> None:
    (tool,) = tools('RUNS = {"run_shell": run}\n')

    assert "execute" in tool.effects
    assert tool.free_form_parameters == ("command",)


def test_definitions_of_anthropic_are_some() -> None:
    code = 'ASKED = [{"name": "go", "input_schema": SCHEMA}]\nRUNS = {"go": run}\n'

    assert [tool.name for tool in tools(code)] == ["go"]


@pytest.mark.parametrize(
    "code",
    [
        "",
        'RUNS = {"other": run}\n',
        'RUNS = {"run_shell": imported}\n',
        'register_tool(name="a", parameters={"speed": 1}, handler=run)\n',
        'register_tool(name="a", handler=run)\n',
        'register_tool(name="a", parameters=SCHEMA, handler=elsewhere)\n',
        "@register_tool\ndef act(n: int) -> str:\n    return str(n)\n",
        'plot(name="a", parameters=SCHEMA, handler=run)\n',
    ],
)
def test_a_function_or_a_schema_alone_is_none(code: str) -> None:
    assert tools(code) == ()


def test_a_module_without_a_client_is_read_where_it_registers_tools() -> None:
    head = HEAD.replace("from openai import OpenAI\nclient = OpenAI()\n", "")
    call = 'register_tool(name="run_shell", parameters=SCHEMA, handler=run)\n'

    assert [tool.name for tool in tools(call, head)] == ["run_shell"]


_OWN = "class ToolSpec:\n    pass\n"


@pytest.mark.parametrize(
    "code",
    [
        f"{_OWN}tool = ToolSpec(name='sh', desc='Runs.', execute=run)\n",
        f"{_OWN}tools = [ToolSpec('sh', func=run, parameters=SCHEMA)]\n",
        "from .base import Tool\ntool = Tool(name='sh', function=run)\n",
    ],
)
def test_an_object_of_ones_own_holds_a_tool(code: str) -> None:
    found = {tool.name: tool for tool in tools(code)}

    assert "execute" in found["sh"].effects


@pytest.mark.parametrize(
    "code",
    [
        "from elsewhere import ToolSpec\ntool = ToolSpec(name='sh', execute=run)\n",
        f"{_OWN}tool = ToolSpec(name='sh', execute=other)\n",
        f"{_OWN}tool = ToolSpec(name=made(), execute=run)\n",
        "class ToolResult:\n    pass\ntool = ToolResult(name='sh', run=run)\n",
    ],
)
def test_what_is_a_strangers_or_holds_no_function_holds_none(code: str) -> None:
    assert "sh" not in {tool.name for tool in tools(code)}
