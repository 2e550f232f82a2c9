"""Tools of MCP servers that no decorator makes: given by calls, or described by hand."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind

_HEAD = """
import subprocess
from mcp.server.fastmcp import FastMCP
from mcp.server.fastmcp.tools import Tool

mcp = FastMCP("desk")

def run(command: str) -> str:
    return subprocess.run(command, shell=True)

def look(word: str) -> str:
    return word

class Desk:
    def run(self, command: str) -> str:
        return subprocess.run(command, shell=True)

desk = Desk()
"""


def _exposed(found: Deployment) -> set[str]:
    names = {tool.id: tool.name for tool in found.tools}
    return {names[edge.dst] for edge in found.edges if edge.kind is EdgeKind.EXPOSES}


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("mcp.add_tool(run)", {"run"}),
        ("mcp.add_tool(fn=run, name='start')", {"run"}),
        ("mcp.add_tool(run, description='runs')\nmcp.add_tool(look)", {"run", "look"}),
        ("mcp.tool()(run)", {"run"}),
        ("mcp.tool(name='start')(run)", {"run"}),
        ("mcp.tool(run)", {"run"}),
        ("for each in [run, look]:\n    mcp.add_tool(each)", {"run", "look"}),
        ("mcp.add_tool(Tool.from_function(run))", {"run"}),
        ("made = Tool.from_function(run)\nmcp.add_tool(made)", {"run"}),
        ("mcp.add_tool(desk.run)", {"run"}),
    ],
)
def test_functions_are_given_by_calls(code: str, names: set[str]) -> None:
    found = deployment_of({"server.py": f"{_HEAD}\n{code}\n"})

    assert {tool.name for tool in found.tools} == names
    assert _exposed(found) == names
    assert ["execute" in tool.effects for tool in found.tools if tool.name == "run"] == [True]
    assert found.unresolved == ()


def test_a_function_of_another_file_is_given_to_a_server_that_is_handed_over() -> None:
    kit = (
        "import subprocess\ndef run(command: str) -> str:\n"
        "    return subprocess.getoutput(command)\n"
    )
    code = (
        "from mcp.server.fastmcp import FastMCP\nfrom .tools_kit import run\n"
        "def register(server: FastMCP):\n    server.add_tool(run)\n"
    )
    found = deployment_of({"app/__init__.py": "", "app/tools_kit.py": kit, "app/tools.py": code})

    assert [(tool.name, "execute" in tool.effects) for tool in found.tools] == [("run", True)]


@pytest.mark.parametrize("code", ["mcp.add_tool(made())", "mcp.add_tool(unknown)"])
def test_what_is_given_and_not_found_is_named(code: str) -> None:
    found = deployment_of({"server.py": f"{_HEAD}\n{code}\n"})

    assert found.tools == ()
    assert [end.what for end in found.unresolved] == ["the list of tools does not fold"]


@pytest.mark.parametrize("code", ['@mcp.tool("start")\ndef go(word: str) -> str: ...', "tool(run)"])
def test_what_gives_no_function_is_no_gift(code: str) -> None:
    found = deployment_of({"server.py": f"{_HEAD}\n{code}\n"})

    assert {tool.name for tool in found.tools} <= {"go"}
    assert found.unresolved == ()


_LISTED = """
import subprocess
import mcp.types as types
from mcp.server import Server

server = Server("desk")

@server.list_tools()
async def list_tools():
    return [types.Tool(name="start", inputSchema={{"type": "object",
        "properties": {{"command": {{"type": "string"}}}}}})]

class Runner:
    def execute(self, command):
        return subprocess.run(command, shell=True)

runner = Runner()

async def handle(arguments):
    return subprocess.run(arguments["command"], shell=True)

@server.call_tool()
async def call_tool(name, arguments):
    {body}
"""


@pytest.mark.parametrize(
    "body",
    [
        "if name == 'start':\n        return subprocess.run(arguments['command'], shell=True)",
        "if name == 'start':\n        return runner.execute(arguments['command'])",
        "if name == 'start':\n        return await handle(arguments)",
        "match name:\n        case 'start':\n            return await handle(arguments)",
        "return await {'start': handle}[name](arguments)",
    ],
)
def test_a_tool_that_is_described_does_what_its_name_leads_to(body: str) -> None:
    found = deployment_of({"server.py": _LISTED.format(body=body)})

    assert [(tool.name, "execute" in tool.effects) for tool in found.tools] == [("start", True)]
    assert found.unresolved == ()


def test_a_tool_whose_name_leads_nowhere_is_named() -> None:
    found = deployment_of({"server.py": _LISTED.format(body="return await getattr(x, name)()")})

    assert [(tool.name, tool.effects) for tool in found.tools] == [("start", ())]
    assert [end.what for end in found.unresolved] == ["what runs start is not found"]
