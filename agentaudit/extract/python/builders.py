"""
The calls of frameworks that build an agent in Python, by their full names.

Defaults as the packages of late 2026 have them: smolagents 1.26 and DSPy 3.4 stop after 20 steps,
Haystack 3.4 after 100, Semantic Kernel 1.45 after five rounds of tools, deepagents sets LangGraph's
limit to 9,999, AutoGen 0.2 answers itself 100 times, and Agno 3.1 sets no limit. A task of Langroid
0.69 asks a person each round unless it is told otherwise, and ends when it stalls.
"""

from collections.abc import Mapping

from msgspec import Struct


class Builder(Struct, frozen=True):
    """One way to build an agent: its framework, and how often it loops when nobody says."""

    framework: str
    iterations: int | None = None
    """None: nothing stops it."""
    tools_at: int | None = None
    """Which positional argument holds its tools."""
    limits: tuple[str, ...] = ()
    """Arguments of its own that say how often it loops, beside those of all frameworks."""
    decided_elsewhere: bool = False
    """How often it loops is decided where it is run, in ways that are not read."""
    wording: frozenset[str] = frozenset()
    """Keywords that give it nothing to call: with these alone it answers in one turn."""


def _at(packages: str, names: str, builder: Builder) -> dict[str, Builder]:
    """One builder under several names, in each of several modules that pass it on."""
    return {f"{package}.{name}": builder for package in packages.split() for name in names.split()}


_WORDING = frozenset({"name", "model", "description"})
_LANGCHAIN = _WORDING | {
    *("system_prompt", "prompt", "response_format", "checkpointer", "debug", "context_schema"),
}
_STRANDS = _WORDING | {
    *("system_prompt", "messages", "agent_id", "state", "callback_handler", "trace_attributes"),
    *("conversation_manager", "session_manager", "retry_strategy", "hooks"),
}
_ACTIVITY = frozenset(
    {
        *("task_queue", "schedule_to_close_timeout", "schedule_to_start_timeout"),
        *("start_to_close_timeout", "heartbeat_timeout", "retry_policy", "cancellation_type"),
        *("versioning_intent", "summary", "priority", "streaming_topic"),
        "streaming_batch_interval",
    }
)
"""What an agent of Temporal says of the activity in which it asks its model."""
_AGNO = _WORDING | {
    *("id", "role", "instructions", "expected_output", "additional_context", "output_schema"),
    *("markdown", "add_datetime_to_context", "db", "session_id", "user_id", "stream", "debug_mode"),
    *("system_message", "add_history_to_context", "num_history_runs", "telemetry", "retries"),
    "introduction",
}
_AGENT_FRAMEWORK = frozenset(
    {
        *("chat_client", "client", "name", "id", "description", "instructions", "model_id"),
        *("temperature", "top_p", "seed", "user", "metadata", "store", "response_format"),
    }
)

BUILDERS: Mapping[str, Builder] = {
    **_at("langchain.agents", "create_agent", Builder("langchain", tools_at=1, wording=_LANGCHAIN)),
    **_at(
        "langgraph.prebuilt langgraph.prebuilt.chat_agent_executor",
        "create_react_agent",
        Builder("langgraph", 25, tools_at=1),
    ),
    **_at("langchain.agents", "AgentExecutor", Builder("langchain", 15)),
    **_at(
        "langchain.agents langchain.agents.initialize",
        "initialize_agent",
        Builder("langchain", 15, tools_at=0),
    ),
    **_at(
        "langchain_experimental.agents langchain_experimental.agents.agent_toolkits"
        " langchain.agents langchain.agents.agent_toolkits langchain_community.agent_toolkits"
        " langchain_community.agent_toolkits.sql.base",
        "create_pandas_dataframe_agent create_csv_agent create_xorbits_agent create_python_agent"
        " create_spark_dataframe_agent create_sql_agent create_spark_sql_agent",
        Builder("langchain", 15),
    ),
    **_at("langgraph.graph", "StateGraph", Builder("langgraph", 25)),
    **_at(
        "deepagents deepagents.graph",
        "create_deep_agent async_create_deep_agent",
        Builder("deepagents", 9_999, tools_at=1),
    ),
    **_at("agents", "Agent", Builder("openai-agents", 10)),
    **_at("crewai", "Agent", Builder("crewai", 25)),
    **_at("autogen_agentchat.agents", "AssistantAgent CodeExecutorAgent", Builder("autogen", 1)),
    **_at(
        "autogen autogen.agentchat",
        "AssistantAgent ConversableAgent UserProxyAgent",
        Builder("autogen", 100),
    ),
    **_at(
        "strands strands.agent",
        "Agent",
        Builder("strands", tools_at=2, limits=("turns",), wording=_STRANDS),
    ),
    **_at(
        "temporalio.contrib.strands",
        "TemporalAgent",
        Builder("strands", limits=("turns",), wording=_STRANDS | _ACTIVITY),
    ),
    **_at("pydantic_ai", "Agent", Builder("pydantic-ai", 50)),
    **_at("google.adk.agents google.adk", "Agent LlmAgent LoopAgent", Builder("google-adk", 500)),
    **_at("google.adk.agents.llm_agent", "Agent LlmAgent", Builder("google-adk", 500)),
    **_at("google.adk.agents.loop_agent", "LoopAgent", Builder("google-adk", 500)),
    **_at("agno.agent", "Agent", Builder("agno", wording=_AGNO)),
    **_at("smolagents smolagents.agents", "ToolCallingAgent", Builder("smolagents", 20, 0)),
    **_at("smolagents smolagents.agents", "CodeAgent", Builder("smolagents", 20, 0)),
    **_at(
        "agent_framework",
        "Agent ChatAgent RawAgent",
        Builder("agent-framework", 40, wording=_AGENT_FRAMEWORK),
    ),
    **_at(
        "llama_index.core.agent llama_index.core.agent.workflow",
        "FunctionAgent ReActAgent CodeActAgent",
        Builder("llama-index", 20),
    ),
    **_at(
        "llama_index.core.agent.workflow.AgentWorkflow llama_index.core.agent.AgentWorkflow",
        "from_tools_or_functions",
        Builder("llama-index", 20, 0),
    ),
    **_at(
        "haystack.components.agents haystack.components.agents.agent",
        "Agent",
        Builder("haystack", 100),
    ),
    **_at("dspy dspy.predict dspy.predict.react", "ReAct ReActV2", Builder("dspy", 20, 1)),
    **_at("dspy dspy.predict dspy.predict.code_act", "CodeAct", Builder("dspy", 5, 1)),
    **_at("dspy dspy.predict dspy.predict.rlm", "RLM", Builder("dspy", 20)),
    **_at(
        "semantic_kernel.agents",
        "ChatCompletionAgent OpenAIResponsesAgent AzureResponsesAgent",
        Builder("semantic-kernel", 5),
    ),
    **_at(
        "langroid langroid.agent.chat_agent",
        "ChatAgent",
        Builder("langroid", limits=("turns",), decided_elsewhere=True),
    ),
}

RUN_METHODS = frozenset(
    {
        *("run", "run_sync", "run_async", "run_live", "run_stream", "run_streamed"),
        *("invoke", "ainvoke", "invoke_async", "stream", "astream"),
        *("kickoff", "kickoff_async", "initiate_chat", "a_initiate_chat"),
    }
)
"""Methods by which agents of these frameworks, and what runs them, are started."""
_BY_CLIENTS = frozenset({"as_agent", "create_agent"})


def builder_of(name: str, owner: str) -> Builder | None:
    """
    How a call builds an agent, by its full name; None of one that does not.

    `owner` is the full name of what made the object whose method it is: clients of Microsoft's
    Agent Framework make agents that they serve.
    """
    known = BUILDERS.get(name)
    method = name.rpartition(".")[2]
    if known is None and method in _BY_CLIENTS and owner.startswith("agent_framework."):
        return BUILDERS["agent_framework.Agent"]
    return known
