"""Agents that are loops of a script's own around a client of a model."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.evidence import Known
from agentaudit.model.facts.agents import Agent
from tests.extract.invoked import tools_of

HEAD = (
    "import OpenAI from 'openai';\nimport { execSync } from 'node:child_process';\n"
    "const client = new OpenAI();\n"
    "const tools = [{ type: 'function', function: { name: 'shell', description: 'x',\n"
    "  parameters: { type: 'object', properties: { command: { type: 'string' } } } } }];\n"
)
ASKS = "const reply = await client.chat.completions.create({ model: 'm', messages, tools });"
BACK = "messages.push({ role: 'tool', tool_call_id: '1', content: shell(reply) });"
SHELL = "function shell({ command }) { return execSync(command); }\n"


def deployment(code: str) -> Deployment:
    return deployment_of({"agent.ts": code})


def agent_of(*lines: str) -> Agent:
    body = "\n".join(lines)
    (agent,) = deployment(f"{HEAD}export async function answer(messages) {{\n{body}\n}}\n").agents
    return agent


@pytest.mark.parametrize(
    ("lines", "bound"),
    [
        (("while (true) {", ASKS, BACK, "}"), (Known.NONE, None)),
        (("for (;;) {", ASKS, "if (!reply.more) return reply;", BACK, "}"), (Known.NONE, None)),
        (("for (let i = 0; i < 8; i++) {", ASKS, BACK, "}"), (Known.SET, 8)),
        (
            ("let turn = 0;", "while (true) {", "if (turn++ >= 9) break;", ASKS, BACK, "}"),
            (Known.SET, 9),
        ),
        (("do {", ASKS, BACK, "} while (reply.more);"), (Known.NONE, None)),
        (
            ("for (let i = 0; i < 8; i++) {", ASKS, "}", "while (true) {", ASKS, BACK, "}"),
            (Known.NONE, None),
        ),
        ((ASKS, BACK), (Known.UNKNOWN, None)),
        (
            ("while (true) {", "try {", ASKS, "break;", "} catch {}", "}", BACK),
            (Known.UNKNOWN, None),
        ),
    ],
)
def test_what_repeats_a_question_bounds_the_agent(
    lines: tuple[str, ...], bound: tuple[Known, int | None]
) -> None:
    agent = agent_of(*lines)

    assert (agent.name, agent.framework) == ("answer", "openai")
    assert (agent.max_iterations, agent.max_iterations_count) == bound


def test_a_loop_is_found_through_the_methods_of_a_class() -> None:
    code = (
        "export class Desk {\n  async work(messages) { while (true) { const reply = await"
        f" this.ask(messages); {BACK} }} }}\n"
        "  ask(messages) { return client.chat.completions.create({ messages, tools }); }\n}\n"
    )
    (agent,) = deployment(f"{HEAD}{code}").agents

    assert (agent.name, agent.max_iterations) == ("Desk", Known.NONE)


def test_tools_that_only_give_an_answer_its_form_make_no_agent() -> None:
    assert not deployment(f"{HEAD}async function answer(messages) {{ {ASKS} }}\n").agents


@pytest.mark.parametrize(
    "runs",
    [
        SHELL,
        (
            "function call(name, given) { switch (name) { case 'shell':"
            " return execSync(given.command); } }\n"
        ),
        "function call(name, it) { if (name === 'shell') return execSync(it.command); }\n",
    ],
)
def test_what_runs_a_tool_tells_what_it_does(runs: str) -> None:
    code = f"async function answer(messages) {{ while (true) {{ {ASKS} {BACK} }} }}\n"
    (tool,) = tools_of(deployment(f"{HEAD}{runs}{code}")).values()

    assert "execute" in tool.effects
    assert tool.free_form_parameters == ("command",)


CLIENTS = {
    "anthropic": "client.messages.create({ messages, tools: LOOKS, max_tokens: 9 })",
    "converse": "client.send(new ConverseCommand({ messages, toolConfig: { tools: LOOKS } }))",
    "mistral": "client.chat.complete({ messages, tools: LOOKS })",
    "openai": "client.responses.parse({ input: messages, tools: LOOKS })",
    "google-genai": "client.models.generateContent({ contents, config: { tools: LOOKS } })",
}


@pytest.mark.parametrize("client", CLIENTS)
def test_every_client_is_known_by_how_it_is_asked(client: str) -> None:
    code = (
        "import { ConverseCommand } from '@aws-sdk/client-bedrock-runtime';\n"
        "const LOOKS = [{ toolSpec: { name: 'look', inputSchema: { json: { type: 'object',\n"
        "  properties: { path: { type: 'string' } } } } } }];\n"
        f"async function work(client, messages) {{ while (true) {{ await {CLIENTS[client]};\n"
        "  messages.push({ toolResult: look(1) }); } }\n"
    )
    found = deployment(code)

    assert [agent.framework for agent in found.agents] == [client]
    assert tools_of(found)["look"].free_form_parameters == ("path",)


def test_a_request_that_is_put_together_before_it_is_sent_is_read() -> None:
    code = (
        "import { ConverseCommand } from '@aws-sdk/client-bedrock-runtime';\n"
        "async function work(client, messages) { const input = { messages, toolConfig: { tools: [\n"
        "  { toolSpec: { name: 'look' } }] } };\n"
        "  while (true) { await client.send(new ConverseCommand(input));\n"
        "  messages.push({ toolResult: look(1) }); } }\n"
    )

    assert list(tools_of(deployment(code))) == ["look"]


def test_who_draws_flows_with_a_component_sets_its_limits() -> None:
    code = (
        "export class Helper implements INode {\n  async init(messages) { while (true) {"
        f" {ASKS} {BACK} }} }}\n}}\n"
    )
    (agent,) = deployment(f"{HEAD}{code}").agents

    assert agent.max_iterations is Known.UNKNOWN


@pytest.mark.parametrize("options", ["", ", { gateway: { id: 'desk' } }"])
def test_a_worker_asks_by_its_binding(options: str) -> None:
    code = (
        "const tools = [{ name: 'look', description: 'x', parameters: { type: 'object' } }];\n"
        "export async function answer(env, messages) {\nwhile (true) {\n"
        f"const reply = await env.AI.run('@cf/some/model', {{ messages, tools }}{options});\n"
        "if (!reply.tool_calls) return reply;\n"
        "messages.push({ role: 'tool', content: '' });\n}\n}\n"
    )
    found = deployment(code)
    (agent,) = found.agents

    assert (agent.framework, agent.max_iterations) == ("workers-ai", Known.NONE)
    assert [tool.name for tool in found.tools] == ["look"]


@pytest.mark.parametrize(
    ("definition", "effects"),
    [
        ("{ type: 'bash_20250124', name: 'bash' }", {"read", "write", "delete", "execute"}),
        (
            "{ type: 'computer_use_preview', environment: 'ubuntu' }",
            {"read", "write", "delete", "execute"},
        ),
        ("{ type: 'computer_use_preview', environment: 'browser' }", {"read", "write"}),
        ("{ type: 'web_search_20250305', name: 'web_search' }", {"read"}),
    ],
)
def test_tools_that_come_with_a_model_are_known_by_their_types(
    definition: str, effects: set[str]
) -> None:
    asks = ASKS.replace("tools }", f"tools: [{definition}] }}")
    found = deployment(
        f"{HEAD}async function answer(messages) {{ while (true) {{ {asks}{BACK} }} }}"
    )
    (tool,) = tools_of(found).values()

    assert set(tool.effects) == effects
    assert not found.unresolved


BOUND = (
    "import { ChatOpenAI } from '@langchain/openai';\n"
    "import { tool } from '@langchain/core/tools';\n"
    "import { execSync } from 'node:child_process';\n"
    "const shell = tool(async ({ command }) => execSync(command), { name: 'shell' });\n"
    "const model = new ChatOpenAI({}).bindTools([shell]);\n"
)
ANSWERS = "messages.push(new ToolMessage({ tool_call_id: call.id }));"


@pytest.mark.parametrize(
    ("loop", "bound"),
    [
        (
            f"while (true) {{ const r = await model.invoke(messages); {ANSWERS} }}",
            (Known.NONE, None),
        ),
        (
            f"for (let i = 0; i < 6; i++) {{ const r = await model.invoke(messages); {ANSWERS} }}",
            (Known.SET, 6),
        ),
    ],
)
def test_a_model_to_which_tools_are_bound_is_asked_in_a_loop(
    loop: str, bound: tuple[Known, int | None]
) -> None:
    found = deployment(f"{BOUND}export async function answer(messages) {{ {loop} }}\n")
    (agent,) = found.agents

    assert (agent.name, agent.framework) == ("answer", "langchain-js")
    assert (agent.max_iterations, agent.max_iterations_count) == bound
    assert list(tools_of(found)) == ["shell"]
    assert not found.unresolved


@pytest.mark.parametrize(
    "code",
    [
        f"async function node(messages) {{ const r = await model.invoke(messages); {ANSWERS} }}",
        f"async function go(m) {{ while (true) {{ await other.invoke(messages); {ANSWERS} }} }}",
    ],
)
def test_what_is_asked_once_or_has_no_tools_is_no_loop(code: str) -> None:
    assert not deployment(f"{BOUND}{code}\n").agents


def test_an_agent_of_a_framework_that_is_tried_again_is_one_agent() -> None:
    found = deployment(
        "import { streamText, stepCountIs } from 'ai';\nasync function go(messages, tools) {\n"
        "while (true) { try { const r = streamText({ messages, tools, stopWhen: stepCountIs(9) });"
        " messages.push({ role: 'tool', tool_call_id: '1' }); } catch {} } }\n"
    )

    assert [(agent.framework, agent.max_iterations_count) for agent in found.agents] == (
        [("ai-sdk", 9)]
    )
