"""
The calls of frameworks that build an agent in TypeScript or JavaScript, by their full names.

Defaults as the packages of late 2026 have them: the AI SDK takes one step where it only generates
(`stepCountIs(1)`), and twenty as an agent; the OpenAI Agents SDK takes ten turns, LangGraph 25
steps, Mastra, VoltAgent and Genkit five, ADK 500 calls, and the Claude Agent SDK, Strands, networks
of AgentKit, durable agents, LlamaIndex and Anthropic's runner of tools any number.
"""

from collections.abc import Mapping

from msgspec import Struct


class Builder(Struct, frozen=True):
    """One way to build an agent: its framework, and how often it loops when nobody says."""

    framework: str
    iterations: int | None = None
    """None: nothing stops it."""
    tools: tuple[str, ...] = ("tools",)
    """The options that hold what it may call."""
    only_with_tools: bool = False
    """Without any it is a question to a model, and no agent."""
    first: bool = False
    """Its options are the first of what it is given, where others follow."""
    answers_alone: bool = False
    """Where nothing stops it, its first answer is the last if it has no tools."""


def _at(packages: str, names: str, builder: Builder) -> dict[str, Builder]:
    """One builder under several names, in each of several packages that pass it on."""
    return {f"{package}.{name}": builder for package in packages.split() for name in names.split()}


GRAPH = "StateGraph"
"""What takes the shape of its state where others take options, and has its module's tools."""
BUILDERS: Mapping[str, Builder] = {
    **_at("ai", "generateText streamText", Builder("ai-sdk", 1, only_with_tools=True)),
    **_at("ai", "ToolLoopAgent Experimental_Agent Agent", Builder("ai-sdk", 20)),
    **_at(
        "@openai/agents @openai/agents-core", "Agent Agent.create", Builder("openai-agents-js", 10)
    ),
    **_at(
        "@openai/agents/realtime @openai/agents-realtime",
        "RealtimeAgent",
        Builder("openai-agents-js", 10),
    ),
    **_at("langchain", "createAgent", Builder("langchain-js", 25)),
    **_at(
        "@langchain/langgraph/prebuilt @langchain/langgraph",
        "createReactAgent",
        Builder("langgraph-js", 25),
    ),
    **_at("@langchain/langgraph @langchain/langgraph/web", GRAPH, Builder("langgraph-js", 25)),
    **_at(
        "langchain/agents @langchain/classic/agents",
        "AgentExecutor AgentExecutor.fromAgentAndTools",
        Builder("langchain-js", 15),
    ),
    **_at("deepagents", "createDeepAgent", Builder("deepagents-js", 10_000)),
    **_at(
        "@mastra/core/agent @mastra/core",
        "Agent",
        Builder("mastra", 5, tools=("tools", "defaultTools")),
    ),
    **_at("@langchain/langgraph-supervisor", "createSupervisor", Builder("langgraph-js", 25)),
    **_at("@langchain/langgraph-swarm", "createSwarm", Builder("langgraph-js", 25)),
    **_at("@voltagent/core", "Agent PlanAgent", Builder("voltagent", 5)),
    **_at("@inngest/agent-kit", "createAgent", Builder("agentkit", 1)),
    **_at("@inngest/agent-kit", "createNetwork", Builder("agentkit")),
    **_at("@convex-dev/agent", "Agent", Builder("convex-agent", 1)),
    **_at(
        "@llamaindex/workflow llamaindex",
        "agent multiAgent FunctionAgent AgentWorkflow AgentWorkflow.fromTools",
        Builder("llamaindex-ts"),
    ),
    **_at("@google/adk", "Agent LlmAgent", Builder("adk-js", 500)),
    **_at("@strands-agents/sdk", "Agent", Builder("strands-js", answers_alone=True)),
    **_at(
        "@workflow/ai/agent @workflow/ai", "DurableAgent", Builder("workflow", answers_alone=True)
    ),
    **_at(
        "genkit",
        "generate generateStream definePrompt defineAgent",
        Builder("genkit", 5, only_with_tools=True, first=True),
    ),
    "messages.toolRunner": Builder("anthropic", only_with_tools=True, first=True),
    "completions.runTools": Builder("openai", 10, only_with_tools=True, first=True),
}
"""Every call that builds an agent, but those of the Claude Agent SDK, which has its own file."""
