"""Agents that are classes in TypeScript: of frameworks, and of Cloudflare's Agents SDK."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.memory import MemoryStore

MASTRA = "import { Agent } from '@mastra/core/agent';\n"
AI = "import { streamText, tool, stepCountIs, convertToModelMessages, pruneMessages } from 'ai';\n"
CHAT = f"import {{ AIChatAgent }} from '@cloudflare/ai-chat';\n{AI}"
THINK = "import { Think } from '@cloudflare/think';\nimport { tool } from 'ai';\n"
LOOK = "tool({ inputSchema: s, execute: async (a) => fetch(`https://a.test/${a.x}`) })"


def deployed(code: str, **files: str) -> Deployment:
    return deployment_of({"server.ts": code, **files})


def invoked(found: Deployment) -> set[tuple[str, str]]:
    """Names of agents and of the tools that they may call."""
    names = {each.id: each.name for each in (*found.agents, *found.tools)}
    links = (edge for edge in found.edges if edge.kind is EdgeKind.INVOKES)
    return {(names[edge.src], names[edge.dst]) for edge in links if edge.dst in names}


@pytest.mark.parametrize(
    "code",
    [
        (
            f"{MASTRA}class Helper extends Agent {{ constructor() {{ "
            "super({ id: 'helper', tools: { look }, defaultOptions: { maxSteps: 9 } }); } }\n"
            "export const helper = new Helper();\n"
        ),
        (
            f"{MASTRA}class Base extends Agent {{ constructor(o) {{ super(o); }} }}\n"
            "class Helper extends Base { constructor() { "
            "super({ id: 'helper', tools: { look }, defaultOptions: { maxSteps: 9 } }); } }\n"
        ),
        (
            f"{MASTRA}class Helper extends Agent {{}}\n"
            "new Helper({ id: 'helper', tools: { look }, defaultOptions: { maxSteps: 9 } });\n"
        ),
    ],
)
def test_a_class_is_the_agent_that_it_extends(code: str) -> None:
    tools = f"import {{ tool }} from 'ai';\nconst look = {LOOK};\n"
    found = deployed(tools + code)
    (agent,) = found.agents

    assert (agent.name, agent.framework, agent.max_iterations_count) == ("helper", "mastra", 9)
    assert invoked(found) == {("helper", "look")}


def test_work_is_handed_to_what_a_class_makes() -> None:
    openai = "import { Agent } from '@openai/agents';\n"
    other = (
        f"{openai}export class Other extends Agent {{ constructor() {{ "
        "super({ name: 'other' }); } }\n"
    )
    found = deployed(
        f"{openai}import {{ Other }} from './other';\n"
        "new Agent({ name: 'first', handoffs: [new Other()] });\n",
        **{"other.ts": other},
    )
    names = {agent.id: agent.name for agent in found.agents}
    edges = [edge for edge in found.edges if edge.kind is EdgeKind.DELEGATES_TO]

    assert [(names[edge.src], names[edge.dst]) for edge in edges] == [("first", "other")]


def test_classes_that_extend_one_another_in_a_circle_end() -> None:
    assert not deployed(f"{MASTRA}class A extends B {{}}\nclass B extends A {{}}\n").agents


def test_a_chat_is_called_after_its_class() -> None:
    found = deployed(
        f"{CHAT}export class Support extends AIChatAgent<Env> {{\n"
        "  async onChatMessage() {\n"
        f"    return streamText({{ tools: {{ look: {LOOK} }}, stopWhen: stepCountIs(4) }});\n"
        "  }\n}\n"
    )
    (agent,), (store,) = found.agents, found.memory_stores

    assert (agent.name, agent.framework, agent.max_iterations_count) == ("Support", "ai-sdk", 4)
    assert invoked(found) == {("Support", "look")}
    assert {edge.dst for edge in found.edges if edge.kind is EdgeKind.PERSISTS_TO} == {store.id}


def test_a_chat_that_runs_its_agent_elsewhere_is_one_of_which_little_is_known() -> None:
    found = deployed(f"{CHAT}class A extends AIChatAgent {{ onChatMessage() {{ run(this); }} }}\n")
    (agent,) = found.agents

    assert (agent.name, agent.max_iterations, agent.budget) == ("A", Known.UNKNOWN, Known.UNKNOWN)
    assert {end.what for end in found.unresolved} == {"the list of tools does not fold"}


def test_a_chat_without_tools_is_a_memory_and_no_agent() -> None:
    found = deployed(
        f"{CHAT}class A extends AIChatAgent {{ onChatMessage() {{ return streamText({{ messages: "
        "await convertToModelMessages(this.messages) }); } }\n"
    )

    assert not found.agents
    assert [store.name for store in found.memory_stores] == ["A.messages"]


@pytest.mark.parametrize(
    ("body", "ttl", "turns", "compaction"),
    [
        (
            "onChatMessage() { streamText({ messages: convertToModelMessages(this.messages) }); }",
            Known.NONE,
            None,
            Known.NONE,
        ),
        (
            (
                "maxPersistedMessages = 50;\nonChatMessage() { streamText({ messages: "
                "convertToModelMessages(this.messages) }); }"
            ),
            Known.NONE,
            50,
            Known.NONE,
        ),
        (
            (
                "onChatMessage() { streamText({ messages: "
                "convertToModelMessages(this.messages.slice(-9)) }); }"
            ),
            Known.NONE,
            None,
            Known.UNKNOWN,
        ),
        ("onChatMessage() { other(this); }", Known.NONE, None, Known.UNKNOWN),
        ("forget() { this.destroy(); }", Known.UNKNOWN, None, Known.UNKNOWN),
    ],
)
def test_messages_of_a_chat_are_kept_until_somebody_ends_them(
    body: str, ttl: Known, turns: int | None, compaction: Known
) -> None:
    (store,) = deployed(f"{CHAT}class A extends AIChatAgent {{\n{body}\n}}\n").memory_stores
    kept = (store.ttl, store.max_turns_count, store.compaction)

    assert kept == (ttl, turns, compaction)
    assert (store.kind, store.backend, store.persistent) == (
        "history",
        "durable_object",
        Truth.YES,
    )


MODEL = "getModel() { return 'm'; }"


def thinking(body: str) -> str:
    return f"{THINK}export class Helper extends Think<Env> {{ {MODEL}\n{body}\n}}\n"


@pytest.mark.parametrize(
    ("body", "limit", "count", "timeout"),
    [
        ("", Known.SET, 10, Known.NONE),
        ("maxSteps = 25;", Known.SET, 25, Known.NONE),
        ("beforeTurn() { return { maxSteps: 500 }; }", Known.UNKNOWN, None, Known.UNKNOWN),
    ],
)
def test_a_class_that_thinks_is_an_agent(
    body: str, limit: Known, count: int | None, timeout: Known
) -> None:
    (agent,) = deployed(thinking(body)).agents

    assert (agent.name, agent.framework) == ("Helper", "cloudflare-think")
    assert (agent.max_iterations, agent.max_iterations_count, agent.timeout) == (
        (limit, count, timeout)
    )


def test_a_class_that_thinks_has_the_tools_that_its_method_returns() -> None:
    own = f"getTools() {{ return {{ look: {LOOK} }}; }}"
    below = "class Worker extends Helper {}\n"
    whole = deployed(thinking(own))
    inherited = deployed(thinking(own) + below)
    several = deployed(thinking("getTools() { if (a) { return b; }\nreturn c; }"))

    assert invoked(whole) == {("Helper", "look")}
    assert invoked(inherited) == {("Worker", "look")}
    assert {end.what for end in several.unresolved} == {"the list of tools does not fold"}


def test_a_class_without_a_model_does_not_think() -> None:
    found = deployed(f"{THINK}class Base extends Think<Env> {{}}\n")

    assert not found.agents
    assert not found.memory_stores


def test_what_a_class_keeps_that_thinks_is_bounded_where_its_session_says_so() -> None:
    def store(body: str) -> MemoryStore:
        (found,) = deployed(thinking(body)).memory_stores
        return found

    assert store("").compaction is Known.NONE
    assert store("configureSession(s) { return s.onCompaction(f); }").compaction is Known.UNKNOWN


def test_a_class_is_the_tool_of_another() -> None:
    helper = thinking("")
    found = deployed(
        f"{THINK}import {{ agentTool }} from 'agents/agent-tools';\n"
        "import { Helper } from './helper';\n"
        f"class Main extends Think {{ {MODEL}\n"
        "getTools() { return { help: agentTool(Helper, { description: 'h' }) }; } }\n",
        **{"helper.ts": helper},
    )
    names = {agent.id: agent.name for agent in found.agents}
    edges = [edge for edge in found.edges if edge.kind is EdgeKind.DELEGATES_TO]

    assert [(names[edge.src], names[edge.dst]) for edge in edges] == [("Main", "Helper")]


@pytest.mark.parametrize(
    ("added", "url", "open_"),
    [
        (
            "this.addMcpServer('far', 'https://far.test/mcp');",
            "https://far.test/mcp",
            set[str](),
        ),
        (
            "this.addMcpServer('far', 'http://far.test/mcp', { transport: { headers: h } });",
            "http://far.test/mcp",
            {"with which headers the server far is called is not known"},
        ),
        ("this.addMcpServer(name, url);", None, {"which server of MCP A adds does not fold"}),
        ("", None, {"the list of tools does not fold"}),
    ],
)
def test_a_class_adds_servers_of_which_its_agent_has_the_tools(
    added: str, url: str | None, open_: set[str]
) -> None:
    found = deployed(
        f"{CHAT}class A extends AIChatAgent {{\n  onStart() {{ {added} }}\n"
        "  onChatMessage() { streamText({ tools: { ...this.mcp.getAITools() } }); }\n}\n"
    )

    assert [server.url for server in found.tool_servers] == ([url] if url else [])
    assert {end.what for end in found.unresolved if "are not known" not in end.what} == open_


def test_what_a_page_imports_of_a_chat_builds_none() -> None:
    page = "import { useAgent } from 'agents/react';\nimport { useAgentChat } from "
    found = deployment_of({"app.tsx": f"{page}'@cloudflare/ai-chat/react';\nnew Agent({{}});\n"})

    assert not found.agents
    assert found.coverage[0].status == "skipped"


@pytest.mark.parametrize("given", ["own", "{ ...own }", "{ transport: { headers: own } }"])
def test_whether_proof_is_sent_is_open_where_options_of_a_server_do_not_fold(given: str) -> None:
    found = deployed(
        f"{CHAT}class Desk extends AIChatAgent {{ onChatMessage() {{\n"
        f"this.addMcpServer('far', 'https://far.test/mcp', {given});\n"
        "return streamText({ messages, tools: this.mcp.getAITools() }); } }\n"
    )

    assert [server.authenticated for server in found.tool_servers] == [Truth.UNKNOWN]
    assert "with which headers the server far is called is not known" in {
        end.what for end in found.unresolved
    }
