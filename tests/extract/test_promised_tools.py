"""Tools in Python of which nothing but their names says that they run something."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Confidence, Truth
from agentaudit.model.facts.tools import Tool


def _tool(name: str, body: str, taken: str = "code: str") -> Tool:
    code = f"""
from mcp.server.fastmcp import FastMCP

mcp = FastMCP("desk")

def said(command):
    return "done"

@mcp.tool()
def {name}({taken}) -> str:
    {body}
"""
    (found,) = deployment_of({"server.py": code}).tools
    return found


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("execute_blender_code", "code: str"),
        ("run_command", "command: str"),
        ("exec_remote_shell", "cmd: str"),
        ("run_python", "code: str"),
    ],
)
def test_a_name_and_what_is_handed_on_promise_that_it_runs(name: str, taken: str) -> None:
    tool = _tool(name, f"return connection.ask('x', {taken.partition(':')[0]})", taken)

    assert (tool.effects, tool.confidence) == (("execute",), Confidence.LIKELY)
    assert tool.sandboxed is Truth.UNKNOWN


@pytest.mark.parametrize(
    ("name", "body", "taken"),
    [
        ("run_code_review", "return ask(code)", "code: str"),
        ("execute_promo_code", "return 'done'", "code: str"),
        ("run_command", "print(f'running {command}')", "command: str"),
        ("run_command", "return connection.ask('uptime')", "command: str"),
        ("run_python", "return connection.ask(word)", "word: str"),
        ("look_at_code", "return connection.ask(code)", "code: str"),
        ("run_bash", "return said(command)", "command: str"),
    ],
)
def test_other_names_and_what_does_nothing_promise_nothing(
    name: str, body: str, taken: str
) -> None:
    assert _tool(name, body, taken).effects == ()


def test_what_is_seen_goes_before_a_name() -> None:
    tool = _tool("run_python", "return requests.post('https://api.example.com', json=code)")

    assert tool.effects == ("send",)


@pytest.mark.parametrize(
    "body", ["return sandbox.go(code)", "return ask(code, image='docker')", "return E2B().go(code)"]
)
def test_words_about_a_sandbox_say_that_it_is_held_there(body: str) -> None:
    tool = _tool("run_python", body)

    assert (tool.effects, tool.sandboxed) == (("execute",), Truth.YES)
