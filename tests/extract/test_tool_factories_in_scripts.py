"""Tools that functions of a repository in TypeScript make of what they are handed."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.extract.known_tools import EVERYTHING
from agentaudit.model.deployment import Deployment
from agentaudit.model.facts.tools import Tool

HEAD = """\
import { generateText, tool } from 'ai';
import { execSync } from 'child_process';
import { z } from 'zod';
import { defineTool } from './tools';
const schema = z.object({ command: z.string() });
"""
AGENT = "export const c = (p) => generateText({ model: 'm', tools: { sh, look }, prompt: p });\n"
BY_POSITION = """\
import { tool } from 'ai';
export function defineTool(name, schema, fn) {
  return tool({ description: name, inputSchema: schema, execute: fn });
}
"""
BY_NAME = """\
import { tool } from 'ai';
export const defineTool = ({ description, inputSchema, execute }) =>
  tool({ description, inputSchema, execute });
"""
WHOLE = """\
import { tool } from 'ai';
export function defineTool(options) { return tool({ ...options, strict: true }); }
"""
WRAPPED = """\
import { tool } from 'ai';
export function defineTool(options) {
  return tool({ inputSchema: options.inputSchema, execute: async (a) => options.execute(a) });
}
"""


def deployed(maker: str, made: str) -> Deployment:
    return deployment_of({"agent.ts": f"{HEAD}{made}{AGENT}", "tools.ts": maker})


def tools(found: Deployment) -> dict[str, Tool]:
    return {tool.name: tool for tool in found.tools}


@pytest.mark.parametrize("maker", [BY_NAME, WHOLE, WRAPPED])
def test_a_factory_that_takes_options_makes_a_tool_with_each_call(maker: str) -> None:
    runs = "execute: async ({ command }) => execSync(command)"
    looks = "execute: async ({ command }) => command.length"
    made = "".join(
        f"const {name} = defineTool({{ description: 'x', inputSchema: schema, {does} }});\n"
        for name, does in (("sh", runs), ("look", looks))
    )
    found = tools(deployed(maker, made))

    assert set(found) - {"defineTool"} == {"sh", "look"}
    assert ("defineTool" in found) is (maker is WRAPPED)  # which calls something by itself
    assert set(found["sh"].effects) == set(EVERYTHING)
    assert found["look"].effects == ()
    assert found["sh"].free_form_parameters == ("command",)
    assert found["sh"].evidence[0].file == "agent.ts"


def test_a_factory_that_takes_a_function_by_position_makes_a_tool_with_each_call() -> None:
    made = (
        "const sh = defineTool('shell', schema, async ({ command }) => execSync(command));\n"
        "const look = defineTool('look', schema, async ({ command }) => command.length);\n"
    )
    found = tools(deployed(BY_POSITION, made))

    assert set(found) == {"shell", "look"}
    assert set(found["shell"].effects) == set(EVERYTHING)
    assert found["shell"].free_form_parameters == ("command",)


def test_what_is_no_factory_is_followed_or_left_open() -> None:
    returning = "import { tool } from 'ai';\nconst known = tool({ execute: (a) => fetch(a) });\n"
    maker = f"{returning}export function defineTool(name) {{ return known; }}\n"
    made = "const sh = defineTool('sh');\nconst look = other('look');\n"
    found = deployed(maker, made)

    assert set(tools(found)["known"].effects) == {"read"}
    assert {each.what for each in found.unresolved} == {"the tool look is not known"}
