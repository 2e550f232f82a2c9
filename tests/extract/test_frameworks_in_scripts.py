"""Frameworks for agents in TypeScript: what builds an agent and a tool, and how often it loops."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.extract.known_tools import EVERYTHING
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Known, Truth

EXEC = "import { exec } from 'node:child_process';\nimport { z } from 'zod';\n"
SCHEMA = "z.object({ c: z.string() })"


def deployed(code: str) -> Deployment:
    return deployment_of({"src/agent.ts": EXEC + code})


def built(package: str, made: str, tool: str, run: str = "") -> str:
    names = "Agent, LlmAgent, DurableAgent, createAgent, createTool, tool, FunctionTool"
    return f"import {{ {names} }} from '{package}';\nconst sh = {tool};\n{made}\n{run}\n"


def option(schema: str, does: str) -> str:
    return f"{{ name: 'sh', {schema}: {SCHEMA}, {does} }}"


FIRST = "async ({ c }) => exec(c)"


@pytest.mark.parametrize(
    ("code", "framework", "limit", "count"),
    [
        (
            built(
                "@voltagent/core",
                "new Agent({ name: 'a', tools: [sh] });",
                f"createTool({option('parameters', f'execute: {FIRST}')})",
            ),
            "voltagent",
            Known.SET,
            5,
        ),
        (
            built(
                "@inngest/agent-kit",
                "createAgent({ name: 'a', tools: [sh] });",
                f"createTool({option('parameters', f'handler: {FIRST}')})",
            ),
            "agentkit",
            Known.SET,
            1,
        ),
        (
            built(
                "@convex-dev/agent",
                "new Agent(components.agent, { name: 'a', tools: { sh } });",
                f"createTool({option('args', 'handler: async (ctx, { c }) => exec(c)')})",
            ),
            "convex-agent",
            Known.SET,
            1,
        ),
        (
            built(
                "@google/adk",
                "new LlmAgent({ name: 'a', tools: [sh] });",
                f"new FunctionTool({option('parameters', f'execute: {FIRST}')})",
            ),
            "adk-js",
            Known.SET,
            500,
        ),
        (
            built(
                "@strands-agents/sdk",
                "const a = new Agent({ name: 'a', tools: [sh] });",
                f"tool({option('inputSchema', f'callback: {FIRST}')})",
            ),
            "strands-js",
            Known.NONE,
            None,
        ),
        (
            built(
                "@strands-agents/sdk",
                "const a = new Agent({ name: 'a', tools: [sh] });",
                f"tool({option('inputSchema', f'callback: {FIRST}')})",
                "a.invoke('go', { limits: { turns: 7 } });",
            ),
            "strands-js",
            Known.SET,
            7,
        ),
        (
            built(
                "@workflow/ai/agent",
                "const a = new DurableAgent({ tools: { sh } });",
                option("inputSchema", f"execute: {FIRST}"),
                "a.stream({ messages, maxSteps: 9 });",
            ),
            "workflow",
            Known.SET,
            9,
        ),
        (
            (
                "import { genkit } from 'genkit';\nconst ai = genkit({ plugins });\n"
                f"const sh = ai.defineTool({{ name: 'sh', inputSchema: {SCHEMA} }}, {FIRST});\n"
                "ai.generate({ prompt, tools: [sh] });"
            ),
            "genkit",
            Known.SET,
            5,
        ),
        (
            (
                "import { genkit } from 'genkit/beta';\nconst ai = genkit({ plugins });\n"
                f"const sh = ai.defineTool({{ name: 'sh', inputSchema: {SCHEMA} }}, {FIRST});\n"
                "ai.definePrompt({ name: 'a', tools: [sh], maxTurns: 8 }, 'You help.');"
            ),
            "genkit",
            Known.SET,
            8,
        ),
        (
            (
                "import Anthropic from '@anthropic-ai/sdk';\n"
                "import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod';\n"
                f"const sh = betaZodTool({{ name: 'sh', inputSchema: {SCHEMA}, run: {FIRST} }});\n"
                "client.beta.messages.toolRunner({ max_tokens: 9, messages, tools: [sh] });"
            ),
            "anthropic",
            Known.NONE,
            None,
        ),
        (
            (
                "import OpenAI from 'openai';\nconst client = new OpenAI();\n"
                "function sh({ c }) { return exec(c); }\nconst look = { type: 'function', "
                "function: { function: sh, parameters: { type: 'object', properties: {} } } };\n"
                "client.chat.completions.runTools({ messages, tools: [look] }, "
                "{ maxChatCompletions: 3 });"
            ),
            "openai",
            Known.SET,
            3,
        ),
    ],
)
def test_every_framework_has_its_way_to_build_an_agent(
    code: str, framework: str, limit: Known, count: int | None
) -> None:
    found = deployed(code)
    (agent,), (tool,) = found.agents, found.tools

    assert (agent.framework, agent.max_iterations, agent.max_iterations_count) == (
        (framework, limit, count)
    )
    assert (tool.name, set(tool.effects)) == ("sh", set(EVERYTHING))
    assert {(edge.src, edge.dst) for edge in found.edges if edge.kind is EdgeKind.INVOKES} == {
        (agent.id, tool.id)
    }
    assert not found.unresolved


@pytest.mark.parametrize(
    "code",
    [
        "const ai = other();\nai.generate({ prompt, tools: [sh] });\nimport { z } from 'genkit';",
        "import { genkit } from 'genkit';\ngenkit({}).generate({ prompt: 'hi' });",
        "import { Agent } from '@voltagent/other';\nnew Agent({ tools: [] });",
        "import { Agent } from './own';\nimport '@voltagent/core';\nnew Agent({ tools: [] });",
        "import OpenAI from 'openai';\nmine.runTools({ tools: [] });",
    ],
)
def test_what_is_called_alike_builds_none(code: str) -> None:
    assert not deployed(code).agents


def test_a_network_asks_its_agents_for_as_long_as_nobody_says() -> None:
    code = (
        "import { createAgent, createNetwork } from '@inngest/agent-kit';\n"
        "const a = createAgent({ name: 'a' });\n"
        "createNetwork({ name: 'all', agents: [a] });\n"
        "createNetwork({ name: 'few', agents: [a], maxIter: 6 });\n"
    )
    found = deployed(code)
    by_name = {agent.name: agent for agent in found.agents}

    assert by_name["all"].max_iterations is Known.NONE
    assert by_name["few"].max_iterations_count == 6
    assert {edge.dst for edge in found.edges if edge.kind is EdgeKind.DELEGATES_TO} == {
        by_name["a"].id
    }


@pytest.mark.parametrize(
    ("package", "name", "effects"),
    [
        ("@strands-agents/sdk/vended-tools/bash", "bash", set(EVERYTHING)),
        ("@google/adk", "GOOGLE_SEARCH", {"read"}),
    ],
)
def test_tools_of_packages_are_known_by_their_names(
    package: str, name: str, effects: set[str]
) -> None:
    code = (
        f"import {{ {name} }} from '{package}';\nimport {{ Agent }} from '@strands-agents/sdk';\n"
        f"new Agent({{ tools: [{name}] }});\n"
    )
    (tool,) = deployed(code).tools

    assert (tool.name, set(tool.effects)) == (name, effects)


@pytest.mark.parametrize(
    ("imported", "asks"),
    [
        ("import * as ai from 'ai';", "ai.streamText"),
        ("const { streamText, tool } = require('ai');", "streamText"),
        ("const { streamText, tool } = await import('ai');", "streamText"),
    ],
)
def test_the_ai_sdk_is_imported_in_several_ways(imported: str, asks: str) -> None:
    found = deployed(f"{imported}\n{asks}({{ tools: {{ a: {{ execute: {FIRST} }} }} }});\n")

    assert [tool.name for tool in found.tools] == ["a"]


def test_types_of_the_ai_sdk_build_nothing() -> None:
    found = deployed("import type { tool } from 'ai';\nexport const a = tool({ execute: f });")

    assert not found.tools


def test_an_example_beside_a_framework_builds_what_users_do() -> None:
    files = {
        "package.json": '{"workspaces": ["packages/*", "examples/*"]}',
        "packages/core/package.json": '{"name": "@voltagent/core", "main": "src/index.ts"}',
        "packages/core/src/index.ts": "export class Agent { constructor(options) {} }\n",
        "examples/a.ts": "import { Agent } from '@voltagent/core';\nnew Agent({ name: 'a' });",
    }

    assert [agent.name for agent in deployment_of(files).agents] == ["a"]


def test_a_file_hands_on_what_several_define() -> None:
    files = {
        "agent.ts": (
            "import { look } from './tools';\nimport { Agent } from '@voltagent/core';\n"
            "new Agent({ tools: [look] });\n"
        ),
        "tools/index.ts": "export * from './other';\nexport * from './look';\n",
        "tools/other.ts": "export const other = 1;\n",
        "tools/look.ts": (
            "import { createTool } from '@voltagent/core';\n"
            "export const look = createTool({ needsApproval: true, execute: () => 1 });\n"
        ),
    }
    found = deployment_of(files)

    assert [(tool.name, tool.approval) for tool in found.tools] == [("look", Truth.YES)]
    assert not found.unresolved


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ("{ systemPrompt: 'Sum up.' }", 1),
        ("{ systemPrompt: 'Sum up.', tools: [] }", 1),
        ("{ systemPrompt: 'Sum up.', tools: given }", None),
        ("{ systemPrompt: 'Sum up.', ...more }", None),
    ],
)
def test_the_first_answer_of_an_agent_without_tools_is_its_last(
    options: str, count: int | None
) -> None:
    code = f"import {{ Agent }} from '@strands-agents/sdk';\nconst desk = new Agent({options});\n"
    (agent,) = deployment_of({"desk.ts": code}).agents

    assert agent.max_iterations_count == count


def test_tools_that_are_added_to_an_empty_list_are_some() -> None:
    code = (
        "import { Agent } from '@strands-agents/sdk';\nconst tools = [];\ntools.push(look);\n"
        "const desk = new Agent({ systemPrompt: 'Answer.', tools });\n"
    )
    (agent,) = deployment_of({"desk.ts": code}).agents

    assert agent.max_iterations_count is None


STDIO = "{ command: 'npx', args: ['-y', 'files-mcp'] }"


@pytest.mark.parametrize(
    "code",
    [
        (
            "import { Agent, McpClient } from '@strands-agents/sdk';\n"
            "import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';\n"
            f"const files = new McpClient({{ transport: new StdioClientTransport({STDIO}) }});\n"
            "new Agent({ tools: [files] });"
        ),
        (
            "import { Agent, MCPConfiguration } from '@voltagent/core';\n"
            f"const all = new MCPConfiguration({{ servers: {{ files: {STDIO} }} }});\n"
            "new Agent({ name: 'a', tools: await all.getTools() });"
        ),
        (
            "import { LlmAgent, MCPToolset } from '@google/adk';\n"
            f"const files = new MCPToolset({{ type: 'Stdio', serverParams: {STDIO} }}, ['look']);\n"
            "new LlmAgent({ name: 'a', tools: [files] });"
        ),
        (
            "import { createAgent } from '@inngest/agent-kit';\n"
            f"createAgent({{ name: 'a', mcpServers: [{{ name: 'files', transport: {STDIO} }}] }});"
        ),
    ],
)
def test_servers_of_agents_are_what_they_are_started_with(code: str) -> None:
    found = deployed(code)
    (server,) = found.tool_servers

    assert (server.name, server.package) == ("files", "files-mcp")
    assert {edge.dst for edge in found.edges if edge.src == found.agents[0].id} >= {server.id}
    assert {end.what for end in found.unresolved} == {"the tools of the server files are not known"}


def test_an_agent_is_the_tool_of_another() -> None:
    found = deployed(
        "import { AgentTool, LlmAgent } from '@google/adk';\n"
        "const a = new LlmAgent({ name: 'a' });\n"
        "new LlmAgent({ name: 'b', tools: [new AgentTool({ agent: a })] });\n"
    )
    by_name = {agent.name: agent.id for agent in found.agents}

    assert {(edge.src, edge.dst) for edge in found.edges if edge.kind is EdgeKind.DELEGATES_TO} == {
        (by_name["b"], by_name["a"])
    }
    assert not found.tools


@pytest.mark.parametrize(("package", "runs"), [("playwright", False), ("vnc-computer", True)])
def test_a_computer_in_a_browser_runs_no_programs(package: str, *, runs: bool) -> None:
    code = (
        "import { Agent, computerTool } from '@openai/agents';\n"
        f"import {{ chromium }} from '{package}';\n"
        "new Agent({ tools: [computerTool({ it })] });"
    )
    (tool,) = deployed(code).tools

    assert ("execute" in tool.effects) is runs
