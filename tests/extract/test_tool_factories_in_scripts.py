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


@pytest.mark.parametrize(
    ("maker", "open_"),
    [
        ("export function defineTool<T>(given: T): T { return given; }", set()),
        (
            "export const defineTool = ({ inputSchema, execute }) => ({ inputSchema, execute });",
            set(),
        ),
        (
            "export const defineTool = (options) => ({ ...options, execute: options.execute });",
            set(),
        ),
        (
            "export const defineTool = (o) => ({ ...o, execute: (a) => sent(a) && o.execute(a) });",
            {"the tool sh calls what is not read", "the tool look calls what is not read"},
        ),
    ],
)
def test_a_factory_of_plain_objects_makes_a_tool_with_each_call(
    maker: str, open_: set[str]
) -> None:
    """What it does around what it is handed is told to be open."""
    made = (
        "const sh = defineTool({ description: 'x', inputSchema: schema,"
        " execute: async ({ command }) => execSync(command) });\n"
        "const look = defineTool({ description: 'x', inputSchema: schema,"
        " execute: async ({ command }) => command.length });\n"
    )
    found = deployed(f"{maker}\n", made)
    every = tools(found)

    assert set(every) == {"sh", "look"}
    assert set(every["sh"].effects) == set(EVERYTHING)
    assert every["look"].effects == ()
    assert every["sh"].free_form_parameters == ("command",)
    assert every["sh"].evidence[0].file == "agent.ts"
    assert {each.what for each in found.unresolved} == open_


@pytest.mark.parametrize(
    "maker",
    [
        "export const defineTool = (options) => register(options);",
        "export const defineTool = (options) => ({ options, at: Date.now() });",
        "export const defineTool = (options) => { if (on) return options; return none; };",
    ],
)
def test_a_factory_that_is_not_followed_is_named(maker: str) -> None:
    made = (
        "const sh = defineTool({ inputSchema: schema, execute: (a) => execSync(a.command) });\n"
        "const look = tool({ execute: (a) => a.command.length });\n"
    )
    found = deployed(f"{maker}\n", made)

    assert not tools(found)["sh"].effects
    assert "the tool sh is not known" in {each.what for each in found.unresolved}


def test_what_is_no_factory_is_followed_or_left_open() -> None:
    returning = "import { tool } from 'ai';\nconst known = tool({ execute: (a) => fetch(a) });\n"
    maker = f"{returning}export function defineTool(name) {{ return known; }}\n"
    made = "const sh = defineTool('sh');\nconst look = other('look');\n"
    found = deployed(maker, made)

    assert set(tools(found)["known"].effects) == {"read"}
    assert {each.what for each in found.unresolved} == {"the tool look is not known"}
