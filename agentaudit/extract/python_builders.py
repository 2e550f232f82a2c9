"""The calls of frameworks that build an agent in Python, by their full names."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Builder:
    """One way to build an agent: its framework, and how often it loops when nobody says."""

    framework: str
    iterations: int | None = None
    """None: nothing stops it."""
    wording: frozenset[str] = frozenset()
    """Keywords that give it nothing to call: with these alone it answers in one turn."""


_WORDING = frozenset({"name", "model", "description"})
_STRANDS = _WORDING | {
    *("system_prompt", "messages", "agent_id", "state", "callback_handler", "trace_attributes"),
    *("conversation_manager", "session_manager"),
}
_AGNO = _WORDING | {
    *("id", "role", "instructions", "expected_output", "additional_context", "output_schema"),
    *("markdown", "add_datetime_to_context", "db", "session_id", "user_id", "stream", "debug_mode"),
    *("add_history_to_context", "num_history_runs", "telemetry", "retries", "introduction"),
}

BUILDERS: Mapping[str, Builder] = {
    "langchain.agents.create_agent": Builder("langchain"),
    "langgraph.prebuilt.create_react_agent": Builder("langgraph", 25),
    "langgraph.prebuilt.chat_agent_executor.create_react_agent": Builder("langgraph", 25),
    "langchain.agents.AgentExecutor": Builder("langchain", 15),
    "langchain.agents.initialize_agent": Builder("langchain", 15),
    "langgraph.graph.StateGraph": Builder("langgraph", 25),
    "agents.Agent": Builder("openai-agents", 10),
    "crewai.Agent": Builder("crewai", 25),
    "autogen_agentchat.agents.AssistantAgent": Builder("autogen", 1),
    "autogen.AssistantAgent": Builder("autogen"),
    "autogen.ConversableAgent": Builder("autogen"),
    "strands.Agent": Builder("strands", wording=_STRANDS),
    "pydantic_ai.Agent": Builder("pydantic-ai", 50),
    "google.adk.agents.Agent": Builder("google-adk", 500),
    "google.adk.agents.LlmAgent": Builder("google-adk", 500),
    "agno.agent.Agent": Builder("agno", wording=_AGNO),
    "smolagents.CodeAgent": Builder("smolagents", 20),
    "smolagents.ToolCallingAgent": Builder("smolagents", 20),
    "agent_framework.Agent": Builder("agent-framework", 40),
    **{
        f"llama_index.core.agent.{package}{name}": Builder("llama-index", 20)
        for package in ("", "workflow.")
        for name in ("FunctionAgent", "ReActAgent", "CodeActAgent")
    },
}
