"""Agents that TypeScript and JavaScript code builds: their limits, and what they are given."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Agent

AI = (
    "import { generateText, streamText, ToolLoopAgent, Experimental_Agent, tool, stepCountIs,\n"
    "  hasToolCall } from 'ai';\n"
)
OPENAI = "import { Agent, run, tool, webSearchTool, hostedMcpTool } from '@openai/agents';\n"
LANGCHAIN = (
    "import { createAgent, tool } from 'langchain';\n"
    "import { StateGraph } from '@langchain/langgraph';\n"
    "import { createReactAgent } from '@langchain/langgraph/prebuilt';\n"
)
MASTRA = "import { Agent } from '@mastra/core/agent';\n"


def deployed(code: str, **files: str) -> Deployment:
    return deployment_of({"agent.ts": code, **files})


def only_agent(code: str) -> Agent:
    (agent,) = deployed(code).agents
    return agent


@pytest.mark.parametrize(
    ("code", "framework", "limit", "count"),
    [
        (f"{AI}generateText({{ tools: {{}} }});", "ai-sdk", Known.SET, 1),
        (f"{AI}streamText({{ tools: t, stopWhen: stepCountIs(7) }});", "ai-sdk", Known.SET, 7),
        (
            f"{AI}streamText({{ tools: t, stopWhen: [hasToolCall('a'), stepCountIs(9)] }});",
            "ai-sdk",
            Known.SET,
            9,
        ),
        (
            f"{AI}streamText({{ tools: t, stopWhen: hasToolCall('a') }});",
            "ai-sdk",
            Known.NONE,
            None,
        ),
        (f"{AI}streamText({{ tools: t, stopWhen: mine }});", "ai-sdk", Known.UNKNOWN, None),
        (f"{AI}generateText({{ tools: t, maxSteps: 3 }});", "ai-sdk", Known.SET, 3),
        (f"{AI}new ToolLoopAgent({{ model }});", "ai-sdk", Known.SET, 20),
        (f"{AI}new ToolLoopAgent(options);", "ai-sdk", Known.UNKNOWN, None),
        (
            (
                f"{AI}const n = 4;\nconst o = {{ stopWhen: stepCountIs(n * 2) }};\n"
                "new Experimental_Agent({ model, ...o });"
            ),
            "ai-sdk",
            Known.SET,
            8,
        ),
        (f"{OPENAI}const a = new Agent({{ name: 'a' }});", "openai-agents-js", Known.SET, 10),
        (
            f"{OPENAI}const a = Agent.create({{}});\nawait run(a, 'x', {{ maxTurns: 99 }});",
            "openai-agents-js",
            Known.SET,
            99,
        ),
        (f"{LANGCHAIN}createAgent({{ model, tools: [] }});", "langchain-js", Known.SET, 25),
        (
            (
                f"{LANGCHAIN}const a = createReactAgent({{ llm }});\n"
                "a.stream(m, { recursionLimit: 400 });"
            ),
            "langgraph-js",
            Known.SET,
            400,
        ),
        (f"{LANGCHAIN}new StateGraph(State).compile();", "langgraph-js", Known.SET, 25),
        (f"{MASTRA}new Agent({{ id: 'a' }});", "mastra", Known.SET, 5),
        (
            f"{MASTRA}new Agent({{ id: 'a', defaultOptions: {{ maxSteps: 50 }} }});",
            "mastra",
            Known.SET,
            50,
        ),
    ],
)
def test_an_agent_loops_as_often_as_it_says_or_as_its_framework_has_it(
    code: str, framework: str, limit: Known, count: int | None
) -> None:
    agent = only_agent(code)

    assert (agent.framework, agent.max_iterations, agent.max_iterations_count) == (
        (framework, limit, count)
    )


@pytest.mark.parametrize(
    ("options", "timeout", "budget"),
    [
        ("", Known.NONE, Known.NONE),
        ("abortSignal: AbortSignal.timeout(5_000)", Known.SET, Known.NONE),
        ("maxOutputTokens: 500", Known.NONE, Known.SET),
        ("...options", Known.UNKNOWN, Known.UNKNOWN),
    ],
)
def test_what_ends_a_run_and_what_it_may_spend(options: str, timeout: Known, budget: Known) -> None:
    agent = only_agent(f"{AI}streamText({{ tools: {{}}, {options} }});")

    assert (agent.timeout, agent.budget) == (timeout, budget)


def test_a_route_ends_its_function_after_a_time() -> None:
    agent = only_agent(f"{AI}export const maxDuration = 60;\nstreamText({{ tools: {{}} }});")

    assert (agent.timeout, agent.timeout_s) == (Known.SET, 60)


@pytest.mark.parametrize(
    "code",
    [
        f"{AI}generateText({{ model, prompt: 'hello' }});",
        "import { generateText } from './own';\ngenerateText({ tools: {} });\n// 'ai'",
        f"{OPENAI}import {{ Agent as Own }} from './own';\nnew Own({{}});",
    ],
)
def test_a_question_to_a_model_and_what_is_called_the_same_are_no_agents(code: str) -> None:
    assert not deployed(code).agents


def test_options_that_stand_elsewhere_are_open() -> None:
    found = deployed(f"{AI}generateText(options);\nnew ToolLoopAgent(makeOptions());")

    assert {end.what for end in found.unresolved} == {
        "the options of generateText do not fold",
        "the list of tools does not fold",
    }


TOOLS = (
    "import { tool } from 'ai';\n"
    "export const look = tool({ inputSchema: s, execute: async (a) => a });\n"
    "export const make = ({ user }) => tool({ inputSchema: s, execute: async () => user });\n"
    "const all = { look };\nexport default all;\n"
)


@pytest.mark.parametrize(
    ("imports", "given", "names"),
    [
        ("import { look } from './lib/tools';", "{ look }", {"look"}),
        ("import { look as l, make } from '@/lib/tools';", "{ l, b: make({}) }", {"look", "make"}),
        ("import all from './lib/tools.js';", "all", {"look"}),
        (
            "import all from './lib/tools';",
            "{ ...all, own: tool({ execute: () => 1 }) }",
            {"look", "own"},
        ),
        (
            "import * as t from './lib/tools';",
            "{ x: t.look, ...(a && { y: t.make() }) }",
            {"look", "make"},
        ),
        ("import { look } from './lib';", "{ look }", {"look"}),
        ("const { look } = await import('./lib/tools');", "true ? { look } : {}", {"look"}),
        (
            "import { all } from './lib/tools';\nfunction pick() { return all2; }",
            "pick()",
            set(),
        ),
    ],
)
def test_tools_are_followed_through_names_and_files(
    imports: str, given: str, names: set[str]
) -> None:
    index = "export { look } from './tools';\nimport { tool } from 'ai';"
    files = {"lib/tools.ts": TOOLS, "lib/index.ts": index}
    found = deployed(f"{AI}{imports}\nstreamText({{ tools: {given} }});\n", **files)
    invoked = {edge.dst for edge in found.edges if edge.kind is EdgeKind.INVOKES}

    assert {tool.name for tool in found.tools if tool.id in invoked} == names
    assert bool(found.unresolved) is not bool(names)


def test_what_a_module_exports_itself_comes_before_what_it_hands_on() -> None:
    own = "export const look = tool({ execute: async () => 1 });\n"
    index = f"import {{ tool }} from 'ai';\nexport * from './tools';\n{own}"
    code = f"{AI}import * as all from './lib';\nstreamText({{ tools: all }});\n"
    found = deployed(code, **{"lib/tools.ts": TOOLS, "lib/index.ts": index})
    invoked = {edge.dst for edge in found.edges if edge.kind is EdgeKind.INVOKES}
    (look,) = (each for each in found.tools if each.id in invoked and each.name == "look")

    assert look.evidence[0].file.endswith("lib/index.ts")


def test_files_that_gather_tools_are_read() -> None:
    files = {
        "lib/tools/index.ts": "import { look } from './look';\nexport const all = { look };\n",
        "lib/tools/look.ts": "import { tool } from 'ai';\nconst f = () => 1;\n"
        "export const look = tool({ execute: f });\n",
    }
    code = f"{AI}import {{ all }} from './lib/tools';\nstreamText({{ tools: all }});\n"
    found = deployed(code, **files)

    assert [tool.name for tool in found.tools] == ["look"]
    assert not found.unresolved


def test_a_tool_that_nobody_knows_is_open() -> None:
    found = deployed(f"{OPENAI}import {{ x }} from 'y';\nnew Agent({{ tools: [x, f(1)] }});")

    assert {end.what for end in found.unresolved} == {
        "the tool x is not known",
        "the tool f is not known",
    }


def test_agents_hand_work_to_agents() -> None:
    found = deployed(
        f"{OPENAI}import {{ c }} from './c';\nconst a = new Agent({{ name: 'a' }});\n"
        "const b = new Agent({ name: 'b', handoffs: [handoff(a), c], tools: [a.asTool({})] });\n",
        **{"c.ts": f"{OPENAI}export const c = new Agent({{ name: 'c' }});\n"},
    )
    named = {agent.id: agent.name for agent in found.agents}
    edges = {
        (named[edge.src], named[edge.dst])
        for edge in found.edges
        if edge.kind is EdgeKind.DELEGATES_TO
    }

    assert edges == {("b", "a"), ("b", "c")}
    assert not found.unresolved


def test_tools_of_vendors_are_known() -> None:
    found = deployed(
        f"{AI}import {{ anthropic }} from '@ai-sdk/anthropic';\nstreamText({{ tools: {{\n"
        "  search: anthropic.tools.webSearch_20250305({}), run: anthropic.tools.bash_20250124({})\n"
        "} });\n"
    )
    effects = {tool.name: tool.effects for tool in found.tools}

    assert effects == {"search": ("read",), "run": ("read", "write", "delete", "execute")}


def test_a_shell_in_a_container_of_the_vendor_is_a_sandbox() -> None:
    code = (
        "import { Agent, shellTool } from '@openai/agents';\n"
        "new Agent({ tools: [shellTool({ environment: { type: 'container_auto' } })] });\n"
    )

    assert deployed(code).tools[0].sandboxed is Truth.YES


def test_filters_of_what_goes_in_are_told() -> None:
    found = deployed(f"{OPENAI}new Agent({{ name: 'a', inputGuardrails: [g] }});")

    assert [guardrail.name for guardrail in found.guardrails] == ["inputGuardrails"]


def test_circles_of_files_and_names_end() -> None:
    other = "import { tool } from 'ai';\nexport { a } from './agent';\nexport * from './b';\n"
    found = deployed(
        f"{AI}import {{ a }} from './b';\nexport {{ a }} from './b';\nconst c = c;\n"
        "streamText({ tools: { ...a, ...c } });\n",
        **{"b.ts": other},
    )

    assert len(found.agents) == 1
    assert found.unresolved


def test_a_route_that_ends_may_end_what_it_imports() -> None:
    agent = f"{AI}export const ask = () => streamText({{ tools: {{}} }});"
    route = f"{AI}import {{ ask }} from './ask';\nexport const maxDuration = 60;\nask();\n"
    ending = deployment_of({"ask.ts": agent, "route.ts": route}).agents
    lasting = deployment_of({"ask.ts": agent, "route.ts": route.replace("maxD", "d")}).agents

    assert [each.timeout for each in (*ending, *lasting)] == [Known.UNKNOWN, Known.NONE]


@pytest.mark.parametrize(
    ("file", "call", "found"),
    [
        ("web/execute.ts", "this.graph.stream(inputs, { signal })", Known.UNKNOWN),
        ("web/execute.ts", "agent.generate(text, { abortSignal: signal })", Known.UNKNOWN),
        ("web/execute.ts", "this.graph.stream(inputs, { recursionLimit: 9 })", Known.NONE),
        ("web/execute.ts", "fetch(url, { signal })", Known.NONE),
        ("other/execute.ts", "this.graph.stream(inputs, { signal })", Known.NONE),
        ("web/execute.test.ts", "this.graph.stream(inputs, { signal })", Known.NONE),
    ],
)
def test_a_clock_that_a_program_hands_to_what_it_runs_may_end_its_agents(
    file: str, call: str, found: Known
) -> None:
    agent = f"{LANGCHAIN}export const agent = createReactAgent({{ llm, tools: [look] }});"
    other = f"{LANGCHAIN}const signal = AbortSignal.timeout(limit);\nawait {call};\n"
    agents = deployment_of({"web/agent.ts": agent, file: other}).agents

    assert [each.timeout for each in agents] == [found]


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ("runStage({ timeoutMs: limits.build, operation: (signal) => %s })", Known.UNKNOWN),
        ("withTimeout((signal) => %s, 5_000)", Known.UNKNOWN),
        ("runStage({ operation: (signal) => %s })", Known.NONE),
        ("setTimeout(() => %s, 5_000)", Known.NONE),  # which only begins later
        ("fetch(url, { timeout: 5_000 }).then((signal) => %s)", Known.NONE),
        ("withTimeout(%s, limits.run)", Known.UNKNOWN),
        ("Promise.race([%s, endOf(timeout)])", Known.UNKNOWN),
        ("Promise.all([%s, endOf(timeout)])", Known.NONE),
    ],
)
@pytest.mark.parametrize("options", ["{ abortSignal: signal }", "{ threadId }"])
def test_what_runs_something_for_so_long_may_end_agents(
    call: str, found: Known, options: str
) -> None:
    agent = f"{LANGCHAIN}export const agent = createReactAgent({{ llm, tools: [look] }});"
    run = call % f"agent.generate(text, {options})"
    files = {"web/agent.ts": agent, "web/run.ts": f"{LANGCHAIN}await {run};\n"}
    agents = deployment_of(files).agents

    assert [each.timeout for each in agents] == [found]


@pytest.mark.parametrize(("folder", "found"), [("desk", Known.UNKNOWN), ("shop", Known.NONE)])
def test_each_folder_of_apps_is_a_program(folder: str, found: Known) -> None:
    agent = f"{LANGCHAIN}export const agent = createReactAgent({{ llm, tools: [look] }});"
    other = f"{LANGCHAIN}await it.stream(inputs, {{ signal: AbortSignal.timeout(limit) }});\n"
    files = {"apps/desk/src/agent.ts": agent, f"apps/{folder}/src/run.ts": other}

    assert [each.timeout for each in deployment_of(files).agents] == [found]


@pytest.mark.parametrize(
    ("file", "call", "found"),
    [
        ("route.ts", "await deductCredits(user, 3)", Known.UNKNOWN),
        ("route.ts", "await ratelimit.limit(user)", Known.UNKNOWN),
        ("route.ts", "await checkRateLimit(user)", Known.UNKNOWN),
        ("route.ts", "if (isRateLimited(ip)) throw tooMany", Known.UNKNOWN),
        ("route.ts", "await checkTokenBudget(text)", Known.NONE),
        ("route.ts", "await showCredits(user)", Known.NONE),
        ("src/other.ts", "await enforceDailyQuota(user)", Known.UNKNOWN),
        ("src/other.ts", "await ratelimit.limit(user)", Known.NONE),
        ("tools/other.ts", "await enforceDailyQuota(user)", Known.NONE),
    ],
)
def test_what_a_program_asks_before_a_run_may_limit_what_is_spent(
    file: str, call: str, found: Known
) -> None:
    agent = f"{AI}streamText({{ tools: {{}} }});"
    files = {"route.ts": agent, "src/other.ts": AI, "tools/other.ts": AI}
    agents = deployment_of({**files, file: f"{files[file]}\n{call};\n"}).agents

    assert [each.budget for each in agents] == [found]


@pytest.mark.parametrize(
    ("manifest", "package", "found"),
    [
        ("package.json", "express-rate-limit", Known.UNKNOWN),
        ("api/package.json", "@upstash/ratelimit", Known.UNKNOWN),
        ("api/package.json", "express", Known.NONE),
        ("web/package.json", "express-rate-limit", Known.NONE),
    ],
)
def test_a_project_with_a_package_that_limits_calls_may_limit_them(
    manifest: str, package: str, found: Known
) -> None:
    wanted = f'{{"dependencies": {{"{package}": "^1.0.0"}}}}'
    files = {"api/src/route.ts": f"{AI}streamText({{ tools: {{}} }});", manifest: wanted}

    assert [each.budget for each in deployment_of(files).agents] == [found]
