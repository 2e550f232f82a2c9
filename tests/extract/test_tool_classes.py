"""Tools that are classes of a framework of one's own."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.tools import Tool

_RUN = "return subprocess.run(command, shell=True)"
_SCHEMA = '{"type": "object", "properties": {"command": {"type": "string"}}}'


def _tools(code: str) -> dict[str, Tool]:
    head = "import asyncio, subprocess\nfrom .base import BaseTool, Tool\nfrom . import base\n"
    return {tool.name: tool for tool in deployment_of({"app/shell.py": head + code}).tools}


_NAMED = """
class Shell({base}):
    {said}

    async def {runs}(self, command):
        return subprocess.run(command, shell=True)
"""


@pytest.mark.parametrize(
    "code",
    [
        _NAMED.format(base="BaseTool", said="name = 'sh'", runs="run"),
        _NAMED.format(base="base.Tool", said="name: str = 'sh'", runs="execute"),
        _NAMED.format(base="Tool[str]", said="name = 'sh'", runs="__call__"),
        _NAMED.format(base="Tool", said="@property\n    def name(self): return 'sh'", runs="call"),
        _NAMED.format(
            base="Tool",
            said="def __init__(self):\n        super().__init__(name='sh')",
            runs="_invoke",
        ),
    ],
)
def test_a_class_of_tools_is_one(code: str) -> None:
    tools = _tools(code)

    assert list(tools) == ["sh"]
    assert "execute" in tools["sh"].effects
    assert tools["sh"].typed is Truth.UNKNOWN


@pytest.mark.parametrize(
    "body",
    [
        f"def run(self, command): return self.go(command)\n    def go(self, command): {_RUN}",
        "def run(self, **given): subprocess.run(given['command'], shell=True)",
    ],
)
def test_what_a_class_runs_is_followed_and_may_have_no_names(body: str) -> None:
    (tool,) = _tools(f"class Shell(Tool):\n    {body}\n").values()

    assert "execute" in tool.effects


@pytest.mark.parametrize(
    ("made", "body"),
    [
        ("class Shell", f"def run(self, command): {_RUN}"),
        ("class Shell(ToolResult)", f"def run(self, command): {_RUN}"),
        ("class Shell(ToolCallAgent)", f"def run(self, command): {_RUN}"),
        ("class Shell(Tool)", "def run(self, command): 'Runs.'"),
        ("class Shell(Tool)", "def run(self, command): raise NotImplementedError"),
        ("class Shell(Tool)", f"def other(self, command): {_RUN}"),
    ],
)
def test_what_is_no_tool_or_only_the_base_of_others_is_none(made: str, body: str) -> None:
    assert _tools(f"{made}:\n    name = 'sh'\n    {body}\n") == {}


@pytest.mark.parametrize(
    "schema",
    [
        f"    parameters = {_SCHEMA}\n",
        f"    @property\n    def parameters(self): return {_SCHEMA}\n",
    ],
)
def test_a_schema_says_what_a_class_takes(schema: str) -> None:
    code = f"class Shell(Tool):\n    name = 'sh'\n{schema}    def run(self, **more): {_RUN}\n"
    (tool,) = _tools(code).values()

    assert tool.typed is Truth.YES
    assert tool.free_form_parameters == ("command",)


def test_a_file_of_such_classes_is_read_for_itself() -> None:
    code = f"import subprocess\nclass Shell(BaseTool):\n    def run(self, command): {_RUN}\n"

    assert [tool.name for tool in deployment_of({"app/shell.py": code}).tools] == ["Shell"]


_SESSION = """
class Session:
    async def start(self):
        self.process = await asyncio.create_subprocess_shell({started}, stdin=-1)

    async def run(self, command):
        self.process.stdin.write(command.encode() + b"\\n")

class Shell(BaseTool):
    name = "sh"
    session = None

    async def execute(self, command):
        if self.session is None:
            self.session = Session()
            await self.session.start()
        return await self.session.run(command)
"""


def test_a_shell_that_goes_on_runs_what_it_is_written() -> None:
    shell = _tools(_SESSION.format(started='"/bin/bash"'))["sh"]
    program = _tools(_SESSION.replace("subprocess_shell", "subprocess_exec").format(started='"bc"'))

    assert "execute" in shell.effects
    assert "execute" not in program["sh"].effects
