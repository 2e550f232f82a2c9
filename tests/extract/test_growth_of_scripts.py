"""What extraction does for scripts grows no faster than the file, and no large one ends a run."""

from collections.abc import Mapping

import pytest

from agentaudit.extract.deployment import deployment_of
from tests.extract.test_growth import extraction_cost, written

AI = "import { generateText, tool, stepCountIs } from 'ai';\nimport { z } from 'zod';\n"
OPENAI = "import { Agent, MCPServerStdio, handoff, tool } from '@openai/agents';\n"
SERVER = "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';\n"
PARTS: Mapping[str, tuple[str, str]] = {
    "tools and agents": (
        AI,
        (
            "const t$ = tool({ inputSchema: z.object({ url: z.string() }), execute: async (a) => "
            "fetch(a.url) });\ngenerateText({ tools: { t$ }, stopWhen: stepCountIs(3) });\n"
        ),
    ),
    "agents and those below them": (OPENAI, "const a$ = new Agent({ handoffs: [handoff(b)] });\n"),
    "agents and their servers": (
        OPENAI,
        "const s$ = new MCPServerStdio({ command: 'npx' });\nnew Agent({ mcpServers: [s$] });\n",
    ),
    "questions and who asks them": (
        "import OpenAI from 'openai';\nconst c = new OpenAI();\n",
        (
            "function f$(m) { for (;;) { m.push({ role: 'tool', tool_call_id: 1 }); "
            "c.chat.completions.create({ messages: m, tools: T }); } }\nf$([]);\n"
        ),
    ),
    "servers and their tools": (
        SERVER,
        "const s$ = new McpServer({ name: 's$' });\ns$.tool('t$', { q: z.any() }, () => 1);\n",
    ),
    "servers and their handlers": (
        SERVER,
        (
            "const s$ = new McpServer({ name: 's$' });\ns$.setRequestHandler('tools/list', () => "
            "({ tools: [{ name: 't$', inputSchema: { type: 'object' } }] }));\n"
            "s$.setRequestHandler('tools/call', (r) => { switch (r.params.name) { case 't$': "
            "return fetch(r.params.arguments.url); } });\n"
        ),
    ),
    "tools that loops register": (
        f"{SERVER}const f = {{ a: run }};\nconst s = new McpServer({{ name: 's' }});\n",
        "for (const t of [{ name: 't$', description: 'd' }]) s.tool(t.name, {}, f[t.name]);\n",
    ),
    "servers that are handed on": (
        SERVER,
        (
            "const s$ = new McpServer({ name: 's$' });\nadd$(s$);\n"
            "function add$(server) { server.tool('t$', { q: z.any() }, () => 1); }\n"
        ),
    ),
    "classes that are agents": (
        "import { AIChatAgent } from '@cloudflare/ai-chat';\n" + AI,
        (
            "class C$ extends AIChatAgent { onStart() { this.addMcpServer('s$', 'https://a.test');"
            " }\n  onChatMessage() { generateText({ tools: { ...this.mcp.getAITools() } }); } }\n"
        ),
    ),
    "classes that others extend": (
        "import { Agent } from '@mastra/core/agent';\n",
        (
            "class B$ extends Agent { constructor(o) { super(o); } }\n"
            "class C$ extends B$ { constructor() { super({ id: 'c$' }); } }\nnew C$();\n"
        ),
    ),
    "memories": (
        "import { Agent } from '@mastra/core/agent';\nimport { Memory } from '@mastra/memory';\n",
        "const m$ = new Memory();\nnew Agent({ id: 'a$', memory: m$ });\n",
    ),
    "queries": (
        "import { query } from '@anthropic-ai/claude-agent-sdk';\n",
        "query({ options: { allowedTools: ['Read'], mcpServers: { s$: { command: 'c' } } } });\n",
    ),
    "graphs": (
        "import { StateGraph } from '@langchain/langgraph';\n",
        "const g$ = new StateGraph(S);\n",
    ),
    "secrets": (AI, "const password$ = 'k7Qw-Zr2x$p9Vb4TnYc8M';\n"),
}


@pytest.mark.parametrize(("head", "part"), PARTS.values(), ids=PARTS)
def test_each_further_part_of_a_script_costs_what_the_one_before_did(head: str, part: str) -> None:
    parts = written(part, mark="$")
    second, third = extraction_cost(lambda count: {"a.ts": head + parts(count)}, 8)

    assert third == second


def test_so_does_each_further_file() -> None:
    def files(count: int) -> Mapping[str, str]:
        return {
            f"{at}.ts": f"{AI}import {{ t }} from './{at - 1}';\nexport * from './{at - 1}';\n"
            for at in range(10, 10 + count)
        }

    second, third = extraction_cost(files, 4)

    assert third == second


@pytest.mark.parametrize(
    "code",
    [
        "const o0 = { tools: {} };\n"
        + "".join(f"const o{at} = {{ ...o{at - 1}, ...o{at - 1} }};\n" for at in range(1, 500))
        + "generateText(o499);\n",
        "const l0 = [x];\n"
        + "".join(f"const l{at} = [...l{at - 1}, ...l{at - 1}];\n" for at in range(1, 500))
        + "generateText({ tools: l499 });\n",
        "const s0 = z.string();\n"
        + "".join(f"const s{at} = z.union([s{at - 1}, s{at - 1}]);\n" for at in range(1, 500))
        + "tool({ inputSchema: z.object({ a: s499 }), execute });\n",
        f"const all = {{ {', '.join(f'a{at}: tool({{ execute }})' for at in range(2_000))} }};\n"
        + "generateText({ tools: all });\n" * 500,
        "function f() { return f(); }\ngenerateText({ tools: f() });\n",
        "generateText({ tools: " + "[" * 5_000 + "]" * 5_000 + " });\n",
        "tool({ execute: async (a) => { " + "exec(b); b = a; " * 2_000 + "} });\n",
        "const a = b, b = a;\ngenerateText({ tools: a, ...b });\n",
        "const a = b.tools, b = a.all;\ngenerateText({ tools: a, ...b });\n",
        (
            "import * as lib from 'first';\nfunction f() {\n  return () => () => lib.go();\n}\n"
            "async function g() {\n  const lib = await import('second');\n  lib.go();\n}\n"
        ),
    ],
)
def test_what_multiplies_or_leads_back_to_itself_ends_no_run(code: str) -> None:
    deployment = deployment_of({"a.ts": f"{AI}{code}generateText({{ tools: {{ last }} }});\n"})

    assert deployment.agents
    assert any(tool.name == "last" for tool in deployment.tools) or deployment.unresolved


def test_so_does_each_further_import_from_folders_above() -> None:
    imports = written("import { t$ } from '@/lib/$';\n", mark="$")
    folder = "a/" * 60
    second, third = extraction_cost(lambda count: {f"{folder}a.ts": AI + imports(count)}, 8)

    assert third == second


def test_what_many_import_is_read_only_so_often() -> None:
    table = ", ".join(f"k{at}: {at}" for at in range(1_500))
    deployment = deployment_of(
        {
            "a.ts": f"{AI}import {{ o }} from './b';\n" + "generateText(o);\n" * 1_000,
            "b.ts": f"{AI}export const o = {{ {table} }};\n",
        }
    )

    assert {end.what for end in deployment.unresolved} == {
        "the options of generateText do not fold"
    }
