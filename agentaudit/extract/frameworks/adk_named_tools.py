"""
Tools that Google's ADK comes with, by the names that Python code and Agent Configs have for them.

Source: google.github.io/adk-docs/tools, and ADK's `google/adk/tools` of autumn 2026. Memories are
of earlier sessions, artifacts are files that users brought, and documents that Vertex AI Search
finds are the team's own.
"""

from collections.abc import Mapping

from agentaudit.extract.known_tools import NOTHING, PAGES, PRIVATE, WEB, KnownTool

ADK_TOOLS: Mapping[str, KnownTool] = {
    **dict.fromkeys(("google_search", "enterprise_web_search", "google_maps_grounding"), WEB),
    **dict.fromkeys(("url_context", "load_web_page"), PAGES),
    **dict.fromkeys(
        ("load_memory", "preload_memory", "load_artifacts", "VertexAiSearchTool"), PRIVATE
    ),
    **dict.fromkeys(
        (
            *("exit_loop", "get_user_choice", "transfer_to_agent", "transfer_to_agent_tool"),
            "ExampleTool",
        ),
        NOTHING,
    ),
}
