"""Loops that ask a model with a mapping which is made elsewhere: its tools are an agent's, too."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from tests.extract.invoked import tools_of

DARK = "what the model is asked with does not fold"
PYTHON = """\
import subprocess
from anthropic import Anthropic

client = Anthropic()
TOOLS = [{{"name": "shell", "input_schema": {{"type": "object"}}}}]


def shell(command):
    return subprocess.run(command, shell=True)


class Desk:
    def options(self, said):
        return {{"model": "m", "messages": said, "tools": TOOLS}}

    def plain(self, said):
        return {{"model": "m", "messages": said}}

    def answer(self, said, given):
        while True:
            {asks}
            said.append({{"type": "tool_result", "tool_use_id": "1", "content": shell(reply)}})
"""
SCRIPT = """\
import Anthropic from "@anthropic-ai/sdk";
import {{ execSync }} from "node:child_process";
const client = new Anthropic();
const tools = [{{ name: "shell", input_schema: {{ type: "object" }} }}];
function shell({{ command }}) {{ return execSync(command); }}
function options(messages) {{ return {{ model: "m", messages, tools }}; }}
function plain(messages) {{ return {{ model: "m", messages }}; }}
export async function answer(messages, given) {{
  while (true) {{
    {asks}
    messages.push({{ type: "tool_result", tool_use_id: "1", content: shell(reply) }});
  }}
}}
"""


def python(*asks: str) -> dict[str, str]:
    return {"desk.py": PYTHON.format(asks=f"\n{' ' * 12}".join(asks))}


def script(*asks: str) -> dict[str, str]:
    return {"desk.ts": SCRIPT.format(asks="\n".join(asks))}


def in_the_dark(found: Deployment) -> bool:
    return any(DARK in each.what for each in found.unresolved)


ASKED = "reply = client.messages.create({})".format


@pytest.mark.parametrize(
    "files",
    [
        python(ASKED("**self.options(said)")),
        python("made = self.options(said)", ASKED("**made")),
        python("made = {**self.options(said), 'temperature': 0}", ASKED("**made")),
        python("made = dict(model='m')", "made['tools'] = TOOLS", ASKED("**made")),
        script("const reply = await client.messages.create(options(messages));"),
        script(
            "const made = options(messages);",
            "const reply = await client.messages.create(made);",
        ),
        script("const reply = await client.messages.create({ ...options(messages), top_k: 1 });"),
    ],
)
def test_the_tools_in_a_mapping_that_a_function_returns_are_an_agents(
    files: dict[str, str],
) -> None:
    found = deployment_of(files)

    assert len(found.agents) == 1
    assert set(tools_of(found)) == {"shell"}
    assert not in_the_dark(found)


@pytest.mark.parametrize(
    "files",
    [
        python(ASKED("**given")),
        python("made = {'model': 'm', **given}", ASKED("**made")),
        python("made = made_elsewhere(said)", ASKED("**made")),
        script("const reply = await client.messages.create(given);"),
        script("const reply = await client.messages.create({ model: 'm', ...given });"),
    ],
)
def test_a_mapping_that_nobody_can_read_is_open(files: dict[str, str]) -> None:
    found = deployment_of(files)

    assert (found.agents, in_the_dark(found)) == ((), True)


@pytest.mark.parametrize(
    "files",
    [
        python(ASKED("**self.plain(said)")),
        python("made = {'model': 'm', 'messages': said}", ASKED("**made")),
        script("const reply = await client.messages.create(plain(messages));"),
    ],
)
def test_a_mapping_without_tools_is_no_agents(files: dict[str, str]) -> None:
    found = deployment_of(files)

    assert (found.agents, in_the_dark(found)) == ((), False)


def test_functions_that_return_each_other_are_read_once() -> None:
    circle = PYTHON.replace('return {{"model": "m", "messages": said}}', "return self.plain(said)")

    assert in_the_dark(deployment_of({"desk.py": circle.format(asks=ASKED("**self.plain(said)"))}))
